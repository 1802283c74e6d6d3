"""A Korean sentence with its last predicate taken apart: what is before, stem, tense, ending, what it does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, wraps
from random import Random

from mlpipeline.languages.paraphrase.korean_words import words
from mlpipeline.languages.paraphrase.operators import Rewrite, Sentence, Token
from mlpipeline.languages.paraphrase.protected import kept

Morpheme = tuple[str, str]
Join = Callable[[tuple[Morpheme, ...]], str]

PREDICATES = words("VV VA VX XSV XSA VCP VCN")
NOUNS = words("NNG NNP XSN SL")
_SIDE_MARKS = words("SF SP SS SE SO SW W_EMOJI IC SSO SSC")
WH = words("뭐 뭣 무엇 무슨 어떤 어느 언제 어디 누구 누 왜 어떻게 어떻 어쩌 몇 얼마 얼마나 어떡하")

# Endings that only ask, only tell, only order, only propose (as 표준국어대사전 has them)
_ASKS = words(
    "니 냐 으니 으냐 나 나요 ᆫ가 ᆫ가요 은가 은가요 는가 는가요 습니까 ᆸ니까 ᆯ까 을까 ᆯ까요 을까요",
    "느냐 는지 ᆫ지 은지 던가 던가요 는지요 ᆫ지요 은지요",
)
_TELLS = words("다 ᆫ다 는다 습니다 ᆸ니다 네 네요")
_ORDERS = words("어라 라 세요 으세요 으십시오 ᆸ시오 십시오 아라")
_PROPOSES = words("자 ᆸ시다 읍시다")
_OPEN = words(
    "더라 어 어요 지 지요 죠 야 예요 에요 는데 ᆫ데 은데 는데요 ᆫ데요 은데요 ᆯ래 을래 ᆯ래요 을래요 ᆯ게", "을게 ᆯ게요 을게요"
)
_ENDINGS = _ASKS | _TELLS | _ORDERS | _PROPOSES | _OPEN
# Verbs whose bare 해체 form is an order, said to a service: 켜, 보내. Any other is as often a statement (떨려)
_ORDER_VERBS = words(
    "켜 끄 틀 알리 찾 보내 만들 바꾸 지우 열 닫 잡 맞추 넣 빼 올리 내리 고르 부르 알아보 찾아보 멈추",
    "줄이 높이 낮추 시키 읽 쓰 말하 가져오 돌리 끊 걸 세우 옮기 누르 적 키우 깨우 전하 그만두 치우 풀",
    "붙이 채우 늘리 고치 남기 빌리 답하 정하 묶 담 확인하 추가하",
)
# Something, some day, somewhere, somebody: they ask nothing
_SOME = ("뭔가 ", "언젠가", "어딘가", "누군가", "무언가")
# Endings of 주다 that ask for something
_GIVEN = words("어 어요 세요 어라 라 ᆸ시오 ᆯ래 ᆯ래요 지")
# Nouns whose 하다 is no order
_NO_ORDER_NOUNS = words(
    "도착 출발 사랑 생각 부탁 감사 축하 후회 고민 긴장 걱정 이해 공감 포기 이별 연애 결혼 취업 출근 퇴근",
    "야근 방황 집착 실망 질투 짝사랑 고백 상상 인정 존경 응원 성공 실패 졸업 입학 합격 기대 의심 짐작",
)
# What is reason or ground makes what follows a statement: 답답해서 글 올려
_REASONS = words("어서 는데 ᆫ데 은데 니까 으니까 지만")
# Who speaks of himself gives no order, nor does who says something of a topic
_TELLERS = words("안 못 나 저 내 제 우리 너 은 는")


@dataclass(frozen=True)
class Clause:
    """The last predicate. `head` + joined `stem` + tense + ending + `tail` is the text.

    `act` is question, statement, request, propose, or open where the form alone does not tell.
    """

    head: str
    stem: tuple[Morpheme, ...]
    tense: tuple[Morpheme, ...]
    ending: str
    tail: str
    act: str
    wh: bool
    adjective: bool
    at: int

    @property
    def last(self) -> Morpheme:
        """The morpheme that takes the endings."""
        return self.stem[-1]

    @property
    def closed(self) -> bool:
        """True with 었 or 겠: endings take the form after a final consonant, and adjectives go like verbs."""
        return any(form in ("었", "겠") for form, _ in self.tense)

    @property
    def copula(self) -> bool:
        """True for 이다 and 아니다."""
        return self.last[1] in ("VCP", "VCN")


def plain_tag(tag: str) -> str:
    """A tag without Kiwi's mark of regular and irregular stems."""
    return tag.partition("-")[0]


