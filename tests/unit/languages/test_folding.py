"""What two near duplicates may differ in, and what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import RecipeError
from mlpipeline.languages.folding import FOLDS, folder
from mlpipeline.languages.profile import STEPS

_LANGUAGES = Path(__file__).parents[3] / "conf" / "languages"
_LISTED = {file.stem: tuple(yaml.safe_load(file.read_text("utf-8")).get("clean", {}).get("fold", ())) for file in
           sorted(_LANGUAGES.glob("*.yaml"))}  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("en", "please cancel my order", "cancel my order thanks"),
        ("en", "thanks cancel my order", "cancel my order"),
        ("ja", "いくらですか", "いくらですかね"),
        ("ja", "いくらですよね", "いくら"),
        ("ko", "비밀번호를 바꿔 주세요", "비밀번호 바꿔줘"),
        ("ko", "환불은 안되나요", "환불 안되나"),
        ("ja", "ゴミの日はいつですか", "ごみの日はいつか"),
        ("ja", "予約をお願いします", "予約"),
        ("th", "ขอบคุณมากครับ", "ขอบคุณมากค่ะ"),
        ("vi", "dạ hủy đơn giúp em ạ", "hủy đơn giúp em"),
        ("zh-Hans", "请问怎么退款", "怎么退款,谢谢"),
        ("zh-Hant", "請問怎麼退款", "怎麼退款,謝謝"),
    ],
)
def test_these_are_folded_into_one(lang: str, one: str, other: str):
    fold = folder(_LISTED[lang])
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("vi", "ma", "má"),
        ("vi", "bán hàng", "bạn hàng"),
        ("ko", "나는", "나"),
        ("ko", "가자", "가자?"),
        ("ja", "いくらですか", "いくらです"),
        ("ja", "いくらですかね", "いくらです"),
        ("en", "is this pleasant", "is this"),
        ("en", "thanks for the refund", "for the refund"),
        ("en", "thank you, very much", "very much"),
        ("zh-Hans", "好吗", "谢谢"),
    ],
)
def test_these_stay_apart(lang: str, one: str, other: str):
    fold = folder(_LISTED[lang])
    assert fold(one) != fold(other)


def test_a_jamo_is_a_third_of_a_syllable():
    assert folder(("split_jamo",))("한글") == "\u1112\u1161\u11ab\u1100\u1173\u11af"
    assert len(folder(_LISTED["ko"])("안녕하세요")) == 10


@pytest.mark.parametrize("lang", sorted(_LISTED))
@given(text=st.text(alphabet=" 요줘은는가이주세요でかよですね请问吗谢pleasthnkạdạครับค่ะ?,가ゴ", max_size=12))
def test_folding_is_total_and_leaves_something(lang: str, text: str):
    folded = folder(_LISTED[lang])(text)
    assert bool(folded) == bool(text)


def test_every_step_is_used_by_a_language():
    assert {name for names in _LISTED.values() for name in names} - set(STEPS) == set(FOLDS)
    assert all(name in FOLDS or name in STEPS for names in _LISTED.values() for name in names)


def test_an_unknown_step_is_told_with_the_nearest():
    with pytest.raises(RecipeError, match="hiragan") as raised:
        folder(("hiragan",))
    assert "hiragana" in raised.value.fix
