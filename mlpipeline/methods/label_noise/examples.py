"""What is judged: one unit for each content and intent of a bot, whoever delivered it and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.noise_data import Codes, Floats

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Examples:
    """n labelled texts in the order of content and intent; a content under two intents is two of them.

    Attributes:
        ids: content ids.
        texts: as they were delivered.
        normalized: as models see them.
        intents: the names of the labels, sorted.
        labels: int64 (n,), place of each unit's intent in `intents`.
        groups: int64 (n,), near duplicates share a number.
        held_out: bool (n,), test rows: judged by views that have learnt none of them, and only ever reported.
        synthetic: bool (n,), made of another row by a machine.
        verified: bool (n,), checked by a human: only ever reported.
        splits: train, validation or test.
        vectors: float32 (n, d), or None.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    normalized: Sequence[str]
    intents: Sequence[str]
    labels: Codes
    groups: Codes
    held_out: Flags
    synthetic: Flags
    verified: Flags
    splits: Sequence[str] = field(default_factory=list)
    vectors: Floats | None = None

    def __len__(self) -> int:
        return len(self.ids)


def examples_of(rows: pa.Table) -> Examples:
    """The units of one bot's rows; the order of the rows does not matter.

    Args:
        rows: `content_id`, `intent`, `text`, `normalized`, `component`, `split`, `verified`, `parent`, and `vector`
            (little-endian float32 bytes). All but the first four may be null; a content of no component
            is one by itself.
    """
    order = [("content_id", "ascending"), ("intent", "ascending"), ("text", "ascending")]
    listed = rows.sort_by(order).to_pylist()
    firsts, human, checked = [], set(), set()
    last: tuple[str, str] | None = None
    for row in listed:
        key = (row["content_id"], row["intent"])
        if key != last:
            firsts.append(row)
            last = key
        if row["parent"] is None:
            human.add(key)
        if row["verified"]:
            checked.add(key)
    keys = [(row["content_id"], row["intent"]) for row in firsts]
    intents = sorted({intent for _, intent in keys})
    place = {intent: number for number, intent in enumerate(intents)}
    splits = [row["split"] or "train" for row in firsts]
    return Examples(
        ids=[content for content, _ in keys],
        texts=[row["text"] for row in firsts],
        normalized=[row["normalized"] for row in firsts],
        intents=intents,
        labels=np.array([place[intent] for _, intent in keys], np.int64),
        groups=numbered([row["component"] or row["content_id"] for row in firsts]),
        held_out=np.array([split == "test" for split in splits], bool),
        synthetic=np.array([key not in human for key in keys], bool),
        verified=np.array([key in checked for key in keys], bool),
        splits=splits,
        vectors=_vectors([row["vector"] for row in firsts]),
    )


def numbered(names: Sequence[str]) -> Codes:
    """Names -> numbers, equal names the same: int64 (n,), in the order in which they come."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names], np.int64)


def _vectors(packed: Sequence[bytes | None]) -> Floats | None:
    """The vectors (n, d); zeros where one is missing; None when all are."""
    width = max((len(one) for one in packed if one is not None), default=0)
    if not width:
        return None
    empty = bytes(width)
    joined = b"".join(empty if one is None or len(one) != width else one for one in packed)
    return np.frombuffer(joined, "<f4").reshape(len(packed), width // 4).astype(np.float32)
