"""Files as Rasa writes them: figures are scikit-learn's, errors the surest first."""

from __future__ import annotations

import pytest
from sklearn.metrics import classification_report

from mlpipeline.methods.evaluation.rasa_report import Prediction, intent_errors, intent_report

ROWS = [
    Prediction("a1", "a", "a", 0.9),
    Prediction("a2", "a", "b", 0.8),
    Prediction("a3", "a", "b", 0.95),
    Prediction("a4", "a", "c", 0.4),
    Prediction("b1", "b", "b", 0.7),
    Prediction("d1", "d", "a", 0.6),
]


def test_figures_are_those_of_scikit_learn_with_what_an_intent_is_taken_for():
    told = intent_report(ROWS)
    names = [row.intent for row in ROWS], [row.predicted for row in ROWS]
    expected = classification_report(*names, output_dict=True, zero_division=0)
    assert told.keys() == expected.keys()
    for name, figures in expected.items():
        one = told[name]
        if isinstance(figures, float):
            assert one == pytest.approx(figures)
            continue
        assert isinstance(one, dict)
        assert {key: one[key] for key in figures} == pytest.approx(figures), name
    (alike,) = [told[name]["confused_with"] for name in ("a",)]  # type: ignore[index]
    assert alike == {"b": 2, "c": 1} and told["b"]["confused_with"] == {}  # type: ignore[index]


def test_errors_are_the_wrong_rows_the_surest_first():
    told = intent_errors(ROWS)
    assert [row["text"] for row in told] == ["a3", "a2", "d1", "a4"]
    assert told[0] == {"text": "a3", "intent": "a", "intent_prediction": {"name": "b", "confidence": 0.95}}
