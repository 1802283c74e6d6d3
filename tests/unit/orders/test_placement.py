"""Local or cluster: the arithmetic, in tables."""

from __future__ import annotations

import pytest

from mlpipeline.catalog import STAGES
from mlpipeline.orders.target_choice import Load, Seen, Site, choose, in_words, seconds_of
from mlpipeline.stages.contract import Work

LOCAL, CLUSTER = Site("local[*]", 7.0, 2), Site("yarn", 47.0, 16)


def clean(rows: int, seconds: float, slots: int = 2) -> Seen:
    return Seen(Load("clean", rows, guess=(3.0, 0.1)), seconds, slots)


def test_every_stage_of_spark_says_what_it_takes():
    assert all(stage.work != Work() for stage in STAGES if stage.driver is None and stage.name != "evaluate")


@pytest.mark.parametrize(
    ("seen", "rows", "slots", "seconds"),
    [
        # No run yet: 3 s and 0.1 core-seconds for 1,000 rows.
        ([], 0, 2, 3.0),
        ([], 100_000, 2, 8.0),
        ([], 100_000, 20, 3.5),
        # One run of 10,000 rows on 2 slots took 8 s: 3 s of that are the start, 5 s the 5,000 rows of a slot.
        ([clean(10_000, 8.0)], 10_000, 2, 8.0),
        ([clean(10_000, 8.0)], 20_000, 2, 13.0),
        ([clean(10_000, 8.0)], 20_000, 4, 8.0),
        # Faster than the guessed start: then all of it is the start.
        ([clean(10_000, 2.0)], 20_000, 2, 2.0),
        # Two sizes: a line through both, 2 s and 1 ms a row of a slot.
        ([clean(2_000, 3.0), clean(10_000, 7.0)], 20_000, 2, 12.0),
        ([clean(2_000, 3.0), clean(10_000, 7.0)], 20_000, 10, 4.0),
        # A run elsewhere counts by the rows of its slots: 20,000 on 20 slots are 1,000 a slot.
        ([clean(20_000, 3.0, slots=20), clean(10_000, 7.0)], 10_000, 2, 7.0),
        # A line that would start below zero goes through zero; one that falls is flat.
        ([clean(2_000, 1.0), clean(20_000, 14.5)], 2_000, 2, 1.445),
        ([clean(2_000, 9.0), clean(20_000, 3.0)], 40_000, 2, 6.0),
        # Another stage says nothing.
        ([Seen(Load("split", 10), 99.0, 2)], 0, 2, 3.0),
    ],
)  # fmt: skip
def test_seconds_of_a_stage(seen: list[Seen], rows: int, slots: int, seconds: float):
    assert seconds_of(Load("clean", rows, guess=(3.0, 0.1)), seen, slots) == pytest.approx(seconds, rel=0.01)


@pytest.mark.parametrize(("bots", "slots", "seconds"), [(1, 16, 126.0), (2, 16, 66.0), (100, 16, 13.5), (100, 2, 66.0)])
def test_a_bot_is_trained_by_one_task(bots: int, slots: int, seconds: float):
    assert seconds_of(Load("train", 10_000, bots, (6.0, 12.0)), [], slots) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("rows", "bots", "master"),
    [(1_000, 1, "local[*]"), (5_000, 8, "local[*]"), (20_000, 1, "local[*]"), (100_000, 80, "yarn")],
)
def test_the_cluster_is_for_much_work_that_can_be_shared(rows: int, bots: int, master: str):
    loads = [Load("clean", rows, guess=(3.0, 0.1)), Load("train", rows, bots, (6.0, 12.0))]
    assert choose(loads, [], LOCAL, CLUSTER).master == master


def test_a_small_saving_is_none():
    near = Site("yarn", 9.4, 2)
    assert choose([], [], Site("local[*]", 10.0, 2), near).master == "local[*]"
    assert choose([], [], Site("local[*]", 10.5, 2), near).master == "yarn"


def test_the_reason_is_one_line_with_both_times():
    told = choose([Load("clean", 0)], [clean(0, 2.0)], LOCAL, CLUSTER, runs=1)
    assert told.reason == (
        "on local[*]: 9 s here against 49 s on yarn (47 s of it to start, 16 tasks at once); "
        "from 1 earlier run; --master overrules"
    )
    assert (told.local_seconds, told.cluster_seconds) == (9.0, 49.0)
    assert "a guess" in choose([], [], LOCAL, CLUSTER).reason


@pytest.mark.parametrize(("seconds", "words"), [(9.4, "9 s"), (78, "1.3 min"), (7500, "2.1 h")])
def test_in_words(seconds: float, words: str):
    assert in_words(seconds) == words
