"""Spark itself: which Java, which jars, which settings, and how a session starts. Knows nothing of bots."""
