"""Reads what Spark wrote down of a run and says where time and memory went, what failed and why, what to change."""
