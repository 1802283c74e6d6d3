"""Two models by slice of the rows: what changed, where, and whether it could be chance."""

from __future__ import annotations

import json

import pytest

from mlpipeline.methods.evaluation.comparison import figures_of, length_slices, slice_figures
from mlpipeline.methods.evaluation.paired import Paired


def test_slices_are_told_apart_the_worst_first_and_held_against_each_other():
    before = [True] * 8 + [False] * 4 + [True] * 4
    after = [False] * 8 + [True] * 4 + [True] * 4
    slices: dict[str, list[str | None]] = {
        "intent": [*"aaaaaaaabbbbcccc"],
        "language": ["ko"] * 16,
        "source": [None] * 16,
    }
    found = slice_figures(before, after, slices, 0.95)
    assert [(one.name, one.value, one.counts.fixed, one.counts.broken) for one in found] == [
        ("intent", "a", 0, 8),
        ("intent", "c", 0, 0),
        ("intent", "b", 4, 0),
    ]
    worst, same, best = found
    assert (worst.before, worst.after, worst.difference) == (1.0, 0.0, -1.0)
    assert worst.p == pytest.approx(2 / 2**8) and worst.p_adjusted == pytest.approx(2 * worst.p)
    assert best.p == best.p_adjusted == pytest.approx(0.125) and (same.p, same.p_adjusted) == (1.0, 1.0)


def test_rows_without_a_value_are_in_no_slice():
    (one, other) = slice_figures([True, False, True], [True, True, True], {"source": ["app", "web", None]}, 0.95)
    assert {one.value, other.value} == {"app", "web"} and one.counts.rows + other.counts.rows == 2


def test_figures_go_to_json():
    told = json.loads(json.dumps(figures_of(Paired(36, 12, 2, 0), 0.95).to_dict()))
    assert (told["rows"], told["fixed"], told["broken"], told["both"]) == (50, 12, 2, 36)
    assert told["difference"] == pytest.approx(0.2) and len(told["difference_interval"]) == 2
    assert figures_of(Paired(0, 0, 0, 0), 0.95).before is None


def test_lengths_are_thirds_of_the_rows():
    assert length_slices([]) == []
    found = length_slices(["x" * length for length in range(1, 10)])
    assert [found.count(word) for word in dict.fromkeys(found)] == [3, 3, 3] and found[0] == "short (to 3)"
    assert len(set(length_slices(["ab"] * 5))) == 1
