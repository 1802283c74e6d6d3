"""Shares of scripts, and whether a file is in the language that it claims."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.languages.profile import looks_like, script_share

TEXTS = {
    "ko": ["금요일 오전 아홉 시에 깨워줘", "배송 언제 와요?", "wifi 연결이 안 돼", "ㅋㅋㅋ"],
    "ja": ["金曜日の朝九時に起こして", "パソコンが壊れた", "天気", "返品したいのですが"],
    "en": ["wake me up at nine", "play jazz", "what is the weather like in Paris today", "stop"],
    "zh-Hans": ["星期五早上九点叫醒我", "今天的天气怎么样", "播放这首歌", "你好"],
    "zh-Hant": ["星期五早上九點叫醒我", "今天的天氣怎麼樣", "播放這首歌", "你好"],
    "th": ["ปลุกฉัน ตอนเก้าโมงเช้า", "อากาศเป็นอย่างไร", "เปิดเพลง", "ที่ไหน"],
    "vi": ["đánh thức tôi lúc chín giờ", "thời tiết hôm nay thế nào", "toi muon nghe nhac", "phát nhạc"],
}


@pytest.mark.parametrize("written", TEXTS)
@pytest.mark.parametrize("declared", TEXTS)
def test_a_file_looks_like_its_own_language_only(profiles, written: str, declared: str):
    share = looks_like(TEXTS[written], profiles[declared])
    assert share == 1.0 if written == declared else share <= 0.5


def test_script_share_counts_letters_and_takes_latin_as_expected():
    assert script_share("배송 wifi 12!", ["Hang"]) == 1.0
    assert script_share("가나日本", ["Hang"]) == 0.5
    assert script_share("привет", ["Latn"]) == 0.0
    assert script_share("12 :) 😀", ["Hang"]) == 1.0
    assert script_share("ที่นี่", ["Thai"]) == 1.0
    assert script_share("ที่นี่", ["Jpan"]) == 0.0
    assert script_share("日本の旅", ["Hira", "Kana", "Hani"]) == 1.0


@given(st.text(max_size=30), st.sampled_from(sorted(TEXTS)))
def test_shares_are_shares(profiles, text: str, tag: str):
    assert 0.0 <= script_share(text, profiles[tag].scripts) <= 1.0
    assert looks_like([text], profiles[tag]) in (0.0, 1.0)
