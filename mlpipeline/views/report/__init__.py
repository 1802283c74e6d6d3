"""A run, the labels of a file and all runs as pages that need nothing else."""
