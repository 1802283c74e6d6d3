"""Which tool a language gets, and the plain one of a language that has none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import RecipeError
from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.languages.paraphrase.tools import CONVERSION, load_tool


def test_a_tool_is_loaded_once():
    assert load_tool("en") is load_tool("en")
    assert load_tool("zh-TW") is not load_tool("zh-Hant")


def test_each_tool_has_the_operators_of_any_language_and_its_own():
    for tag, own in (("en", "contraction"), ("th", "particle_polite"), ("zh-TW", "a_not_a")):
        assert {"word_dropout", own} <= set(load_tool(tag).operators)


def test_a_region_of_a_known_language_gets_its_tool():
    assert type(load_tool("en-GB")) is type(load_tool("en"))
    assert set(load_tool("en-GB").operators) == set(load_tool("en").operators)


def test_chinese_is_converted_only_where_it_is_asked_for():
    assert not [name for name in load_tool("zh-TW").operators if name.startswith(CONVERSION)]
    assert "convert_to_zh_Hans" in load_tool("zh-TW", ["word_exchange", "convert_to_zh_Hans"]).operators
    with pytest.raises(RecipeError, match="'zh-Hnt'") as caught:
        load_tool("zh-TW", ["convert_to_zh_Hnt"])
    assert caught.value.where == "augment.enabled" and "convert_to_zh_Hant" in caught.value.fix


@pytest.fixture
def plain() -> Tool:
    return load_tool("hi")


def test_words_of_an_unknown_language_stand_between_spaces(plain: Tool):
    sentence = plain.analyse("मुझे, मेरा ऑर्डर {id} रद्द करना है!")
    assert [one.form for one in sentence.tokens] == ["मुझे", "मेरा", "ऑर्डर", "id", "रद्द", "करना", "है"]
    assert sentence.protected == [(17, 21)]
    assert plain.stems("Ich, WILL das") == ["ich", "will", "das"]
    assert set(plain.operators) == {"word_dropout"}


@given(st.text(max_size=40))
def test_tokens_stand_where_they_say(text: str):
    for one in load_tool("hi").analyse(text).tokens:
        assert text[one.start : one.stop] == one.form and one.form
