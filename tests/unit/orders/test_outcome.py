"""What a run tells of its bots, from tables that are written without Spark: counts, standing, misread questions."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake

from mlpipeline.cli.bot_table import bot_rows, draw_bots
from mlpipeline.orders.apply import RunReport
from mlpipeline.orders.misread import as_matrix, gather_misread
from mlpipeline.orders.outcome import gather_bots
from mlpipeline.orders.plan import Order, Plan
from mlpipeline.orders.standing import doubts, refusal_line, status_line
from mlpipeline.orders.unanswered import answer_warnings
from mlpipeline.store.checked import checked_bytes
from mlpipeline.store.corpus.sources import SourceFile
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.provenance import as_metadata, make_provenance
from mlpipeline.store.tables.row_counts import count_filled

BOT = "shop/ko"
TEXTS = ["환불해 주세요", "돈 돌려줘", "배송 언제 와요", "택배 어디예요", "돌려줘 배송"]
INTENTS = ["refund", "refund", "delivery", "delivery", "refund"]
SPLITS = ["train", "train", "train", "train", "test"]
# The test row lies beside the third text, which has another intent.
VECTORS = [[1, 0, 0], [0.8, 0.6, 0], [0, 0, 1], [0, 0.6, 0.8], [0.1, 0, 0.995]]


def put(store: Store, dataset: str, rows: Iterable[dict[str, Any]], bot: str = BOT) -> None:
    domain, lang = bot.split("/")
    table = pa.Table.from_pylist([{"domain": domain, "lang": lang, **row} for row in rows])
    said = as_metadata("stage", "run", {bot: make_provenance("c", {}, {}, {})})
    path = store.table_path(dataset)
    Path(path).mkdir(parents=True, exist_ok=True)
    properties = CommitProperties(custom_metadata={"userMetadata": said})
    write_deltalake(path, table, mode="append", partition_by=["domain", "lang"], commit_properties=properties)


def contents() -> list[dict[str, Any]]:
    return [
        {"content_id": f"c{number}", "text": text, "intent": intent, "split": split, "reason": None}
        for number, (text, intent, split) in enumerate(zip(TEXTS, INTENTS, SPLITS, strict=True))
    ]


def fill(store: Store, *, accuracy: float = 0.0, alias: str | None = None) -> None:
    """A bot of 5 texts that were delivered 30 times, of which 6 messages of its logs have no intent."""
    delivered = [*contents() * 6, *({"content_id": "x", "text": "음", "intent": None} for _ in range(6))]
    put(store, "utterance", [{"text": row["text"], "intent": row["intent"]} for row in delivered])
    put(store, "cleaned", contents())
    put(store, "denoised", [*contents(), {**contents()[4], "intent": None}])
    put(store, "splits", [{**row, "family": row["content_id"], "fixed": False} for row in contents()])
    put(
        store,
        "embedding",
        [{"content_id": f"c{n}", "vector": np.array(v, "<f4").tobytes()} for n, v in enumerate(VECTORS)],
    )
    told = {"content_id": "c4", "intent": "refund", "split": "test", "predicted": "delivery", "score": 0.9}
    put(store, "prediction", [told, {**told, "content_id": "c0", "split": "validation"}])
    report = {"accuracy_interval": [0.0, 0.79], "in_scope_rows": 1, "train_rows": 4}
    row = {"accuracy": accuracy, "macro_f1": 0.0, "ece": 0.9, "test_rows": 1, "report": json.dumps(report)}
    put(store, "evaluation", [row])
    gate = [{"name": "min_accuracy", "value": accuracy, "limit": 0.6, "passed": alias is not None}]
    put(store, "released", [{"version": 2, "alias": alias or "", "gate": json.dumps(gate), "uri": "bundles/x"}])


def released_before(store: Store, bot: str = BOT) -> None:
    place = Path(store.path("bundles", *bot.split("/")))
    place.mkdir(parents=True)
    pointer = {"bot": bot, "version": 1, "folder": "f", "digest": "d", "metrics": {"accuracy": 0.9}}
    (place / "champion.json").write_bytes(checked_bytes(pointer))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store(str(tmp_path_factory.mktemp("outcome") / "store"))
    fill(made)
    released_before(made)
    return made


def test_rows_distinct_learnt_and_tested_stand_beside_the_score_with_its_interval(store: Store):
    (row,) = bot_rows(store, [BOT])
    counts = [row[name] for name in ("rows", "labelled", "distinct", "learnt", "test_rows")]
    assert counts == [36, 30, 5, 4, 1]
    assert (row["accuracy"], row["low"], row["high"]) == (0.0, 0.0, 0.79)
    assert "0.000 [.00, .79]" in draw_bots([row])
    (row,) = bot_rows(store, ["bank/ko"])
    assert set(row.values()) == {"bank/ko", None, ""}


def test_filled_rows_are_counted_from_footers_and_a_file_that_does_not_say_is_left_out(tmp_path: Path):
    store = Store(str(tmp_path / "store"))
    for bot, intents in (("shop/ko", ["a", None, "b"]), ("shop/ja", [None]), ("bank/ko", ["a"])):
        put(store, "utterance", [{"intent": intent, "text": "t"} for intent in intents], bot)
    bots = ["shop/ko", "shop/ja", "bank/ko", "bank/ja"]
    assert count_filled(store, "utterance", "intent", bots) == {"shop/ko": 2, "shop/ja": 0, "bank/ko": 1}
    assert count_filled(store, "utterance", "no_column", bots) == {}
    (damaged,) = Path(store.path("datasets", "utterance", "domain=shop", "lang=ko")).glob("*.parquet")
    damaged.write_bytes(b"PAR1")
    assert count_filled(store, "utterance", "intent", bots) == {"shop/ja": 0, "bank/ko": 1}


def test_intents_without_an_answer_and_answers_without_an_intent_are_told(tmp_path: Path):
    store = Store(str(tmp_path / "store"))
    store.write(store.path("bundles", "shop", "ko", "f", "labels.txt"), b"yes\nhours\nnone of it\n")
    (tmp_path / "answers.yaml").write_text("yes: a\nhuors: b\n", "utf-8")
    file = SourceFile("shop", "ko", str(tmp_path / "answers.yaml"), "answers.yaml", "yaml", "answers", "{}")
    recipe = SimpleNamespace(train=SimpleNamespace(out_of_scope_label="none of it"))
    job = SimpleNamespace(sources=[file], recipe=recipe)
    plan = Plan(orders={"release": {BOT: Order("release", job, []), "shop/th": Order("release", job, [])}})  # type: ignore[arg-type]
    assert answer_warnings(store, plan, {BOT: {"uri": "bundles/shop/ko/f"}}) == {
        BOT: [
            "answers.yaml: 1 of 2 intents have no answer: hours",
            "answers.yaml: 1 of 2 answers are of no intent of the bot: huors (did you mean hours?)",
        ]
    }


def _plan(*stages: str) -> Plan:
    job: Any = type("J", (), {"recipe": None})()
    return Plan(orders={stage: {BOT: Order(stage, job, ("new",))} for stage in stages})


def test_a_misread_test_question_comes_with_the_learnt_question_most_like_it(store: Store):
    found = gather_misread(store, [BOT, "bank/ko"])
    assert set(found) == {BOT} and (found[BOT]["tested"], found[BOT]["misread"]) == (2, 2)
    question = next(one for one in found[BOT]["questions"] if one["text"] == TEXTS[4])
    nearest = question["nearest"]
    told = {"text": TEXTS[4], "expected": "refund", "predicted": "delivery", "score": 0.9, "nearest": nearest}
    assert question == told and nearest is not None
    assert (nearest["text"], nearest["intent"]) == (TEXTS[2], "delivery") and nearest["similarity"] == pytest.approx(
        0.995
    )
    assert found[BOT]["matrix"] == {"intents": ["delivery", "refund"], "cells": [[1, 0, 2]]}
    (task, *_) = found[BOT]["tasks"]
    assert task["intent"] == "refund" and TEXTS[4] in task["examples"] and str(task["to_do"])  # type: ignore[operator]


def test_the_matrix_holds_each_test_row_once():
    rng = random.Random(5)
    pairs: dict[tuple[str, str], int] = {}
    for _ in range(200):
        pair = (rng.choice("abc"), rng.choice("abcd"))
        pairs[pair] = pairs.get(pair, 0) + 1
    matrix = as_matrix(pairs)
    names = matrix["intents"]
    assert {(names[left], names[right]): count for left, right, count in matrix["cells"]} == pairs
    assert sum(count for _, _, count in matrix["cells"]) == 200
    assert as_matrix({}) == {"intents": [], "cells": []}


def test_a_refused_model_is_told_as_refused_and_the_champion_stays(store: Store):
    (entry,) = gather_bots(store, _plan("evaluate", "release"), RunReport(), [BOT])
    assert (entry["status"], entry["alias"]) == ("refused", "") and entry["champion"] == {"version": 1, "accuracy": 0.9}
    assert entry["misread"]["misread"] == 2 and entry["rows"]["labelled"] == 30 and entry["rows"]["distinct"] == 5
    assert status_line([entry]) == "1 refused by a gate; the old champion stays in production"
    assert refusal_line(entry) == (
        "shop/ko: the gate refused version 2 (min_accuracy 0.6, found 0.000): version 1 stays in production"
    )
    # A run that does not come to release says nothing of the one before.
    (entry,) = gather_bots(store, _plan("train"), RunReport(), [BOT])
    assert entry["status"] == "made"
    # Nothing was to do, and the model is as refused as it was.
    (entry,) = gather_bots(store, _plan(), RunReport(), [BOT])
    assert (entry["status"], entry["misread"]) == ("refused", None)


@pytest.mark.parametrize(
    ("name", "value", "limit", "told"),
    [
        ("min_accuracy", 0.5996, 0.6, "min_accuracy 0.6, found 0.5996"),
        ("min_accuracy", 0.59, 0.6, "min_accuracy 0.6, found 0.590"),
        ("max_ece", 0.2500004, 0.25, "max_ece 0.25, found 0.2500004"),
        ("max_drop_from_champion", 0.0213, 0.02, "max_drop_from_champion 0.02, found 0.021"),
        ("min_test_rows", 29.0, 30.0, "min_test_rows 30, found 29"),
        ("min_macro_f1", None, 0.5, "min_macro_f1 0.5, found nothing"),
    ],
)
def test_a_refusal_does_not_show_a_figure_as_the_limit_that_it_missed(
    name: str, value: float | None, limit: float, told: str
):
    gate = [{"name": name, "value": value, "limit": limit, "passed": False}]
    said = refusal_line({"bot": BOT, "version": 2, "gate": gate, "champion": None})
    assert said == f"shop/ko: the gate refused version 2 ({told}): nothing answers for it yet"


def test_a_run_that_ends_before_release_has_released_nothing(tmp_path: Path):
    store = Store(str(tmp_path / "store"))
    fill(store, accuracy=1.0, alias="champion")
    for stages, status in ((("train",), "made"), (("train", "release"), "released"), ((), "skipped")):
        (entry,) = gather_bots(store, _plan(*stages), RunReport(), [BOT])
        assert entry["status"] == status and status_line([entry]) == "ok"


@pytest.mark.parametrize(
    ("bots", "line"),
    [
        ([("released", 1), ("skipped", None)], "ok"),
        ([("failed", None), ("made", None)], "1 of 2 bots failed"),
        ([("refused", None)], "1 refused by a gate; no champion stays in production"),
        (
            [("refused", 1), ("refused", 2), ("refused", None)],
            "3 refused by a gate; 2 old champions stay in production",
        ),
        (
            [("failed", 1), ("refused", 1)],
            "1 of 2 bots failed; 1 refused by a gate; the old champion stays in production",
        ),
    ],
)
def test_how_a_run_ended_in_one_line(bots: list[tuple[str, int | None]], line: str):
    champion = [{"version": version} if version else None for _, version in bots]
    rows = [{"status": status, "champion": one} for (status, _), one in zip(bots, champion, strict=True)]
    assert status_line(rows) == line


def _scored(rows: int, low: float, limit: float = 0.6) -> dict[str, Any]:
    gate = [{"name": "min_accuracy", "limit": limit, "passed": True}]
    return {"accuracy": 1.0, "accuracy_interval": [low, 1.0], "in_scope_rows": rows, "gate": gate, "rows": {}}


def test_a_score_of_few_rows_and_a_gate_within_the_interval_are_told():
    assert doubts(_scored(120, 0.97)) == []
    (told,) = doubts(_scored(12, 0.76))
    assert told == "accuracy 1.000 rests on 12 judged rows: it may be anything from 0.76 to 1.00"
    (told,) = doubts(_scored(120, 0.55))
    assert told.endswith("120 judged rows: it may be anything from 0.55 to 1.00, and the gate asks for 0.6")
    assert "1 judged row:" in doubts(_scored(1, 0.2))[0]
    assert doubts({"rows": {}, "accuracy": None}) == []
    assert [len(doubts(_scored(rows, 0.97))) for rows in (29, 30)] == [1, 0]
    assert [len(doubts(_scored(120, low))) for low in (0.599, 0.6)] == [1, 0], "the limit itself is met"


def test_repeats_are_told_where_most_rows_are_some():
    (told,) = doubts({"rows": {"labelled": 750, "distinct": 135}})
    assert told == (
        "615 of 750 labelled rows say what another one says, or nearly: 135 distinct texts to learn from and to test on"
    )
    assert [len(doubts({"rows": {"labelled": 750, "distinct": count}})) for count in (374, 375, 700)] == [1, 0, 0]
    assert doubts({"rows": {"labelled": None, "distinct": None}}) == []
