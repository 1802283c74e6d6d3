"""An index of many vectors that finds most of the nearest ones without looking at all (usearch, the extra `search`).

It is made where looking at all of them takes longer than a millisecond, and stands beside them: who cannot read it,
looks at all.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlpipeline.networks.search import Vectors, search

if TYPE_CHECKING:
    from usearch.index import Index

# Numbers of all vectors together: 32,000 rows of 128, 8,000 of 512. Below, looking at all takes less than 1.5 ms.
CELLS = 4 << 20
_LINKS, _WHILE_ADDING, _WHILE_SEARCHING = 16, 128, 96
_SAMPLE = 200


@dataclass(frozen=True)
class IndexFacts:
    """What is told of an index: `recall` is the share of the ten nearest vectors of its own rows that it finds.

    `digest` is of the vectors that it was made from, see `digest_of`.
    """

    kind: str
    version: str
    rows: int
    dims: int
    recall: float
    digest: str

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Approximate:
    """An opened index."""

    index: Index

    def candidates(self, query: Vectors, count: int) -> np.ndarray:
        """Rows int64 (c,), ascending, that are probably among the nearest of one vector (d,)."""
        found = self.index.search(query, min(count, len(self.index)), threads=1)
        return np.sort(np.asarray(found.keys, np.int64))


def is_worth_it(rows: int, dims: int, cells: int | None = None) -> bool:
    """True where the vectors have so many numbers that an index is faster, and what makes one is installed."""
    return rows * dims >= (CELLS if cells is None else cells) and importlib.util.find_spec("usearch") is not None


def digest_of(vectors: Vectors) -> str:
    """SHA-256 (hex) of float32 (n, d), of what an index is made from, in their order."""
    return hashlib.sha256(np.ascontiguousarray(vectors, np.float32).tobytes()).hexdigest()


def build_index(vectors: Vectors) -> tuple[bytes, IndexFacts]:
    """The bytes of an index of float32 (n, d), rows of unit length, and its facts; made on one thread."""
    import usearch
    from usearch.index import Index

    index = Index(
        ndim=vectors.shape[1],
        metric="ip",
        dtype="f16",
        connectivity=_LINKS,
        expansion_add=_WHILE_ADDING,
        expansion_search=_WHILE_SEARCHING,
    )
    index.add(np.arange(len(vectors), dtype=np.uint64), vectors, threads=1)
    made = Approximate(index)
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    pairs = zip(search(vectors, sample, 10), search(vectors, sample, 10, made), strict=True)
    shares = [len(set(exact.rows) & set(found.rows)) / len(exact.rows) for exact, found in pairs if exact.rows]
    recall = round(float(np.mean(shares)), 4) if shares else 1.0
    rows, dims = vectors.shape
    facts = IndexFacts("usearch", str(usearch.__version__), rows, dims, recall, digest_of(vectors))
    return bytes(index.save() or b""), facts


def open_index(data: bytes, rows: int) -> Approximate | None:
    """The index that `build_index` gave; None where it cannot be read here, or is not of so many rows."""
    if importlib.util.find_spec("usearch") is None:
        return None
    from usearch.index import Index

    try:
        index = Index.restore(data, expansion_search=_WHILE_SEARCHING)
    except (ValueError, RuntimeError) as error:  # of a release with another format: the seal says that no byte differs
        logging.getLogger(__name__).debug("usearch cannot read the index: %s", error)
        return None
    if index is None or len(index) != rows:
        return None
    return Approximate(index)
