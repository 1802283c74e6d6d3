"""Korean in another order, and asked with the topic alone: 언제 와요 배송?, 알려줘, 내일 날씨, 오늘 날씨는?"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.korean_clause import NOUNS, WH, KoreanSentence, plain_tag
from mlpipeline.languages.paraphrase.korean_particles import has_final
from mlpipeline.languages.paraphrase.korean_words import words

_ABOUT = words("뭐 무엇 어디 얼마 언제 누구 어떻")
_PARTICLES = words("은 는 이 가")


def _hangul(word: str) -> bool:
    return "가" <= word[-1:] <= "힣"


def topic_question(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """오늘 날씨 어때? -> 오늘 날씨는?, 배송비가 얼마예요? -> 배송비는?"""
    clause = sentence.clause
    if clause is None or clause.act != "question" or clause.stem[0][0] not in _ABOUT or clause.closed or clause.at < 1:
        return
    tokens, at = sentence.tokens, clause.at - 1
    if tokens[at].form in _PARTICLES and tokens[at].tag in ("JKS", "JX"):
        at -= 1
    if at < 1 or plain_tag(tokens[at].tag) not in NOUNS or any(one.form in WH for one in tokens[: at + 1]):
        return
    noun = tokens[at]
    if _hangul(noun.form) and sentence.free(noun.start, noun.stop) and sentence.text[noun.stop - 1] == noun.form[-1]:
        yield (
            sentence.text[: noun.stop]
            + ("은" if has_final(noun.form) else "는")
            + (clause.tail.replace(".", "?") or "?")
        )


def question_first(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """배송 언제 와요? -> 언제 와요 배송?, 언제 와요 배송은?: what is asked for comes first, as in speech."""
    clause = sentence.clause
    if clause is None or clause.act != "question" or not clause.wh:
        return
    tokens, text = sentence.tokens, sentence.text
    at = next((i for i, one in enumerate(tokens) if one.form in WH), 0)
    start = tokens[at].start
    if not 0 < at <= clause.at or text[start - 1] != " " or len(text) > 30:
        return
    before = tokens[:at]
    if not all(plain_tag(one.tag) in NOUNS or one.tag in ("JX", "JKS", "JKG", "MAG") for one in before):
        return
    if before[-1].tag == "MAG" or "JKS" in [one.tag for one in before[:-1]]:
        return
    said, tail = text[start : len(text) - len(clause.tail)], clause.tail
    topic = text[: before[-1].stop]
    if before[-1].tag == "JKS":
        topic = text[: before[-1].start]
    yield f"{said} {topic}{tail}"


def request_first(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """내일 날씨 알려줘 -> 알려줘 내일 날씨, 알려줘, 내일 날씨: the order first, then what it is about."""
    clause = sentence.clause
    if clause is None or clause.act != "request" or clause.last == ("말", "VX"):
        return
    tokens, text = sentence.tokens, sentence.text
    at = clause.at - 2 if clause.last == ("주", "VX") else clause.at
    if at < 1 or tokens[at].tag not in ("VV", "VV-R", "VV-I") or len(text) > 40:
        return
    noun = tokens[at - 1]
    end = tokens[at - 2] if noun.tag == "JKO" and at >= 2 else noun
    start = tokens[at].start
    if (
        tokens[at].form == "하"
        or plain_tag(end.tag) not in NOUNS
        or text[start - 1] != " "
        or any(one.tag == "EC" for one in tokens[: at - 1])
    ):
        return
    if end.stop > start:
        return
    said = text[start : len(text) - len(clause.tail)]
    yield f"{said}{rng.choice((' ', ', ', '. '))}{text[: end.stop]}"
