"""The training loop of the classifier: sparse n-gram weights in, plain numpy weights out.

It runs on TensorFlow below Keras; the network that comes out of it is the Keras model of `classifier.build_core`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.features import FeatureSpec, Ids, Offsets, Vocabulary, as_rows
from mlpipeline.networks.settings import FitSettings

if TYPE_CHECKING:
    import tensorflow as tf

Weights = dict[str, NDArray[np.float32]]

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

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Ids, NDArray[np.float32]]:
        """Of the chosen rows: position of the row within the choice (m,), ids (m,), values (m,)."""
        counts = np.diff(self.offsets)[rows]
        where = np.repeat(np.arange(len(rows)), counts)
        place = np.arange(len(where)) + np.repeat(self.offsets[rows] - (np.cumsum(counts) - counts), counts)
        return where, self.ids[place], self.values[place]


def as_sparse(texts: list[str], spec: FeatureSpec, vocabulary: Vocabulary) -> Sparse:
    """Normalised texts -> rows of unit length (a text without any known n-gram is a row without ids)."""
    ids, offsets = as_rows(texts, spec, vocabulary)
    weight = vocabulary.idf[ids - 1]
    owner = np.repeat(np.arange(len(texts)), np.diff(offsets))
    mass = np.bincount(owner, weights=weight.astype(np.float64) ** 2, minlength=len(texts))
    values = weight / np.sqrt(np.maximum(mass, 1.0))[owner]
    return Sparse(ids, values.astype(np.float32), offsets)


@cache
def use_one_thread() -> None:
    """One thread a process, once: several bots train side by side, and one thread adds numbers in one order."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # oneDNN rounds otherwise on another processor, and says so
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        # Someone in this process used TensorFlow before; results stay right, only reruns may differ in the last bits.
        return


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
    use_one_thread()
    import tensorflow as tf

    labels, counts = targets.shape[1], np.ones(len(rows), np.float32) if row_weights is None else row_weights
    # Without vectors a matrix without columns: what it adds is zero, and one step is compiled for both shapes.
    read = np.zeros((len(rows), 0), np.float32) if vectors is None else vectors
    first, *others = _first_weights(size, labels, settings.dims, read.shape[1], seed)
    table, dense, (epochs, steps) = tf.Variable(first), [*map(_state, others)], plan_steps(len(rows), settings)
    blind = _BLIND if vectors is not None and len(rows) < _FEW * labels else 0.0
    dropout, random, move = np.float32(settings.dropout), np.random.default_rng(seed), _compiled_step()
    history, time = [], 0
    for _ in range(epochs):
        total = 0.0
        for chosen in np.array_split(random.permutation(len(rows)), steps):
            time += 1
            known, where, values = _ngrams_of(rows, chosen, settings.feature_dropout, blind, random)
            batch = (where, values, read[chosen], targets[chosen], counts[chosen])
            rate = np.float32(_rate(settings.learning_rate, time, steps * epochs))
            noise = (rate, dropout, np.array([seed, time], np.int64))
            own, *dense, loss = move(tf.gather(table, known), dense, batch, noise)
            table.scatter_update(tf.IndexedSlices(own, known))
            total += float(loss) * len(chosen)
        history.append(round(total / len(rows), 6))
    return _fitted(table, dense, labels, vectors is not None), history


