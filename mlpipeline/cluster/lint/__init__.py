"""Settings of Spark read against the table of all keys: typos, wrong values, contradictions."""
