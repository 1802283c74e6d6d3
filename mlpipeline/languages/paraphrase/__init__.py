"""Sentences said another way: named operators of each language, pure Python, no Spark."""
