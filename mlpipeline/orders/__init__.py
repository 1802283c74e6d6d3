"""What is wanted, what is missing, and what was done about it."""
