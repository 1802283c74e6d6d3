"""Which of several near duplicates stays. Pure: numpy and Arrow, no Spark."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlpipeline.methods.near_duplicates.grams import Grams, Numbers

_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Keys:
    """One entry for each content and intent, by `_key`: what decides which one stays, and its `first` row by place."""

    key: Numbers
    content: Grams
    intent: Numbers
    verified: NDArray[np.bool_]
    rows: Numbers
    oldest: Numbers
    position: Numbers
    first: Numbers


def keys_of(rows: pa.Table) -> Keys:
    """Rows with `_key`, `_content`, `_intent`, `verified`, `_ts` (microseconds) and `_order`, grouped by `_key`."""
    keys = rows["_key"].to_numpy()
    order = np.lexsort((rows["_order"].to_numpy(), keys))
    ordered = keys[order]
    begins = np.flatnonzero(np.concatenate([np.ones(min(1, len(keys)), bool), ordered[1:] != ordered[:-1]]))
    first = order[begins]

    def reduced(ufunc: np.ufunc, name: str, missing: int | bool) -> NDArray[np.int64]:
        values = pc.fill_null(rows[name], missing).to_numpy()[order]
        return np.asarray(ufunc.reduceat(values, begins) if len(begins) else values)

    return Keys(
        key=ordered[begins],
        content=rows["_content"].to_numpy()[first].view(np.uint64),
        intent=rows["_intent"].to_numpy()[first],
        verified=reduced(np.logical_or, "verified", False).astype(bool),
        rows=np.diff(np.append(begins, len(keys))),
        oldest=reduced(np.minimum, "_ts", _NEVER),
        position=reduced(np.minimum, "_order", _NEVER),
        first=first,
    )


def chosen(keys: Keys, which: NDArray[np.bool_]) -> Keys:
    """Some entries."""
    return Keys(**{field.name: getattr(keys, field.name)[which] for field in fields(keys)})


def kept_of(keys: Keys, component: Grams) -> Numbers:
    """For each entry the one that stays for its component and intent, as a place in `keys`; itself where it stays.

    A verified one stays; else the one with most rows, the oldest, the first in its file, the least content.
    """
    criteria = (keys.content, keys.position, keys.oldest, -keys.rows, ~keys.verified, keys.intent, component)
    order = np.lexsort(criteria)
    group = np.ones(len(order), bool)
    group[1:] = (component[order][1:] != component[order][:-1]) | (keys.intent[order][1:] != keys.intent[order][:-1])
    kept = np.empty(len(order), np.int64)
    kept[order] = order[np.flatnonzero(group)][np.cumsum(group) - 1]
    return kept
