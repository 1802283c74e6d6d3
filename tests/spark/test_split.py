"""`split` puts families on one side and keeps them there: the stage against a reference in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from mlpipeline.schemas import CLEANED, CLEANED_DROPPED, SPLITS
from mlpipeline.stages.split.assignment import LARGE, LARGE_SHARE
from tests.spark.test_clean_and_split import xxh64

Row = dict[str, Any]
World = list[Row]
VALIDATION = TEST = 0.25
SETS = (f"split.validation={VALIDATION}", f"split.test={TEST}")


def row(content: str, **more: Any) -> Row:
    """A row of a bot whose normalised text is its content id; `component` is the content unless named."""
    plain = {"content_id": content, "normalized": content, "text": content, "intent": "i", "id": f"id-{content}"}
    return {**plain, "component": content, "lang": "ko", "domain": "shop", "origin_file": "f", "origin_line": 1, **more}


def frame(spark: SparkSession, rows: Sequence[Row], schema: Any = CLEANED) -> DataFrame:
    known = set(schema.names)
    return spark.createDataFrame([{key: one[key] for key in one if key in known} for one in rows], schema)


def drawn(family: str) -> str:
    share = xxh64(f"1\x1f{family}".encode()) % 2**32 / 2**32
    return "test" if share < TEST else "validation" if share < TEST + VALIDATION else "train"


def reference(rows: World, last: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(split by content, family by content) of one bot, by merging sets until nothing changes."""
    names = defaultdict(set)
    for one in rows:
        for name in (one["id"], one["text"].lower(), one["normalized"].lower()):
            names[name].add(one["component"])
    groups = [{one["component"]} for one in rows]
    for one in rows:
        if one.get("parent") is not None and one["intent"] is not None:
            parent = one["parent"].lower()
            groups.append({one["component"]} | (names.get(parent) or {f"?{parent}"}))
    merged: list[set[str]] = []
    for group in groups:
        touched = [other for other in merged if other & group]
        merged = [other for other in merged if not other & group] + [set.union(group, *touched)]
    family = {part: min(part for part in group if part[0] != "?") for group in merged for part in group}
    contents = {one["content_id"]: family[one["component"]] for one in rows if one["intent"] is not None}
    places = {}
    for content, mine in contents.items():
        together = [other for other, theirs in contents.items() if theirs == mine]
        had = [split for split in ("test", "validation", "train") if split in {last.get(other) for other in together}]
        beside = sum(one["intent"] is not None and one["content_id"] in set(together) - {mine} for one in rows)
        large = beside > LARGE and beside > LARGE_SHARE * sum(one["intent"] is not None for one in rows)
        places[content] = had[0] if had else "train" if large else drawn(mine)
    return places, contents


def world(seed: int) -> tuple[World, dict[str, str]]:
    """A bot with near duplicates, made rows, lost parents, unlabelled rows and an earlier split of some of it."""
    chance = random.Random(seed)
    count = chance.choice([1, 2, 5, 30, 80])
    rows, last = [], {}
    for number in range(count):
        content = f"c{seed}-{number}"
        component = content if chance.random() < 0.6 else f"c{seed}-{chance.randrange(number + 1)}"
        parent = None
        if chance.random() < 0.4:
            other = chance.randrange(count)
            parent = chance.choice([f"id-c{seed}-{other}", f"C{seed}-{other}", f"lost {chance.randrange(3)}"])
        intent = None if chance.random() < 0.1 else f"i{chance.randrange(3)}"
        rows.append(row(content, component=component, parent=parent, intent=intent, domain=f"d{seed}"))
        if chance.random() < 0.5 and seed % 3:
            last[content] = chance.choice(["train", "validation", "test"])
    return rows, last


WORLDS = [world(seed) for seed in range(40)]


@pytest.fixture
def old(spark: SparkSession):
    def make(places: dict[tuple[str, str], str]) -> DataFrame:
        return spark.createDataFrame(
            [(domain, "ko", key, split, key, False) for (domain, key), split in places.items()], SPLITS
        )

    return make


@pytest.mark.parametrize("partitions", [1, 7])
def test_forty_bots_are_split_as_the_reference_says(spark, run, old, partitions: int):
    rows = [one for rows, _ in WORLDS for one in rows]
    random.Random(partitions).shuffle(rows)
    before = {(rows[0]["domain"], key): split for rows, last in WORLDS for key, split in last.items()}
    made = run("split", SETS, cleaned=frame(spark, rows).repartition(partitions), last_splits=old(before))
    found = {(one["domain"], one["content_id"]): one["split"] for one in made["splits"].collect()}
    for mine, last in WORLDS:
        wanted, families = reference(mine, last)
        domain = mine[0]["domain"]
        got = {content: split for (whose, content), split in found.items() if whose == domain}
        assert got == wanted, domain
        sides = {(families[content], split) for content, split in got.items()}
        assert len(sides) == len(set(families.values())), "no family crosses"
        assert not [key for key, split in last.items() if split == "test" and got.get(key, "test") != "test"]


def test_without_an_earlier_split_nothing_but_the_hash_counts(spark, run):
    rows = [one for rows, _ in WORLDS[:10] for one in rows]
    made = run("split", SETS, cleaned=frame(spark, rows))["splits"]
    wanted = {key: place for rows, _ in WORLDS[:10] for key, place in reference(rows, {})[0].items()}
    assert {one["content_id"]: one["split"] for one in made.collect()} == wanted


