"""What was said of a bot's rows stays beside its bundle, without texts, and the next model is compared with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from mlpipeline.methods.evaluation.paired import Paired
from mlpipeline.stages.release.predictions import keep_predictions, pair_with_champion
from mlpipeline.store.bundles.content import open_bundle, write_bundle
from mlpipeline.store.bundles.predictions import PREDICTIONS_FILE, ScoredIntent, pack_predictions, unpack_predictions
from mlpipeline.store.registry.pointers import Released
from tests.unit.store.bundles.test_bundles import CONTENTS


def table(*rows: tuple[str, str, str]) -> pa.Table:
    names = ("content_id", "intent", "predicted")
    listed: list[dict[str, Any]] = [{**dict(zip(names, row, strict=True)), "score": 0.5} for row in rows]
    schema = pa.schema([*((name, pa.string()) for name in names), ("score", pa.float64())])
    return pa.Table.from_pylist(listed, schema)


BEFORE = table(("c1", "pay", "pay"), ("c2", "pay", "go"), ("c3", "go", "go"), ("c4", "out", "go"), ("c5", "go", "go"))


def test_they_are_packed_in_one_order_and_come_back() -> None:
    packed = pack_predictions(BEFORE)
    assert packed == pack_predictions(BEFORE.take(pa.array([4, 2, 0, 1, 3])))
    assert unpack_predictions(packed)["c2", "pay"].predicted == "go" and len(unpack_predictions(packed)) == 5
    assert unpack_predictions(pack_predictions(table())) == {}


def test_two_models_are_paired_by_content_and_intent(tmp_path: Path) -> None:
    digest = write_bundle(tmp_path / "b", CONTENTS)
    today = Released("shop/ko", 1, str(tmp_path / "b"), digest, {})
    # c3 has another intent by now, c4 is out of scope, c5 is gone and c6 new: three say nothing, two rows are common.
    after = table(
        ("c1", "pay", "go"), ("c2", "pay", "pay"), ("c3", "pay", "pay"), ("c4", "out", "go"), ("c6", "go", "go")
    )
    assert pair_with_champion(today, after, "out") is None, "an older bundle has none"
    keep_predictions(tmp_path / "b", BEFORE)
    keep_predictions(tmp_path / "b", after)
    opened = open_bundle(tmp_path / "b")
    assert opened.digest == digest and unpack_predictions(opened.held[PREDICTIONS_FILE])["c1", "pay"] == ScoredIntent(
        "pay", 0.5
    )
    assert pair_with_champion(today, after, "out") == Paired(both=0, fixed=1, broken=1, neither=0)
    assert pair_with_champion(today, table(("c9", "pay", "pay")), "out") is None
    assert pair_with_champion(None, after, "out") is None
