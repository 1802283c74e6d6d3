"""Rows that a bot reads wrong, each with the learnt rows that are most like it and the likeliest cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.evaluation.causes import Likeness, is_nearly, likely_cause, usual_of
from mlpipeline.serving.answer import Answer, Answerer, Nearest
from mlpipeline.serving.bundle import Bundle
from mlpipeline.serving.choose import ANSWER, FALLBACK

MOST = 2_000
"""Wrong rows that are looked at, the surest first: a bot that is sure of what is wrong harms most."""
_SAME = 0.9995  # the cosine of a text with itself, which float16 rounds
_LEAST = 4  # letters of a word that may be misspelt

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class WrongRow:
    """A row that was read wrong.

    `near_own` is the nearest learnt row of its own label, `near_predicted` that of the intent that was predicted; None
    where there is none. `cause` is one of `methods/evaluation/causes.py`.
    """

    text: str
    intent: str
    answer: Answer
    near_own: Nearest | None
    near_predicted: Nearest | None
    cause: str

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        near = {name: getattr(self, name) for name in ("near_own", "near_predicted")}
        return {
            "text": self.text,
            "intent": self.intent,
            "predicted": self.answer.intent,
            "score": self.answer.score,
            "zone": self.answer.zone,
            **{name: None if one is None else one._asdict() for name, one in near.items()},
            "cause": self.cause,
        }


def find_wrong_rows(
    answerer: Answerer, rows: Sequence[tuple[str, str]], answers: Sequence[Answer], *, beside_itself: bool = False
) -> list[WrongRow]:
    """The rows whose answer is wrong and whose intent the bot knows, at most MOST, the surest first.

    Args:
        answerer: of the bot.
        rows: (text, intent) each.
        answers: one a row.
        beside_itself: the rows are the bot's own, and none is its own nearest one.
    """
    bundle = answerer.bundle
    outside = bundle.thresholds.out_of_scope_label
    known = {*bundle.labels, *([outside] if outside else [])}
    wrong = [(text, intent, answer) for (text, intent), answer in zip(rows, answers, strict=True)
             if intent in known and _is_wrong(intent, answer, outside)]  # fmt: skip
    wrong = sorted(wrong, key=lambda row: (-row[2].score, row[0]))[:MOST]
    normalized = [bundle.normalize(text) for text, _, _ in wrong]
    vectors = _vectors(bundle, normalized)
    usual = None if vectors is None or bundle.index is None else usual_of(bundle.index.vectors, bundle.index.intents)
    words = _words_by_intent(bundle) if wrong else {}
    found = []
    for at, (text, intent, answer) in enumerate(wrong):
        own = predicted = None
        if vectors is not None:
            own, predicted = (_nearest(bundle, vectors[at], one, beside_itself) for one in (intent, answer.intent))
        like = Likeness(*(None if one is None else one.similarity for one in (own, predicted)))
        cause = likely_cause(
            like, usual, is_outside=intent == outside, is_misspelt=_is_misspelt(normalized[at], words, intent)
        )
        found.append(WrongRow(text, intent, answer, own, predicted, cause))
    return found


def _is_wrong(intent: str, answer: Answer, outside: str | None) -> bool:
    if intent == outside:
        return answer.zone == ANSWER
    # Nothing of it is known: the intent is no more than the first of the list.
    return answer.intent != intent or (answer.zone == FALLBACK and answer.intent == outside)


def _vectors(bundle: Bundle, normalized: Sequence[str]) -> Vectors | None:
    if not normalized or bundle.index is None or not len(bundle.index.vectors) or bundle.encoder is None:
        return None
    return np.asarray(bundle.encoder.encode(list(normalized)), np.float32)


def _nearest(bundle: Bundle, vector: Vectors, intent: str, beside_itself: bool) -> Nearest | None:
    """The learnt row of an intent that is most like a vector (d,); without equal ones where it is `beside_itself`."""
    index = bundle.index
    if index is None or intent not in bundle.labels:
        return None
    rows = np.flatnonzero(index.intents == bundle.labels.index(intent))
    if not len(rows):
        return None
    alike = index.vectors[rows] @ vector
    if beside_itself:
        rows, alike = rows[alike < _SAME], alike[alike < _SAME]
        if not len(rows):
            return None
    best = int(alike.argmax())
    return Nearest(index.question(int(rows[best])), intent, min(1.0, round(float(alike[best]), 4)))


def _words_by_intent(bundle: Bundle) -> dict[str, set[str]]:
    words: dict[str, set[str]] = {}
    if bundle.index is not None:
        for at, code in enumerate(bundle.index.intents.tolist()):
            words.setdefault(bundle.labels[code], set()).update(bundle.normalize(bundle.index.question(at)).split())
    return words


def _is_misspelt(normalized: str, words: dict[str, set[str]], intent: str) -> bool:
    """Whether a word that no learnt row has is nearly one of the row's own label."""
    unknown = [word for word in normalized.split() if len(word) >= _LEAST]
    unknown = [word for word in unknown if not any(word in known for known in words.values())]
    return any(is_nearly(word, other) for word in unknown for other in words.get(intent, ()) if len(other) >= _LEAST)
