"""The training loop of the classifier: sparse n-gram weights in, plain numpy weights out.

The network that comes out of it is the Keras model of `classifier.build_core`. A step touches a few thousand n-grams
of tens of thousands, and no optimiser of Keras moves only the rows that a batch holds. Written on TensorFlow's own
operations, two thirds of a small bot's step were spent between them, and each worker held the library for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.features import FeatureSpec, Ids, Offsets, Vocabulary, as_rows
from mlpipeline.networks.settings import FitSettings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Weights = dict[str, NDArray[np.float32]]
Numbers = NDArray[np.float32]

_VECTOR_SCALE = 6.0  # as below, for what reads an encoder's vector
_FEW, _BLIND = 16, 0.3  # with fewer rows an intent, so many texts of a step are read by their vector alone
_WIDE_SCALE = 3.0  # steps of AdamW move every weight alike: this lets the linear part learn faster than the deep one
_DEEP_SPREAD = 0.1  # standard deviation of the deep part's first n-gram vectors
_DECAY_FIRST, _DECAY_SECOND = 0.9, 0.999  # of Adam's two moments
_TINY = 1e-7
_SMALLEST_BATCH = 16
_FEWEST_PASSES = 3  # over the rows of however large a corpus, where so many are wanted
_BATCHES_AN_EPOCH = 32  # small corpora get smaller batches, so that an epoch has about so many steps


@dataclass(frozen=True)
class Sparse:
    """n texts as rows of L2-normalised n-gram weights: ids (m,), values (m,), offsets (n + 1,)."""

    ids: Ids
    values: NDArray[np.float32]
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def matrix(self, width: int) -> csr_matrix:
        """The same as SciPy has it, (n, width)."""
        from scipy.sparse import csr_matrix

        return csr_matrix((self.values, self.ids, self.offsets), shape=(len(self), width))


class Layers(NamedTuple):
    """Weights of u n-grams, (u, k + dims), of the layer behind the deep part, (dims, k), the bias (k,), and those of
    an encoder's vector, (d, k); or one number for each of these: its slope, or a moment of Adam."""

    ngrams: Numbers
    out: Numbers
    bias: Numbers
    vector_in: Numbers


class Batch(NamedTuple):
    """b texts of a step: n-gram weights (b, u), vectors (b, d), distributions over labels (b, k), how much each counts
    (b,), and what the units of the deep part are multiplied with, (b, dims): 0 for those that are silenced."""

    ngrams: csr_matrix
    vectors: Numbers
    targets: Numbers
    counts: Numbers
    units: Numbers


def as_sparse(texts: list[str], spec: FeatureSpec, vocabulary: Vocabulary) -> Sparse:
    """Normalised texts -> rows of unit length (a text without any known n-gram is a row without ids)."""
    ids, offsets = as_rows(texts, spec, vocabulary)
    weight = vocabulary.idf[ids - 1]
    owner = np.repeat(np.arange(len(texts)), np.diff(offsets))
    mass = np.bincount(owner, weights=weight.astype(np.float64) ** 2, minlength=len(texts))
    values = weight / np.sqrt(np.maximum(mass, 1.0))[owner]
    return Sparse(ids, values.astype(np.float32), offsets)


