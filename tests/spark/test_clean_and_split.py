"""`clean` and `split` say the same however rows are partitioned."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from mlpipeline.schemas import CLEANED, CLEANED_DROPPED, FINDING, SPLITS, UTTERANCE
from mlpipeline.spark.frames import check_schema
from tests.spark.conftest import as_rows


def utterances(
    spark: SparkSession, rows: Sequence[tuple[str, str | None, str, int]], domain: str = "shop"
) -> DataFrame:
    """Rows of (text, intent, file, line)."""
    made = [
        {
            **{"domain": domain, "lang": "ko", "id": f"id{n}", "intent": intent, "text": text, "source": "corpus"},
            **{"origin_file": file, "origin_line": at},
        }
        for n, (text, intent, file, at) in enumerate(rows)
    ]
    return spark.createDataFrame(made, UTTERANCE)


def cleaned(spark: SparkSession, texts: Sequence[tuple[str, str | None]]) -> DataFrame:
    """Rows of (text, intent) as `clean` would leave them."""
    made = [
        {
            **{"domain": "shop", "lang": "ko", "id": f"id{n}", "intent": intent, "text": text, "source": "corpus"},
            **{"origin_file": "f", "origin_line": n, "normalized": text, "content_id": content_id(text)},
        }
        for n, (text, intent) in enumerate(texts)
    ]
    return spark.createDataFrame(made, CLEANED)


def content_id(text: str, lang: str = "ko") -> str:
    # Spark hashes several columns by giving the hash of one as the seed of the next.
    return f"{xxh64(text.encode(), xxh64(lang.encode())):016x}"


def place(file: str, line: int) -> tuple[int, int]:
    return zlib.crc32(file.encode()), line


@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_of_duplicates_the_first_of_its_file_stays(spark, run, partitions: int):
    rows = [
        ("안녕", "hi", "b", 1),
        ("안녕", "hi", "a", 9),
        ("안녕 ", "hi", "a", 2),
        ("안녕", "bye", "c", 1),
        ("안녕", None, "c", 2),
    ]
    rows += [(f"문장 {n % 40}", "x", f"f{n % 3}", n) for n in range(200)]
    random.Random(partitions).shuffle(rows)
    sets = ("clean.near_duplicates=off",)
    made = run("clean", sets=sets, utterance=utterances(spark, rows).repartition(partitions))
    kept = as_rows(made["cleaned"].where("normalized = '안녕'"), "intent", "origin_file", "origin_line")
    assert kept == [("bye", "c", 1), ("hi", "b", 1), (None, "c", 2)], "a contradiction stays, both rows"
    assert place("b", 1) < place("a", 2), "between files their checksums decide"
    dropped = as_rows(
        made["cleaned_dropped"].where("normalized = '안녕'"), "origin_file", "origin_line", "reason", "detail"
    )
    assert dropped == [("a", 2, "duplicate", "as b:1"), ("a", 9, "duplicate", "as b:1")]
    first: dict[str, tuple[str, int]] = {}
    for text, _, file, at in rows:
        if text.startswith("문장"):
            first[text] = min(first.get(text, (file, at)), (file, at), key=lambda where: place(*where))
    found = as_rows(made["cleaned"].where("intent = 'x'"), "normalized", "origin_file", "origin_line")
    assert found == sorted([(text, *place) for text, place in first.items()], key=repr)
    assert made["cleaned"].count() + made["cleaned_dropped"].count() == len(rows)


def test_every_dropped_row_has_its_reason(spark, run):
    rows = [
        ("가", "x", "f", 1),
        ("가나다라마바사", "x", "f", 2),
        ("   ", "x", "f", 3),
        ("ありがとう", "x", "f", 4),
        ("안녕", "x", "f", 5),
    ]
    sets = ("clean.min_chars=2", "clean.max_chars=6", "clean.min_script_share=0.5")
    made = run("clean", sets=sets, utterance=utterances(spark, rows))
    reasons = {row["origin_line"]: row["reason"] for row in made["cleaned_dropped"].collect()}
    assert reasons == {1: "too_short", 2: "too_long", 3: "empty", 4: "other_script"}
    assert as_rows(made["cleaned"], "origin_line") == [(5,)]
    check_schema(made["cleaned"], CLEANED, where="test")
    check_schema(made["cleaned_dropped"], CLEANED_DROPPED, where="test")


def test_duplicates_stay_when_the_recipe_says_so(spark, run):
    rows = [("안녕", "hi", "a", 1), ("안녕", "hi", "a", 2)]
    made = run("clean", sets=("clean.drop_duplicates=false",), utterance=utterances(spark, rows))
    assert made["cleaned"].count() == 2


def test_domains_do_not_share_duplicates(spark, run):
    both = utterances(spark, [("안녕", "hi", "a", 1)]).union(utterances(spark, [("안녕", "hi", "a", 1)], "bank"))
    assert run("clean", utterance=both)["cleaned"].count() == 2


def test_content_ids_are_hashes_of_language_and_text(spark, run):
    made = run("clean", utterance=utterances(spark, [("안녕  하세요", "hi", "a", 1), ("x", None, "a", 2)]))["cleaned"]
    for row in made.collect():
        assert row["content_id"] == content_id(row["normalized"])


def xxh64(data: bytes, seed: int = 42) -> int:
    """XXH64 of fewer than 32 bytes, from its specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md)."""
    one, two, three, four, five = (
        *(0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9),
        *(0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5),
    )
    whole = 2**64 - 1

    def turn(value: int, bits: int) -> int:
        return (value << bits | value >> 64 - bits) & whole

    assert len(data) < 32
    state, rest = (seed + five + len(data)) & whole, data
    while len(rest) >= 8:
        lane = turn(int.from_bytes(rest[:8], "little") * two & whole, 31) * one & whole
        state, rest = (turn(state ^ lane, 27) * one + four) & whole, rest[8:]
    if len(rest) >= 4:
        lane = int.from_bytes(rest[:4], "little") * one & whole
        state, rest = (turn(state ^ lane, 23) * two + three) & whole, rest[4:]
    for byte in rest:
        state = turn(state ^ byte * five & whole, 11) * one & whole
    state = (state ^ state >> 33) * two & whole
    state = (state ^ state >> 29) * three & whole
    return state ^ state >> 32


def place_of(text: str, salt: str = "1") -> str:
    """The hash of `split`, written again in plain Python."""
    share = xxh64(f"{salt}\x1f{content_id(text)}".encode()) % 2**32 / 2**32
    return "test" if share < 0.1 else "validation" if share < 0.2 else "train"


TEXTS = [f"질문 {number}" for number in range(2000)]


@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_the_split_is_the_hash(spark, run, partitions: int):
    rows = [(text, f"i{n % 5}") for n, text in enumerate(TEXTS[:400])]
    made = run("split", sets=("split.salt='1'",), cleaned=cleaned(spark, rows).repartition(partitions))["splits"]
    found = {row["content_id"]: row["split"] for row in made.collect()}
    assert found == {content_id(text): place_of(text) for text in TEXTS[:400]}
    check_schema(made, SPLITS, where="test")


def test_new_rows_move_no_old_row_and_shares_are_kept(spark, run):
    def places(count: int) -> dict[str, str]:
        frame = cleaned(spark, [(text, "x") for text in TEXTS[:count]])
        return {row["content_id"]: row["split"] for row in run("split", cleaned=frame)["splits"].collect()}

    few, many = places(300), places(2000)
    assert {key: many[key] for key in few} == few
    shares = [list(many.values()).count(name) / len(many) for name in ("test", "validation")]
    assert all(abs(share - 0.1) < 0.025 for share in shares)


def test_another_salt_draws_another_split(spark, run):
    frame = cleaned(spark, [(text, "x") for text in TEXTS[:300]])
    one, other = (
        {
            row["content_id"]: row["split"]
            for row in run("split", sets=(f"split.salt={s}",), cleaned=frame)["splits"].collect()
        }
        for s in ("'1'", "'2'")
    )
    assert one != other


def test_unlabelled_rows_are_not_split(spark, run):
    made = run("split", cleaned=cleaned(spark, [("하나", None), ("둘", "x")]))["splits"]
    assert as_rows(made, "content_id") == [(content_id("둘"),)]


def findings(frame: DataFrame) -> dict[tuple[str, str], Any]:
    return {(row["kind"], row["subject"]): row for row in frame.collect()}


def test_small_and_contradicting_intents_are_named(spark, run):
    rows: list[tuple[str, str | None]] = [(text, f"i{n % 2}") for n, text in enumerate(TEXTS[:100])]
    rows += [("하나뿐", "lonely"), (TEXTS[0], "i1"), (TEXTS[0], "a|b"), (TEXTS[1], "i0")]
    made = run("split", cleaned=cleaned(spark, rows))["split_finding"]
    found = findings(made)
    assert found["small_intent", "lonely"]["rows"] == 1
    assert found["small_intent", "lonely"]["detail"].startswith("1 row, 1 of them to train on")
    assert found["contradiction", "a|b | i0 | i1"]["rows"] == 3
    assert found["contradiction", "i0 | i1"]["rows"] == 2
    assert not any(subject in ("i0", "i1") for kind, subject in found if kind == "small_intent")
    check_schema(made, FINDING, where="test")


def test_a_share_that_is_off_is_told(spark, run):
    tests = [text for text in TEXTS if place_of(text) == "test"][:100]
    rest = [text for text in TEXTS if place_of(text) != "test"][:300]
    rows = [(text, "skewed") for text in tests] + [(text, "plain") for text in rest]
    found = findings(run("split", cleaned=cleaned(spark, rows))["split_finding"])
    assert ("uneven_share", "skewed") in found
