"""What no operator may touch, and what a whole text is."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.languages.paraphrase.protected import is_whole, kept, protected_pieces, protected_spans
from tests.properties import examples


def _parts(text: str) -> list[str]:
    return [text[start:stop] for start, stop in protected_spans(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("call <PHONE> now", ["<PHONE>"]),
        ("주문 {order_id}은 어디에요?", ["{order_id}"]),
        ("{{ x }}님 [이름] %s ${y} %(z)s 【名前】", ["{{ x }}", "[이름]", "%s", "${y}", "%(z)s", "【名前】"]),
        ("what's [date : tomorrow]", ["[date : tomorrow]"]),
        ("see https://shop.kr/a?b=1에서 (http://x.io).", ["https://shop.kr/a?b=1", "http://x.io"]),
        ("www.shop.co.th/x, naver.com인데", ["www.shop.co.th/x", "naver.com"]),
        ("end. me too, the u. s. dollars", []),
        ("a.b@c.co.kr로 보내", ["a.b@c.co.kr"]),
        ("5,000원 내일 3시 30분에 2026-11-21", ["5,000원", "3시", "30분", "2026-11-21"]),
        ("5月3日 500円 ３０元", ["5月", "3日", "500円", "３０元"]),
        ("$2500, 5% 3rd 7:30pm +82-10-1234-5678", ["$2500", "5%", "3rd", "7:30pm", "+82-10-1234-5678"]),
        ("๓ บาท ½ ① ٣", ["๓ บาท", "½", "①", "٣"]),
        ("100%s off, 5%discount", ["100%", "5%"]),
        ("iphone12 r2d2를 ab-123-c", ["iphone12", "r2d2", "ab-123-c"]),
        ("二十三号 一下", ["二十三"]),
        ("👨‍👩‍👧 🇰🇷🇯🇵 👍🏽1️⃣ ❤️", ["👨‍👩‍👧", "🇰🇷", "🇯🇵", "👍🏽", "1️⃣", "❤️"]),
        ("점심 먹었니? 今日は天気 กินข้าวหรือยัง ăn cơm chưa", []),
        ("", []),
    ],
)
def test_parts(text: str, parts: list[str]) -> None:
    assert _parts(text) == parts


@pytest.mark.parametrize(
    ("original", "made", "is_kept"),
    [
        ("call <PHONE> at 5", "please call <PHONE> at 5", True),
        ("call <PHONE>", "call <PHON>", False),
        ("call <PHONE>", "call", False),
        ("call <PHONE> <PHONE>", "call <PHONE>", False),
        ("at 5", "at 6", False),
        ("at 5", "at 5 5", False),
        ("at five", "at five 5", False),
        ("３ 시", "3시", True),
        ("7:30 PM", "7:30 pm", True),
        ("see naver.com", "see naver.con", False),
        ("hi", "hi 😀", True),
        ("hi 😀", "hi", False),
        ("tôi", "to6i", True),
        ("the great show", "the gr8 show", True),
        ("gr8 show", "great show", False),
    ],
)
def test_kept(original: str, made: str, is_kept: bool) -> None:
    assert kept(original, made) is is_kept


@pytest.mark.parametrize(
    "text", ["", "점심 먹었니? ㅋㅋ ㅠㅠ", "👨‍👩‍👧 🇰🇷🇯🇵 👍🏽1️⃣ ❤️", "กินข้าวหรือยังน้ำ", "เเม่ มากกก", "ấ x\u0331", "か゚"]
)
def test_whole(text: str) -> None:
    assert is_whole(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    "text",
    [
        "e\u0301",
        "a \u0301",
        "\u0301a",
        "!\u0301",
        "먹\u11ab",
        "\u1100",
        "🇰",
        "🇰🇷🇯",
        "👨\u200d",
        " \ufe0f",
        "\ufffd",
        "\ud83d",
        "a\x00",
        "ก เ",
        "ไ",
        "a่",
        "ก่่",
    ],
)
def test_not_whole(text: str) -> None:
    assert not is_whole(text)


_any = st.text(st.characters(), max_size=60) | st.lists(
    st.sampled_from(
        [
            "<PHONE>",
            "{x}",
            "{{",
            "}",
            "%s",
            "3",
            "3시",
            "http://",
            "a.b",
            "@",
            "👍🏽",
            "🇰🇷",
            "한국",
            "x",
            " ",
            "一二",
            ".",
        ]
    ),
    max_size=12,
).map("".join)


@examples(60)
@given(_any)
def test_spans_are_in_order_and_not_empty(text: str) -> None:
    at = 0
    for start, stop, kind in protected_pieces(text):
        assert at <= start < stop <= len(text)
        assert kind
        at = stop
    assert kept(text, text)
    assert is_whole(text) in (True, False)


@examples(60)
@given(_any)
def test_every_digit_is_protected(text: str) -> None:
    inside = {at for start, stop in protected_spans(text) for at in range(start, stop)}
    assert all(at in inside for at, one in enumerate(text) if one.isdecimal())


@examples(60)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "M", "Co", "Cn"]), max_size=30),
    st.sampled_from(["<PHONE>", "{{x}}", "{id}"]),
)
def test_a_placeholder_between_words_is_found(text: str, placeholder: str) -> None:
    around = "".join(one for one in text if one.isalpha())
    assert placeholder in _parts(f"{around} {placeholder} {around}")


_OPENINGS = ("<", "{", "[", "【", ":", "@", "%", ".", "-", "a", "0", "a1-", "a-", "a.", "1a", "a@", "http://", "www.")
_OTHERS = ("👍\u200d", "&#", "%(", "$1", "1 ", "__a", "a_", "1-", "一", "#a")


@pytest.mark.parametrize("one", _OPENINGS + _OTHERS)
def test_500_characters_of_openings_take_no_time(one: str) -> None:
    text = f"1 {one * 500}"[:500]
    began = time.process_time()
    protected_spans(text)
    first = time.process_time() - began
    # 0.5 ms at most; a repeat inside a repeat would take minutes. Only what cannot be noise is a failure.
    assert first < 0.05, f"{first:.3f} s"