def fit_weights(
    rows: Sparse,
    targets: NDArray[np.float32],
    size: int,
    settings: FitSettings,
    seed: int,
    row_weights: NDArray[np.float32] | None = None,
    vectors: NDArray[np.float32] | None = None,
) -> tuple[Weights, list[float]]:
    """Train the wide and deep network on texts in a fixed order.

    Of the network that `classifier.build_core` builds, the wide part is a linear map of n-gram weights to logits; the
    deep part sums `dims` numbers of each n-gram (Joulin et al. 2017, "Bag of Tricks for Efficient Text Classification")
    goes through a ReLU and a dense layer (Cheng et al. 2016, "Wide & Deep Learning"). Vectors are a second wide part.

    Args:
        rows, targets: n training texts, and the distribution over k labels of each, float32 (n, k).
        size: number of n-grams in the vocabulary.
        settings: how; none of the rows is left out by it.
        seed: decides first weights, dropout and the order of the steps.
        row_weights: float32 (n,), how much each text counts; all the same when None.
        vectors: float32 (n, d), an encoder's, zero where a text has none; None for none at all.

    Returns:
        Weights `table` (size + 1, k + dims), `out` (dims, k), `bias` (k,), for vectors `vector_in` (d, k); losses.
    """
    from threadpoolctl import threadpool_limits

    labels, counts = targets.shape[1], np.ones(len(rows), np.float32) if row_weights is None else row_weights
    # Without vectors a matrix without columns: what it adds is zero.
    read = np.zeros((len(rows), 0), np.float32) if vectors is None else vectors
    weights = _first_weights(size, labels, settings.dims, read.shape[1], seed)
    first, second = (Layers(*map(np.zeros_like, weights)) for _ in range(2))
    blind = _BLIND if vectors is not None and len(rows) < _FEW * labels else 0.0
    matrix, random = rows.matrix(size + 1), np.random.default_rng(seed)
    (epochs, steps), history, time = plan_steps(len(rows), settings), [], 0
    with threadpool_limits(1):  # one thread adds numbers in one order, and several bots train side by side
        for _ in range(epochs):
            total = 0.0
            for chosen in np.array_split(random.permutation(len(rows)), steps):
                time += 1
                known, ngrams = _ngrams_of(matrix[chosen], settings.feature_dropout, blind, random)
                others = read[chosen], targets[chosen], counts[chosen], _units(len(chosen), settings, random)
                rate = _rate(settings.learning_rate, time, steps * epochs)
                total += _step((weights, first, second), known, Batch(ngrams, *others), rate) * len(chosen)
            history.append(round(total / len(rows), 6))
    weights.ngrams[:, :labels] *= _WIDE_SCALE
    fitted = {"table": weights.ngrams, "out": weights.out, "bias": weights.bias}
    return fitted if vectors is None else {**fitted, "vector_in": weights.vector_in * _VECTOR_SCALE}, history


