"""The vectors that are most like a vector, by cosine: exact, and on one thread where one question is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Vectors = NDArray[np.float32]

DIGITS = 4  # of a similarity
_LEAST, _TIMES = 64, 4  # candidates: of an index that finds most, so many hold the nearest
FEW = 16  # questions; for fewer, threads cost more than they save
_CELLS = 8_000_000  # similarities held at once: 32 MB of float32


class Matches(NamedTuple):
    """Rows of an index, the most similar first, and their cosines, rounded to `DIGITS`."""

    rows: list[int]
    similarities: list[float]


class Candidates(Protocol):
    """What knows rows that are probably among the nearest; see `approximate.py`."""

    def candidates(self, query: Vectors, count: int) -> NDArray[np.int64]:
        """Rows (c,), ascending, for one vector (d,)."""


def search(vectors: Vectors, queries: Vectors, count: int, among: Candidates | None = None) -> list[Matches]:
    """The rows of `vectors` that are most like each of `queries`, by their products.

    Args:
        vectors: float32 (n, d), rows of unit length or zero.
        queries: float32 (m, d), likewise.
        count: rows for each, at most; what is not similar at all (0 or less) is no neighbour.
        among: where given, only its candidates are looked at, and not all rows.

    Returns:
        One `Matches` for each of `queries`. Ties go to the row that stands first; a vector finds the same rows alone
        and among others.
    """
    if count <= 0 or not len(vectors):
        return [Matches([], []) for _ in queries]
    if among is not None:
        return [_among(vectors, one, count, among) for one in queries]
    block, found = max(1, _CELLS // len(vectors)), list[Matches]()
    with one_thread(len(queries) < FEW):
        for start in range(0, len(queries), block):
            found.extend(top_rows(row, count) for row in queries[start : start + block] @ vectors.T)
    return found


def _among(vectors: Vectors, asked: Vectors, count: int, among: Candidates) -> Matches:
    rows = among.candidates(asked, max(_LEAST, count * _TIMES))
    with one_thread():
        found = top_rows(vectors[rows] @ asked, count)
    return Matches(rows[found.rows].tolist(), found.similarities)


def top_rows(similarities: NDArray[np.float32], count: int) -> Matches:
    """The `count` largest of (n,), the largest first.

    Similarities are rounded first: a matrix product differs in its last bits with the size of the batch, and the same
    question must find the same rows alone or among others.
    """
    want = min(count, len(similarities))
    least = np.partition(similarities, -want)[-want]
    near = np.flatnonzero((similarities >= least - 10.0**-DIGITS) & (similarities > 0))
    rounded = np.round(similarities[near].astype(np.float64), DIGITS)
    order = np.lexsort((near, -rounded))[:want]
    return Matches(near[order].tolist(), rounded[order].tolist())


class _Threads:
    """How many blocks of code want one thread now, and what the libraries had before the first of them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.limit = ExitStack()


_THREADS = _Threads()


@contextmanager
def one_thread(enabled: bool = True) -> Iterator[None]:
    """Linear algebra on one thread while the block runs: for one question, waking others takes longer than it does.

    Blocks of several threads may overlap; the last one to end gives back what was set before the first.
    """
    if not enabled:
        yield
        return
    with _THREADS.lock:
        _THREADS.inside += 1
        if _THREADS.inside == 1:
            _THREADS.limit.enter_context(_controller().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _THREADS.lock:
            _THREADS.inside -= 1
            if not _THREADS.inside:
                _THREADS.limit.close()


@cache
def _controller() -> ThreadpoolController:
    """Looks through the libraries of this process, once: it takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
