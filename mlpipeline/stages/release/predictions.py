"""What was said of a bot's rows before its release: it stays beside the bundle, so that the next one is compared.

No text is kept, only ids of contents. It is sealed with the bundle but no content of it: an older bundle has none.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.errors import StoreError
from mlpipeline.methods.evaluation.paired import Paired, count_paired
from mlpipeline.store.bundles.content import open_bundle, seal_beside
from mlpipeline.store.bundles.seals import read_seal
from mlpipeline.store.registry.pointers import Released

PREDICTIONS_FILE = "predictions.npz"
Predictions = dict[tuple[str, str], str]  # (content id, intent) -> the intent that was predicted


def pack_predictions(rows: pa.Table) -> bytes:
    """`content_id`, `intent`, `predicted` and `score` of PREDICTION as npz, without pickle, in order of the first two.

    Args:
        rows: of one bot.
    """
    rows = rows.sort_by([("content_id", "ascending"), ("intent", "ascending")])
    texts = {name: np.array(rows[name].to_pylist(), dtype=str) for name in ("content_id", "intent", "predicted")}
    names, codes = np.unique(np.concatenate([texts["intent"], texts["predicted"]]), return_inverse=True)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        content_id=texts["content_id"],
        intents=names.astype(str),
        intent=codes[: len(rows)].astype("<i4"),
        predicted=codes[len(rows) :].astype("<i4"),
        score=np.array(rows["score"].to_pylist(), "<f4"),
    )
    return buffer.getvalue()


def unpack_predictions(data: bytes) -> Predictions:
    """What `pack_predictions` packed, but for the scores. Raises ValueError for other bytes."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        names = arrays["intents"].tolist()
        columns = (arrays[name].tolist() for name in ("content_id", "intent", "predicted"))
        return {(content, names[true]): names[guess] for content, true, guess in zip(*columns, strict=True)}


def keep_predictions(folder: Path, rows: pa.Table) -> None:
    """Lays what was said of a bot's rows beside its bundle; what is there stays."""
    if PREDICTIONS_FILE not in read_seal(folder).files:
        seal_beside(folder, {PREDICTIONS_FILE: pack_predictions(rows)})


def pair_with_champion(today: Released | None, rows: pa.Table, out_of_scope: str) -> Paired | None:
    """The rows that the champion and a new model were both asked unseen, by who is right.

    None without a champion, where it kept no predictions or cannot be read, and where they have no row in common. A
    row counts where it has the same content and intent in both.

    Args:
        today: the champion.
        rows: of PREDICTION, of the new model.
        out_of_scope: the label of rows that have no intent: they do not count.
    """
    if today is None:
        return None
    try:
        before = unpack_predictions(open_bundle(Path(today.folder), digest=today.digest or None).held[PREDICTIONS_FILE])
    except (StoreError, KeyError, ValueError, OSError):
        return None
    rows = rows.filter(pc.not_equal(rows["intent"], out_of_scope))
    after = unpack_predictions(pack_predictions(rows))
    common = sorted(before.keys() & after.keys())
    if not common:
        return None
    return count_paired([before[row] == row[1] for row in common], [after[row] == row[1] for row in common])
