"""Personal data in texts of eight locales: what is found, by which rule and why, and what is put in its place."""
