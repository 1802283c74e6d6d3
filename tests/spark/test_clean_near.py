"""Near duplicates: what `clean` keeps, whatever the order and the partitions of its rows."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from mlpipeline.schemas import CLEANED, CLEANED_DROPPED, NEAR_PAIR, NEAR_STATE, UTTERANCE
from mlpipeline.spark.frames import check_schema
from tests.spark.conftest import as_rows


def utterances(spark: SparkSession, rows: list[dict[str, Any]]) -> DataFrame:
    """Rows of text, intent and what else matters, at the lines of one file unless they say another."""
    plain = {"domain": "shop", "lang": "en", "source": "corpus", "origin_file": "f"}
    made = [{**plain, "id": f"id{n}", "origin_line": n, **row} for n, row in enumerate(rows)]
    return spark.createDataFrame(made, UTTERANCE)


def sentences(count: int, seed: int = 3) -> list[dict[str, Any]]:
    """Short sentences of which many are near each other, some under two intents, in two domains."""
    words, rng = ("turn", "the", "light", "in", "my", "kitchen", "on", "off", "wake", "me", "up"), random.Random(seed)
    rows = []
    for number in range(count):
        text = " ".join(rng.choices(words, k=rng.randint(2, 6)))
        text += rng.choice(["", "", "s", " please", "!"])
        ts = datetime(2026, 1, rng.randint(1, 28)) if rng.random() < 0.3 else None
        row = {"text": text, "intent": rng.choice(["a", "b", None]), "ts": ts, "verified": rng.choice([None, True])}
        rows.append({**row, "domain": rng.choice(["shop", "bank"]), "origin_line": number})
    return rows


def all_of(made: dict[str, DataFrame]) -> list[Any]:
    dropped = as_rows(made["cleaned_dropped"], "domain", "origin_line", "reason", "detail", "component")
    kept = as_rows(made["cleaned"], "domain", "origin_line", "component")
    return [kept, dropped, as_rows(made["near_pair"])]


def test_of_near_duplicates_one_stays_and_the_others_name_it(spark, run):
    rows: list[dict[str, Any]] = [
        {"text": "please cancel my order", "intent": "cancel"},
        {"text": "cancel my order", "intent": "cancel"},
        {"text": "cancel my orders", "intent": "cancel"},
        {"text": "cancel my orders", "intent": "cancel"},
        {"text": "Cancel my orderss", "intent": "cancel", "verified": True},
        {"text": "cancel my order", "intent": "refund"},
        {"text": "where is my parcel", "intent": "track"},
    ]
    made = run("clean", lang="en", utterance=utterances(spark, rows))
    kept = {row["origin_line"]: row for row in made["cleaned"].collect()}
    assert sorted(kept) == [4, 5, 6], "the verified one, the other intent, the lone one"
    assert kept[4]["component"] == kept[5]["component"] != kept[6]["component"] == kept[6]["content_id"]
    dropped = {row["origin_line"]: row for row in made["cleaned_dropped"].collect()}
    assert {line: row["reason"] for line, row in dropped.items()} == {
        **{0: "near_duplicate", 1: "near_duplicate", 2: "near_duplicate", 3: "duplicate"}
    }
    assert dropped[2]["detail"].startswith(f"of {kept[4]['content_id']}, similarity 0.886")
    assert kept[4]["component"] == min(row["content_id"] for row in (kept[4], *dropped.values()))
    pairs = made["near_pair"].collect()
    assert all(row["left"] < row["right"] and row["similarity"] >= 0.8 for row in pairs)
    check_schema(made["near_pair"], NEAR_PAIR, where="test")
    check_schema(made["cleaned"], CLEANED, where="test")
    check_schema(made["cleaned_dropped"], CLEANED_DROPPED, where="test")


def test_order_and_partitions_change_nothing(spark, run):
    rows = sentences(600)
    wanted = all_of(run("clean", lang="en", utterance=utterances(spark, rows)))
    assert len(wanted[2]) > 40
    assert len(wanted[0]) + len(wanted[1]) == len(rows)
    for partitions in (1, 7, 31):
        random.Random(partitions).shuffle(rows)
        spread = utterances(spark, rows).repartition(partitions)
        assert all_of(run("clean", lang="en", utterance=spread)) == wanted


def test_the_recipe_may_keep_them_or_not_look(spark, run):
    rows = sentences(200)
    made = {}
    for setting in ("keep", "off"):
        sets = (f"clean.near_duplicates={setting}",)
        made[setting] = run("clean", lang="en", sets=sets, utterance=utterances(spark, rows))
    said = [as_rows(frames["cleaned_dropped"], "origin_line", "reason", "detail") for frames in made.values()]
    assert said[0] == said[1], "exact repeats are the same, however they are found"
    assert {reason for _, reason, _ in said[0]} == {"duplicate"}
    assert [frames["near_pair"].count() > 0 for frames in made.values()] == [True, False]
    apart = [frames["cleaned"].where("component != content_id").count() for frames in made.values()]
    assert apart[0] > 0 and apart[1] == 0


def test_a_corpus_of_one_sentence_and_one_of_a_hundred_thousand_letters(spark, run):
    rows: list[dict[str, Any]] = [{"text": "haha", "intent": "laugh"}] * 500
    rows += [{"text": "word " * 20_000, "intent": "laugh"}]
    rows += [{"text": "please", "intent": "ask"}, {"text": "...", "intent": "ask"}]
    made = run("clean", lang="en", sets=("clean.max_chars=200000",), utterance=utterances(spark, rows))
    assert as_rows(made["cleaned"], "origin_line") == [(0,), (500,), (501,)]
    assert made["near_pair"].count() == 0


def test_a_day_later_the_state_is_used_and_the_result_is_that_of_a_full_run(spark, run):
    rows = sentences(500)
    rng = random.Random(1)
    old = [row for row in rows if rng.random() < 0.95] + sentences(10, seed=9)
    rng.shuffle(old)
    first = run("clean", lang="en", utterance=utterances(spark, old))
    check_schema(first["near_state"], NEAR_STATE, where="test")
    kept = spark.createDataFrame(first["near_state"].collect(), NEAR_STATE)
    assert kept.where("payload is not null").count() == 2, "one a bot"
    rng.shuffle(rows)
    rolled = run("clean", lang="en", utterance=utterances(spark, rows), last_near_state=kept)
    assert all_of(rolled) == all_of(run("clean", lang="en", utterance=utterances(spark, rows)))


def test_what_is_left_out_is_told_and_no_state_is_kept(spark, run):
    rows = [{"text": f"the same long beginning {number}", "intent": "a"} for number in range(80)]
    made = run("clean", lang="en", sets=("clean.near_comparisons=1",), utterance=utterances(spark, rows))
    (told,) = made["near_state"].collect()
    assert told["payload"] is None
    assert told["capped"] > 0
    assert told["skipped"] > 0
    other = run("clean", lang="en", utterance=utterances(spark, rows), last_near_state=made["near_state"])
    assert other["near_state"].where("skipped > 0").count() == 0
