"""English said differently: what the rules make, and what they leave alone."""

from __future__ import annotations

import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.languages.paraphrase.operators import Tool, wordings
from mlpipeline.languages.paraphrase.protected import is_whole, kept
from tests.properties import examples

pytest.importorskip("lemminflect")


@pytest.fixture(scope="module")
def english() -> Tool:
    from mlpipeline.languages.paraphrase.english import load

    return load()


def _made(tool: Tool, operator: str, text: str) -> set[str]:
    """All that the operator makes of a text, whatever the dice say."""
    return {one.text for seed in range(12) for one in wordings(tool, text, Random(seed), [operator])}


@pytest.mark.parametrize(
    ("operator", "text", "made"),
    [
        ("request_plain", "can you show me my orders?", "show me my orders."),
        ("request_plain", "Could you please turn off the lights", "Turn off the lights"),
        ("request_polite", "show me my orders", "can you show me my orders"),
        ("request_polite", "Show me my orders.", "Could you please show me my orders?"),
        ("request_polite", "olly play some jazz", "olly can you play some jazz"),
        ("please_behind", "cancel my order", "cancel my order, please"),
        ("question_as_request", "what's my balance?", "tell me my balance."),
        ("question_as_request", "do i have any new emails", "let me know if i have any new emails"),
        ("question_as_request", "where is my package", "tell me where my package is"),
        ("request_as_question", "show me the cheapest flight", "can i see the cheapest flight"),
        ("request_as_question", "tell me how to reset my password", "how do i reset my password"),
        ("request_as_question", "tell me what my balance is", "what's my balance"),
        ("opening_exchange", "i want to cancel my order", "i'd like to cancel my order"),
        ("opening_exchange", "How do I change my pin?", "How can I change my pin?"),
        ("question_opening", "what is my balance", "hi, what is my balance"),
        ("contraction", "what is the weather", "what's the weather"),
        ("contraction", "I am late", "I'm late"),
        ("contraction", "i do not want it", "i don't want it"),
        ("expansion", "what's the weather", "what is the weather"),
        ("article_drop", "turn off the lights", "turn off lights"),
        ("article_add", "set alarm for seven", "set an alarm for seven"),
        ("possessive_drop", "cancel my order", "cancel order"),
        ("preposition_drop", "wake me up at seven on monday", "wake me up seven monday"),
        ("preposition_add", "book a table monday", "book a table on monday"),
        ("noun_number", "do i have any email", "do i have any emails"),
        ("request_gerund", "turn off the lights", "would you mind turning off the lights"),
        ("request_gerund", "stop the music", "would you mind stopping the music"),
        ("help_gerund", "how do i cancel my order", "i need help canceling my order"),
        ("word_exchange", "turn on the lamp", "switch on the lamp"),
        ("spelling_variant", "change the color", "change the colour"),
        ("spelling_variant", "change the colour", "change the color"),
        ("apostrophe_drop", "what's up with it", "whats up with it"),
        ("chat_short", "please call you tomorrow", "pls call you tomorrow"),
        ("typo_double", "call mister miller", "call mister miler"),
        ("end_mark", "where is it?", "where is it"),
        ("opposite_negation", "turn off the lights", "don't turn off the lights"),
        ("opposite_negation", "don't wake me up", "wake me up"),
        ("opposite_negation", "i want to cancel", "i don't want to cancel"),
        ("opposite_word", "turn on the lights", "turn off the lights"),
    ],
)
def test_made(english: Tool, operator: str, text: str, made: str) -> None:
    assert made in _made(english, operator, text)


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        ("request_polite", "what is my balance"),
        ("request_polite", "book reviews"),
        ("request_polite", "order status"),
        ("request_polite", "list of movies"),
        ("request_plain", "can you swim"),
        ("question_as_request", "what is the weather like"),
        ("question_as_request", "when is my train coming"),
        ("question_as_request", "what's up"),
        ("contraction", "tell me what it is"),
        ("contraction", "how much it is in euros"),
        ("expansion", "why don't you call me"),
        ("expansion", "isn't it late"),
        ("expansion", "it's been a week"),
        ("article_drop", "what a day"),
        ("article_drop", "thanks a lot"),
        ("possessive_drop", "call my brother"),
        ("preposition_add", "next monday"),
        ("preposition_add", "on monday"),
        ("noun_number", "are there any emails"),
        ("help_gerund", "how to find and delete it"),
        ("typo_keyboard", "hi you"),
        ("end_mark", "at six p. m."),
        ("opposite_negation", "what is the weather"),
    ],
)
def test_left_alone(english: Tool, operator: str, text: str) -> None:
    assert _made(english, operator, text) == set()


def test_stems_are_those_of_the_subject(english: Tool) -> None:
    assert list(english.stems("could you please turn off the lights?")) == list(english.stems("turn off light"))
    assert list(english.stems("i don't want it")) == ["not"]
    assert list(english.stems("Don’t wake me")) == ["not", "wake"]


def test_opposites_are_not_made_unasked(english: Tool) -> None:
    made = {one.operators[0] for one in wordings(english, "turn on the lights", Random(1))}
    assert made and not made & {"opposite_negation", "opposite_word"}


_PIECES = [
    "can you", "show me", "the", "<PHONE>", "{order_id}", "{{x}}", "5", "$20", "what is", "my balance", "?",
    "점심", "👍🏽", "don't", "please",
    "turn on", "a.b@c.io", "https://x.io/a", "lights", "on monday", "at 7:30", ".", "I", "color",
]  # fmt: skip


@examples(60)
@given(
    st.lists(st.sampled_from(_PIECES), max_size=14).map(" ".join) | st.text(max_size=80),
    st.integers(min_value=0, max_value=9),
)
def test_any_text(english: Tool, text: str, seed: int) -> None:
    text = unicodedata.normalize("NFC", text)
    names = list(english.operators)
    made = [one.text for one in wordings(english, text, Random(seed), names)]
    assert made == [one.text for one in wordings(english, text, Random(seed), names)]
    assert all(is_whole(one) and kept(text, one) for one in made)


@pytest.mark.parametrize(
    "text", ["", " ", "hi", "👍", "<PHONE>", "please", "can you", "show me the way " * 31, "a" * 500, "not " * 125]
)
def test_bad_input(english: Tool, text: str) -> None:
    for one in wordings(english, text, Random(1), list(english.operators)):
        assert kept(text, one.text)
