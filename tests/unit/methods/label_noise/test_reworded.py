"""Texts that mean nearly the same in other words: told with both texts, and only what letters do not show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mlpipeline.methods.label_noise import reworded
from mlpipeline.methods.label_noise.examples import Examples
from mlpipeline.methods.label_noise.reworded import Reworded, find_reworded

Row = tuple[str, str, str, float, int]
# id, text, intent, angle of its vector in degrees, group
ROWS: list[Row] = [
    ("a", "turn it up", "louder", 0.0, 0),
    ("b", "raise the volume", "louder", 5.0, 1),
    ("c", "make it loud", "volume", 8.0, 2),
    ("d", "make it loud!", "volume", 8.0, 2),  # a near duplicate of the one before, by its letters
    ("e", "what time is it", "time", 90.0, 3),
    ("f", "the time please", "time", 90.0, 4),
    ("f", "the time please", "clock", 90.0, 4),  # a contradiction, told elsewhere
]


def examples(rows: Sequence[Row] = ROWS, *, vectors: bool = True) -> Examples:
    intents = sorted({row[2] for row in rows})
    angles = np.deg2rad([row[3] for row in rows])
    none = np.zeros(len(rows), bool)
    texts = [row[1] for row in rows]
    return Examples(
        ids=[row[0] for row in rows], texts=texts, normalized=texts, intents=intents,
        labels=np.array([intents.index(row[2]) for row in rows], np.int64),
        groups=np.array([row[4] for row in rows], np.int64),
        held_out=none, synthetic=none, verified=none,
        vectors=np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32) if vectors else None,
    )  # fmt: skip


def test_two_labels_for_one_meaning_are_told_with_the_most_alike_texts():
    found = find_reworded(examples(), 0.9)
    words = "nearly the same in other words under each of these intents, 4 pairs (1.00)"
    assert found == [
        Reworded("near_contradiction", "louder | volume", f"{words}: 'make it loud' | 'raise the volume'", 4),
        Reworded("reworded", "in other words",
                 "1 pair of texts of one intent, the most alike (1.00): 'raise the volume' | 'turn it up'", 1),
    ]  # fmt: skip


def test_only_what_is_alike_enough_counts_and_where_vectors_are():
    assert not find_reworded(examples(), 0.9999)
    assert not find_reworded(examples(), None) and not find_reworded(examples(vectors=False), 0.9)
    assert not find_reworded(examples([]), 0.9)


@pytest.mark.parametrize("block", [1, 3, 50])
def test_pairs_are_the_same_however_they_are_cut(block: int, monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(4)
    rows = [
        (f"{at:03d}", f"text {at}", "xy"[at % 2], float(angle), at) for at, angle in enumerate(rng.random(40) * 360)
    ]
    monkeypatch.setattr(reworded, "_BLOCK", block)
    angles = np.array([row[3] for row in rows])
    alike = np.cos(np.deg2rad(angles[:, None] - angles[None])) >= 0.9
    different = np.array([row[2] for row in rows])
    pairs = np.triu(alike, 1)
    wanted = {
        "near_contradiction": int((pairs & (different[:, None] != different[None])).sum()),
        "reworded": int((pairs & (different[:, None] == different[None])).sum()),
    }
    assert {one.kind: one.rows for one in find_reworded(examples(rows), 0.9)} == wanted


def test_a_bot_of_many_texts_is_looked_at_in_part(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reworded, "_MOST_TEXTS", 2)
    assert [one.kind for one in find_reworded(examples(), 0.9)] == ["reworded"]
    monkeypatch.setattr(reworded, "_MOST_TEXTS", 100)
    monkeypatch.setattr(reworded, "_MOST_PAIRS", 1)
    monkeypatch.setattr(reworded, "_BLOCK", 1)
    assert sum(one.rows for one in find_reworded(examples(), 0.9)) == 3
