"""Letter models tell an order from a shuffle, whatever the words, in languages with and without spaces."""

from __future__ import annotations

from random import Random

import pytest

from mlpipeline.languages.paraphrase.operators import Sentence, Token
from mlpipeline.languages.paraphrase.tools import load_tool
from mlpipeline.methods.augmentation.word_order import LetterModel, order_scores, order_share, pieces

from .planted import sample_corpus, shuffled


def test_a_letter_model_is_one_of_probabilities() -> None:
    model = LetterModel(["abab", "abc"])
    assert model.bits("abab") < model.bits("baba") < model.bits("zzzz")
    assert LetterModel([]).bits("ab") > 0 and model.bits("") > 0
    # what may follow "ab" adds up to one, the letters never seen among it
    chances = [2 ** -(model.bits(f"ab{letter}") - model.bits("ab")) for letter in "ac"]
    assert all(chance > 0 for chance in chances)


def test_words_are_parted_at_spaces_or_where_the_tool_parts_them() -> None:
    spaced = Sentence("điện thoại của tôi", [Token("điện thoại", "", "", 0, 10), Token("của", "", "", 11, 14)])
    assert pieces(spaced) == [(0, 10), (11, 14), (15, 18)]
    glued = Sentence(
        "明日の天気", [Token("明日", "", "", 0, 2), Token("の", "", "", 2, 3), Token("天気", "", "", 3, 5)]
    )
    assert pieces(glued) == [(0, 2), (2, 3), (3, 5)]
    overlapping = Sentence(
        "하려고", [Token("하", "", "", 0, 1), Token("려고", "", "", 0, 3), Token("고", "", "", 2, 3)]
    )
    assert len(pieces(overlapping)) >= 1
    assert pieces(Sentence("", [])) == []
    assert order_share("two words", Sentence("two words", []), LetterModel([]), 1) is None


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ko", "ja"])
def test_shuffles_are_found_and_slips_are_not(lang: str) -> None:
    corpus, tool = sample_corpus(lang, 20), load_tool(lang)
    parts = [at % 3 for at in range(len(corpus.texts))]
    made = []
    for row, text in list(enumerate(corpus.texts))[::4]:
        sentence = tool.analyse(text)
        made += [("shuffle", row, one) for one in list(shuffled(sentence, Random(row)))[:1]]
        # any slip: one letter is another, wherever it stands
        at = len(text) // 2
        made.append(("slip", row, f"{text[:at]}{text[0]}{text[at + 1 :]}"))
        # an order that the bot does not have, but always the same
        words = text.split()
        made.append(("turned", row, " ".join([words[-1], *words[:-1]])))
    found = order_scores(corpus.texts, parts, made, tool, 20)
    assert found["shuffle"].is_salad and found["shuffle"].texts > 40
    assert not found["slip"].is_salad
    assert lang == "ja" or not found["turned"].is_salad
    if lang == "en":  # chance is drawn in one place for all languages
        assert found == order_scores(corpus.texts, parts, made, tool, 20)
