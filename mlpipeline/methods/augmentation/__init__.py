"""Paraphrases of labelled rows: where they come from, which of them hold, what they gain."""