@dataclass(frozen=True)
class KoreanSentence(Sentence):
    """A sentence that can join morphemes again."""

    join: Join = field(default=lambda morphemes: "".join(form for form, _ in morphemes), compare=False)

    @cached_property
    def clause(self) -> Clause | None:
        """The last predicate, None where there is none or where joining it again does not give what stands there."""
        return _clause(self)

    def free(self, start: int, stop: int) -> bool:
        """True where no protected part overlaps the span."""
        return all(stop <= first or start >= last for first, last in self.protected)


def _tail_of(tokens: list[Token]) -> int:
    last = len(tokens)
    while last and (plain_tag(tokens[last - 1].tag) in _SIDE_MARKS or tokens[last - 1].tag in ("Z_CODA", "SH")):
        last -= 1
    return last


def _clause(sentence: KoreanSentence) -> Clause | None:
    tokens, text = list(sentence.tokens), sentence.text
    last = _tail_of(tokens)
    if last < 2:
        return None
    stop = tokens[last - 1].stop
    at = last - 1
    ending = tokens[at].form
    if ending == "요" and tokens[at].tag in ("JX", "EF"):
        at -= 1
        ending = tokens[at].form + "요"
    if tokens[at].tag not in ("EF", "EC") or ending not in _ENDINGS:
        return None
    first = at
    while first and tokens[first - 1].tag == "EP":
        first -= 1
    tense = tuple((one.form, one.tag) for one in tokens[first:at])
    first -= 1
    if first < 0 or plain_tag(tokens[first].tag) not in PREDICATES:
        return None
    stem: tuple[Morpheme, ...] = ((tokens[first].form, tokens[first].tag),)
    if stem[0][1] == "VCP" and first:
        first -= 1
        stem = ((tokens[first].form, tokens[first].tag), *stem)
    start = tokens[first].start
    if not sentence.free(start, stop) or (first and tokens[first - 1].stop > start):
        return None
    known = [(tokens[i].form, tokens[i].tag) for i in range(at, last) if tokens[i].tag in ("EF", "EC", "JX")]
    said = sentence.join((*stem, *tense, *known))
    if not _says(said, text[start:stop], stem):
        return None
    asked = tokens[_main(tokens, first) : at]
    wh = any(one.form in WH and (one.start >= start or text[one.start :][:3] not in _SOME) for one in asked)
    adjective = _is_adjective(tokens, first, stem)
    act = _act(tokens, first, stem, tense, ending, text[stop:], wh)
    return Clause(text[:start], stem, tense, ending, text[stop:], act, wh, adjective, first)


def _says(joined: str, surface: str, stem: tuple[Morpheme, ...]) -> bool:
    # 이다 has more than one right form behind a vowel: 언제인가요 and 언젠가요, 예요 and the 에요 of many
    # and 말아 beside 마
    return joined == surface or (
        (stem[-1][1] == "VCP" and surface.startswith(stem[0][0])) or (stem[-1][0] == "말" and surface[0] == "말")
    )


def _main(tokens: list[Token], at: int) -> int:
    """Where the main clause begins: behind the last mark or indirect question (뭔지 알려줘 asks nothing)."""
    for i in range(at - 1, -1, -1):
        if tokens[i].tag == "SF" or (tokens[i].tag == "EC" and tokens[i].form in ("는지", "ᆫ지", "은지", "을지", "ᆯ지")):
            return i + 1
    return 0


