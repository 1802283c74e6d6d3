"""A released bundle as something that answers: its files parsed, its heavy parts loaded when first used."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mlpipeline.errors import RecipeError, SetupError, StoreError
from mlpipeline.languages.profile import Profile, normalizer, reader
from mlpipeline.methods.personal_data.scan import masked
from mlpipeline.networks.features import FeatureSpec, Vocabulary
from mlpipeline.networks.runtime import open_core
from mlpipeline.serving.choose import Thresholds
from mlpipeline.store.bundles.content import (
    INDEX_FILE,
    BundleContents,
    BundleFiles,
    open_bundle,
    read_golden,
    write_bundle,
)
from mlpipeline.store.bundles.seals import remedy
from mlpipeline.store.checked import understood

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

    from mlpipeline.networks.approximate import Approximate
    from mlpipeline.networks.encoders.contract import Encoder

__all__ = ["Bundle", "BundleContents", "Index", "as_bundle", "load_bundle", "write_bundle"]


@dataclass(frozen=True)
class Index:
    """The questions that a bot was trained with, to be found again by likeness.

    `vectors` float32 (n, d) with rows of length 1 (float16 in the file: numpy multiplies float32 some fifty times
    faster), `intents` int32 (n,) positions in the bundle's labels, `lines` n JSON lines, parsed only when shown.
    """

    vectors: np.ndarray
    intents: np.ndarray
    lines: tuple[bytes, ...]

    def question(self, position: int) -> str:
        """The text of the question at `position`."""
        return str(json.loads(self.lines[position])["text"])


@dataclass(frozen=True)
class Reads:
    """The vectors that a network reads beside n-grams: digest of their encoder and their length, 0 for none."""

    encoder: str = ""
    dims: int = 0

    @classmethod
    def from_dict(cls, values: object) -> Reads:
        """Read `vector` of `features.json`; raises TypeError or ValueError for anything else."""
        if not isinstance(values, dict) or not isinstance(values.get("dims", 0), int):
            raise ValueError("`vector` names no encoder")
        return cls(**values)


@dataclass(frozen=True)
class Bundle:
    """One bot, ready to answer. Parts that not every caller needs are read when first asked for."""

    files: BundleFiles
    profile: Profile
    spec: FeatureSpec
    reads: Reads
    labels: tuple[str, ...]
    thresholds: Thresholds
    answers: Mapping[str, Mapping[str, str]]
    masks: bool = True

    @property
    def bot(self) -> str:
        """The bot's name, such as `shop/ko`."""
        return f"{self.files.manifest['domain']}/{self.files.manifest['lang']}"

    @property
    def digest(self) -> str:
        """The bundle's digest (sha256 hex)."""
        return self.files.digest

    def normalize(self, text: str) -> str:
        """What the model sees of a message, `mask` first."""
        return self.normalize_masked(self.mask(text))

    @cached_property
    def normalize_masked(self) -> Callable[[str], str]:
        """What turns a message that is masked already into what the model sees."""
        return normalizer(self.profile)

    def mask(self, text: str) -> str:
        """The message without personal data, as the texts that the model has learnt; with it where they keep theirs."""
        return masked(text)[0] if self.masks else text

    @cached_property
    def read_as(self) -> Callable[[str], str | None]:
        """What a message that was typed with the wrong keyboard on was read as; None for all others."""
        return reader(self.profile)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The n-grams that the model knows."""
        with understood(self.files.folder / "features.npz", fix=remedy(self.files.folder)):
            arrays = _arrays(self.files, "features.npz")
            return Vocabulary(keys=arrays["keys"], idf=arrays["idf"])

    @cached_property
    def session(self) -> InferenceSession:
        """The network: ids int32 (n, max_ids), vectors where it reads them -> logits float32 (n, k), on one thread."""
        try:
            return open_core(self.files.read("onnx/model.onnx"))
        except Exception as error:  # onnxruntime raises a dozen classes of its own, none of them documented
            where = str(self.files.folder / "onnx/model.onnx")
            fix = remedy(self.files.folder)
            raise StoreError(f"onnxruntime cannot load the network ({error})", where=where, fix=fix) from error

    @cached_property
    def encoder(self) -> Encoder | None:
        """What turns texts into vectors, for the network or the index; None if the bot has none.

        Bots with the same one share it. A machine without the weights of a pretrained encoder says so once, and has
        None: such a bot answers without its nearest questions.

        Raises:
            SetupError: the weights are missing, and the network reads vectors.
        """
        if not self.files.has("encoder.npz") and not self.reads.dims:
            return None
        with understood(self.files.folder / "encoder.npz", fix=remedy(self.files.folder)):
            try:
                encoder = _shared_encoder(self.files.read("encoder.npz"))
            except SetupError as error:
                if self.reads.dims:
                    what = f"the network of {self.bot} reads vectors that this machine cannot make: {error.what}"
                    raise SetupError(what, where=error.where, fix=error.fix) from error
                print(f"mlpipeline: {self.bot} answers without its nearest questions: {error}", file=sys.stderr)
                return None
            if self.reads.dims and encoder.digest != self.reads.encoder:
                raise ValueError("not the encoder that the network learnt with")
            return encoder

    @cached_property
    def index(self) -> Index | None:
        """The bot's questions and their vectors; None if the bot has none."""
        if not self.files.has("index.npz"):
            return None
        with understood(self.files.folder / "index.npz", fix=remedy(self.files.folder)):
            arrays = _arrays(self.files, "index.npz")
            lines = tuple(self.files.read("questions.jsonl").splitlines())
            return Index(arrays["vectors"].astype(np.float32), arrays["intent"], lines)

    @cached_property
    def approximate(self) -> Approximate | None:
        """What finds most of the nearest questions of a large bot quickly; None where all are looked at."""
        data = self.files.held.get(INDEX_FILE)
        if data is None or self.index is None:
            return None
        from mlpipeline.networks.approximate import open_index

        return open_index(data, len(self.index.vectors))

    def golden(self) -> list[dict[str, object]]:
        """The golden questions with the answers that the release gave: question, intent, answer, score."""
        return read_golden(self.files)


