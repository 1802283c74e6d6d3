"""Endings of statements and questions: plain, polite, asking in several ways, softened, turned round."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.japanese_predicate import ASKING, Predicate, ended, predicate_of
from mlpipeline.languages.paraphrase.operators import Operator, Sentence

# 何なの and 何なんですか sound annoyed
_SHARP = ("何", "なに", "なん", "誰", "だれ")


def _statement(sentence: Sentence) -> Predicate | None:
    found = predicate_of(sentence)
    return found if found and not found.question else None


def _question(sentence: Sentence) -> Predicate | None:
    found = predicate_of(sentence)
    return found if found and found.question else None


def ending_polite(sentence: Sentence, rng: Random) -> Iterator[str]:
    """届いた becomes 届きました, 高い becomes 高いです."""
    found = _statement(sentence)
    if found and not found.polite and not found.final:
        yield from ended(sentence, found, found.politely())


def ending_plain(sentence: Sentence, rng: Random) -> Iterator[str]:
    """届きました becomes 届いた, 知りたいです becomes 知りたい."""
    found = _statement(sentence)
    if found and found.forms and found.polite and not found.final:
        yield from ended(sentence, found, found.plain())


def question_polite(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Any question with ます or です and か: いつ届くの becomes いつ届きますか."""
    found = _question(sentence)
    if found:
        yield from ended(sentence, found, found.politely() + "か")


def question_plain(sentence: Sentence, rng: Random) -> Iterator[str]:
    """As friends ask, with a mark only: いつ届きますか becomes いつ届く？"""
    found = _question(sentence)
    if found:
        yield from ended(sentence, found, found.plain(), mark=True)


def question_no(sentence: Sentence, rng: Random) -> Iterator[str]:
    """With の: いつ届きますか becomes いつ届くの？ or いつ届くの"""
    found = _question(sentence)
    if found and found.noun not in _SHARP:
        yield from ended(sentence, found, found.before_no() + "の")
        yield from ended(sentence, found, found.before_no() + "の", mark=True)


def question_kana(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Wondering, with かな: いつ届きますか becomes いつ届くかな."""
    found = _question(sentence)
    if found:
        yield from ended(sentence, found, found.plain() + "かな")
        if found.forms or found.past or found.negative:
            yield from ended(sentence, found, found.before_no() + "のかな")


def question_explained(sentence: Sentence, rng: Random) -> Iterator[str]:
    """With んですか, のですか: いつ届きますか becomes いつ届くんですか."""
    found = _question(sentence)
    if found and found.noun not in _SHARP:
        yield from ended(sentence, found, found.before_no() + "んですか")
        if found.forms:
            yield from ended(sentence, found, found.before_no() + "のですか")


def question_probable(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Most polite, with でしょうか: いつ届きますか becomes いつ届くでしょうか."""
    found = _question(sentence)
    if found:
        yield from ended(sentence, found, found.plain() + "でしょうか")
        if found.forms and found.forms.verb:
            yield from ended(sentence, found, found.plain() + "のでしょうか")


def question_negative(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Asked by a negation, which means the same: 予定はありますか becomes 予定はありませんか."""
    found = _question(sentence)
    if found and found.forms and not found.negative and not found.past and found.forms.base in ("ある", "できる"):
        if any(token.form in ASKING or token.form.startswith("ど") for token in sentence.tokens):
            return
        yield from ended(sentence, found, found.politely(negative=True) + "か")
        yield from ended(sentence, found, found.plain(negative=True) + "かな")


def statement_softened(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A wish or a trouble left open: 返品したい becomes 返品したいんですけど, 返品したいのですが."""
    found = _statement(sentence)
    if not found or not found.forms or not (_wish(found) or found.negative or found.past):
        return
    for final in ("んですけど", "のですが", "んだけど", "んです"):
        yield from ended(sentence, found, found.plain() + final)


def wish_softened(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A wish said as a thought: 返品したい becomes 返品したいと思います, 返品したいな."""
    found = _statement(sentence)
    if found and found.forms and _wish(found) and not found.negative and not found.past:
        yield from ended(sentence, found, found.plain() + "と思います")
        yield from ended(sentence, found, found.plain() + "と思っています")
        yield from ended(sentence, found, found.plain() + "な")


def negation(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The opposite of a statement: 届きました becomes 届きませんでした, 必要です becomes 必要ではありません."""
    found = _statement(sentence)
    if not found or found.final or (found.forms and found.forms.base in ("しまう", "ちゃう", "じゃう")):
        return
    turn = found.politely if found.polite else found.plain
    yield from ended(sentence, found, turn(negative=not found.negative))


def _wish(found: Predicate) -> bool:
    return bool(found.forms and not found.forms.verb and found.forms.base.endswith(("たい", "ほしい", "欲しい")))


OPERATORS: tuple[Operator, ...] = (
    Operator("ending_polite", "a statement with ます or です", "form", ending_polite),
    Operator("ending_plain", "a statement without ます and です", "form", ending_plain),
    Operator("question_polite", "a question with ますか or ですか", "form", question_polite),
    Operator("question_plain", "a question with a mark only", "form", question_plain),
    Operator("question_no", "a question with の", "form", question_no),
    Operator("question_kana", "a question with かな", "form", question_kana),
    Operator("question_explained", "a question with んですか", "form", question_explained),
    Operator("question_probable", "a question with でしょうか", "form", question_probable),
    Operator("question_negative", "a question asked by a negation", "form", question_negative),
    Operator("statement_softened", "a wish or a trouble with んですけど, のですが", "form", statement_softened),
    Operator("wish_softened", "a wish with と思います, な", "form", wish_softened),
    Operator("negation", "a statement turned round", "form", negation, opposite=True),
)
