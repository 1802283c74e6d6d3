"""Word lists as they read best: words between spaces, over as many lines as it takes."""

from __future__ import annotations


def words(*lines: str) -> frozenset[str]:
    """All words of the lines."""
    return frozenset(word for line in lines for word in line.split())
