"""Causes in words."""

from __future__ import annotations

from typing import Any

import pytest

from mlpipeline.orders.causes import find_causes, setting_changes
from mlpipeline.recipe.renamed import RENAMED
from mlpipeline.store.tables.manifests import Entry
from mlpipeline.store.tables.provenance import make_provenance


def entry(code: str = "c", part: Any = None, inputs: Any = None, libraries: Any = None) -> Entry:
    provenance = make_provenance(code, part or {}, inputs or {}, libraries or {})
    return Entry(provenance, 0, 1, [])


def test_equal_marks_give_no_cause():
    assert find_causes("train", entry(), entry().provenance) == []


def test_missing_files_come_first():
    found = find_causes("train", entry(), entry(code="d").provenance, missing=["a.parquet", "b.parquet"])
    assert found == ["artefact missing: a.parquet and 1 more"]


def test_never_made_and_after():
    assert find_causes("train", None, entry().provenance) == ["never made"]
    assert find_causes("train", None, entry().provenance, upstream=["clean", "split"]) == ["after split"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"epochs": 10}, {"epochs": 20}, "epochs 10 -> 20"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b 1 -> 2"),
        ({}, {"salt": "x"}, "salt none -> x"),
        ({"ngrams": [1, 3]}, {"ngrams": [1, 4]}, "ngrams [1, 3] -> [1, 4]"),
        ({"gate": None}, {"gate": {"min": 1}}, "gate none -> {'min': 1}"),
    ],
)
def test_a_changed_value_is_shown(old: Any, new: Any, said: str):
    assert setting_changes(old, new) == [said]


def test_long_values_are_cut():
    (said,) = setting_changes({"steps": "x" * 500}, {"steps": "y"})
    assert len(said) < 90


def test_all_causes_are_told():
    old = entry("c", {"train": {"epochs": 1}}, {"source_file": {"a": "1", "b": "1"}}, {"keras": "3.0"})
    new = entry("d", {"train": {"epochs": 2}}, {"source_file": {"a": "2", "c": "1"}}, {"keras": "3.1"}).provenance
    assert find_causes("train", old, new) == [
        "recipe train.epochs 1 -> 2",
        "code of train changed",
        "keras 3.0 -> 3.1",
        "a changed",
        "b is gone",
        "c is new",
    ]


def test_an_input_that_runs_in_the_same_plan_is_the_cause():
    old, new = entry(inputs={"cleaned": "1"}), entry(inputs={"cleaned": "2"}).provenance
    assert find_causes("split", old, new, upstream=["clean"]) == ["after clean"]
    assert find_causes("split", old, new) == ["cleaned is new"]


def test_a_key_that_has_another_name_now_is_no_change_of_its_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(RENAMED, "train.passes", "train.epochs")
    old = entry(part={"train": {"passes": 10, "dims": 64}})
    assert find_causes("train", old, entry(part={"train": {"epochs": 10, "dims": 64}}).provenance) == [
        "recipe train.passes is called train.epochs now"
    ]
    assert find_causes("train", old, entry(part={"train": {"epochs": 20, "dims": 64}}).provenance) == [
        "recipe train.epochs 10 -> 20",
        "recipe train.passes is called train.epochs now",
    ]
