"""The classifier of intents: hashed n-grams in, logits out; exported from Keras, carried as plain arrays."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks import arrays, calibrate
from mlpipeline.networks.features import FeatureSpec, Vocabulary
from mlpipeline.networks.fitting import Weights, as_sparse
from mlpipeline.networks.knownness import Knownness, Readings, known_share
from mlpipeline.networks.settings import ClassifierSettings

if TYPE_CHECKING:
    import keras

_FORMAT = 1
_BATCH = 1024
_MOST_WEIGHTS = 16_000_000  # n-grams x (intents + dims): a model of 64 MB, of which an export holds several copies
_FEWEST_NGRAMS = 20_000  # that are kept at least, however many intents there are


@dataclass
class TrainedModel:
    """Everything that turns normalised text into calibrated intents.

    Attributes:
        labels: intents in the order of the logits.
        spec: which n-grams the network reads.
        vocabulary: the n-grams that it knows.
        weights: `table` (k + 1, labels + dims), `out` (dims, labels), `bias` (labels,), float32; `vector_in`
            (d, labels) where it also reads a text's vector.
        temperature: what logits are divided by.
        threshold: score (see `calibrate.scores`) below which the bot does not answer.
        did_you_mean: score below which it does not ask back either; None: a share of the threshold, by the recipe.
        knownness: how scores follow from what is known of a text; None: they are the probabilities.
        out_of_scope: label of the rows that stood for "not my business"; "" when there were none.
        encoder: digest of the encoder whose vectors it reads; "" where it reads none.
        history: figures of the training, plain JSON values.
    """

    labels: list[str]
    spec: FeatureSpec
    vocabulary: Vocabulary
    weights: Weights
    temperature: float = 1.0
    threshold: float = calibrate.FALLBACK_THRESHOLD
    did_you_mean: float | None = None
    knownness: Knownness | None = None
    out_of_scope: str = ""
    encoder: str = ""
    history: dict[str, object] = field(default_factory=dict)

    @property
    def vector_dims(self) -> int:
        """Length of the vectors that it reads beside n-grams; 0 where it reads none."""
        return len(self.weights["vector_in"]) if "vector_in" in self.weights else 0

    @property
    def weights_digest(self) -> str:
        """SHA-256 (hex) of the weights and the vocabulary: equal for equal data, settings, seed and machine."""
        return arrays.digest({**self.weights, "keys": self.vocabulary.keys, "idf": self.vocabulary.idf})

    def to_bytes(self) -> bytes:
        """An npz archive; equal models give equal bytes."""
        meta = {
            "format": _FORMAT,
            "labels": self.labels,
            "spec": self.spec.to_dict(),
            "temperature": self.temperature,
            "threshold": self.threshold,
            "did_you_mean": self.did_you_mean,
            "knownness": None if self.knownness is None else self.knownness.to_dict(),
            "out_of_scope": self.out_of_scope,
            "encoder": self.encoder,
            "history": self.history,
        }
        return arrays.pack({**self.weights, "keys": self.vocabulary.keys, "idf": self.vocabulary.idf}, meta)

    @classmethod
    def from_bytes(cls, data: bytes) -> TrainedModel:
        """The inverse of `to_bytes`; raises ValueError for other bytes."""
        return cls._from_archive(io.BytesIO(data))

    @classmethod
    def from_file(cls, file: Path) -> TrainedModel:
        """As `from_bytes`, of a file that holds them: it is not held beside what is in it."""
        with file.open("rb") as archive:
            return cls._from_archive(archive)

    @classmethod
    def _from_archive(cls, archive: BinaryIO) -> TrainedModel:
        weights, meta = arrays.read(archive)
        if meta.pop("format", None) != _FORMAT:
            raise ValueError("not a model of this version of mlpipeline")
        vocabulary = Vocabulary(weights.pop("keys"), weights.pop("idf"))
        curve = meta.get("knownness")
        told = {"spec": FeatureSpec.from_dict(meta["spec"]), "knownness": curve and Knownness.from_dict(curve)}
        return cls(**{**meta, **told}, vocabulary=vocabulary, weights=weights)


def folded_weights(model: TrainedModel) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The table with the n-grams' weights folded in, float32 (k + 1, labels + dims), and their squares (k + 1, 1).

    So the network needs one sum only; row 0 stands for no n-gram.
    """
    idf = np.concatenate([[0.0], model.vocabulary.idf]).astype(np.float32)[:, None]
    return np.asarray(model.weights["table"] * idf, np.float32), idf**2


