"""The gate: what passes, what does not, and what is no gate at all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mlpipeline.errors import RecipeError
from mlpipeline.methods.evaluation.paired import Paired, count_paired
from mlpipeline.recipe.release_fields import Gate
from mlpipeline.stages.release.gate import Bound, ChampionFigures, as_rows, check_gate, is_provisional

BOUNDS: tuple[Bound, ...] = ("upper", "point", "lower")
GOOD = {"accuracy": 0.9, "macro_f1": 0.85, "ece": 0.05}


def gate(**limits: Any) -> Any:
    return Gate(**{**dict.fromkeys(Gate.model_fields), **limits})


def verdict(limits: Any, found: Any = GOOD, champion: Any = None) -> list[bool]:
    before = None if champion is None else ChampionFigures(champion)
    return [condition.passed for condition in check_gate(limits, found, before, bot="shop/ko")]


def test_each_condition_is_judged():
    limits = gate(min_accuracy=0.9, min_macro_f1=0.86, max_ece=0.05)
    assert verdict(limits) == [True, False, True]


@pytest.mark.parametrize("limit", [0.0, 0.1, 0.3, 0.62, 0.7, 0.905, 1.0])
def test_the_limit_itself_is_met_and_a_little_beyond_it_is_not(limit: float):
    for name, metric, worse in (("min_accuracy", "accuracy", -1e-6), ("max_ece", "ece", 1e-6)):
        assert verdict(gate(**{name: limit}), {metric: limit}) == [True], name
        assert verdict(gate(**{name: limit}), {metric: limit + worse}) == [False], name
    rows = gate(min_test_rows=30)
    assert [verdict(rows, {"test_rows": count}) for count in (29, 30)] == [[False], [True]]


@pytest.mark.parametrize(("champion", "now"), [(0.92, 0.9), (0.9, 0.88), (0.87, 0.85), (0.5, 0.48), (1.0, 0.98)])
def test_a_drop_of_exactly_what_is_allowed_passes(champion: float, now: float):
    limits = gate(max_drop_from_champion=0.02)
    assert verdict(limits, {"accuracy": now}, {"accuracy": champion}) == [True]
    assert verdict(limits, {"accuracy": now - 1e-6}, {"accuracy": champion}) == [False]


@pytest.mark.parametrize("summed", [sum([0.1] * 10) / 1, sum([0.7, 0.8, 0.9]) / 3, sum([0.3] * 3)])
def test_a_mean_that_is_the_limit_but_for_rounding_passes(summed: float):
    limit = round(summed, 6)
    assert verdict(gate(min_macro_f1=limit, max_ece=limit), {"macro_f1": summed, "ece": summed}) == [True, True]


@pytest.mark.parametrize("value", [None, math.nan])
def test_what_could_not_be_measured_meets_nothing(value: Any):
    assert (
        verdict(gate(min_accuracy=0.0, max_ece=1.0), {"accuracy": value, "macro_f1": None, "ece": value}) == [False] * 2
    )


@pytest.mark.parametrize("limits", [None, gate()])
def test_no_gate_is_an_error(limits: Any):
    with pytest.raises(RecipeError) as caught:
        check_gate(limits, GOOD, None, bot="shop/ko")
    assert caught.value.where == "shop/ko release.gate" and "min_accuracy" in caught.value.fix


def test_a_drop_from_the_champion():
    limits = gate(min_accuracy=0.5, max_drop_from_champion=0.02)
    assert verdict(limits, champion={"accuracy": 0.91}) == [True, True]
    assert verdict(limits, champion={"accuracy": 0.95}) == [True, False]
    assert verdict(limits, champion={"accuracy": 0.5}) == [True, True]
    assert verdict(limits, champion=None) == [True]


def test_few_test_rows_are_refused_where_the_recipe_says_so():
    limits = gate(min_accuracy=0.5, min_test_rows=30)
    assert [verdict(limits, {**GOOD, "test_rows": rows}) for rows in (12, 30)] == [[True, False], [True, True]]
    assert verdict(limits, GOOD) == [True, False]


def test_a_gate_that_only_compares_is_an_error_where_there_is_nothing_to_compare_with():
    with pytest.raises(RecipeError):
        check_gate(gate(max_drop_from_champion=0.02), GOOD, None, bot="shop/ko")
    assert verdict(gate(max_drop_from_champion=0.02), champion={"accuracy": 0.9}) == [True]


def test_conditions_as_plain_rows():
    (row,) = as_rows(check_gate(gate(min_accuracy=0.95), GOOD, None, bot="b"))
    assert row == {"name": "min_accuracy", "value": 0.9, "limit": 0.95, "passed": False}


def test_golden_questions_may_not_break_where_the_recipe_says_so():
    limits = gate(min_accuracy=0.5, max_broken_on_golden=1)
    answers = {"accuracy": 0.9}
    told = [verdict(limits, {**GOOD, "broken_on_golden": count}, answers) for count in (0.0, 1.0, 2.0, None)]
    assert told == [[True, True], [True, True], [True, False], [True, False]]
    assert verdict(limits, GOOD, None) == [True], "without a champion nothing can break"
    with pytest.raises(RecipeError):
        check_gate(gate(max_broken_on_golden=0), GOOD, None, bot="shop/ko")


@pytest.mark.parametrize(
    ("bound", "passes"), [("upper", [True, True]), ("point", [False, False]), ("lower", [False, False])]
)
def test_a_limit_is_compared_with_the_end_of_the_interval_that_the_recipe_names(bound: Any, passes: list[bool]):
    # Of 61 rows 31 were right, and the truth was .666.
    found = {"accuracy": 0.508, "accuracy_low": 0.386, "accuracy_high": 0.629, "ece": 0.3, "ece_low": 0.2}
    conditions = check_gate(
        gate(min_accuracy=0.6, max_ece=0.25), {**found, "ece_high": 0.4}, None, bot="b", bound=bound
    )
    assert [one.passed for one in conditions] == passes
    assert as_rows(conditions)[0] == {
        "name": "min_accuracy", "value": 0.508, "limit": 0.6, "passed": passes[0], "low": 0.386, "high": 0.629,
    }  # fmt: skip
    sure = {"accuracy": 0.7, "accuracy_low": 0.65, "accuracy_high": 0.75}
    assert [one.passed for one in check_gate(gate(min_accuracy=0.6), sure, None, bot="b", bound=bound)] == [True]
    worse = {"accuracy": 0.5, "accuracy_low": 0.45, "accuracy_high": 0.55}
    assert [one.passed for one in check_gate(gate(min_accuracy=0.6), worse, None, bot="b", bound=bound)] == [False]


def test_what_few_rows_could_not_measure_is_no_reason_to_refuse():
    found = {"accuracy": None, "macro_f1": None, "ece": None, "test_rows": 0}
    limits = gate(min_accuracy=0.6, max_ece=0.25)
    conditions = check_gate(limits, found, None, bot="b", bound="upper", provisional_below=30)
    assert [(one.passed, one.note) for one in conditions] == [(True, "too few rows to judge")] * 2
    assert is_provisional(found, 30) and not is_provisional({"test_rows": 30}, 30) and not is_provisional(found, 0)
    assert verdict(limits, found) == [False, False]
    # Rows that show that it misses a limit count, however few.
    bad = {**dict.fromkeys(("accuracy", "accuracy_low"), 0.0), "accuracy_high": 0.3, "test_rows": 9}
    few = check_gate(gate(min_accuracy=0.6), bad, None, bot="b", bound="upper", provisional_below=30)
    assert [one.passed for one in few] == [False]


def test_champion_and_new_model_are_compared_on_the_rows_that_both_have():
    limits = gate(max_drop_from_champion=0.02)
    # As registered it would have lost .15; on the same rows it lost nothing.
    before = ChampionFigures({"accuracy": 0.95}, Paired(both=80, fixed=5, broken=5, neither=10))
    (one,) = check_gate(limits, {"accuracy": 0.8}, before, bot="b", bound="upper")
    assert one.passed and one.value == 0.0 and one.low is not None and one.low < 0.0 < (one.high or 0.0)
    assert one.note == "paired, on 100 rows that both models were asked unseen"
    lost = ChampionFigures({"accuracy": 0.8}, Paired(both=240, fixed=5, broken=20, neither=35))
    assert [one.passed for one in check_gate(limits, {"accuracy": 0.8}, lost, bot="b", bound="upper")] == [False]
    few = ChampionFigures({"accuracy": 0.8}, Paired(both=20, fixed=1, broken=3, neither=6))
    told = {bound: check_gate(limits, {"accuracy": 0.8}, few, bot="b", bound=bound)[0].passed for bound in BOUNDS}
    assert told == {"upper": True, "point": False, "lower": False}
    registered, found = ChampionFigures({"accuracy": 0.91}), {"accuracy": 0.8, "accuracy_high": 0.9}
    (old,) = check_gate(limits, found, registered, bot="b", bound="upper")
    assert old.passed and old.note.startswith("by accuracies as registered")


def test_equal_models_are_rarely_refused_and_a_loss_of_five_points_mostly():
    limits, rng = gate(max_drop_from_champion=0.02), np.random.default_rng(7)

    def refused(loss: float) -> float:
        count = 0
        for _ in range(200):
            base = rng.random(300) < 0.85
            # Retraining moves one row in twenty; the worse model loses rows on top.
            sides = [np.where(rng.random(300) < 0.05, rng.random(300) < 0.85, base) for _ in range(2)]
            sides[1] = sides[1] & (rng.random(300) >= loss / 0.85)
            before = ChampionFigures({}, count_paired(*(side.tolist() for side in sides)))
            count += not check_gate(limits, {}, before, bot="b", bound="upper")[0].passed
        return count / 200

    assert refused(0.0) <= 0.05 and refused(0.05) >= 0.8
