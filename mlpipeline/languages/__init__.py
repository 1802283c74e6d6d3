"""What is particular to a language, in plain Python: how its texts are normalised and what its scripts are."""
