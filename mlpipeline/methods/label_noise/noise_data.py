"""What the views of one bot look at: n-gram rows and sentence vectors, made once from the texts, never from labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import StageError
from mlpipeline.networks.features import FeatureSpec, Vocabulary, fit_vocabulary
from mlpipeline.networks.fitting import as_sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Codes = NDArray[np.int64]
Floats = NDArray[np.float32]

_TINY = 2000  # rows; below that, every n-gram is known
_MOST_NGRAMS = 60_000


@dataclass(frozen=True)
class NoiseData:
    """n texts as the views see them.

    Attributes:
        matrix: scipy CSR float32 (n, v), tf-idf rows of unit length; a text that says nothing is an empty row.
        vectors: float32 (n, d), rows of unit length or zero; d is 0 when there are none.
        groups: int64 (n,), rows of one group are near duplicates: they share a fold and never vouch for each other.
    """

    matrix: csr_matrix
    vectors: Floats
    groups: Codes

    def __len__(self) -> int:
        return len(self.groups)

    def take(self, rows: Codes) -> NoiseData:
        """Only these rows, in this order."""
        return NoiseData(self.matrix[rows], self.vectors[rows], self.groups[rows])


def fit_ngrams(texts: Sequence[str], rows: int, spec: FeatureSpec) -> Vocabulary:
    """The n-grams of texts that views know: all of them where there are few `rows` of persons among the texts."""
    return fit_vocabulary(texts, spec, 1 if rows < _TINY else 2, _MOST_NGRAMS)


def as_matrix(texts: Sequence[str], spec: FeatureSpec, vocabulary: Vocabulary) -> csr_matrix:
    """n normalised texts as scipy CSR float32 (n, v), see `NoiseData.matrix`; one column where no n-gram is known."""
    from scipy.sparse import csr_matrix

    rows = as_sparse(list(texts), spec, vocabulary)
    shape = (len(texts), max(len(vocabulary), 1))
    return csr_matrix((rows.values, rows.ids - 1, rows.offsets), shape=shape, dtype=np.float32)


def as_noise_data(
    texts: Sequence[str],
    groups: Sequence[int] | Codes | None = None,
    vectors: Floats | None = None,
    spec: FeatureSpec | None = None,
) -> NoiseData:
    """Normalised texts -> what the views need.

    Args:
        texts: n normalised texts.
        groups: duplicate component of each; without it, equal texts are a group.
        vectors: (n, d) of the bot's encoder; rows with NaN or infinity count as saying nothing.
        spec: which n-grams are read.

    Raises:
        StageError: when there are more or fewer vectors or groups than texts.
    """
    spec = spec or FeatureSpec()
    listed = list(texts)
    if groups is None:
        known: dict[str, int] = {}
        groups = [known.setdefault(text, len(known)) for text in listed]
    for name, given in (("groups", groups), ("vectors", vectors)):
        if given is not None and len(given) != len(listed):
            raise StageError(f"{len(given)} {name} for {len(listed)} texts", fix="give one a text, in the same order")
    matrix = as_matrix(listed, spec, fit_ngrams(listed, len(listed), spec))
    own = np.zeros((len(listed), 0), np.float32) if vectors is None else _unit(np.asarray(vectors, np.float32))
    return NoiseData(matrix, own, np.asarray(groups, np.int64))


def folds_by_group(labels: Codes, groups: Codes, count: int = 5, seed: int = 20) -> Codes:
    """A fold for each row: groups stay whole, and every label is spread evenly.

    Args:
        labels: (n,) label codes.
        groups: (n,) duplicate component of each row.
        count: folds, at least 2.
        seed: of the order in which the groups of a label are dealt out.
    """
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    leading = labels[first]  # a group is dealt with the label of its first row
    random = np.random.default_rng(seed)
    order = np.lexsort((random.random(len(first)), leading))
    # Dealt on from label to label, so that labels with fewer groups than folds do not all start in fold 0.
    dealt = np.empty(len(first), np.int64)
    dealt[order] = np.arange(len(first)) % count
    return np.asarray(dealt[member.reshape(-1)], np.int64)


def _unit(vectors: Floats) -> Floats:
    usable = np.isfinite(vectors).all(axis=1, keepdims=True)
    cleaned = np.where(usable, vectors, np.float32(0.0))
    length = np.linalg.norm(cleaned, axis=1, keepdims=True)
    return np.asarray(cleaned / np.maximum(length, 1e-12), np.float32)
