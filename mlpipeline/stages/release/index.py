"""The index of a bundle with many questions: made by `export`, sealed here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.networks.approximate import build_index, digest_of, is_worth_it
from mlpipeline.store.bundles.archives import unpack_files
from mlpipeline.store.bundles.content import INDEX_FACTS, INDEX_FILE, INDEX_TARGET, seal_beside
from mlpipeline.store.bundles.packing import json_bytes
from mlpipeline.store.bundles.seals import read_seal
from mlpipeline.store.tables.pieces import read_bytes


def seal_index(folder: Path, vectors: np.ndarray | None, exported: pa.Table) -> None:
    """Lays the index that `export` made beside the vectors of a bundle that has many; one that is there stays.

    One of other vectors (a training row has gone since) is not taken, but made anew.

    Args:
        folder: of the bundle.
        vectors: float32 (n, d), of its questions in their order; None where it has none.
        exported: rows of EXPORTED of the bot.
    """
    if vectors is None or not is_worth_it(*vectors.shape) or INDEX_FILE in read_seal(folder).files:
        return
    # As they stand in the bundle, and are looked at again there.
    kept, files = vectors.astype(np.float16).astype(np.float32), dict[str, bytes]()
    rows = exported.filter(pc.equal(exported["target"], INDEX_TARGET))
    if len(rows):
        files = unpack_files(read_bytes(rows, "payload"))
    if not files or json.loads(files[INDEX_FACTS])["digest"] != digest_of(kept):
        data, facts = build_index(kept)
        files = {INDEX_FILE: data, INDEX_FACTS: json_bytes(facts.to_dict())}
    seal_beside(folder, files)
