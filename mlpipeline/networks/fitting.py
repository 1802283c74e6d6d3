"""The training loop of the classifier: sparse n-gram weights in, plain numpy weights out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.features import FeatureSpec, Ids, Offsets, Vocabulary, as_rows

Weights = dict[str, NDArray[np.float32]]

_WIDE_SCALE = 3.0  # steps of AdamW move every weight alike: this lets the linear part learn faster than the deep one
_DEEP_SPREAD = 0.1  # standard deviation of the deep part's first n-gram vectors
_DECAY_FIRST, _DECAY_SECOND = 0.9, 0.999  # of Adam's two moments
_SMALLEST_BATCH = 16
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
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        # Someone in this process used TensorFlow before; results stay right, only reruns may differ in the last bits.
        return


def fit_weights(
    rows: Sparse, targets: NDArray[np.float32], size: int, settings: Mapping[str, Any], seed: int
) -> tuple[Weights, list[float]]:
    """Train the wide and deep network on texts in a fixed order.

    The wide part is a linear map of n-gram weights to logits; the deep part sums `dims` numbers of each n-gram, goes
    through a ReLU and a dense layer (Cheng et al. 2016, "Wide & Deep Learning"; the sum of n-gram vectors is that of
    Joulin et al. 2017, "Bag of Tricks for Efficient Text Classification").

    Args:
        rows: n training texts.
        targets: float32 (n, k), distribution over the labels of each.
        size: number of n-grams in the vocabulary.
        settings: epochs, min_steps, batch_size, learning_rate, dims, dropout, feature_dropout.
        seed: decides first weights, dropout and the order of the steps.

    Returns:
        Weights `table` (size + 1, k + dims), `out` (dims, k), `bias` (k,), and the mean loss of each epoch.
    """
    use_one_thread()
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    labels, dims = targets.shape[1], int(settings["dims"])
    head = _head(labels, dims, float(settings["dropout"]), seed)
    table = np.zeros((size + 1, labels + dims), np.float32)
    table[1:, labels:] = np.random.default_rng(seed).normal(0.0, _DEEP_SPREAD, (size, dims))
    batch = min(int(settings["batch_size"]), max(_SMALLEST_BATCH, len(rows) // _BATCHES_AN_EPOCH))
    steps = -(-len(rows) // batch)
    epochs = max(int(settings["epochs"]), -(-int(settings["min_steps"]) // steps))
    step, variable = _step(head, table, labels, _schedule(float(settings["learning_rate"]), steps * epochs))
    random = np.random.default_rng(seed)
    history = []
    for _ in range(epochs):
        total = 0.0
        for chosen in np.array_split(random.permutation(len(rows)), steps):
            where, ids, values = rows.take(chosen)
            values = _hidden_values(values, float(settings["feature_dropout"]), random)
            known, place = np.unique(ids, return_inverse=True)
            index = np.stack([where, place], axis=1)
            total += float(step(known, index, values, targets[chosen])) * len(chosen)
        history.append(round(total / len(rows), 6))
    table = np.array(variable)
    table[:, :labels] *= np.float32(_WIDE_SCALE)
    out = head.get_layer("out")
    return {"table": table, "out": np.array(out.kernel), "bias": np.array(out.bias)}, history


def _head(labels: int, dims: int, dropout: float, seed: int) -> Any:
    """What follows the sum of the n-grams; `classifier.build_core` is the same network over ids."""
    import keras

    summed = keras.Input((labels + dims,), name="summed")
    hidden = keras.layers.Dropout(dropout, seed=seed)(keras.layers.ReLU()(summed[:, labels:]))
    start = keras.initializers.GlorotUniform(seed)
    out = keras.layers.Dense(labels, kernel_initializer=start, name="out")(hidden)
    return keras.Model(summed, summed[:, :labels] * _WIDE_SCALE + out)


def _schedule(rate: float, steps: int) -> Any:
    """A short warm-up, then along a cosine down to a hundredth."""
    import keras

    warm = max(steps // 10, 1)
    return keras.optimizers.schedules.CosineDecay(
        rate / 10, max(steps - warm, 1), alpha=0.01, warmup_target=rate, warmup_steps=warm
    )


def _step(head: Any, table: NDArray[np.float32], labels: int, schedule: Any) -> tuple[Any, Any]:
    """One step of training as a compiled function, and the variable that holds the n-grams' numbers.

    Adam (Kingma and Ba 2015) moves only those n-grams that stand in the batch: a few thousand of tens of thousands.
    """
    import keras
    import tensorflow as tf

    numbers = tf.Variable(table)
    first, second = tf.Variable(tf.zeros_like(numbers)), tf.Variable(tf.zeros_like(numbers))
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(head.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(known: Any, index: Any, values: Any, wanted: Any) -> Any:
        own = tf.gather(numbers, known)
        shape = tf.cast(tf.stack([tf.shape(wanted)[0], tf.shape(known)[0]]), tf.int64)
        with tf.GradientTape() as tape:
            tape.watch(own)
            summed = tf.sparse.sparse_dense_matmul(tf.SparseTensor(index, values, shape), own)
            scores = head(summed, training=True)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(wanted, scores))
        slope, *slopes = tape.gradient(loss, [own, *head.trainable_variables])
        time = tf.cast(optimizer.iterations + 1, tf.float32)
        rate = optimizer.learning_rate * tf.sqrt(1.0 - _DECAY_SECOND**time) / (1.0 - _DECAY_FIRST**time)
        mean = _DECAY_FIRST * tf.gather(first, known) + (1.0 - _DECAY_FIRST) * slope
        square = _DECAY_SECOND * tf.gather(second, known) + (1.0 - _DECAY_SECOND) * tf.square(slope)
        first.scatter_update(tf.IndexedSlices(mean, known))
        second.scatter_update(tf.IndexedSlices(square, known))
        numbers.scatter_update(tf.IndexedSlices(own - rate * mean / (tf.sqrt(square) + 1e-7), known))
        optimizer.apply(slopes, head.trainable_variables)
        return loss

    return step, numbers


def _hidden_values(values: NDArray[np.float32], share: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Silence a share of the n-grams: a text must be understood from any part of it."""
    if not share:
        return values
    kept = random.random(len(values), np.float32) >= share
    return np.where(kept, values / np.float32(1.0 - share), np.float32(0.0))
