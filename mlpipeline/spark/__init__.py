"""What runs in a Spark job: the session, its tasks and batches, counters, progress."""
