"""Why a row was read wrong, and what all of them come to."""

from __future__ import annotations

import pytest

from mlpipeline.methods.evaluation.causes import (
    LABEL_NOISE,
    NO_INTENT,
    OUT_OF_SCOPE,
    OVERLAP,
    PARAPHRASE,
    SPELLING,
    UNKNOWN,
    Likeness,
    Usual,
    is_nearly,
    likely_cause,
    tasks_of,
)

USUAL = Usual(near=0.8, far=0.5)


@pytest.mark.parametrize(
    ("own", "predicted", "cause"),
    [
        (0.2, 0.9, LABEL_NOISE),
        (0.75, 0.73, OVERLAP),
        (0.9, 0.6, OVERLAP),
        (0.6, 0.75, PARAPHRASE),
        (0.45, 0.4, PARAPHRASE),
        (0.1, 0.3, OUT_OF_SCOPE),
        (0.7, 1.0, LABEL_NOISE),
        (1.0, 1.0, OVERLAP),
        (None, 0.9, LABEL_NOISE),
        (None, None, UNKNOWN),
    ],
)
def test_the_cause_follows_from_what_is_alike(own: float | None, predicted: float | None, cause: str):
    assert likely_cause(Likeness(own, predicted), USUAL, is_outside=False, is_misspelt=False) == cause


def test_what_was_not_to_be_answered_and_what_is_misspelt():
    like = Likeness(0.6, 0.7)
    assert likely_cause(like, USUAL, is_outside=True, is_misspelt=True) == OUT_OF_SCOPE
    assert likely_cause(like, USUAL, is_outside=False, is_misspelt=True) == SPELLING
    assert likely_cause(like, None, is_outside=False, is_misspelt=True) == SPELLING
    assert likely_cause(like, None, is_outside=False, is_misspelt=False) == UNKNOWN


def test_tasks_sum_rows_up_the_most_first():
    rows = [(PARAPHRASE, "a", "b", f"t{number}") for number in range(4)] + [(PARAPHRASE, "a", "c", "t4")]
    rows += [(OVERLAP, "a", "b", "x"), (OVERLAP, "b", "a", "y"), (NO_INTENT, "Hours", "hours", "z")]
    first, second, third = tasks_of(rows)
    assert (first.rows, str(first), first.examples) == (5, "add wordings like these to a", ("t0", "t1", "t2"))
    assert (second.rows, str(second)) == (2, "tell a and b apart in their rows, or make them one")
    assert str(third) == "the bot has no intent Hours: did you mean hours?"
    assert tasks_of([]) == [] and first.to_dict()["to_do"] == str(first)


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("receipt", "reciept", True),
        ("cancel", "cancle", True),
        ("deliver", "delivery", True),
        ("dlivery", "delivery", True),
        ("batlery", "battery", True),
        ("same", "same", False),
        ("order", "refund", False),
        ("order", "reorders", False),
        ("ab", "ba", True),
        ("abcd", "badc", False),
    ],
)
def test_one_slip_of_the_hand_makes_a_word_nearly_another(word: str, other: str, expected: bool):
    assert is_nearly(word, other) is is_nearly(other, word) is expected