def load_bundle(folder: Path, *, digest: str | None = None) -> Bundle:
    """Read the bundle in `folder`, every file verified; `digest` is that of the bundle that should stand there.

    Raises:
        StoreError: see `open_bundle`; also a part that cannot be understood.
    """
    return as_bundle(open_bundle(folder, digest=digest))


def as_bundle(files: BundleFiles) -> Bundle:
    """The parts of an opened bundle; raises StoreError for one that cannot be understood."""
    folder, fix = files.folder, remedy(files.folder)
    with understood(folder / "labels.txt", fix=fix):
        labels = tuple(files.read("labels.txt").decode("utf-8").split("\n")[:-1])
    with understood(folder / "thresholds.json", fix=fix):
        thresholds = Thresholds.from_dict(files.read_json("thresholds.json"))
    answers, read = files.read_json("answers.json"), files.read_json("normalizer.json")
    features = files.read_json("features.json")
    with understood(folder / "features.json", fix=fix):
        reads = Reads.from_dict(features.pop("vector", {}))
        spec = FeatureSpec.from_dict(features)
    return Bundle(
        files=files,
        profile=_profile(read, folder),
        spec=spec,
        reads=reads,
        labels=labels,
        thresholds=thresholds,
        answers={intent: row for intent, row in answers.items() if isinstance(row, dict)},
        masks=read.get("personal_data") != "keep",
    )


def _profile(values: Mapping[str, object], folder: Path) -> Profile:
    try:
        return Profile.from_dict(values)
    except RecipeError as error:
        raise StoreError(error.what, where=str(folder / "normalizer.json"), fix=remedy(folder)) from error


@lru_cache(maxsize=16)
def _shared_encoder(payload: bytes) -> Encoder:
    """One a process for all bots of a language, however many are open."""
    from mlpipeline.networks.encoders.opening import from_bytes

    return from_bytes(payload)


def _arrays(files: BundleFiles, name: str) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(files.read(name)), allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}
