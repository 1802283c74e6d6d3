"""One question in another frame: いつ届きますか, いつ届くか教えて, 意味は何ですか, 意味を教えて, 意味を知りたい."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.japanese_lexicon import words
from mlpipeline.languages.paraphrase.japanese_predicate import ASKING, asks, core_of, ended, predicate_of, replaced
from mlpipeline.languages.paraphrase.japanese_requests import request_of
from mlpipeline.languages.paraphrase.operators import Operator, Sentence

_MONEY = "料金価段費用額税賃"  # last letters of 送料, 料金, 株価, 値段, 費用
_NAMES = ("名詞", "接尾辞,名詞")
_TELL = ("教えて", "教えてください", "教えてもらえますか", "知りたい", "知りたいです")
_WANTS = ("知りたい", "知りたいです", "知りたいのですが", "知りたいんだけど")
# what these ask for has a name before は: 意味は何 asks for the 意味
_NAMED = words("何 なに なん いくら 幾ら")


def question_reported(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A question within a request: いつ届きますか becomes いつ届くか教えて, あるかどうか知りたい."""
    found = predicate_of(sentence)
    if not found or not found.question or (found.negative and found.polite):
        return
    whether = "か" if _has_question_word(sentence) else "かどうか"
    tail = sentence.text[found.stop :]
    stop = found.stop + len(tail) - len(tail.lstrip("。.？?"))
    for ending in rng.sample(_TELL, 3):
        yield from replaced(sentence, found.start, stop, found.plain() + whether + ending)


def _has_question_word(sentence: Sentence) -> bool:
    # asks() also takes a mark for a question
    bare = sentence.text.rstrip("？?。. ")
    return asks(Sentence(bare, [token for token in sentence.tokens if token.stop <= len(bare)]))


def question_direct(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A question taken out of a request: いつ届くか教えて becomes いつ届きますか, いつ届く？"""
    tokens, count = sentence.tokens, core_of(sentence)
    last = _telling(sentence)
    if last is None or last < 2 or tokens[last - 1].form not in ("か", "かどうか", "どうか"):
        return
    end = last - 1
    if tokens[end - 1].form == "どう" and tokens[end - 2].form == "か":
        end -= 2
    elif tokens[end].form == "どうか" and tokens[end - 1].form == "か":
        end -= 1
    if end < 1:
        return
    asked = Sentence(sentence.text[: tokens[end].start] + "？", tokens[:end], sentence.protected)
    found = predicate_of(asked)
    if not found or found.final or (found.noun in ASKING and sentence.text[found.start - 1] == "が"):
        return  # スープが何か is no question by itself
    rest = sentence.text[tokens[count - 1].stop :]
    for ending in (found.politely() + "か", found.plain() + "？"):
        for made in ended(asked, found, ending):
            yield made[:-1] + ("" if rest.startswith(("？", "?")) and made.endswith("？？") else rest)


def _telling(sentence: Sentence) -> int | None:
    """Which token is the 教え of 教えて or the 知り of 知りたい at the end."""
    tokens, count = sentence.tokens, core_of(sentence)
    found = request_of(sentence)
    if found and not found.opening:
        for number in range(count - 1, -1, -1):
            if tokens[number].stop < found.start:
                return number if tokens[number].stem == "教える" else None
            if tokens[number].start < found.start and tokens[number].stem == "教える":
                return number
        return None
    wish = predicate_of(sentence)
    if wish and wish.forms and wish.forms.base == "たい" and not wish.negative and not wish.past:
        number = next((at for at in range(count - 1, 0, -1) if tokens[at].stop == wish.start), 0)
        return number if tokens[number].stem == "知る" else None
    return None


def tell_know(sentence: Sentence, rng: Random) -> Iterator[str]:
    """教えて and 知りたい exchanged: 住所を教えて becomes 住所を知りたい, 住所が知りたいです."""
    tokens, number = sentence.tokens, _telling(sentence)
    if not number:
        return
    before, last = tokens[number - 1], tokens[core_of(sentence) - 1]
    if before.form not in ("を", "が", "か") or (before.form == "が" and tokens[number].stem == "教える"):
        return
    if tokens[number].stem == "教える":
        if any(token.form in ("に", "メール") for token in tokens[max(0, number - 3) : number]):
            return  # who is to be told is said
        for ending in rng.sample(_WANTS, 2):
            yield from replaced(sentence, tokens[number].start, last.stop, ending)
        if before.form == "を":
            yield from replaced(sentence, before.start, last.stop, "が" + rng.choice(_WANTS))
        return
    particle = "を" if before.form == "が" else before.form
    for ending in _TELL[:3]:
        yield from replaced(sentence, before.start, last.stop, particle + ending)


def question_named(sentence: Sentence, rng: Random) -> Iterator[str]:
    """What is asked for, by its name: 意味は何ですか becomes 意味を教えて, 意味は？"""
    found = predicate_of(sentence)
    if not found or not found.question or found.forms or found.past or found.noun not in _NAMED:
        return
    tokens = sentence.tokens
    at = next((number for number, token in enumerate(tokens) if token.start == found.start), 0)
    if at < 2 or tokens[at - 1].form not in ("は", "って") or not tokens[at - 2].tag.startswith(_NAMES):
        return
    topic = tokens[at - 2]
    if "副詞可能" in topic.tag or (found.noun in ("いくら", "幾ら") and topic.form[-1] not in _MONEY):
        return  # リンゴはいくら asks for its price, not for the apple
    tail = sentence.text[found.stop :]
    stop = found.stop + len(tail) - len(tail.lstrip("。.？?"))
    for ending in (*rng.sample(("を教えて", "を教えてください", "を知りたい", "が知りたいです"), 2), "は？"):
        yield from replaced(sentence, tokens[at - 1].start, stop, ending)


OPERATORS: tuple[Operator, ...] = (
    Operator("question_reported", "a question within a request: 〜か教えて", "words", question_reported),
    Operator("question_direct", "a question taken out of a request", "words", question_direct),
    Operator("tell_know", "教えて and 知りたい exchanged", "words", tell_know),
    Operator("question_named", "what is asked for, by its name: 〜は何ですか to 〜を教えて", "words", question_named),
)
