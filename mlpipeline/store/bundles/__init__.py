"""What is released: one folder with digests, sealed, checked at every opening."""
