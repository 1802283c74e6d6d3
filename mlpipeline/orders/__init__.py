"""What is wanted, what is missing and why; carrying it out, and the record of it; schedules."""
