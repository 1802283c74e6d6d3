"""Which bots share a task, and how its rows become bots again; no session needed."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.spark.tasks import _LEAST_ROWS, _ROWS, _by_slot, as_batches, share_out
from tests.properties import examples

BOTS = st.dictionaries(st.integers(0, 400).map(lambda n: f"d{n}/ko"), st.integers(1, 5_000), max_size=100)
SLOTS = st.integers(1, 64)


@examples(50)
@given(BOTS, SLOTS, st.none() | st.integers(1, 9))
def test_every_bot_has_one_place_and_the_largest_come_first(sizes: dict[str, int], slots: int, most: int | None):
    tasks = share_out(list(sizes.items()), slots, most=most)
    placed = [bot for bots in tasks for bot in bots]
    assert placed == sorted(sizes, key=lambda bot: (-sizes[bot], bot))
    assert all(bots for bots in tasks)
    assert most is None or all(len(bots) <= most for bots in tasks)


@examples(50)
@given(BOTS, SLOTS)
def test_shared_tasks_are_small_beside_what_is_left(sizes: dict[str, int], slots: int):
    tasks = share_out(list(sizes.items()), slots)
    for number, bots in enumerate(tasks):
        rows = sum(sizes[bot] for bot in bots)
        rest = sum(sizes[bot] for later in tasks[number:] for bot in later)
        assert len(bots) == 1 or rows <= min(_ROWS, max(_LEAST_ROWS, rest / (2 * slots)))


@examples(50)
@given(BOTS, SLOTS)
def test_the_order_of_what_was_counted_does_not_matter(sizes: dict[str, int], slots: int):
    assert share_out(list(sizes.items()), slots) == share_out(list(sizes.items())[::-1], slots)


def test_eighty_small_bots_need_few_tasks_that_get_smaller():
    tasks = share_out([(f"d{n}/ko", 20) for n in range(80)], 2)
    assert [len(bots) for bots in tasks] == [20, 15, 11, 8, 6, 5, 5, 5, 5]
    models = share_out([(f"d{n}/ko", 1) for n in range(30)], 2, most=4)
    assert [len(bots) for bots in models] == [4, 4, 4, 4, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("slots", [1, 2, 4])
def test_bots_of_the_samples_size_keep_all_cores_busy(slots: int):
    tasks = share_out([(f"d{n}/ko", 900 + n) for n in range(9)], slots)
    assert len(tasks[0]) <= 2 and len(tasks) >= min(2 * slots, 9)


@pytest.mark.parametrize("rows", [_ROWS, 40_000])
def test_large_bots_stand_alone(rows: int):
    tasks = share_out([(f"d{n}/ko", rows) for n in range(9)] + [(f"s{n}/ko", 10) for n in range(100)], 2)
    assert [len(bots) for bots in tasks[:9]] == [1] * 9
    assert len(tasks[9]) > 1


@examples(50)
@given(st.lists(st.integers(1, 6), max_size=8), st.lists(st.integers(0, 30), max_size=6))
def test_rows_become_bots_again_however_they_were_cut(sizes: list[int], cuts: list[int]):
    slots = [slot for slot, size in enumerate(sizes) for _ in range(size)]
    table = pa.table({"n": pa.array(range(len(slots)), pa.int64()), "slot": pa.array(slots, pa.int32())})
    edges = sorted({0, len(slots), *(cut for cut in cuts if cut < len(slots))})
    rows = table.combine_chunks()
    batches = [batch for start, stop in pairwise(edges) for batch in rows[start:stop].to_batches()]
    empty = pa.RecordBatch.from_pylist([], schema=table.schema)
    found = list(_by_slot(iter([empty, *batches, empty])))
    assert [sorted(set(one["slot"].to_pylist())) for one in found] == [[slot] for slot in range(len(sizes))]
    assert [n for one in found for n in one["n"].to_pylist()] == list(range(len(slots)))


def test_rows_with_models_in_them_go_one_by_one():
    few = pa.table({"bot": ["a", "b", "c"], "payload": [b"1", b"2", b"3"]})
    assert [batch.num_rows for batch in as_batches(few)] == [3]
    large = pa.table({"bot": ["a", "b", "c"], "payload": [bytes(20 << 20)] * 3})
    assert [batch.num_rows for batch in as_batches(large)] == [1, 1, 1]
    assert pa.Table.from_batches(as_batches(large)).equals(large.combine_chunks())
    assert as_batches(few.slice(0, 0)) == []
