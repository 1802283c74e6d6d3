"""Texts typed with the wrong keyboard on: Korean in Latin letters, English in Hangul."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.languages.hangul_keys import as_keys, as_syllables
from mlpipeline.languages.keyboard import STEPS
from mlpipeline.languages.profile import normalize, reader

SAMPLES = Path(__file__).parents[3] / "examples" / "assistant"
korean, english = STEPS["korean_keyboard"], STEPS["english_keyboard"]
SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=12)


@given(text=SYLLABLES)
def test_any_syllables_typed_as_keys_come_back(text: str):
    keys = as_keys(text)
    assert keys.isascii() and keys.isalpha()
    assert as_syllables(keys) == text


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("sodlf", "내일"),
        ("skfTl", "날씨"),
        ("rkrtrk", "갃가"),
        ("rkrtk", "각사"),
        ("dho", "왜"),
        ("dml", "의"),
        ("refund", None),
        ("k", None),
        ("ㄱㅏ", None),
    ],
)
def test_keys_become_syllables_or_nothing(keys: str, text: str | None):
    assert as_syllables(keys) == text


TYPED = [
    ("sodlf skfTl", "내일 날씨"),
    ("dkssud", "안녕"),
    ("3tldp Rodnjwnj", "3시에 깨워줘"),
    ("ghksqnfgownj!!", "환불해줘!!"),
    ("dksgkrh dlTdjdyzzz", "안하고 있어요ㅋㅋㅋ"),
    ("iphone ghksqnf", "iphone 환불"),
    ("SODLF SKFTL DJEO", "내일 날시 어대"),
    ("wifi qlalfqjsgh anjdi?", "wifi 비밀번호 뭐야?"),
    ("내일 skfTl 알려줘", "내일 날씨 알려줘"),
    ("dho dks eho", "왜 안 돼"),
]


@pytest.mark.parametrize(("text", "read"), TYPED)
def test_korean_typed_on_an_english_keyboard_is_hangul(text: str, read: str):
    assert korean(text) == read


@pytest.mark.parametrize(
    "text",
    [
        *("refund", "iPhone 15", "wifi", "LG gram", "ok", "OK", "TV 켜줘", "go to sleep", "what is the weather today"),
        *("dkssud@naver.com", "www.rkskek.com", "https://rkskek.kr/dkssud", "SM-S918N", "dkssud.txt", "user_dkssud"),
        *("naeil nalssi", "hwanbul haejuseyo", "annyeonghaseyo", "kamsahamnida", "DHL", "SMS 안 와요", "SKT", "vodka"),
        *("내일 날씨", "카카오 talk", "also", "video", "ㅋㅋㅋ lol", "brb", "asdf qwer", "", "a", "do not disturb"),
    ],
)
def test_english_names_addresses_and_romanised_korean_stay(text: str):
    assert korean(text) == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ㅗ디ㅣㅐ 재깅", "hello world"),
        ("ㅈㅗㄷㄱㄷ ㅑㄴ ㅡㅛ ㄷㅇㄱ", "where is my edr"),
        ("ㅔㅣㄷㅁㄴㄷ ㄱㄷ려ㅜㅇ ㅡㅛ ㅐㄱㅇㄷㄱ", "please refund my order"),
    ],
)
def test_english_typed_on_a_korean_keyboard_is_latin(text: str, read: str):
    assert english(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "ㅋㅋㅋㅋ",
        "ㅠㅠ",
        "ㅇㅋ",
        "ㄱㅅㄱㅅ",
        "안녕ㅎㅎ",
        "나ㅏㅏㅏ",
        "네ㅔ",
        "어ㄸ",
        "ㅁㄴㅇㄹ",
        "ㅏㅏㅏㅏ",
        "ㅉㅉ",
        "재가",
    ],
)
def test_single_letters_of_chat_stay(text: str):
    assert english(text) == text


def test_what_a_message_was_read_as_is_told_only_where_it_was_repaired(profiles):
    read_as = reader(profiles["ko"])
    assert read_as("sodlf skfTl") == "내일 날씨"
    assert read_as("ｓｏｄｌｆ skfTl") == "내일 날씨"
    assert [read_as(text) for text in ("내일 날씨", "OK  구글!!", "refund", "")] == [None] * 4
    assert reader(profiles["en"])("ㅗ디ㅣㅐ 재깅") == "hello world"
    assert reader(profiles["ja"])("sodlf skfTl") is None


def test_the_sample_bots_are_restored_from_keys_and_lose_no_english():
    rows = {tag: [json.loads(line)["text"] for line in (SAMPLES / f"{tag}.jsonl").open("rb")] for tag in ("ko", "en")}
    assert [text for tag in rows for text in rows[tag] if korean(text) != text] == []
    assert sum(korean(as_keys(text)) == text for text in rows["ko"]) / len(rows["ko"]) > 0.99


def test_the_samples_of_the_steps_survive_all_others(profiles):
    for text, read in TYPED:
        once = normalize(text, profiles["ko"])
        assert once == normalize(read, profiles["ko"])
        assert not re.search("[ㄱ-ㅎ]{3}", once)
