"""What Rasa's `rasa test nlu` writes of intents, for tools and habits that read it: plain objects, no picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_CONFUSED = 3  # intents that one is most often taken for


class Prediction(NamedTuple):
    """A row: its text, its intent, the intent that was predicted, and how sure that was."""

    text: str
    intent: str
    predicted: str
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether the two are one."""
        return self.intent == self.predicted


def intent_report(rows: Sequence[Prediction]) -> dict[str, object]:
    """As `intent_report.json`: precision, recall, f1-score, support and `confused_with` of each intent, and averages.

    It is scikit-learn's `classification_report` with what each intent is taken for, as Rasa adds it: the most frequent
    wrong predictions of its rows.

    Args:
        rows: at least one.
    """
    names = sorted({name for row in rows for name in (row.intent, row.predicted)})
    support, predicted = Counter(row.intent for row in rows), Counter(row.predicted for row in rows)
    hits = Counter(row.intent for row in rows if row.is_right)
    wrong: dict[str, Counter[str]] = {}
    for row in rows:
        if not row.is_right:
            wrong.setdefault(row.intent, Counter())[row.predicted] += 1
    figures = {name: _figures(hits[name], support[name], predicted[name]) for name in names}
    report: dict[str, object] = {
        name: {**one, "confused_with": dict(wrong.get(name, Counter()).most_common(_CONFUSED))}
        for name, one in figures.items()
    }
    shares = ("precision", "recall", "f1-score")
    macro = {name: sum(one[name] for one in figures.values()) / len(figures) for name in shares}
    weighted = {name: sum(one[name] * one["support"] for one in figures.values()) / len(rows) for name in shares}
    return {
        **report,
        "accuracy": hits.total() / len(rows),
        "macro avg": {**macro, "support": len(rows)},
        "weighted avg": {**weighted, "support": len(rows)},
    }


def _figures(hits: int, support: int, predicted: int) -> dict[str, float]:
    precision, recall = (hits / count if count else 0.0 for count in (predicted, support))
    f1 = 2.0 * hits / (support + predicted) if support + predicted else 0.0
    return {"precision": precision, "recall": recall, "f1-score": f1, "support": support}


def intent_errors(rows: Sequence[Prediction]) -> list[dict[str, object]]:
    """As `intent_errors.json`: the wrong rows, the surest first."""
    wrong = sorted((row for row in rows if not row.is_right), key=lambda row: (-row.confidence, row.text))
    return [
        {
            "text": row.text,
            "intent": row.intent,
            "intent_prediction": {"name": row.predicted, "confidence": row.confidence},
        }
        for row in wrong
    ]
