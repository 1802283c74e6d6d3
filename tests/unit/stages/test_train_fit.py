"""One bot from its rows to the figures of its release: which rows teach, which are judged, and by whom."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from mlpipeline.methods.evaluation.metrics import ReportSettings
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.stages.evaluate import evaluate_bot
from mlpipeline.stages.train import fit
from mlpipeline.store.tables.pieces import read_bytes
from tests.unit.networks.test_classifier import SETTINGS, corpus

pytestmark = pytest.mark.slow

COLUMNS = ("id", "content_id", "intent", "normalized", "component", "family", "split", "parent", "partner")
MORE = (("fixed", pa.bool_()), ("vector", pa.binary()), ("encoder", pa.string()))
SCHEMA = pa.schema([*((name, pa.string()) for name in COLUMNS), *MORE])


def row(number: int, intent: str, text: str, split: str = "train", **changed: Any) -> dict[str, Any]:
    name = f"c{number:03}"
    told = {"id": f"u{number}", "content_id": name, "intent": intent, "normalized": text, "component": name}
    return {**told, "family": name, "split": split, "fixed": False, **changed}


def rows() -> list[dict[str, Any]]:
    texts, intents = corpus()
    listed = [
        row(at, intent, text, ("train", "validation", "test")[at % 3])
        for at, (text, intent) in enumerate(zip(texts[::2], intents[::2], strict=True))
    ]
    near: dict[str, Any] = {"family": None, "split": "near_duplicate"}
    return [
        *listed,
        row(900, "lonely", "a question of its own"),
        row(901, "music", "never learnt", "test", fixed=True),
        row(902, "alarm", "nearly the first", **near, component="c000"),
        row(903, "music", "near, but of another intent", **near, component="c000"),
        row(904, "music", "near the fixed row", **near, component="c901"),
        row(905, "alarm", "made from the first", "augmented", family=None, component=None, parent="u0"),
    ]


def trained(**settings: Any) -> pa.Table:
    table = pa.Table.from_pylist(rows(), SCHEMA)
    return fit("shop/ko", table, replace(SETTINGS, min_steps=30, **settings), 1)


def test_all_rows_teach_and_each_is_judged_once_by_a_network_without_it() -> None:
    model = trained()
    own = len(rows()) - 5
    counts = ("train_rows", "near_duplicate_rows", "augmented_rows", "unevaluated_rows")
    assert [model[name][0].as_py() for name in counts] == [own, 1, 1, 1]
    learnt = TrainedModel.from_bytes(read_bytes(model, "payload"))
    assert "lonely" in learnt.labels and learnt.history["rows"] == own + 1
    judged = evaluate_bot("shop/ko", model, ReportSettings(bootstrap=20, interval=0.95, bins=5), "out_of_scope")
    report = json.loads(judged["report"][0].as_py())
    assert report["source"] == f"3-fold cross-validation over {own - 1} rows" and report["folds"] == 3
    assert report["rows"] == judged["test_rows"][0].as_py() == own - 1
    assert report["fixed_test"]["rows"] == 1 and report["train_rows"] == own
    said = judged["predictions"][0].as_py()
    assert len(said) == own and sorted(one["content_id"] for one in said if one["fold"] is None) == ["c901"]
    assert {one["fold"] for one in said} == {0, 1, 2, None} and "c900" not in {one["content_id"] for one in said}


def test_a_large_bot_is_judged_by_one_network_on_its_held_out_rows() -> None:
    model = trained(max_folded_rows=10)
    judged = evaluate_bot("shop/ko", model, ReportSettings(bootstrap=0, interval=0.95, bins=5), "out_of_scope")
    report = json.loads(judged["report"][0].as_py())
    held = sum(one["split"] in ("validation", "test") and not one["fixed"] for one in rows())
    assert report["source"] == f"{held} held-out rows"
    assert TrainedModel.from_bytes(read_bytes(model, "payload")).history["rows"] == len(rows()) - 4
