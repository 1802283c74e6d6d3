"""An encoder that is trained here, on the texts themselves, without any weights."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpipeline.cluster.device import CPU, Device
from mlpipeline.errors import StageError
from mlpipeline.networks import arrays
from mlpipeline.networks.encoders.contract import Vectors, unit
from mlpipeline.networks.features import FeatureSpec, Vocabulary, as_rows, fit_vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_FORMAT = 1
_TINY = 200  # texts; below that, every n-gram is known, whatever `min_df` says
_OVERSAMPLING = 20
_ROUNDS = 4
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class NgramEncoder:
    """Weighted sums of n-gram vectors (Deerwester et al. 1990, "Indexing by Latent Semantic Analysis").

    Attributes:
        spec: which n-grams are read.
        vocabulary: the n-grams that it knows, with their weights.
        projection: float16 (k, dims), a vector for each n-gram.
    """

    spec: FeatureSpec
    vocabulary: Vocabulary
    projection: NDArray[np.float16]

    @property
    def name(self) -> str:
        """As the recipe names it."""
        return "ngram-lsa"

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return int(self.projection.shape[1])

    @property
    def device(self) -> Device:
        """The CPU, always."""
        return CPU

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of `to_bytes`."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @cached_property
    def _table(self) -> Vectors:
        return self.projection.astype(np.float32) * self.vocabulary.idf[:, None]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Normalised texts -> float32 (n, dims), rows of unit length; zeros for a text without any known n-gram."""
        ids, offsets = as_rows(texts, self.spec, self.vocabulary)
        places, borders = ids - 1, offsets.tolist()
        result = np.zeros((len(texts), self.dims), np.float32)
        gathered = np.empty((self.spec.max_ids, self.dims), np.float32)  # stays in the processor's cache
        for row, (start, stop) in enumerate(pairwise(borders)):
            if start < stop:
                own = gathered[: stop - start]
                np.take(self._table, places[start:stop], axis=0, out=own, mode="clip")
                # Not a matrix product: its order of adding, hence the last bits, would depend on threads and batch.
                np.add.reduce(own, axis=0, out=result[row])
        return unit(result)

    def to_bytes(self) -> bytes:
        """An npz archive; equal encoders give equal bytes."""
        content: dict[str, np.ndarray] = {
            "keys": self.vocabulary.keys,
            "idf": self.vocabulary.idf,
            "projection": self.projection,
        }
        return arrays.pack(content, {"format": _FORMAT, "spec": self.spec.to_dict()})

    @classmethod
    def from_bytes(cls, data: bytes) -> NgramEncoder:
        """The inverse of `to_bytes`; raises ValueError for other bytes."""
        content, meta = arrays.unpack(data)
        if meta.get("format") != _FORMAT or "projection" not in content:
            raise ValueError("not an encoder of this version of mlpipeline")
        vocabulary = Vocabulary(content["keys"], content["idf"])
        return cls(FeatureSpec.from_dict(meta["spec"]), vocabulary, content["projection"])


def fit_ngram_encoder(
    texts: Sequence[str],
    *,
    dims: int = 128,
    seed: int = 20,
    char_ngrams: tuple[int, int] = (1, 4),
    word_ngrams: tuple[int, int] = (1, 2),
    word_weight: float = 2.0,
    min_df: int = 2,
    max_vocabulary: int = 50_000,
    max_rows: int = 200_000,
) -> NgramEncoder:
    """Latent semantic analysis of the texts' n-grams; neither order nor repeats of the texts matter.

    Args:
        texts: normalised texts, labelled or not.
        dims: length of a vector; with fewer texts than that, the rest of each vector is zero.
        seed: of the random start of the decomposition.
        char_ngrams: shortest and longest character n-gram; (0, 0) for none.
        word_ngrams: shortest and longest word n-gram; (0, 0) for none.
        word_weight: how much more a word n-gram weighs than a character n-gram.
        min_df: fewest texts an n-gram must stand in (1 below 200 texts).
        max_vocabulary: n-grams kept at most, most frequent first.
        max_rows: texts read at most, chosen by a hash of the text.

    Raises:
        StageError: when there is no text at all.
    """
    distinct = sorted(set(texts))
    if not distinct:
        raise StageError("there is no text to fit an encoder on", fix="give the bot a corpus or logs")
    if len(distinct) > max_rows:
        distinct = sorted(sorted(distinct, key=_place)[:max_rows])
    spec = FeatureSpec(char_ngrams, word_ngrams, word_weight=word_weight)
    vocabulary = fit_vocabulary(distinct, spec, 1 if len(distinct) < _TINY else min_df, max_vocabulary)
    if not len(vocabulary):
        return NgramEncoder(spec, vocabulary, np.zeros((0, dims), np.float16))
    projection = _principal(_weighted(distinct, spec, vocabulary), dims, seed)
    return NgramEncoder(spec, vocabulary, projection.astype(np.float16))


def _place(text: str) -> tuple[int, str]:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")), text


def _weighted(texts: list[str], spec: FeatureSpec, vocabulary: Vocabulary) -> csr_matrix:
    """A scipy CSR matrix (n, k) of tf-idf rows of unit length."""
    from scipy.sparse import csr_matrix

    ids, offsets = as_rows(texts, spec, vocabulary)
    weight = vocabulary.idf[ids - 1]
    owner = np.repeat(np.arange(len(texts)), np.diff(offsets))
    mass = np.bincount(owner, weights=weight.astype(np.float64) ** 2, minlength=len(texts))
    values = (weight / np.sqrt(np.maximum(mass, 1.0))[owner]).astype(np.float32)
    return csr_matrix((values, ids - 1, offsets), shape=(len(texts), len(vocabulary)))


def _principal(rows: csr_matrix, dims: int, seed: int) -> NDArray[np.float64]:
    """The first right singular vectors (k, dims), each divided by the root of its singular value.

    Randomised subspace iteration (Halko, Martinsson, Tropp 2011) on the side of the n-grams only, so that memory does
    not grow with the texts. The division keeps the few strongest directions from drowning the others (half of a
    whitening; better than none or all of it for the nearest neighbours of short utterances).
    """
    width = min(dims + _OVERSAMPLING, *rows.shape)
    basis = np.random.default_rng(seed).standard_normal((rows.shape[1], width)).astype(np.float32)
    for _ in range(_ROUNDS):
        grown = np.zeros_like(basis)
        for start in range(0, rows.shape[0], _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            grown += part.T @ (part @ basis)
        basis = np.linalg.qr(grown)[0]
    gram = np.zeros((width, width))
    for start in range(0, rows.shape[0], _ROWS_AT_ONCE):
        inner = (rows[start : start + _ROWS_AT_ONCE] @ basis).astype(np.float64)
        gram += inner.T @ inner
    squares, turn = np.linalg.eigh(gram)
    keep = [number for number in np.argsort(-squares)[:dims] if squares[number] > 1e-9 * squares.max()]
    vectors = basis.astype(np.float64) @ turn[:, keep]
    vectors *= np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(len(keep))])
    result = np.zeros((rows.shape[1], dims))
    result[:, : len(keep)] = vectors * squares[keep] ** -0.25
    return result