def _is_adjective(tokens: list[Token], at: int, stem: tuple[Morpheme, ...]) -> bool:
    form, tag = stem[-1][0], plain_tag(stem[-1][1])
    if form in ("있", "없", "계시"):
        return False
    if tag == "VX" and form in ("않", "못하"):
        before = [plain_tag(one.tag) for one in tokens[max(0, at - 3) : at] if plain_tag(one.tag) in PREDICATES]
        return bool(before) and before[-1] in ("VA", "XSA")
    return tag in ("VA", "XSA", "VCP", "VCN") or (tag == "VX" and form in ("싶", "보이"))


def _act(
    tokens: list[Token],
    at: int,
    stem: tuple[Morpheme, ...],
    tense: tuple[Morpheme, ...],
    ending: str,
    tail: str,
    wh: bool,
) -> str:
    form, tag = stem[-1][0], plain_tag(stem[-1][1])
    gives = (tag == "VX" and form == "주") or (tag == "VV" and len(form) > 1 and form.endswith("주"))
    past = any(one == "었" for one, _ in tense)
    if gives and not past and ending in _GIVEN:
        return "open" if (wh and at < 1) or _tells(tokens, at) else "request"
    if "?" in tail or "？" in tail or ending in _ASKS:
        return "question"
    if ending in _TELLS:
        return "statement"
    if ending in _PROPOSES:
        return "propose"
    if wh and ending in _OPEN:
        return "question"
    if ending in _ORDERS and tag in ("VV", "XSV", "VX") and not past:
        return "open" if wh else "request"
    if form == "싶":
        return "statement"
    return "request" if _orders(tokens, at, stem[-1], tense, ending) else "open"


def _tells(tokens: list[Token], at: int) -> bool:
    """True for 남편이 안 도와줘: somebody who does or does not do it."""
    before = tokens[max(0, at - 3) : at]
    subject = [i for i, one in enumerate(tokens[:at]) if one.tag == "JKS"]
    modified = any(one.tag in ("ETM", "EC") for one in tokens[subject[-1] : at - 1]) if subject else True
    return any(one.tag == "MAG" and one.form in ("안", "못") for one in before) or not modified


def _orders(tokens: list[Token], at: int, last: Morpheme, tense: tuple[Morpheme, ...], ending: str) -> bool:
    """True for a bare 해체 or 해요체 that is an order: a verb of doing, no subject, nobody who speaks of himself."""
    form, tag = last[0], plain_tag(last[1])
    if ending not in ("어", "어요") or tense:
        return False
    if tag == "VX" and form == "말":
        return True
    if tag == "VX" and form == "보" and at > 1 and tokens[at - 1][:3:2] == ("어", "EC") and tokens[at - 2].form != "주":
        return True
    if tag not in ("VV", "XSV") or (tag == "VV" and form not in _ORDER_VERBS and form[-1] != "하"):
        return False
    if (
        form[-1] == "하"
        and (tag == "VV" or (at and tokens[at - 1].form in _NO_ORDER_NOUNS))
        and form not in _ORDER_VERBS
    ):
        return False
    before = tokens[:at]
    if any(one.tag == "EC" and one.form in _REASONS for one in before):
        return False
    return not any(one.tag in ("JKS", "ETM") or one.form in _TELLERS for one in before)


_STRAY = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]").search

KoreanRewrite = Callable[[KoreanSentence, Random], Iterator[str]]


def korean(rewrite: KoreanRewrite) -> Rewrite:
    """A rewrite for any sentence: nothing for those of another language; broken and changed values never come out."""

    @wraps(rewrite)
    def guarded(sentence: Sentence, rng: Random) -> Iterator[str]:
        if not isinstance(sentence, KoreanSentence) or not sentence.tokens:
            return
        text, guarded_parts = sentence.text, sentence.protected
        for made in rewrite(sentence, rng):
            if made == text or _STRAY(made) or not unicodedata.is_normalized("NFC", made):
                continue
            if not guarded_parts or kept(text, made):
                yield made

    return guarded
