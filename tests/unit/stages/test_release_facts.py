"""What is told of a release: the settings of all stages, the datasets with their digests, losses and intervals."""

from __future__ import annotations

import pytest

from mlpipeline.stages.release import facts
from mlpipeline.stages.release.gate import Condition
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.tracking import LoggedDataset
from mlpipeline.store.tables.manifests import Entry, Manifest
from mlpipeline.store.tables.provenance import make_provenance

STORE = Store("/nowhere")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Manifest]:
    """Manifests of a store in which `shop/ko` was cleaned, denoised and evaluated."""
    found = {}
    for name, settings, version in (
        ("cleaned", {"clean": {"near": 0.9}}, 4),
        ("denoised", {"denoise": {"action": "drop"}}, 7),
        ("evaluation", {"evaluate": {"bins": 10}}, 5),
    ):
        entry = Entry(make_provenance("code", settings, {}, {}), version, 100 + version)
        found[name] = Manifest(name, version, {"shop/ko": entry})
    monkeypatch.setattr(facts, "_manifest", lambda store, name: found.get(name, Manifest(name)))
    return found


def test_the_recipe_is_that_of_all_stages(made: dict[str, Manifest]):
    expected = {"clean": {"near": 0.9}, "denoise": {"action": "drop"}, "evaluate": {"bins": 10}}
    assert facts.recipe_of_all(STORE, "shop/ko") == expected
    assert facts.recipe_of_all(STORE, "shop/en") == {}


def test_datasets_are_named_as_ls_names_them_with_their_fingerprints(made: dict[str, Manifest]):
    found = facts.logged_datasets(STORE, "shop/ko")
    assert [(one.name, one.version, one.rows, one.context) for one in found] == [
        ("shop/ko/cleaned@4", 4, 104, "training"),
        ("shop/ko/denoised@7", 7, 107, "training"),
        ("shop/ko/evaluation@5", 5, 105, "evaluation"),
    ]
    assert [one.digest for one in found] == [
        made[one.path[9:]].entries["shop/ko"].provenance.fingerprint for one in found
    ]


def test_curves_are_lists_of_numbers_and_intervals_are_pairs():
    assert facts.loss_curves({"loss": [2, 1.5], "rows": 3, "names": ["a"], "none": []}) == {"loss": [2.0, 1.5]}
    report = {"accuracy_interval": [0.8, 0.9], "ece_interval": None, "oos_interval": [None, None], "accuracy": 0.85}
    assert facts.intervals_in(report) == {"accuracy": (0.8, 0.9)}


def test_the_description_says_how_good_what_the_gate_said_and_from_which_rows():
    rows = [LoggedDataset("shop/ko/denoised@7", "d", "datasets/denoised", 7, 1107, "training")]
    conditions = [Condition("min_accuracy", 0.7, 0.8, False), Condition("max_ece", 0.1, 0.2, True)]
    told = facts._description("shop/ko", {"accuracy": 0.7, "ece": None}, {"accuracy": (0.61, 0.78)}, conditions, rows)
    assert told.split("\n\n") == [
        "Bot `shop/ko`: accuracy 0.7 [0.610, 0.780], ece not measured.",
        "Gate: refused: min_accuracy 0.8, found 0.7.",
        "Made from `shop/ko/denoised@7` (1,107 rows).",
    ]
