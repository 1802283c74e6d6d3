"""Requests: the te-form with or without what makes it polite, commands, and questions left open with は."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from mlpipeline.languages.paraphrase.japanese_lexicon import words
from mlpipeline.languages.paraphrase.japanese_predicate import asks, core_of, forms_of, predicate_of, replaced
from mlpipeline.languages.paraphrase.operators import Operator, Sentence

PLAIN = ("", "ね", "くれる？", "くれない？")
POLITE = ("ください", "下さい", "くださいね")
_ASKED = ("もらえますか", "くれますか", "くれませんか", "もらえませんか")
ASKED = (*_ASKED, "いただけますか", "いただけませんか", "もらえる？")
WISHED = ("ほしい", "ほしいです", "もらいたい", "ほしいんだけど", "ほしいのですが", "もらいたいです")
_REST = frozenset(ending.rstrip("？") for ending in (*PLAIN, *POLITE, *ASKED, *WISHED)) | words(
    "よ くれ くれるか くれないか くれるかな くれないかな "
    "くださいませんか くださいませ くださいよ もらえるか もらえない "
    "もらえないか もらえるかな もらえないかな 頂けますか 頂けませんか 貰えますか 貰える 頂戴 欲しい 欲しいです "
    "もらえますでしょうか いただけますでしょうか いただけないでしょうか ほしいんですが ほしいんですけど "
    "もらってもいいですか もらっていいですか いただきたい いただきたいです いただきたいのですが"
)
# what 消さないで can go on with
_TURNED = ("", "ね", "ください", "下さい", "ほしい", "欲しい", "ほしいです")
_FAR = 9  # tokens between て and the end


class Request(NamedTuple):
    """`text[start:stop]` is what follows the te-form; `opening` is what must stand before it (して after 確認)."""

    start: int
    stop: int
    opening: str
    ending: str


def request_of(sentence: Sentence) -> Request | None:
    """What is asked for at the end of a sentence: 教えて, 教えてください, 株価を確認."""
    tokens, count = sentence.tokens, core_of(sentence)
    if not count:
        return None
    stop = tokens[count - 1].stop
    for at in range(count - 1, max(0, count - _FAR), -1):
        token = tokens[at]
        joining = token.form in ("て", "で") and token.tag.startswith("助詞,接続助詞")
        if joining and tokens[at - 1].tag.startswith("動詞"):
            rest = sentence.text[token.stop : stop]
            if rest in _REST and not (not rest and asks(sentence) and "？" in sentence.text[stop:]):
                return Request(token.stop, stop, "", rest)
    last = tokens[count - 1]
    if count > 2 and "サ変可能" in last.tag and tokens[count - 2].form == "を":
        return Request(stop, stop, "して", "")
    return None


def _said(sentence: Sentence, endings: tuple[str, ...]) -> Iterator[str]:
    found = request_of(sentence)
    if not found:
        return
    tail = sentence.text[found.stop :]
    for ending in endings:
        asked = ending.endswith("？")
        if ending.rstrip("？") == found.ending and not found.opening:
            continue
        stop = found.stop
        if asked:  # its mark takes the place of the sentence's own
            stop += len(tail) - len(tail.lstrip("。.？?"))
        yield from replaced(sentence, found.start, stop, found.opening + ending)


def request_plain(sentence: Sentence, rng: Random) -> Iterator[str]:
    """As friends ask: 教えてください becomes 教えて, 教えてくれる？"""
    yield from _said(sentence, PLAIN)


def request_polite(sentence: Sentence, rng: Random) -> Iterator[str]:
    """With ください: 教えて becomes 教えてください, 教えて下さい."""
    yield from _said(sentence, POLITE)


def request_asked(sentence: Sentence, rng: Random) -> Iterator[str]:
    """As a question: 教えて becomes 教えてもらえますか, 教えていただけますか."""
    yield from _said(sentence, ASKED)


def request_wished(sentence: Sentence, rng: Random) -> Iterator[str]:
    """As a wish: 教えて becomes 教えてほしい, 教えてもらいたいです."""
    yield from _said(sentence, WISHED)


def request_noun(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Short, or as a noun: 株価を確認して becomes 株価を確認 and 株価の確認をお願いします."""
    found = request_of(sentence)
    if not found:
        return
    before = [token for token in sentence.tokens if token.stop <= found.start]
    if not found.opening:
        if len(before) < 3 or before[-2].form != "し" or before[-2].stem != "する":
            return
        before = before[:-2]
    if len(before) < 3:
        return
    noun, particle, thing = before[-1], before[-2], before[-3]
    if "サ変可能" not in noun.tag or particle.form != "を" or not thing.tag.startswith(("名詞", "接尾辞")):
        return
    if not found.opening:
        yield from replaced(sentence, noun.stop, found.stop, "")
    for ending in ("をお願いします", "をお願い"):
        yield from replaced(sentence, particle.start, found.stop, "の" + noun.form + ending)


