"""What was said of a bot's rows before its release: it stays beside the bundle, so that the next one is compared.

No text is kept, only ids of contents. It is sealed with the bundle but no content of it: an older bundle has none.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.errors import StoreError
from mlpipeline.methods.evaluation.paired import Paired, count_paired
from mlpipeline.store.bundles.content import open_bundle, seal_beside
from mlpipeline.store.bundles.predictions import PREDICTIONS_FILE, pack_predictions, unpack_predictions
from mlpipeline.store.bundles.seals import read_seal
from mlpipeline.store.registry.pointers import Released


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
    columns = (rows[name].to_pylist() for name in ("content_id", "intent", "predicted"))
    after = {(content, intent): said for content, intent, said in zip(*columns, strict=True)}
    common = sorted(before.keys() & after.keys())
    if not common:
        return None
    was_right = [before[row].predicted == row[1] for row in common]
    return count_paired(was_right, [after[row] == row[1] for row in common])
