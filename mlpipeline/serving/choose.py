"""From probabilities to a decision: which intent, how sure, and what to do about it.

The score of a text is the highest probability after temperature scaling times the knownness of the text (both in
networks/calibrate.py), a number in (0, 1]: the chance that the text is a question with that intent. Two limits cut its
range into three zones:

    score >= answer                 ANSWER         give the intent's answer
    did_you_mean <= score < answer  DID_YOU_MEAN   show the intent's canonical question and ask
    score < did_you_mean            FALLBACK       say that it was not understood, or hand over to a person

A text that the model itself puts out of scope (the out-of-scope label is one of its labels and wins), or of which
the model knows not one n-gram (nothing but the bias would speak), falls back whatever the score is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlpipeline.errors import StoreError
from mlpipeline.networks.knownness import Knownness

ANSWER = "answer"
DID_YOU_MEAN = "did_you_mean"
FALLBACK = "fallback"


@dataclass(frozen=True)
class Thresholds:
    """The limits of a bot. `answer` and `did_you_mean` are scores, did_you_mean <= answer.

    `knownness` is None for a bot whose scores are probabilities, as those of older bundles are.
    """

    temperature: float = 1.0
    answer: float = 0.5
    did_you_mean: float = 0.25
    out_of_scope_label: str | None = None
    knownness: Knownness | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Thresholds:
        """Read what `thresholds.json` holds. Raises StoreError for a value that makes no sense."""
        label, curve = values.get("out_of_scope_label"), values.get("knownness")
        try:
            limits = cls(
                temperature=float(str(values["temperature"])),
                answer=float(str(values["answer"])),
                did_you_mean=float(str(values["did_you_mean"])),
                out_of_scope_label=str(label) if label else None,
                knownness=None if curve is None else Knownness.from_dict(curve),  # type: ignore[arg-type]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"thresholds cannot be read: {error}", where="thresholds.json") from error
        if not (limits.temperature > 0 and 0 <= limits.did_you_mean <= limits.answer <= 1.0):
            raise StoreError(
                "thresholds need temperature > 0 and 0 <= did_you_mean <= answer <= 1", where="thresholds.json"
            )
        return limits


@dataclass(frozen=True)
class Choice:
    """What was decided for one text."""

    intent: str
    score: float
    zone: str


def choose(
    probability: np.ndarray, labels: Sequence[str], limits: Thresholds, known: np.ndarray | None = None
) -> list[Choice]:
    """Decide for each row of `probability` (n, k), k = len(labels).

    `known` (n,) says whether the model knew anything of the text; None means that it did. Ties go to the label
    that stands first, so the same numbers always give the same decision.
    """
    winners = probability.argmax(axis=1)
    scores = probability[np.arange(len(winners)), winners]
    seen = np.ones(len(winners), dtype=bool) if known is None else known
    return [
        Choice(labels[winner], score, _zone(labels[winner], score, limits) if is_known else FALLBACK)
        for winner, score, is_known in zip(winners.tolist(), scores.tolist(), seen.tolist(), strict=True)
    ]


def _zone(label: str, score: float, limits: Thresholds) -> str:
    if label == limits.out_of_scope_label or score < limits.did_you_mean:
        return FALLBACK
    return ANSWER if score >= limits.answer else DID_YOU_MEAN
