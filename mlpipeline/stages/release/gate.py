"""Whether a model may become champion: every condition of the recipe, with what was found and what was wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mlpipeline.errors import RecipeError

if TYPE_CHECKING:
    from mlpipeline.recipe.release_fields import Gate

# 0.92 - 0.90 is a little more than 0.02 in floats: what is equal on paper meets a limit.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Condition:
    """One condition of a gate: its name in the recipe, what was found, the limit, and whether it is met."""

    name: str
    value: float | None
    limit: float
    passed: bool


def check_gate(
    gate: Gate | None, figures: Mapping[str, float | None], champion: Mapping[str, float] | None, *, bot: str
) -> list[Condition]:
    """Judges a model.

    Args:
        gate: the recipe's `release.gate`; its fields are `min_<metric>`, `max_<metric>`, `max_drop_from_champion`.
        figures: the model's `accuracy`, `macro_f1`, `ece`, `test_rows`, `broken_on_golden`; None where it could not be
            measured, which meets nothing.
        champion: metrics of the model that holds the alias today, None when there is none.
        bot: for the message.

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
    for name, limit in limits.items():
        if name == "max_drop_from_champion":
            if champion is not None and "accuracy" in champion:
                value = figures.get("accuracy")
                drop = None if value is None else champion["accuracy"] - value
                conditions.append(Condition(name, drop, limit, _met("max", drop, limit)))
            continue
        if name == "max_broken_on_golden" and champion is None:
            continue
        side, metric = name.split("_", 1)
        value = figures.get(metric)
        conditions.append(Condition(name, value, limit, _met(side, value, limit)))
    if not conditions:
        raise RecipeError(
            "the gate only compares with a champion, and there is none yet",
            where=f"{bot} release.gate",
            fix="set min_accuracy or min_macro_f1 under release.gate",
        )
    return conditions


def _met(side: str, value: float | None, limit: float) -> bool:
    """Whether a figure keeps to its limit (`min` or `max`); the limit itself does, what is missing or NaN does not."""
    if value is None:
        return False
    return value >= limit - _ROUNDING if side == "min" else value <= limit + _ROUNDING


def as_rows(conditions: list[Condition]) -> list[dict[str, object]]:
    """The conditions as plain data for reports."""
    return [asdict(condition) for condition in conditions]
