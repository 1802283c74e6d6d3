"""From probabilities to zones, at and around the limits."""

import numpy as np
import pytest

from mlpipeline.errors import StoreError
from mlpipeline.networks.knownness import Knownness
from mlpipeline.serving.choose import ANSWER, DID_YOU_MEAN, FALLBACK, Choice, Thresholds, choose

LABELS = ["hours", "price", "oos"]
LIMITS = Thresholds(temperature=1.0, answer=0.6, did_you_mean=0.4, out_of_scope_label="oos")


@pytest.mark.parametrize(
    ("row", "intent", "zone"),
    [
        ([0.6, 0.3, 0.1], "hours", ANSWER),
        ([0.59, 0.31, 0.1], "hours", DID_YOU_MEAN),
        ([0.3, 0.4, 0.3], "price", DID_YOU_MEAN),
        ([0.31, 0.39, 0.3], "price", FALLBACK),
        ([0.05, 0.05, 0.9], "oos", FALLBACK),
        ([0.45, 0.45, 0.1], "hours", DID_YOU_MEAN),
    ],
)
def test_zones(row, intent, zone):
    (choice,) = choose(np.array([row]), LABELS, LIMITS)
    assert choice == Choice(intent, max(row), zone)


def test_a_text_of_which_nothing_is_known_falls_back():
    rows = np.array([[0.9, 0.05, 0.05], [0.9, 0.05, 0.05]])
    zones = [choice.zone for choice in choose(rows, LABELS, LIMITS, known=np.array([True, False]))]
    assert zones == [ANSWER, FALLBACK]


def test_no_rows():
    assert choose(np.zeros((0, 3)), LABELS, LIMITS) == []


def test_thresholds_round_trip_and_refuse_nonsense():
    values = {"temperature": 0.7, "answer": 0.5, "did_you_mean": 0.2, "out_of_scope_label": ""}
    assert Thresholds.from_dict(values) == Thresholds(0.7, 0.5, 0.2, None)
    for change in ({"temperature": 0}, {"answer": 0.1}, {"answer": 1.5}, {"answer": "high"}, {"answer": None}):
        with pytest.raises(StoreError, match="thresholds"):
            Thresholds.from_dict({**values, **change})
    with pytest.raises(StoreError, match="thresholds"):
        Thresholds.from_dict({"temperature": 1.0})


@pytest.mark.parametrize(
    ("answer", "did_you_mean", "zones"),
    [
        (0.6, 0.0, [ANSWER, DID_YOU_MEAN]),  # asks back whatever the score is
        (0.6, 0.6, [ANSWER, FALLBACK]),  # never asks back
        (1.0, 0.4, [DID_YOU_MEAN, FALLBACK]),  # no score was sure enough when it was calibrated
        (0.0, 0.0, [ANSWER, ANSWER]),
    ],
)
def test_limits_at_their_ends_are_limits(answer: float, did_you_mean: float, zones: list[str]):
    limits = Thresholds.from_dict({"temperature": 1.0, "answer": answer, "did_you_mean": did_you_mean})
    rows = np.array([[0.9, 0.05, 0.05], [0.35, 0.34, 0.31]])
    assert [choice.zone for choice in choose(rows, LABELS, limits)] == zones


@pytest.mark.parametrize("curve", [{"bias": 0.0}, {"bias": 0, "known_share": -1, "max_logit": 0}, "steep", 5])
def test_a_curve_of_knownness_that_makes_no_sense_is_refused(curve):
    limits = {"temperature": 1.0, "answer": 0.5, "did_you_mean": 0.2}
    assert Thresholds.from_dict(limits).knownness is None, "as older bundles have it"
    whole = {"bias": -5.0, "known_share": 9.0, "max_logit": 0.5}
    assert Thresholds.from_dict({**limits, "knownness": whole}).knownness == Knownness(-5.0, 9.0, 0.5)
    with pytest.raises(StoreError):
        Thresholds.from_dict({**limits, "knownness": curve})
