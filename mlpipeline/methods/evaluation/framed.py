"""What a greeting, an opening or thanks around a question costs: the same rows asked plainly and in frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from mlpipeline.methods.evaluation.paired import count_paired, difference_interval


class FramedFigures(TypedDict):
    """`difference` is `accuracy` in frames less `plain`, of the same `rows`, with its interval [low, high]."""

    rows: int
    plain: float
    accuracy: float
    difference: float
    difference_interval: list[float] | None


def framed_figures(
    intents: Sequence[str], plain: Sequence[str], framed: Sequence[str], interval: float = 0.95
) -> FramedFigures | None:
    """The accuracy of rows with and without frames; None without rows.

    Args:
        intents: the true intents of n rows.
        plain: what each is taken for as it is.
        framed: what it is taken for in a frame.
        interval: how often the interval should hold the true difference.
    """
    if not intents:
        return None
    counts = count_paired(*([one == true for one, true in zip(said, intents, strict=True)] for said in (plain, framed)))
    difference, between = difference_interval(counts, interval)
    return {
        "rows": counts.rows,
        "plain": counts.before / counts.rows,
        "accuracy": counts.after / counts.rows,
        "difference": difference,
        "difference_interval": between,
    }


def framed_words(figures: object) -> str:
    """`-1.2 points with greetings and thanks around the question (1,180 rows)`; empty without figures.

    Args:
        figures: as `framed_figures` makes them, out of a report; anything else is none.
    """
    if not isinstance(figures, Mapping):
        return ""
    rows, difference = figures.get("rows"), figures.get("difference")
    if not isinstance(rows, int) or not isinstance(difference, (int, float)):
        return ""
    return f"{100 * difference:+.1f} points with greetings and thanks around the question ({rows:,} rows)"