def test_what_had_to_move_is_told_with_the_row_that_caused_it(spark, run, old):
    sides = {"a": "test", "b": "train", "c": "train", "d": "validation", "e": "train", "f": "test"}
    rows = [row(key, component="a") for key in "abc"] + [row(key, component="d") for key in "de"]
    rows += [row("f"), row("new", component="a", origin_file="today.jsonl", origin_line=7)]
    made = run("split", SETS, cleaned=frame(spark, rows), last_splits=old({("shop", k): v for k, v in sides.items()}))
    found = {one["content_id"]: one["split"] for one in made["splits"].collect()}
    assert found == {**dict.fromkeys(["a", "b", "c", "new", "f"], "test"), "d": "validation", "e": "validation"}
    told = {one["subject"]: one for one in made["split_finding"].collect() if one["kind"] == "moved"}
    assert {subject: one["rows"] for subject, one in told.items()} == {"train -> test": 2, "train -> validation": 1}
    assert "joined by today.jsonl:7" in told["train -> test"]["detail"]
    assert "no row is new" in told["train -> validation"]["detail"]


def test_what_is_near_a_row_of_the_fixed_test_set_is_not_learnt_either(spark, run, old):
    rows = [row(f"kept{n}", component=f"a{n}") for n in range(4)] + [row("a0", component="a0", source="golden")]
    gone = frame(spark, [row("rest", component="a1", source="golden", reason="duplicate")], CLEANED_DROPPED)
    before = old({("shop", f"kept{n}"): "train" for n in range(4)})
    made = run("split", SETS, cleaned=frame(spark, rows), cleaned_dropped=gone, last_splits=before)["splits"]
    found = {one["content_id"]: (one["split"], one["fixed"]) for one in made.collect()}
    fixed = dict.fromkeys(["kept0", "kept1", "a0"], ("test", True))
    assert found == {**fixed, "kept2": ("train", False), "kept3": ("train", False)}


def test_a_better_row_takes_the_place_of_a_near_duplicate_and_its_split(spark, run, old):
    sides = {split: [f"{split}{n}" for n in range(8)] for split in ("test", "validation", "train")}
    before = {("shop", key): split for split, keys in sides.items() for key in keys}
    rows = [row(f"new {key}", component=f"0{key}") for keys in sides.values() for key in keys]
    dropped = [row(key, component=f"0{key}", reason="near_duplicate") for keys in sides.values() for key in keys]
    gone = frame(spark, dropped, CLEANED_DROPPED)
    made = run("split", SETS, cleaned=frame(spark, rows), cleaned_dropped=gone, last_splits=old(before))["splits"]
    wanted = {f"new {key}": split for split, keys in sides.items() for key in keys}
    assert {one["content_id"]: one["split"] for one in made.collect()} == wanted


def test_a_parent_that_clean_dropped_is_found_by_the_row_that_stayed(spark, run):
    rows = [row(f"kept{n}", component=f"a{n}") for n in range(30)]
    rows += [row(f"child{n}-{k}", parent=f"Gone  {n}", source="nlpaug") for n in range(30) for k in range(3)]
    gone = [row(f"gone{n}", text=f"gone {n}", component=f"a{n}", reason="near_duplicate") for n in range(30)]
    made = run("split", SETS, cleaned=frame(spark, rows), cleaned_dropped=frame(spark, gone, CLEANED_DROPPED))
    found = {one["content_id"]: one["split"] for one in made["splits"].collect()}
    assert all(found[f"child{n}-{k}"] == found[f"kept{n}"] == drawn(f"a{n}") for n in range(30) for k in range(3))
    assert set(found.values()) == {"train", "validation", "test"}
    assert not [one for one in made["split_finding"].collect() if one["kind"] == "parent_unknown"]


def test_findings_name_spellings_lost_parents_and_families_that_are_all_of_a_bot(spark, run):
    rows = [row(f"ㅋ{n}", component="ㅋ0", intent="laugh") for n in range(60)]
    rows += [row(f"bus{n}", intent=label) for n, label in enumerate(["ﾊﾞｽ", "バス", "ハス"])]
    rows += [row(f"number {label}", intent=label) for label in ("1", "1.0", "０１", "1.10", "1_0")]
    rows += [row("a", intent="ＡＢＣ"), row("b", intent="Abc"), row("c", intent="abd", parent="17")]
    made = run("split", SETS, cleaned=frame(spark, rows))
    told = {(one["kind"], one["subject"]): one for one in made["split_finding"].collect()}
    spelled = {subject: one["rows"] for (kind, subject), one in told.items() if kind == "label_spelling"}
    assert spelled == {"Abc | ＡＢＣ": 2, "バス | ﾊﾞｽ": 2, "1 | 1.0 | ０１": 3}
    assert told["large_family", "ㅋ0"]["rows"] == 60 and "together in train" in told["large_family", "ㅋ0"]["detail"]
    assert "'17'" in told["parent_unknown", "parent"]["detail"]
    assert {one["split"] for one in made["splits"].collect() if one["content_id"].startswith("ㅋ")} == {"train"}
