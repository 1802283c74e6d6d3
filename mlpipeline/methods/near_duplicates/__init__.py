"""Which texts are nearly the same: exact, on whole arrays, in plain numpy; no Spark."""