def plan_steps(rows: int, settings: FitSettings) -> tuple[int, int]:
    """Passes over so many rows, and steps in each of them; `settings` as in `fit_weights`."""
    batch = min(settings.batch_size, max(_SMALLEST_BATCH, rows // _BATCHES_AN_EPOCH))
    steps = -(-rows // batch)
    epochs = max(settings.epochs, -(-settings.min_steps // steps))
    most = epochs if settings.max_steps is None else settings.max_steps // steps
    return min(epochs, max(most, _FEWEST_PASSES)), steps


def _first_weights(size: int, labels: int, dims: int, length: int, seed: int) -> Layers:
    """The linear parts start at zero, the deep one at random; row 0 belongs to the padding and stays zero."""
    random = np.random.default_rng(seed)
    table = np.zeros((size + 1, labels + dims), np.float32)
    table[1:, labels:] = random.normal(0.0, _DEEP_SPREAD, (size, dims))
    reach = np.sqrt(6.0 / (dims + labels))  # Glorot and Bengio 2010
    out = random.uniform(-reach, reach, (dims, labels)).astype(np.float32)
    return Layers(table, out, np.zeros(labels, np.float32), np.zeros((length, labels), np.float32))


def _rate(peak: float, time: int, steps: int) -> float:
    """Size of step `time` (from 1) of `steps`: a short warm-up, then along a cosine down to a hundredth."""
    warm = max(steps // 10, 1)
    if time <= warm:
        rate = peak * (0.1 + 0.9 * time / warm)
    else:
        rate = peak * (0.01 + 0.99 * (1.0 + np.cos(np.pi * (time - warm) / max(steps - warm, 1))) / 2.0)
    # Adam's correction for moments that start at zero (Kingma and Ba 2015).
    return float(rate * np.sqrt(1.0 - _DECAY_SECOND**time) / (1.0 - _DECAY_FIRST**time))


def _step(state: tuple[Layers, Layers, Layers], known: Ids, batch: Batch, rate: float) -> float:
    """Moves weights by one step of Adam, in place: of the n-grams those in the batch. Its loss.

    Args:
        state: weights and Adam's two moments, of all n-grams.
        known: (u,) the n-grams that the columns of `batch.ngrams` stand for.
        batch: the texts.
        rate: size of the step.
    """
    weights, first, second = (each._replace(ngrams=each.ngrams[known]) for each in state)
    loss, slopes = loss_and_slopes(weights, batch)
    for moved in zip(weights, first, second, slopes, strict=True):
        _move(*moved, rate)
    for whole, part in zip(state, (weights, first, second), strict=True):
        whole.ngrams[known] = part.ngrams
    return loss


def loss_and_slopes(weights: Layers, batch: Batch) -> tuple[float, Layers]:
    """The mean weighted cross-entropy of a batch, and its slope in every weight.

    Args:
        weights: those of the n-grams in the order of the columns of `batch.ngrams`.
        batch: the texts.
    """
    labels = len(weights.bias)
    summed = batch.ngrams @ weights.ngrams
    units = batch.units * (summed[:, labels:] > 0)  # a ReLU, and dropout
    hidden = summed[:, labels:] * units
    scores = summed[:, :labels] * _WIDE_SCALE + hidden @ weights.out + weights.bias
    scores += batch.vectors @ weights.vector_in * _VECTOR_SCALE
    scores -= scores.max(axis=1, keepdims=True)
    chances = np.exp(scores)
    whole = chances.sum(axis=1, keepdims=True)
    chances /= whole
    loss = float(np.mean(batch.counts * (np.log(whole[:, 0]) - (batch.targets * scores).sum(axis=1))))
    slope = (chances - batch.targets) * (batch.counts / len(scores))[:, None]
    of_summed = np.concatenate([slope * _WIDE_SCALE, slope @ weights.out.T * units], axis=1)
    of_vectors = batch.vectors.T @ slope * _VECTOR_SCALE
    return loss, Layers(batch.ngrams.T @ of_summed, hidden.T @ slope, slope.sum(axis=0), of_vectors)


def _move(weights: Numbers, first: Numbers, second: Numbers, slope: Numbers, rate: float) -> None:
    """One step of Adam (Kingma and Ba 2015), in place; the slope is used up. `rate` corrects for the first moments."""
    first *= _DECAY_FIRST
    first += (1.0 - _DECAY_FIRST) * slope
    slope *= slope
    slope *= 1.0 - _DECAY_SECOND
    second *= _DECAY_SECOND
    second += slope
    np.sqrt(second, out=slope)
    slope += _TINY
    np.divide(first, slope, out=slope)
    slope *= rate
    weights -= slope


def _ngrams_of(texts: csr_matrix, share: float, blind: float, random: np.random.Generator) -> tuple[Ids, csr_matrix]:
    """Of a batch: its n-grams (u,), and how much each weighs in each text, (b, u)."""
    from scipy.sparse import csr_matrix

    known, place = np.unique(texts.indices, return_inverse=True)
    values = _hidden_values(texts.data, share, random)
    if blind:
        unread = random.random(texts.shape[0]) < blind
        values = np.where(np.repeat(unread, np.diff(texts.indptr)), np.float32(0.0), values)
    return known, csr_matrix((values, place, texts.indptr), shape=(texts.shape[0], len(known)))


def _units(texts: int, settings: FitSettings, random: np.random.Generator) -> Numbers:
    """What the units of the deep part are multiplied with, float32 (texts, dims)."""
    if not settings.dropout:
        return np.ones((texts, settings.dims), np.float32)
    kept = random.random((texts, settings.dims), np.float32) >= settings.dropout
    returned: Numbers = kept / np.float32(1.0 - settings.dropout)
    return returned


def _hidden_values(values: NDArray[np.float32], share: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Silence a share of the n-grams: a text must be understood from any part of it."""
    if not share:
        return values
    kept = random.random(len(values), np.float32) >= share
    returned: NDArray[np.float32] = np.where(kept, values / np.float32(1.0 - share), np.float32(0.0))
    return returned
