"""Particles: dropped as in chat, put in where they were left out, exchanged where both are said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from mlpipeline.languages.paraphrase.japanese_lexicon import words
from mlpipeline.languages.paraphrase.japanese_predicate import ASKING, replaced
from mlpipeline.languages.paraphrase.japanese_requests import request_of
from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token

_NOUNS = ("名詞,普通名詞", "名詞,固有名詞", "代名詞", "接尾辞,名詞")
# が is left out before these, where it marks no doer
_STATES = words("ある ない いる できる 出来る ほしい 欲しい わかる 分かる いい 必要 見える 聞こえる")
_TIME = re.compile("副詞可能|助数詞").search  # 三時に is no way
_NO_WORD = ("助詞", "補助", "空白", "記号")
_MOVES = words("行く いく 来る くる 帰る 戻る 送る 届く 向かう 出かける 移動 送信 転送 変更")
_ENJOYED = words("聞く 聴く 見る 観る 知る 食べる 飲む 買う 読む する 食う 使う 頼む")


def _triples(sentence: Sentence) -> Iterator[tuple[Token, Token, Token]]:
    """Each noun, what stands after it, and what stands after that."""
    tokens = sentence.tokens
    for first, second, third in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if first.tag.startswith(_NOUNS):
            yield first, second, third


def _one_of(found: list[tuple[int, int, str]], sentence: Sentence, rng: Random) -> Iterator[str]:
    if found:
        yield from replaced(sentence, *rng.choice(found))


def particle_drop_wo(sentence: Sentence, rng: Random) -> Iterator[str]:
    """を left out before its verb: パスワードを忘れた becomes パスワード忘れた."""
    found = [
        (particle.start, particle.stop, "")
        for noun, particle, after in _triples(sentence)
        if particle.form == "を" and (after.tag.startswith("動詞") or "サ変可能" in after.tag) and _apart(noun, after)
    ]
    yield from _one_of(found, sentence, rng)


def particle_drop_wa(sentence: Sentence, rng: Random) -> Iterator[str]:
    """は left out after the topic: 荷物はいつ届く becomes 荷物いつ届く."""
    found = [
        (particle.start, particle.stop, "")
        for noun, particle, after in _triples(sentence)
        if particle.form == "は" and after.tag[:2] not in _NO_WORD and after.form != "なん" and _apart(noun, after)
    ]
    yield from _one_of(found[:1], sentence, rng)


def particle_drop_ga(sentence: Sentence, rng: Random) -> Iterator[str]:
    """が left out before ある, できる, ほしい: 時間がある becomes 時間ある."""
    found = [
        (particle.start, particle.stop, "")
        for noun, particle, after in _triples(sentence)
        if particle.form == "が"
        and particle.tag.startswith("助詞,格")
        and after.stem in _STATES
        and _apart(noun, after)
    ]
    yield from _one_of(found, sentence, rng)


def _apart(noun: Token, after: Token) -> bool:
    # two words in the same script grow together without their particle (天気東京); verbs do not
    return after.tag.startswith(("動詞", "形容詞")) or _script(noun.form[-1]) != _script(after.form[0])


def _script(one: str) -> str:
    if "ぁ" <= one <= "ゖ":
        return "hiragana"
    return "katakana" if "ァ" <= one <= "ー" else "han" if one >= "々" else "latin"


def particle_add(sentence: Sentence, rng: Random) -> Iterator[str]:
    """は before a question word and を before a request where they were left out: 送料いくら becomes 送料はいくら."""
    tokens = sentence.tokens
    asked = request_of(sentence)
    found = list[tuple[int, int, str]]()
    for noun, after in pairwise(tokens):
        if not noun.tag.startswith(_NOUNS) or "副詞可能" in noun.tag or "助数詞" in noun.tag or noun.form in ASKING:
            continue
        if after.form in ("いくら", "いつ", "どこ", "誰", "何", "どう", "なぜ"):
            found.append((noun.stop, noun.stop, "は"))
        elif (
            asked
            and after.stop == asked.start - 1
            and after.tag[:5] == "動詞,一般"
            and noun.tag.endswith(",一般,*,*,*")
        ):
            found.append((noun.stop, noun.stop, "を"))
    yield from _one_of(found, sentence, rng)


def particle_exchange(sentence: Sentence, rng: Random) -> Iterator[str]:
    """は as って, を as が before a wish, へ as に before a way: 送料はいくら becomes 送料っていくら."""
    found = list[tuple[int, int, str]]()
    for noun, particle, after in _triples(sentence):
        here = particle.start, particle.stop
        wish = sentence.text.startswith(("たい", "たく"), after.stop)
        if particle.form == "は" and (after.form in ASKING or after.form.startswith("何")):
            found.append((*here, "って"))
        elif particle.form in ("を", "が") and wish and after.stem in _ENJOYED and particle.tag.startswith("助詞,格"):
            found.append((*here, "が" if particle.form == "を" else "を"))
        elif particle.form in ("に", "へ") and after.stem in _MOVES and not _TIME(noun.tag):
            found.append((*here, "に" if particle.form == "へ" else "へ"))
    yield from _one_of(found, sentence, rng)


# things of which there may be some: 予定はありますか is also 予定は何かありますか
_SOME = words("予定 ニュース 情報 イベント お知らせ おすすめ 会議 ミーティング 用事 キャンペーン 特典 連絡 通知")


def question_word_some(sentence: Sentence, rng: Random) -> Iterator[str]:
    """何か before ある: 予定はありますか becomes 予定は何かありますか."""
    if "何" in sentence.text:
        return
    for noun, particle, after in _triples(sentence):
        if noun.form in _SOME and particle.form == "は" and after.stem == "ある":
            yield from replaced(sentence, particle.stop, particle.stop, "何か")


OPERATORS: tuple[Operator, ...] = (
    Operator("particle_drop_wo", "を left out before its verb", "form", particle_drop_wo),
    Operator("particle_drop_wa", "は left out after the topic", "form", particle_drop_wa),
    Operator("particle_drop_ga", "が left out before ある, できる, ほしい", "form", particle_drop_ga),
    Operator("particle_add", "は and を put in where they were left out", "form", particle_add),
    Operator("particle_exchange", "は as って, を as が, へ as に", "form", particle_exchange),
    Operator("question_word_some", "何か before ある", "words", question_word_some),
)
