"""Which of several near duplicates stays."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlpipeline.methods.near_duplicates.keep import kept_of, keys_of

_SCHEMA = pa.schema(
    [("_key", pa.int64()), ("_content", pa.int64()), ("_intent", pa.int64()), ("verified", pa.bool_()),
     ("_ts", pa.int64()), ("_order", pa.int64())]
)  # fmt: skip


def rows(*entries: dict[str, Any]) -> pa.Table:
    plain = {"_intent": 1, "verified": None, "_ts": None, "_order": 100}
    filled = [{"_content": entry["_key"] * 10, **plain, **entry} for entry in entries]
    return pa.Table.from_pylist(filled, schema=_SCHEMA)


def stays(table: pa.Table) -> int:
    """The key that stays of rows that are all near each other and of one intent."""
    keys = keys_of(table)
    kept = kept_of(keys, np.zeros(len(keys.key), np.uint64))
    assert len(set(kept.tolist())) == 1
    return int(keys.key[kept[0]])


@pytest.mark.parametrize(
    ("entries", "wanted"),
    [
        ([{"_key": 1}, {"_key": 1}, {"_key": 2, "verified": True}], 2),
        ([{"_key": 1, "_ts": 1}, {"_key": 2, "_ts": 9}, {"_key": 2}], 2),
        ([{"_key": 1, "_order": 1}, {"_key": 2, "_ts": 9}], 2),
        ([{"_key": 1, "_ts": 8, "_order": 9}, {"_key": 2, "_ts": 9, "_order": 1}], 1),
        ([{"_key": 1, "_order": 9}, {"_key": 2, "_order": 3}], 2),
        ([{"_key": 3}, {"_key": 2}], 2),
        # contents are compared as their names are: -1 is ffff...
        ([{"_key": 3, "_content": -1}, {"_key": 4, "_content": 5}], 4),
    ],
    ids=["verified", "most rows", "dated", "oldest", "first in its file", "least", "least by name"],
)
def test_the_rule(entries: list[dict[str, Any]], wanted: int):
    for order in itertools.permutations(entries):
        assert stays(rows(*order)) == wanted


def test_each_intent_of_a_component_keeps_one():
    table = rows({"_key": 1}, {"_key": 2, "_intent": 7}, {"_key": 3, "_intent": 7}, {"_key": 4})
    keys = keys_of(table)
    components = np.array([5, 5, 5, 6], np.uint64)
    assert keys.key[kept_of(keys, components)].tolist() == [1, 2, 2, 4]


def test_no_rows():
    keys = keys_of(rows())
    assert len(kept_of(keys, np.zeros(0, np.uint64))) == 0
