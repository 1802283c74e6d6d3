"""What normalising promises in every language: it is total, idempotent, cheap, and made of honest steps."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlpipeline.errors import RecipeError
from mlpipeline.languages.profile import STEPS, Profile, normalize, normalizer
from tests.properties import examples

TAGS = ["ko", "ja", "en", "zh-Hans", "zh-Hant", "zh-TW", "th", "vi"]

# the characters that steps are about, so that random texts meet them often
PIECES = [
    *"aAzZ09 .,!?~-'\"ﾊﾟｶﾞーかはゝゞ゛゜\u3099\u309aァ々中説ÀéòaeuyqðÐß한글ㅋㅠㅜ\u1112\u1161\u11ab\u1100\u1175ﾡￂ",
    *"ก่้๊๋์ิีึืัฺุู็ํๅาำเแะๆ๙\u0300\u0301\u0302\u0303\u0309\u0323\u031b\u0345",
    *"\u200b\u200d\u200e\u3000\u00a0\u2028\t\n\r\0\ufeff\ufe0f\u00ad\u3164\ud800\udfff\U000e0041\U0001f600…‥´¨ΐİŉǅﬁ㌔①½ﷺ",
]
TEXTS = st.one_of(
    st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=24).map("".join), st.text("ก่้ิุาำํ เ", max_size=20)
)


@pytest.mark.parametrize("tag", TAGS)
@given(text=TEXTS)
@example(text="oo\u0300a")
@example(text="가\u200bᆨ")
def test_normalizing_is_idempotent_and_leaves_nothing_invalid(profiles, tag: str, text: str):
    once = normalize(text, profiles[tag])
    assert normalize(once, profiles[tag]) == once
    once.encode("utf-8")
    assert "\0" not in once
    assert once == " ".join(once.split())


def _may_change(step, text: str) -> bool:
    ends = text != "" and (text[0] in step.heads or text[-1] in step.tails)
    patterns = [*step.patterns, *([f"[{step.chars}]"] if step.chars else [])]
    return ends or any(re.search(pattern, text, re.DOTALL) for pattern in patterns)


@pytest.mark.parametrize("name", STEPS)
@given(text=TEXTS)
@example(text="か\u3099 \u306f\u309a")
@examples(150)
def test_a_step_announces_every_text_that_it_changes(name: str, text: str):
    step = STEPS[name]
    assert step(text) == text or _may_change(step, text)


@pytest.mark.parametrize("tag", TAGS)
@given(text=TEXTS)
def test_what_the_guard_lets_through_is_what_the_steps_would_make_of_it(profiles, tag: str, text: str):
    by_hand = text
    for _ in range(12):
        for name in profiles[tag].steps:
            by_hand = STEPS[name](by_hand)
    assert normalizer(profiles[tag])(text) == by_hand


@pytest.mark.parametrize("name", STEPS)
def test_every_step_says_what_it_does(name: str):
    assert STEPS[name].doc.endswith(".")


def test_every_step_is_used_by_a_language(profiles):
    assert sorted(profiles) == sorted(TAGS)
    assert {name for profile in profiles.values() for name in profile.steps} == set(STEPS)


def test_a_wrong_step_or_script_is_named_with_the_nearest_right_one(profiles):
    with pytest.raises(RecipeError, match=r"'casefolds'.*did you mean casefold\?"):
        normalizer(Profile("xx", ("casefolds",), ()))
    with pytest.raises(RecipeError, match=r"script 'Hangul'.*did you mean Hang\?"):
        Profile.from_dict({"tag": "xx", "steps": [], "scripts": ["Hangul"]})
    assert Profile.from_dict(profiles["ko"].to_dict()) == profiles["ko"]


def test_a_ninth_language_needs_no_code():
    german = Profile("de", ("nfc", "casefold", "collapse_spaces"), ("Latn",))
    assert normalize("  Stra\u00dfe  u\u0308BER", german) == "strasse über"
    assert normalize("As It Is", Profile("xx", (), ())) == "As It Is"


def test_a_plain_text_costs_microseconds(profiles):
    # the bound is ten times what was measured: a guard against a lost fast path, not a benchmark
    normalized = normalizer(profiles["ko"])
    texts = [f"금요일 오전 아홉 시 에 깨워줘 {number}" for number in range(2000)]
    started = time.process_time()
    for text in texts:
        normalized(text)
    assert (time.process_time() - started) / len(texts) < 20e-6