_favour = re.compile(
    "(?:お願い|おねがい|御願い)(?:(?:し|いたし|致し)ます|できますか|したいです)?(?=[。.！!？?]*$)"
).search
_FAVOURS = ("お願い", "お願いします", "お願いいたします", "お願いできますか", "お願いしたいです")


def request_favour(sentence: Sentence, rng: Random) -> Iterator[str]:
    """お願いします in its other forms: 予約をお願いします becomes 予約をお願いできますか."""
    found = _favour(sentence.text)
    if found and sentence.text[: found.start()].endswith("を"):
        for other in _FAVOURS:
            yield from replaced(sentence, found.start(), found.end(), other)


def command_request(sentence: Sentence, rng: Random) -> Iterator[str]:
    """What is to be done, asked for: アラームを設定する becomes アラームを設定して, アラームを設定してください."""
    found = predicate_of(sentence)
    if not found or not found.forms or not found.forms.verb or found.question or found.final:
        return
    if found.past or found.negative or found.polite or not any(token.form == "を" for token in sentence.tokens):
        return
    if found.forms.base in ("ある", "いる", "いう", "言う", "思う", "できる", "出来る", "くれる", "もらえる"):
        return
    for ending in ("", "ください", "ほしい"):
        yield from replaced(sentence, found.start, found.stop, found.forms.te + ending)


def topic_question(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A topic left open, asked in full: 明日の天気は becomes 明日の天気を教えて, 明日の天気は？"""
    tokens, count = sentence.tokens, core_of(sentence)
    if count < 2 or tokens[count - 1].form not in ("は", "って") or not tokens[count - 2].tag.startswith("名詞"):
        return
    if "副詞可能" in tokens[count - 2].tag:
        return  # 明日は asks for nothing one could name
    last = tokens[count - 1]
    tail = sentence.text[last.stop :]
    stop = last.stop + len(tail) - len(tail.lstrip("。.？?"))
    for ending in ("を教えて", "を教えてください", "を知りたい", "が知りたいです", "を教えてもらえますか"):
        yield from replaced(sentence, last.start, stop, ending)
    yield from replaced(sentence, last.start, stop, "は？")


def request_negative(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The opposite of a request: 消してください becomes 消さないでください."""
    found = request_of(sentence)
    if not found or found.opening or found.ending not in _TURNED:
        return
    verb = [token for token in sentence.tokens if token.stop <= found.start][-2]
    forms = forms_of(verb)
    if forms and forms.verb and forms.te == sentence.text[verb.start : found.start]:
        yield from replaced(sentence, verb.start, found.start, forms.negative + "で")


OPERATORS: tuple[Operator, ...] = (
    Operator("request_plain", "a request as friends ask: 〜て, 〜てくれる？", "form", request_plain),
    Operator("request_polite", "a request with ください", "form", request_polite),
    Operator("request_asked", "a request as a question: 〜てもらえますか", "form", request_asked),
    Operator("request_wished", "a request as a wish: 〜てほしい", "form", request_wished),
    Operator("request_noun", "a request as a noun: 〜の確認をお願いします", "form", request_noun),
    Operator("request_favour", "お願いします in its other forms", "form", request_favour),
    Operator("command_request", "a thing to be done, asked for: 〜する to 〜して", "form", command_request),
    Operator("topic_question", "a topic left open, asked in full: 〜は to 〜を教えて", "words", topic_question),
    Operator("request_negative", "a request turned round: 〜ないで", "form", request_negative, opposite=True),
)
