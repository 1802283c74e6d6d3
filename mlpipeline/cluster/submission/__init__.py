"""A job is composed, packed, checked, handed to spark-submit, and judged by the master it ran on."""
