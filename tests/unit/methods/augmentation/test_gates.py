"""The gates of `augment` one by one: nearness, agreement, choice."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlpipeline.languages.profile import Profile
from mlpipeline.methods.augmentation.agreement import agreement_of
from mlpipeline.methods.augmentation.choosing import choose
from mlpipeline.methods.augmentation.corpus import Candidate, left_alone, own_share, rng_of
from mlpipeline.methods.augmentation.gates import TextGate
from mlpipeline.methods.augmentation.nearness import as_texts, near_rows, similarity_to
from mlpipeline.methods.near_duplicates.grams import gram_sets
from tests.properties import examples
from tests.unit.methods.augmentation.augment_rows import Tool, corpus, rules


def jaccard(one: str, other: str) -> float:
    sets = gram_sets(pa.array([one, other]))
    first, second = (set(sets.ids[sets.starts[row] : sets.starts[row + 1]].tolist()) for row in (0, 1))
    return len(first & second) / len(first | second)


@examples(60)
@example(made=["cac"], existing=["cac"], held_out=["aca"], threshold=0.5)
@given(*(st.lists(st.text("abc ", min_size=1, max_size=7), max_size=8) for _ in range(3)), st.sampled_from([0.5, 0.8]))
def test_nearness_is_what_pairs_say_one_by_one(
    made: list[str], existing: list[str], held_out: list[str], threshold: float
):
    texts = as_texts(made, existing, held_out, ())
    found = near_rows(texts, threshold)
    for given_, near in zip((existing, held_out), found, strict=True):
        wanted = [any(jaccard(one, other) >= threshold - 1e-9 for other in given_) for one in made]
        assert near.tolist() == wanted
    if made and existing:
        rows = np.zeros(len(made), np.int64)
        wanted_shares = [jaccard(one, existing[0]) for one in made]
        assert similarity_to(texts, np.arange(len(made)), rows) == pytest.approx(wanted_shares)
    assert similarity_to(texts, np.arange(len(made)), np.full(len(made), -1)).tolist() == [0.0] * len(made)


SAID = {0: "cancel my {} order please", 1: "when do you open on {}", 2: "i lost my {} card"}
FILLED = ("red", "monday", "small", "second", "cheap", "blue", "last")


def texts_of(classes: int) -> tuple[list[str], np.ndarray]:
    words = [f"w{number}x{number * 7}" for number in range(classes)]
    rows = [
        (SAID[label % 3].format(words[label]) + " " + filled, label) for label in range(classes) for filled in FILLED
    ]
    return [text for text, _ in rows], np.array([label for _, label in rows])


@pytest.mark.parametrize("classes", [2, 3, 30, pytest.param(520, marks=pytest.mark.slow)])
def test_a_model_knows_its_own_intents(classes: int):
    texts, labels = texts_of(classes)
    wanted = labels.copy()
    wanted[::2] = (wanted[::2] + 1) % classes
    found = agreement_of(texts, labels, texts, wanted, seed=1)
    assert found is not None
    assert found.predicted[1::2].tolist() == labels[1::2].tolist()
    assert found.first.tolist() == (wanted == labels).tolist()
    assert found.probability[1::2].min() > found.probability[::2].max()
    assert ((found.probability >= 0) & (found.probability <= 1)).all()


def test_probabilities_can_be_believed():
    random = np.random.default_rng(1)
    # a third of the rows says nothing of its intent
    labels = random.integers(0, 3, 600)
    texts = [
        f"{SAID[label].format(FILLED[number % 7])} {number}" if number % 3 else f"hello there {number}"
        for number, label in enumerate(labels.tolist())
    ]
    found = agreement_of(texts[:400], labels[:400], texts[400:], labels[400:], seed=1)
    assert found is not None
    assert found.probability.mean() == pytest.approx(found.first.mean(), abs=0.12)


def test_there_is_no_model_of_one_intent_or_none():
    assert agreement_of(["a b", "a c"], np.array([0, 0]), ["a"], np.array([0]), 1) is None
    assert agreement_of([], np.zeros(0, np.int64), [], np.zeros(0, np.int64), 1) is None


def test_an_intent_with_one_row_is_judged():
    texts, labels = texts_of(3)
    found = agreement_of(
        [*texts, "something else entirely"], np.append(labels, 3), ["something else"], np.array([3]), 1
    )
    assert found is not None and found.first.tolist() == [True]


def test_rows_and_operators_take_turns():
    texts = [f"{word} {thing}" for word in ("alpha", "beta", "gamma") for thing in ("one", "two", "three", "four")]
    rows = np.repeat(np.arange(3), 4)
    chains = [("a",), ("a",), ("b",), ("a", "b")] * 3
    chosen = choose(rows, chains, gram_sets(pa.array(texts)), 6, 2, 0.8)
    assert Counter(rows[chosen].tolist()) == {0: 2, 1: 2, 2: 2}
    used = Counter(name for place in chosen for name in chains[place])
    assert abs(used["a"] - used["b"]) <= 1
    assert choose(rows, chains, gram_sets(pa.array(texts)), 6, 1, 0.8) == chosen[:3]
    assert choose(rows, chains, gram_sets(pa.array(texts)), 0, 2, 0.8) == []


@pytest.mark.slow
def test_many_candidates_are_chosen_from_in_parts():
    texts = [f"{number * 7919 % 100_003} asks for {number * 104_729 % 999_983}" for number in range(9000)]
    rows = np.arange(9000) % 1500
    chosen = choose(rows, [("a",)] * 9000, gram_sets(pa.array(texts)), 1500, 3, 0.99)
    assert len(set(chosen)) == 1500
    assert Counter(rows[chosen].tolist()).most_common(1)[0][1] == 1


def test_what_costs_more_is_used_less():
    texts = [f"{letter * 3} {number}" for number, letter in enumerate("abcdefghijklmnop")]
    chains = [("slip",), ("form",)] * 8
    chosen = choose(np.zeros(16, np.int64), chains, gram_sets(pa.array(texts)), 8, 20, 0.8, {"slip": 3})
    assert Counter(chains[place] for place in chosen) == {("form",): 6, ("slip",): 2}


def test_the_least_alike_come_first_and_copies_last():
    texts = ["show my orders now", "show my orders now!", "quite different words", "show me my orders now"]
    chosen = choose(np.zeros(4, np.int64), [("a",)] * 4, gram_sets(pa.array(texts)), 4, 9, 0.8)
    assert chosen[:2] == [0, 2] and chosen[-1] == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("notify me at {order_id} please", ""),
        ("lunch at 8 pm in a café", ""),
        ("주문 취소해줘", "wrong_language"),
        ("😀", "emoji_only"),
        ("?! ...", "emoji_only"),
        ("", "emoji_only"),
        ("x" * 301, "too_long"),
    ],
)
def test_why_a_row_is_left_alone(text: str, reason: str):
    assert left_alone(text, Profile("en", (), ("Latn",))) == reason


def test_letters_of_placeholders_and_links_are_of_no_script():
    assert own_share("{order_identifier} https://example.com/a 환불", ("Hang",)) == 1.0
    assert own_share("netflix 틀어", ("Hang",)) == pytest.approx(2 / 9)
    assert own_share("เปิด wifi", ("Thai",)) == pytest.approx(3 / 7)  # marks above letters are no letters
    assert own_share("123", ("Hang",)) == 1.0


@pytest.mark.parametrize(
    ("text", "other", "operators", "reason"),
    [
        ("how do i cancel my order of last week", -1, ("words",), ""),
        ("how do i cancel my order \ud800", -1, ("words",), "broken"),
        ("how do i cancel my order ครับ ผม นะ จ้า ขอบคุณ", -1, ("words",), "script"),
        ("how do i cancel my order from yesterday", -1, ("words",), "same"),
        ("cancel", -1, ("words",), "length"),
        ("cancel", -1, ("retrieval",), ""),
        ("how do i cancel {order_id}", 2, ("splice",), ""),
        ("how do i cancel {order_id}", 3, ("splice",), "broken"),
        ("how do i cancel {order_id}", -1, ("words",), "broken"),
        ("", -1, ("words",), "broken"),
    ],
)
def test_what_the_text_of_a_candidate_must_be(text: str, other: int, operators: tuple[str, ...], reason: str):
    gate = TextGate(corpus(), rules(), Tool())
    assert gate.refuse(Candidate(text, text, 0, operators, other)) == reason


def test_a_text_comes_once():
    gate = TextGate(corpus(), rules(), Tool())
    one = Candidate("how do i cancel my last order", "how do i cancel my last order", 0, ("words",))
    assert (gate.refuse(one), gate.refuse(one)) == ("", "same")


def test_a_dice_is_the_same_everywhere():
    assert rng_of(20, "row", "operator").random() == rng_of(20, "row", "operator").random()
    assert rng_of(20, "row", "operator").randrange(10**9) == 364_599_708
    assert rng_of(20, "row", "operator").random() != rng_of(21, "row", "operator").random()
