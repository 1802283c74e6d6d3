"""A word left out, two rows spliced, a value exchanged: in any language."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.languages.paraphrase.any_language import OPERATORS, slot_exchanges, splices
from mlpipeline.languages.paraphrase.operators import Sentence, Token
from mlpipeline.languages.paraphrase.protected import is_whole, kept, protected_spans
from tests.properties import examples


def _sentence(text: str) -> Sentence:
    tokens = [
        Token(found[0], found[0], "", found.start(), found.end()) for found in re.finditer(r"[^\W_]+(?:'\w+)?", text)
    ]
    return Sentence(text, tokens, protected_spans(text))


def _dropped(text: str) -> set[str]:
    return {made for seed in range(20) for made in OPERATORS[0].rewrite(_sentence(text), Random(seed))}


def test_a_word_is_left_out() -> None:
    text = "please play some jazz now"
    assert _dropped(text) == {
        "play some jazz now",
        "please some jazz now",
        "please play jazz now",
        "please play some now",
    }


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("please don't call me today", "don't"),
        ("please send {order_id} to <PHONE> right away now", "{order_id}"),
        ("wake me up at 7", "7"),
        ("xin đừng gọi cho tôi", "đừng"),
        ("나는 오늘 안 갈 거야", "안"),
    ],
)
def test_what_turns_the_meaning_stays(text: str, stays: str) -> None:
    assert _dropped(text)
    assert all(stays in made for made in _dropped(text))


def test_four_words_are_all_needed() -> None:
    assert _dropped("play some jazz now") == set()


def test_no_part_of_a_word_or_name_is_left_out() -> None:
    tokens = [Token(form, form, "", start, stop) for form, start, stop in (("한", 0, 1), ("국", 1, 2))]
    text = "한국 가 나 다 라 마"
    tokens += [Token(text[at], text[at], "", at, at + 1) for at in range(3, len(text), 2)]
    made = set(OPERATORS[0].rewrite(Sentence(text, tokens), Random(3)))
    assert made and not any(one.startswith(("한 ", "국 ")) for one in made)
    assert _dropped("c. n. n. a b c d") == set()


def test_rows_are_spliced_at_a_word_of_both() -> None:
    rows = [_sentence("how do i cancel my order"), _sentence("please cancel the subscription")]
    made = {(one.text, one.row, one.other) for one in splices(rows, Random(1))}
    assert made == {("how do i cancel the subscription", 0, 1), ("please cancel my order", 1, 0)}


def test_rows_are_spliced_at_content_words_only_where_these_are_known() -> None:
    rows = [_sentence("how do i hear the music"), _sentence("please lower the volume a bit")]
    assert list(splices(rows, Random(1)))
    assert not list(splices(rows, Random(1), contents=[{"hear", "music"}, {"lower", "volume"}]))


def test_a_negated_row_is_not_spliced() -> None:
    assert not list(splices([_sentence("why can't i cancel my order"), _sentence("please cancel the plan")], Random(1)))


def test_values_are_exchanged_where_two_rows_have_one_frame() -> None:
    rows = [_sentence(one) for one in ("play jazz music now", "play rock music now", "i feel like jazz")]
    made = [(one.text, one.row, one.other) for one in slot_exchanges(rows, Random(1))]
    assert made == [("i feel like rock", 2, 1)]


def test_a_value_keeps_its_particle_and_its_article() -> None:
    rows = [_sentence(one) for one in ("나 빵 사줘", "나 우유 사줘", "지금 빵을 사고 싶어")]
    assert not list(slot_exchanges(rows, Random(1)))
    rows = [_sentence(one) for one in ("get me taxi now", "get me uber now", "i need a taxi")]
    assert not list(slot_exchanges(rows, Random(1)))


def test_numbers_are_no_values() -> None:
    rows = [_sentence(one) for one in ("wake me at 7", "wake me at 8", "alarm for 7")]
    assert not list(slot_exchanges(rows, Random(1)))


_rows = st.lists(
    st.lists(
        st.sampled_from(["play", "the", "jazz", "rock", "not", "<PHONE>", "{x}", "5", "빵", "を", "👍🏽", "now", "."]),
        max_size=7,
    ).map(" ".join)
    | st.text(max_size=20).filter(is_whole),
    max_size=7,
)


@examples(80)
@given(_rows, st.integers(min_value=0, max_value=5))
def test_any_rows(texts: list[str], seed: int) -> None:
    rows = [_sentence(one) for one in texts]
    for mix in (splices, slot_exchanges):
        made = list(mix(rows, Random(seed)))
        assert made == list(mix(rows, Random(seed)))
        assert len({one.text for one in made}) == len(made)
        assert all(is_whole(one.text) and one.text not in texts and one.row != one.other for one in made)
    for row in rows:
        assert all(kept(row.text, one) for one in OPERATORS[0].rewrite(row, Random(seed)))
