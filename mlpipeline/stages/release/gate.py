"""Whether a model may become champion: every condition of the recipe, with what was found and what was wanted.

A figure of few rows is no fact but an interval. A limit is compared with the end of it that the recipe names: with
`upper`, a model is refused only where its rows show that it misses the limit. A champion and a new model are compared
on the rows that both were asked unseen, in pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from mlpipeline.errors import RecipeError
from mlpipeline.methods.evaluation.paired import Paired, difference_interval

if TYPE_CHECKING:
    from mlpipeline.recipe.release_fields import Gate

Bound = Literal["upper", "point", "lower"]
"""Which end of an interval counts: the better one, the figure itself, or the worse one."""

# 0.92 - 0.90 is a little more than 0.02 in floats: what is equal on paper meets a limit.
_ROUNDING = 1e-9
# Two-sided, so that a model that is as good as the champion seems worse by chance in one case of twenty.
_PAIRED_INTERVAL = 0.90
_MEASURED = ("accuracy", "macro_f1", "ece")


@dataclass(frozen=True)
class Condition:
    """One condition of a gate: its name in the recipe, what was found, the limit, and whether it is met.

    `low`, `high`: the interval of what was found, where it has one. `note`: how it was judged, where that needs words.
    """

    name: str
    value: float | None
    limit: float
    passed: bool
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class ChampionFigures:
    """What the model that holds the alias is compared by.

    `metrics`: as registered. `paired`: rows that both models were asked unseen, by who is right; None where the
    champion kept no predictions, or they have no row in common.
    """

    metrics: Mapping[str, float]
    paired: Paired | None = None


def check_gate(
    gate: Gate | None,
    figures: Mapping[str, float | None],
    champion: ChampionFigures | None,
    *,
    bot: str,
    bound: Bound = "point",
    provisional_below: int = 0,
) -> list[Condition]:
    """Judges a model.

    Args:
        gate: the recipe's `release.gate`; its fields are `min_<metric>`, `max_<metric>`, `max_drop_from_champion`.
        figures: the model's `accuracy`, `macro_f1`, `ece`, `test_rows`, `broken_on_golden`, and the ends of their
            intervals, `accuracy_low` and so on; None where it could not be measured, which meets nothing.
        champion: the model that holds the alias today, None when there is none.
        bot: for the message.
        bound: which end of an interval a limit is compared with.
        provisional_below: judged rows below which a model is too little known: what could not be measured at all is
            then no reason to refuse it.

    Raises:
        RecipeError: the recipe has no gate, or one without any condition that can be judged.
    """
    limits = {} if gate is None else {name: value for name, value in gate.model_dump().items() if value is not None}
    if not limits:
        raise RecipeError(
            "no gate: nothing says when a model is good enough",
            where=f"{bot} release.gate",
            fix="set min_accuracy or min_macro_f1 under release.gate",
        )
    conditions = []
    is_new = is_provisional(figures, provisional_below)
    for name, limit in limits.items():
        if name == "max_drop_from_champion":
            if champion is not None and (champion.paired is not None or "accuracy" in champion.metrics):
                conditions.append(_drop(limit, figures, champion, bound))
            continue
        if name == "max_broken_on_golden" and champion is None:
            continue
        conditions.append(_limit(name, limit, figures, bound, is_new=is_new))
    if not conditions:
        raise RecipeError(
            "the gate only compares with a champion, and there is none yet",
            where=f"{bot} release.gate",
            fix="set min_accuracy or min_macro_f1 under release.gate",
        )
    return conditions


def is_provisional(figures: Mapping[str, float | None], provisional_below: int) -> bool:
    """Whether so few rows were judged that a model can only be released as provisional."""
    return (figures.get("test_rows") or 0) < provisional_below


def _limit(name: str, limit: float, figures: Mapping[str, float | None], bound: Bound, *, is_new: bool) -> Condition:
    side, metric = name.split("_", 1)
    value, low, high = (figures.get(f"{metric}{end}") for end in ("", "_low", "_high"))
    if value is None and is_new and metric in _MEASURED:
        return Condition(name, None, limit, True, note="too few rows to judge")
    better, worse = (high, low) if side == "min" else (low, high)
    end = {"upper": better, "point": value, "lower": worse}[bound]
    compared = value if value is None or end is None else end
    return Condition(name, value, limit, _met(side, compared, limit), low, high)


def _drop(limit: float, figures: Mapping[str, float | None], champion: ChampionFigures, bound: Bound) -> Condition:
    """The loss against the champion: on common rows in pairs, else of the accuracies as they were registered."""
    name, paired = "max_drop_from_champion", champion.paired
    if paired is not None and paired.rows:
        gain, interval = difference_interval(paired, _PAIRED_INTERVAL)
        low, high = (-interval[1], -interval[0]) if interval else (None, None)
        drop, note = 0.0 - gain, f"paired, on {paired.rows:,} rows that both models were asked unseen"
        shown = {"upper": low is None or low > 0.0, "point": True, "lower": True}[bound]
        compared = high if bound == "lower" else drop
        return Condition(name, drop, limit, _met("max", compared, limit) or not shown, low, high, note)
    value, best = figures.get("accuracy"), figures.get("accuracy_high" if bound == "upper" else "accuracy")
    note = "by accuracies as registered: the champion has no predictions on the same rows"
    if value is None:
        return Condition(name, None, limit, False, note=note)
    before = champion.metrics["accuracy"]
    return Condition(name, before - value, limit, _met("max", before - (best or value), limit), note=note)


def _met(side: str, value: float | None, limit: float) -> bool:
    """Whether a figure keeps to its limit (`min` or `max`); the limit itself does, what is missing or NaN does not."""
    if value is None:
        return False
    return value >= limit - _ROUNDING if side == "min" else value <= limit + _ROUNDING


def as_rows(conditions: list[Condition]) -> list[dict[str, object]]:
    """The conditions as plain data for reports; intervals and notes only where there are any."""
    return [
        {name: value for name, value in asdict(one).items() if name in _ALWAYS or value not in (None, "")}
        for one in conditions
    ]


_ALWAYS = ("name", "value", "limit", "passed")
