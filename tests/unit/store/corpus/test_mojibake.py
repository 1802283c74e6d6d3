"""Texts that were read in a wrong encoding before they came."""

from __future__ import annotations

import pytest

from mlpipeline.store.corpus.mojibake import misread


@pytest.mark.parametrize(
    "text", ["안녕하세요", "배송 언제 와요?", "こんにちは", "明日の天気は", "我的包裹在哪里", "สวัสดีครับ", "café"]
)
@pytest.mark.parametrize("codec", ["latin-1", "cp1252"])
def test_utf8_read_as_latin_letters_is_told_with_what_it_was(text: str, codec: str):
    wrong = "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode())
    found = misread(wrong)
    assert found is not None and found.text == text and found.how == "UTF-8 read as cp1252"


@pytest.mark.parametrize(
    ("text", "saved", "how"),
    [
        ("배송 언제 와요", "cp949", "cp949 read as cp1252"),
        ("明日の天気を教えて", "cp932", "Shift-JIS read as cp1252"),
        ("สวัสดีครับ", "cp874", "cp874 read as cp1252"),
    ],
)
def test_double_bytes_read_as_latin_letters(text: str, saved: str, how: str):
    found = misread(text.encode(saved).decode("latin-1"))
    assert found is not None and (found.how, found.text) == (how, text)


@pytest.mark.parametrize(("text", "codec"), [("ありがとう", "cp932"), ("你的我的", "gb18030")])
def test_utf8_read_as_another_east_asian_encoding(text: str, codec: str):
    wrong = text.encode().decode(codec, "replace")
    found = misread(wrong)
    assert found is not None and found.text in (text, None)


def test_lost_letters_are_told():
    found = misread("배송 \ufffd\ufffd")
    assert found is not None and found.text is None


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "안녕하세요",
        "où êtes-vous",
        "ÄÖÜ äöü ß",
        "¿Qué? ¡Olé!",
        "tôi muốn",
        "phát bài",
        "5 €",
        "“so” – it’s",
        "繧",
        "10 °C",
        "ÑÁÉ",
    ],
)
def test_other_texts_are_not(text: str):
    assert misread(text) is None
