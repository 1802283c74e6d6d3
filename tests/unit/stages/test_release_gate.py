"""The gate: what passes, what does not, and what is no gate at all."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mlpipeline.errors import RecipeError
from mlpipeline.recipe.release_fields import Gate
from mlpipeline.stages.release.gate import as_rows, check_gate

GOOD = {"accuracy": 0.9, "macro_f1": 0.85, "ece": 0.05}


def gate(**limits: Any) -> Any:
    return Gate(**{**dict.fromkeys(Gate.model_fields), **limits})


def verdict(limits: Any, found: Any = GOOD, champion: Any = None) -> list[bool]:
    return [condition.passed for condition in check_gate(limits, found, champion, bot="shop/ko")]


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
