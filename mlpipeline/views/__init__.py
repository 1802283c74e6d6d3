"""What people look at: reports of runs and of labels, notebooks."""