def most_ngrams(intents: int, settings: ClassifierSettings) -> int:
    """How many n-grams a model of so many intents keeps: `max_vocabulary`, or fewer, as each has a number an intent.

    Args:
        intents: that are answered.
        settings: those of the bot.
    """
    fitting = _MOST_WEIGHTS // (intents + settings.dims)
    return min(settings.max_vocabulary, max(fitting, _FEWEST_NGRAMS))


@cache
def _use_one_thread() -> None:
    """One thread a process, once: several bots are exported side by side, and one thread adds numbers in one order."""
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


def build_core(model: TrainedModel) -> keras.Model:
    """The network as a `keras.Model`: input `ids` int32 (None, max_ids) -> output `logits` float32 (None, labels).

    A model that reads vectors has a second input, `vector` float32 (None, d). The numbers are those of `logits`. Only
    Gather, sums, MatMul and element-wise arithmetic, so that SavedModel, ONNX and TensorRT all take it. A text without
    any known n-gram and without a vector gets equal logits, hence the lowest score there is.
    """
    _use_one_thread()
    import keras

    count, dims = len(model.labels), model.weights["out"].shape[0]
    weights, masses = folded_weights(model)
    ids = keras.Input((model.spec.max_ids,), dtype="int32", name="ids")
    table = keras.layers.Embedding(len(weights), count + dims, name="table")
    mass = keras.layers.Embedding(len(masses), 1, name="mass")
    out = keras.layers.Dense(count, name="out")
    summed, total = keras.ops.sum(table(ids), axis=1), keras.ops.sum(mass(ids), axis=1)
    unit = summed / keras.ops.sqrt(keras.ops.maximum(total, 1.0))
    scores = unit[:, :count] + out(keras.ops.relu(unit[:, count:]))
    known = [scores, keras.ops.minimum(total, 1.0)]
    if model.vector_dims:
        vector = keras.Input((model.vector_dims,), name="vector")
        vector_in = keras.layers.Dense(count, use_bias=False, name="vector_in")
        of_ngrams, of_vector = keras.layers.Multiply(name="of_ngrams")(known), vector_in(vector)
        core = keras.Model([ids, vector], keras.layers.Add(name="logits")([of_ngrams, of_vector]))
        vector_in.set_weights([model.weights["vector_in"]])
    else:
        core = keras.Model(ids, keras.layers.Multiply(name="logits")(known))
    table.set_weights([weights])
    mass.set_weights([masses])
    out.set_weights([model.weights["out"], model.weights["bias"]])
    return core


def logits(
    model: TrainedModel, texts: Sequence[str], vectors: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Normalised texts -> logits float32 (n, labels): what every exported form of the network is compared with.

    Args:
        model: trained.
        texts: normalised.
        vectors: float32 (n, d) of the texts, for a model that reads them; None stands for zeros.
    """
    weights, count = model.weights, len(model.labels)
    parts = [np.zeros((0, count), np.float32)]
    for start in range(0, len(texts), _BATCH):
        rows = as_sparse(list(texts[start : start + _BATCH]), model.spec, model.vocabulary)
        ngrams = rows.matrix(len(weights["table"]))
        unit = ngrams @ weights["table"]
        scores = unit[:, :count] + np.maximum(unit[:, count:], 0.0) @ weights["out"] + weights["bias"]
        # A row is of length 1, or shorter where a text has hardly any n-gram that is known.
        scores *= np.minimum(np.asarray(ngrams.power(2).sum(axis=1), np.float32), 1.0)
        if model.vector_dims and vectors is not None:
            scores += vectors[start : start + _BATCH] @ weights["vector_in"]
        parts.append(scores)
    return np.concatenate(parts)


def read_texts(model: TrainedModel, texts: Sequence[str], vectors: NDArray[np.float32] | None = None) -> Readings:
    """What the model says of normalised texts, as `logits`, and how much it knows of each."""
    return Readings(logits(model, texts, vectors), known_share(texts, model.spec, model.vocabulary))
