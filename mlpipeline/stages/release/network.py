"""The parts of a bundle that choose an intent, asked alike before a release and after it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mlpipeline.networks.calibrate import text_scores
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.networks.encoders.opening import from_bytes
from mlpipeline.networks.features import FeatureSpec, Vocabulary, as_ids
from mlpipeline.networks.inputs import core_inputs
from mlpipeline.networks.knownness import Knownness
from mlpipeline.networks.runtime import core_logits, open_core
from mlpipeline.store.bundles.content import BundleContents, BundleFiles


class Network(NamedTuple):
    """An exported core with what is around it: `dims` is the length of the vectors that it reads, 0 for none, and
    `encoder` what `Encoder.to_bytes` gave."""

    labels: Sequence[str]
    spec: FeatureSpec
    vocabulary: Vocabulary
    dims: int
    onnx: bytes
    encoder: bytes | None
    temperature: float
    knownness: Knownness | None

    @classmethod
    def of_model(cls, model: TrainedModel, onnx: bytes, encoder: bytes | None) -> Network:
        """What was trained, in the form in which it was exported."""
        parts = model.labels, model.spec, model.vocabulary, model.vector_dims
        return cls(*parts, onnx, encoder, model.temperature, model.knownness)

    @classmethod
    def of_contents(cls, contents: BundleContents) -> Network:
        """What is to be released."""
        parts = contents.labels, contents.features, contents.vocabulary, contents.onnx, contents.encoder
        return cls._parsed(*parts, contents.thresholds)

    @classmethod
    def of_files(cls, files: BundleFiles) -> Network:
        """What was released; raises StoreError for a missing file."""
        with np.load(io.BytesIO(files.read("features.npz")), allow_pickle=False) as arrays:
            vocabulary = {name: arrays[name] for name in ("keys", "idf")}
        labels = files.read("labels.txt").decode("utf-8").split("\n")[:-1]
        encoder = files.read("encoder.npz") if files.has("encoder.npz") else None
        parts = labels, files.read_json("features.json"), vocabulary, files.read("onnx/model.onnx"), encoder
        return cls._parsed(*parts, files.read_json("thresholds.json"))

    @classmethod
    def _parsed(
        cls,
        labels: Sequence[str],
        features: Mapping[str, object],
        vocabulary: Mapping[str, np.ndarray],
        onnx: bytes,
        encoder: bytes | None,
        thresholds: Mapping[str, object],
    ) -> Network:
        fields = dict(features)
        reads, known = fields.pop("vector", None), thresholds.get("knownness")
        return cls(
            labels,
            FeatureSpec.from_dict(fields),
            Vocabulary(keys=vocabulary["keys"], idf=vocabulary["idf"]),
            int(reads["dims"]) if isinstance(reads, Mapping) else 0,
            onnx,
            encoder,
            float(str(thresholds.get("temperature", 1.0))),
            Knownness.from_dict(known) if isinstance(known, Mapping) else None,
        )

    def scores(self, normalized: Sequence[str]) -> np.ndarray:
        """Scores float64 (n, k) of normalised texts.

        Raises:
            SetupError: the network reads vectors, and this machine lacks their encoder.
        """
        texts = list(normalized)
        ids = as_ids(texts, self.spec, self.vocabulary)
        vectors = from_bytes(self.encoder).encode(texts) if self.dims and self.encoder is not None else None
        logits = core_logits(open_core(self.onnx), core_inputs(ids, self.dims, vectors), len(self.labels))
        return text_scores(texts, logits, self.spec, self.vocabulary, self.temperature, self.knownness)
