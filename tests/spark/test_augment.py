"""`augment` on Spark: rows in, made rows with their pedigree out, whatever the partitions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from mlpipeline.schemas import AUGMENTED, CLEANED, SPLITS
from mlpipeline.stages.augment import STAGE
from tests.spark.conftest import as_rows

BOT = {"domain": "shop", "lang": "ko"}
TEXTS = {
    "meal": ["점심 먹었니?", "저녁은 뭐 먹었어?", "오늘 아침 먹었어?", "밥을 언제 먹었니?", "맛있는 거 먹었어요?"],
    "order": [
        "주문을 취소하고 싶어요",
        "어제 주문한 옷을 취소해 줘",
        "주문 내역 좀 보여줘",
        "제 주문은 어디에 있어요?",
    ],
}
HELD_OUT = "점심은 먹었니?"
SETS = ("augment.fill_to=20",)


def frames(spark: SparkSession, partitions: int = 2) -> dict[str, DataFrame]:
    """What the stages before would have left of these rows of one bot."""
    rows: list[tuple[str | None, str, str | None]] = [
        (intent, text, "train") for intent, texts in TEXTS.items() for text in texts
    ]
    rows += [("meal", HELD_OUT, "test"), (None, "주문한 옷 취소해 주세요", None)]
    # A live log says what labelled rows say: one content, which has one split.
    rows += [(None, TEXTS["meal"][0], None), (None, HELD_OUT, None)]
    contents = {text: f"c{place}" for place, text in enumerate(dict.fromkeys(text for _, text, _ in rows))}
    listed = [
        {**BOT, "id": f"u{place}", "content_id": contents[text], "intent": intent, "text": text, "normalized": text}
        for place, (intent, text, _) in enumerate(rows)
    ]
    placed = [{**BOT, "content_id": contents[text], "split": split} for _, text, split in rows if split]
    cleaned: list[dict[str, Any]] = [{name: row.get(name) for name in CLEANED.names} for row in listed]
    return {
        "cleaned": spark.createDataFrame(cleaned, CLEANED).repartition(partitions),
        "splits": spark.createDataFrame(placed, SPLITS).repartition(partitions),
    }


@pytest.fixture(scope="module")
def given(spark: SparkSession) -> dict[str, DataFrame]:
    return frames(spark)


def test_each_made_row_tells_where_it_comes_from(run, given):
    made = run("augment", sets=SETS, **given)
    rows = made["augmented"].collect()
    originals = {row["id"]: row for row in given["cleaned"].collect()}
    assert {row["intent"] for row in rows} == set(TEXTS) and len(rows) >= 12
    for row in rows:
        parent = originals[row["parent"]]
        assert parent["intent"] == row["intent"] and parent["text"] != HELD_OUT
        assert row["source"] == "augment" and row["operators"] and row["seed"] == 20
        assert 0.0 <= row["similarity"] < 0.8 and 0.0 <= row["agreement"] <= 1.0
    texts = [row["normalized"] for row in rows]
    assert len(set(texts)) == len(texts) and not {HELD_OUT, *(row["text"] for row in originals.values())} & set(texts)
    assert len({row["id"] for row in rows}) == len({row["content_id"] for row in rows}) == len(rows)


def test_the_report_and_the_rows_for_review_add_up(run, given):
    made = run("augment", sets=(*SETS, "augment.review_rows=3"), **given)
    (told,) = made["augment_report"].collect()
    report = json.loads(told["report"])
    kept, review = made["augmented"].count(), made["augmented_dropped"].collect()
    assert (told["rows"], told["kept"]) == (9, kept) and report["kept"] == kept
    refused = {reason: one["count"] for reason, one in report["refused"].items()}
    assert told["made"] == kept + sum(refused.values())
    assert told["review"] == refused.get("label_disagrees", 0) + refused.get("opposite", 0) > 0
    assert len(review) == min(3, told["review"])
    assert {row["reason"] for row in review} <= {"label_disagrees", "opposite"} and all(row["detail"] for row in review)


def test_equal_rows_on_any_partitioning_and_none_where_none_are_wanted(run, spark, given):
    first = as_rows(run("augment", sets=SETS, **given)["augmented"], *AUGMENTED.names)
    again = as_rows(run("augment", sets=SETS, **frames(spark, partitions=7))["augmented"], *AUGMENTED.names)
    assert first == again
    other = as_rows(run("augment", sets=(*SETS, "augment.seed=21"), **given)["augmented"], *AUGMENTED.names)
    assert first != other
    off = run("augment", sets=("augment.fill_to=0",), **given)
    assert off["augmented"].count() == 0 and off["augment_report"].count() == 1


def test_rows_of_another_language_are_left_alone(run, spark):
    rows = frames(spark)
    moved = {name: frame.replace("ko", "en", subset=["lang"]) for name, frame in rows.items()}
    made = run("augment", sets=SETS, lang="en", **moved)
    # Korean rows under an English flag: nothing is made of them, and the report says why
    (told,) = made["augment_report"].collect()
    assert told["kept"] == 0 and json.loads(told["report"])["skipped"]
    assert set(STAGE.gives) == set(made)