def plan_steps(rows: int, settings: FitSettings) -> tuple[int, int]:
    """Passes over so many rows, and steps in each of them; `settings` as in `fit_weights`."""
    batch = min(settings.batch_size, max(_SMALLEST_BATCH, rows // _BATCHES_AN_EPOCH))
    steps = -(-rows // batch)
    epochs = max(settings.epochs, -(-settings.min_steps // steps))
    most = epochs if settings.max_steps is None else settings.max_steps // steps
    return min(epochs, max(most, _FEWEST_PASSES)), steps


def _first_weights(size: int, labels: int, dims: int, length: int, seed: int) -> tuple[NDArray[np.float32], ...]:
    """The linear parts start at zero, the deep one at random; row 0 belongs to the padding and stays zero.

    The table, (size + 1, 3, labels + dims), has Adam's moments beside its weights: one operation takes what a batch
    needs, and one puts it back.
    """
    random = np.random.default_rng(seed)
    table = np.zeros((size + 1, 3, labels + dims), np.float32)
    table[1:, 0, labels:] = random.normal(0.0, _DEEP_SPREAD, (size, dims))
    reach = np.sqrt(6.0 / (dims + labels))  # Glorot and Bengio 2010
    out = random.uniform(-reach, reach, (dims, labels)).astype(np.float32)
    return table, out, np.zeros(labels, np.float32), np.zeros((length, labels), np.float32)


def _fitted(table: tf.Variable, dense: list[list[tf.Tensor]], labels: int, with_vectors: bool) -> Weights:
    """The weights without their moments, the scales of the linear parts multiplied in."""
    numbers, (out, bias, vector_in) = np.array(table[:, 0]), (np.array(state[0]) for state in dense)
    numbers[:, :labels] *= np.float32(_WIDE_SCALE)
    weights = {"table": numbers, "out": out, "bias": bias}
    return {**weights, "vector_in": vector_in * np.float32(_VECTOR_SCALE)} if with_vectors else weights


def _state(first: NDArray[np.float32]) -> list[tf.Tensor]:
    """Weights and Adam's two moments of each."""
    import tensorflow as tf

    return [tf.constant(first), tf.zeros_like(first), tf.zeros_like(first)]


def _rate(peak: float, time: int, steps: int) -> float:
    """Size of step `time` (from 1) of `steps`: a short warm-up, then along a cosine down to a hundredth."""
    warm = max(steps // 10, 1)
    if time <= warm:
        rate = peak * (0.1 + 0.9 * time / warm)
    else:
        rate = peak * (0.01 + 0.99 * (1.0 + np.cos(np.pi * (time - warm) / max(steps - warm, 1))) / 2.0)
    # Adam's correction for moments that start at zero (Kingma and Ba 2015).
    return float(rate * np.sqrt(1.0 - _DECAY_SECOND**time) / (1.0 - _DECAY_FIRST**time))


@cache
def _compiled_step() -> Callable[..., tuple[tf.Tensor, ...]]:
    """One step of training, as a function of tensors of any size: compiled once a process, not once a bot.

    A compiled function of each bot's own would cost it a second, and TensorFlow keeps 14 MB of each for ever. Adam
    moves only those n-grams that stand in the batch: a few thousand of tens of thousands.
    """
    import tensorflow as tf

    matrix, vector = tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([None], tf.float32)
    rows = tf.TensorSpec([None, 3, None], tf.float32)
    index, seed = tf.TensorSpec([None, 2], tf.int64), tf.TensorSpec([2], tf.int64)
    number = tf.TensorSpec([], tf.float32)
    dense = [[matrix] * 3, [vector] * 3, [matrix] * 3]

    @tf.function(  # type: ignore[untyped-decorator, misc, unused-ignore]
        input_signature=[rows, dense, (index, vector, matrix, matrix, vector), (number, number, seed)]
    )
    def step(
        own: tf.Tensor,
        dense: list[list[tf.Tensor]],
        batch: tuple[tf.Tensor, ...],
        noise: tuple[tf.Tensor, ...],
    ) -> tuple[tf.Tensor, ...]:
        (where, values, vectors, wanted, counts), (rate, dropout, seed) = batch, noise
        states, labels = [tf.unstack(own, axis=1), *dense], tf.shape(wanted)[1]
        shape = tf.cast(tf.stack([tf.shape(wanted)[0], tf.shape(own)[0]]), tf.int64)
        leaves = [state[0] for state in states]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaves)
            summed = tf.sparse.sparse_dense_matmul(tf.SparseTensor(where, values, shape), leaves[0])
            hidden = tf.nn.experimental.stateless_dropout(tf.nn.relu(summed[:, labels:]), dropout, seed)
            scores = summed[:, :labels] * _WIDE_SCALE + hidden @ leaves[1] + leaves[2]
            scores += vectors @ leaves[3] * _VECTOR_SCALE
            loss = tf.reduce_mean(counts * tf.nn.softmax_cross_entropy_with_logits(wanted, scores))
        slopes = tape.gradient(loss, leaves)
        moved, *others = (_moved(state, slope, rate) for state, slope in zip(states, slopes, strict=True))
        return tf.stack(moved, axis=1), *others, loss

    # Called as it is traced: to look up the trace costs a small bot a quarter of its training.
    returned: Callable[..., tuple[tf.Tensor, ...]] = step.get_concrete_function()
    return returned


def _moved(state: list[tf.Tensor], slope: tf.Tensor, rate: tf.Tensor) -> list[tf.Tensor]:
    """Weights and Adam's two moments after a step down the slope."""
    import tensorflow as tf

    weights, first, second = state
    first = _DECAY_FIRST * first + (1.0 - _DECAY_FIRST) * slope
    second = _DECAY_SECOND * second + (1.0 - _DECAY_SECOND) * tf.square(slope)
    return [weights - rate * first / (tf.sqrt(second) + _TINY), first, second]


def _ngrams_of(
    rows: Sparse, chosen: NDArray[np.int64], share: float, blind: float, random: np.random.Generator
) -> tuple[Ids, NDArray[np.int64], NDArray[np.float32]]:
    """Of a batch: its n-grams (u,), the row and the place in these of each (m, 2), and what each weighs (m,)."""
    where, ids, values = rows.take(chosen)
    known, place = np.unique(ids, return_inverse=True)
    values = _hidden_values(values, share, random)
    if blind:
        values = np.where((random.random(len(chosen)) < blind)[where], np.float32(0.0), values)
    return known, np.stack([where, place], axis=1), values


def _hidden_values(values: NDArray[np.float32], share: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Silence a share of the n-grams: a text must be understood from any part of it."""
    if not share:
        return values
    kept = random.random(len(values), np.float32) >= share
    returned: NDArray[np.float32] = np.where(kept, values / np.float32(1.0 - share), np.float32(0.0))
    return returned
