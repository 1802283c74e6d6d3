"""Korean verbs another way: honorific -시- and its own verbs, 안 and -지 않다, and the opposite of what was said."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.korean_clause import Clause, KoreanSentence, Morpheme, plain_tag
from mlpipeline.languages.paraphrase.korean_words import words

# Who is asked does these himself. Some have a verb of their own (표준국어대사전: 들다, 주무시다, 말씀하다)
_HUMAN = {
    "먹": ("드", "시"),
    "마시": ("드", "시"),
    "자": ("주무", "시"),
    "보": ("보", "시"),
    "듣": ("들으", "시"),
    "알": ("아", "시"),
    "읽": ("읽으", "시"),
    "사": ("사", "시"),
    "만나": ("만나", "시"),
    "일어나": ("일어나", "시"),
    "지내": ("지내", "시"),
    "좋아하": ("좋아하", "시"),
    "싫어하": ("싫어하", "시"),
    "모르": ("모르", "시"),
    "쉬": ("쉬", "시"),
    "시키": ("시키", "시"),
    "고르": ("고르", "시"),
    "기다리": ("기다리", "시"),
}
_SPEAKERS = words("나 내 저 제 우리 저희 너 네")


def honorific(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """점심 먹었어요? -> 점심 드셨어요?, 점심 드셨습니까?: asked with respect; away again with plain endings."""
    clause = sentence.clause
    if clause is None or clause.act != "question" or "ᆯ까" in clause.ending or "을까" in clause.ending:
        return
    if any(one.tag == "JKS" or one.form in _SPEAKERS for one in sentence.tokens[: clause.at]):
        return
    if ("시", "EP") in clause.tense:
        if clause.last[0] not in ("들", "주무", "계"):
            tense = tuple(one for one in clause.tense if one != ("시", "EP"))
            for ending in ("어요", "나요"):
                yield clause.head + sentence.join((*clause.stem, *tense, (ending, "EF"))) + clause.tail
        return
    stem = _HUMAN.get(clause.last[0])
    if stem is None or plain_tag(clause.last[1]) != "VV":
        return
    verb: Morpheme = ("".join(stem), "VV")
    past = bool(clause.tense)
    for ending in ("어요", "나요", "ᆸ니까", "습니까"):
        if ending == ("ᆸ니까" if past else "습니까"):
            continue
        polite = "세요" if ending == "어요" and not past else None
        if polite:
            yield clause.head + "".join(stem[:-1]) + polite + clause.tail
        else:
            yield clause.head + sentence.join((verb, *clause.tense, (ending, "EF"))) + clause.tail


def _negated(sentence: KoreanSentence, clause: Clause) -> int | None:
    """Where 안 or 못 stands right before the predicate (or before the noun of noun + 하다)."""
    tokens = sentence.tokens
    for at in (clause.at - 1, clause.at - 2):
        if at < 0 or tokens[at].form not in ("안", "못") or tokens[at].tag != "MAG":
            continue
        start, stop = tokens[at].start, tokens[at].stop
        if sentence.text[stop : stop + 1] == " " and sentence.free(start, stop):
            return at
    return None


def negation_long(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """배송이 안 와요 -> 배송이 오지 않아요; the meaning stays."""
    clause = sentence.clause
    if clause is None or clause.act == "request" or plain_tag(clause.last[1]) not in ("VV", "VA"):
        return
    at = _negated(sentence, clause)
    if at is None or at != clause.at - 1 or clause.last[0] == "되":
        return
    tokens = sentence.tokens
    endings = tuple((one.form, one.tag) for one in tokens[clause.at + 1 :] if one.tag in ("EF", "EC", "JX"))
    if tokens[at].form == "안":
        made = sentence.join((*clause.stem, ("지", "EC"), ("않", "VX"), *clause.tense, *_fitting(endings)))
    else:  # 못하다 joined as one gives 못하아
        made = sentence.join((*clause.stem, ("지", "EC"))) + " 못"
        made += sentence.join((("하", "XSV"), *clause.tense, *endings))
    yield sentence.text[: tokens[at].start] + made + clause.tail


def _fitting(endings: tuple[Morpheme, ...]) -> tuple[Morpheme, ...]:
    return tuple((form.replace("ᆸ니", "습니") if form.startswith("ᆸ니") else form, tag) for form, tag in endings)


def negation_drop(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """배송이 안 와요 -> 배송이 와요: the opposite."""
    clause = sentence.clause
    at = _negated(sentence, clause) if clause else None
    if at is not None:
        one = sentence.tokens[at]
        yield sentence.text[: one.start] + sentence.text[one.stop + 1 :]


def negation_add(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """점심 먹었니 -> 점심 안 먹었니, 예약했어 -> 예약 안 했어: the opposite."""
    clause = sentence.clause
    if clause is None or clause.act in ("request", "propose") or clause.wh or _negated(sentence, clause) is not None:
        return
    tag = plain_tag(clause.last[1])
    if clause.last[0] in ("있", "없", "알", "모르") or tag not in ("VV", "XSV"):
        return
    head = clause.head if clause.head.endswith(" ") or not clause.head else clause.head + " "
    if tag == "VV" and head != clause.head:
        return
    yield head + "안 " + sentence.text[len(clause.head) :]


_ANTONYMS = {"있": ("없", "VA"), "없": ("있", "VA"), "알": ("모르", "VV"), "모르": ("알", "VV")}


def negation_antonym(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """있어요 -> 없어요, 알아 -> 몰라: the opposite."""
    clause = sentence.clause
    if (
        clause is None
        or clause.last[0] not in _ANTONYMS
        or len(clause.stem) != 1
        or "시" in (one for one, _ in clause.tense)
    ):
        return
    endings = tuple((one.form, one.tag) for one in sentence.tokens[clause.at + 1 :] if one.tag in ("EF", "EC", "JX"))
    other = _ANTONYMS[clause.last[0]]
    made = clause.head + sentence.join((other, *clause.tense, *endings)) + clause.tail
    yield made


def negation_request(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """알람 꺼줘 -> 알람 끄지 마, 알람 끄지 말아 주세요: the opposite."""
    clause = sentence.clause
    if clause is None or clause.act != "request" or clause.last == ("말", "VX"):
        return
    tokens, at = sentence.tokens, clause.at
    if clause.last == ("주", "VX") and at >= 2 and tokens[at - 1].tag == "EC":
        at -= 2
    if plain_tag(tokens[at].tag) not in ("VV", "XSV") or (at and tokens[at - 1].stop > tokens[at].start):
        return
    dont = sentence.join(((tokens[at].form, tokens[at].tag), ("지", "EC")))
    for tail in ("마", "마세요", "말아줘", "말아 주세요"):
        yield f"{sentence.text[: tokens[at].start]}{dont} {tail}{clause.tail.replace('?', '')}"
