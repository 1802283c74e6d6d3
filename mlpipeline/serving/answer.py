"""Answers to messages: normalise, look up n-grams, run the network, decide, find the nearest known questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from mlpipeline.errors import StageError, UsageError
from mlpipeline.networks.calibrate import text_scores
from mlpipeline.networks.features import as_ids
from mlpipeline.networks.inputs import core_inputs
from mlpipeline.networks.runtime import core_logits
from mlpipeline.networks.search import Vectors, search
from mlpipeline.serving.bundle import Bundle
from mlpipeline.serving.choose import ANSWER, Choice, choose

BATCH = 256


class Nearest(NamedTuple):
    """A known question that is like the message; similarity is a cosine in [-1, 1]."""

    question: str
    intent: str
    similarity: float


@dataclass(frozen=True)
class Answer:
    """What a bot says to one message.

    `answer` is the intent's answer and stands only in the zone `answer`; `question` is the intent's canonical
    question, what a did-you-mean would ask. Both are None where the domain has written none. `read_as` is what the bot
    took a message for that was typed with the wrong keyboard on, else None. `version` and `bundle_digest` name what
    answered; a bundle that was opened by its folder has no version.
    """

    text: str
    intent: str
    score: float
    zone: str
    answer: str | None
    question: str | None
    nearest: list[Nearest]
    read_as: str | None = None
    version: int | None = None
    bundle_digest: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {**asdict(self), "nearest": [near._asdict() for near in self.nearest]}


class Answerer:
    """Answers with one bundle; holds the network and the index, so make it once a process."""

    def __init__(self, bundle: Bundle, *, nearest: int = 3, version: int | None = None) -> None:
        self.bundle = bundle
        self.nearest = nearest
        self.version = version

    def answer(self, texts: Sequence[str]) -> list[Answer]:
        """One answer a message, in their order. Equal messages get equal answers in any batch; threads may share this.

        Personal data in a message is masked before anything else, unless the texts that the model has learnt keep it.

        Raises:
            UsageError: one text instead of several, or something that is no text.
        """
        if isinstance(texts, str):
            raise UsageError("one text, not several", where="texts", fix="give a list of texts")
        listed = list(texts)
        for at, text in enumerate(listed):
            if not isinstance(text, str):
                raise UsageError(f"{type(text).__name__} is no text", where=f"texts[{at}]", fix="give a list of texts")
        answers: list[Answer] = []
        for start in range(0, len(listed), BATCH):
            batch = [self.bundle.mask(_printable(text)) for text in listed[start : start + BATCH]]
            answers.extend(self._answer_batch(batch))
        return answers

    def _answer_batch(self, texts: list[str]) -> list[Answer]:
        normalized = [self.bundle.normalize_masked(text) for text in texts]
        vectors, read = self._vectors(normalized), [self.bundle.read_as(text) for text in texts]
        choices = self._choices(normalized, vectors)
        nearest = self._nearest(normalized, vectors)
        return [self._as_answer(*row) for row in zip(texts, choices, nearest, read, strict=True)]

    def _vectors(self, normalized: list[str]) -> Vectors | None:
        """The vectors of the texts, made once for the network and the nearest questions; None where none are read."""
        index = self.bundle.index if self.nearest > 0 else None
        # An encoder may take longer to open than all else takes to answer.
        if not self.bundle.reads.dims and (index is None or not len(index.vectors)):
            return None
        encoder = self.bundle.encoder
        return None if encoder is None else np.asarray(encoder.encode(normalized), dtype=np.float32)

    def _choices(self, normalized: list[str], vectors: Vectors | None) -> list[Choice]:
        bundle = self.bundle
        ids = as_ids(normalized, bundle.spec, bundle.vocabulary)
        logits = core_logits(bundle.session, core_inputs(ids, bundle.reads.dims, vectors), len(bundle.labels))
        if logits.shape[1] != len(bundle.labels):
            raise StageError(
                f"the network has {logits.shape[1]} outputs, the bundle {len(bundle.labels)} labels",
                where=str(bundle.files.folder),
                fix="release the bot again",
            )
        limits = bundle.thresholds
        told = (bundle.spec, bundle.vocabulary, limits.temperature, limits.knownness)
        shares = text_scores(normalized, logits, *told)
        return choose(shares, bundle.labels, bundle.thresholds, known=(ids != 0).any(axis=1))

    def _nearest(self, normalized: list[str], vectors: Vectors | None) -> list[list[Nearest]]:
        index = self.bundle.index if self.nearest > 0 else None
        if index is None or vectors is None or not len(index.vectors):
            return [[] for _ in normalized]
        labels = self.bundle.labels
        return [
            [
                Nearest(index.question(row), labels[int(index.intents[row])], similarity)
                for row, similarity in zip(found.rows, found.similarities, strict=True)
            ]
            for found in search(index.vectors, vectors, self.nearest, self.bundle.approximate)
        ]

    def _as_answer(self, text: str, choice: Choice, nearest: list[Nearest], read_as: str | None) -> Answer:
        written = self.bundle.answers.get(choice.intent, {})
        said = written.get("answer") if choice.zone == ANSWER else None
        told = choice.intent, choice.score, choice.zone, said, written.get("question"), nearest, read_as
        return Answer(text, *told, version=self.version, bundle_digest=self.bundle.digest)


def _printable(text: str) -> str:
    """Lone surrogates (bytes of a terminal that is not UTF-8) become question marks: JSON could not carry them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
