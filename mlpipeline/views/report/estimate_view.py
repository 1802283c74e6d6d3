"""Where a bot's figures come from, and what the released model has learnt, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from mlpipeline.methods.evaluation.sources import learnt_words
from mlpipeline.views.report.run_sections import number_of, text_of


class Estimate(TypedDict):
    """`source` of the figures of `tested` rows, `learnt` rows, (rows, accuracy) of a `fixed` set."""

    source: str
    tested: float | None
    learnt: str
    unevaluated: float | None
    fixed: tuple[float | None, float | None] | None


def estimate_view(bot: Mapping[str, object]) -> Estimate:
    """What a page says of a bot of `run.json`; empty texts and None where it was not evaluated."""
    fixed = bot.get("fixed_test")
    counts = [int(number_of(bot.get(name)) or 0) for name in ("train_rows", "near_duplicate_rows", "augmented_rows")]
    beside = None
    if isinstance(fixed, Mapping):
        beside = number_of(fixed.get("rows")), number_of(fixed.get("accuracy"))
    return {
        "source": text_of(bot.get("source")),
        "tested": number_of(bot.get("test_rows")),
        "learnt": learnt_words(*counts) if counts[0] else "",
        "unevaluated": number_of(bot.get("unevaluated_rows")),
        "fixed": beside,
    }
