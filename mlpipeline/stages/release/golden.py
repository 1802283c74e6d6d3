"""Golden questions before and after a release: which of them the champion has right and the new model has not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from mlpipeline.errors import StoreError
from mlpipeline.networks.encoders.opening import from_bytes
from mlpipeline.networks.features import FeatureSpec, Vocabulary, as_ids
from mlpipeline.networks.inputs import core_inputs
from mlpipeline.networks.runtime import core_logits, open_core
from mlpipeline.store.bundles.content import BundleContents, open_bundle, read_golden
from mlpipeline.store.registry.pointers import Released

GoldenRow = Mapping[str, object]


def count_broken(today: Released | None, contents: BundleContents, normalize: Callable[[str], str]) -> float | None:
    """How many golden questions of the champion the new model breaks; None without one, or where it cannot be read.

    Args:
        today: the champion.
        contents: what is to be released.
        normalize: what turns a question into what the model sees.

    Raises:
        SetupError: the network reads vectors, and this machine lacks their encoder.
    """
    if today is None:
        return None
    try:
        golden = read_golden(open_bundle(Path(today.folder), digest=today.digest or None))
    except StoreError:
        return None
    return float(len(broken_questions(golden, contents, normalize)))


def broken_questions(
    golden: Iterable[GoldenRow], contents: BundleContents, normalize: Callable[[str], str]
) -> list[GoldenRow]:
    """Of the golden questions of a bundle those that it had right and the new model has not.

    A question whose intent the new model does not have any more is left out: somebody took the intent away.

    Args:
        golden: question, intent and `predicted` each, as they stand in the bundle.
        contents: what is to be released.
        normalize: what turns a question into what the model sees.
    """
    known = set(contents.labels)
    right = [row for row in golden if row.get("predicted") == row["intent"] and row["intent"] in known]
    said = _predicted(contents, [normalize(str(row["question"])) for row in right]) if right else []
    return [row for row, intent in zip(right, said, strict=True) if intent != row["intent"]]


def _predicted(contents: BundleContents, normalized: list[str]) -> list[str]:
    """The intents that what is to be released gives to normalised texts."""
    fields = dict(contents.features)
    reads = fields.pop("vector", None)
    dims = int(reads["dims"]) if isinstance(reads, Mapping) else 0
    vectors = from_bytes(contents.encoder).encode(normalized) if dims and contents.encoder is not None else None
    vocabulary = Vocabulary(keys=contents.vocabulary["keys"], idf=contents.vocabulary["idf"])
    ids = as_ids(normalized, FeatureSpec.from_dict(fields), vocabulary)
    logits = core_logits(open_core(contents.onnx), core_inputs(ids, dims, vectors), len(contents.labels))
    return [contents.labels[at] for at in np.asarray(logits).argmax(axis=1).tolist()]
