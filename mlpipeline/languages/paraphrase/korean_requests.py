"""Korean requests: 켜, 켜줘, 켜 주세요, 켜 줄래?, 켜 주실 수 있나요? and the short ones without a verb."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.korean_clause import (
    NOUNS,
    Clause,
    KoreanRewrite,
    KoreanSentence,
    Morpheme,
    plain_tag,
)
from mlpipeline.languages.paraphrase.korean_endings import asking, telling
from mlpipeline.languages.paraphrase.korean_words import words

_Endings = tuple[tuple[Morpheme, ...], ...]
_HON: Morpheme = ("시", "EP")
_CAN: tuple[Morpheme, ...] = (("ᆯ", "ETM"), ("수", "NNB"))

_PLAIN: _Endings = ((("어", "EF"),), (("어라", "EF"),))
_POLITE: _Endings = ((("어요", "EF"),), (("세요", "EF"),))
_FORMAL: _Endings = ((_HON, ("ᆸ시오", "EF")), (_HON, ("기", "ETN"), ("바라", "VV"), ("ᆸ니다", "EF")))
_ASKED: _Endings = (
    (("ᆯ래", "EF"),),
    (("ᆯ래요", "EF"),),
    (_HON, ("ᆯ래요", "EF")),
    (_HON, ("겠", "EP"), ("어요", "EF")),
)
_ABILITY: _Endings = (
    (*_CAN, ("있", "VA"), ("어", "EF")),
    (*_CAN, ("있", "VA"), ("니", "EC")),
    (*_CAN, ("있", "VA"), ("나요", "EF")),
    (_HON, *_CAN, ("있", "VA"), ("나요", "EF")),
    (_HON, *_CAN, ("있", "VA"), ("을까요", "EF")),
)
_WISH: _Endings = (
    (("었", "EP"), ("으면", "EC"), ("좋", "VA"), ("겠", "EP"), ("어", "EF")),
    (("었", "EP"), ("으면", "EC"), ("좋", "VA"), ("겠", "EP"), ("어요", "EF")),
    (("면", "EC"), ("좋", "VA"), ("겠", "EP"), ("어요", "EF")),
)


def gives(clause: Clause) -> bool:
    """True where the request already says 주다 (꺼 줘, 들려 줘)."""
    form, tag = clause.last
    return form.endswith("주") and plain_tag(tag) in ("VV", "VX")


def _bases(sentence: KoreanSentence, clause: Clause) -> Iterator[tuple[str, tuple[Morpheme, ...], str]]:
    """What endings are joined to: head, stem, and the tail; a bare order takes 줘 behind it first, apart or not."""
    tail = clause.tail
    if clause.last == ("말", "VX") or gives(clause):
        yield clause.head, clause.stem, tail
        return
    done = clause.head + sentence.join((*clause.stem, ("어", "EC")))
    yield done, (("주", "VX"),), tail
    yield done + " ", (("주", "VX"),), tail


def _request(endings: _Endings, how_many: int, asks: bool = False) -> KoreanRewrite:
    def rewrite(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
        clause = sentence.clause
        if clause is None or clause.act != "request" or any(one != "시" for one, _ in clause.tense):
            return
        if clause.last == ("말", "VX") and (asks or endings is _WISH):
            return
        bases = list(_bases(sentence, clause))
        for ending in rng.sample(endings, min(how_many, len(endings))):
            head, stem, tail = rng.choice(bases)
            yield head + sentence.join((*stem, *ending)) + (asking(tail) if asks else telling(tail))

    return rewrite


plain = _request(_PLAIN, 2)
polite = _request(_POLITE, 2)
formal = _request(_FORMAL, 1)
as_question = _request(_ASKED, 2, asks=True)
ability = _request(_ABILITY, 2, asks=True)
wish = _request(_WISH, 1)


def bare(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """불 꺼줘 -> 불 꺼, 불 끄세요: the verb of doing alone."""
    clause = sentence.clause
    if clause is None or clause.act != "request" or clause.last != ("주", "VX") or clause.at < 2:
        return
    verb, link = sentence.tokens[clause.at - 2], sentence.tokens[clause.at - 1]
    if (
        (link.form, link.tag) != ("어", "EC")
        or plain_tag(verb.tag) not in ("VV", "XSV")
        or verb.form in ("알리", "보이", "돕")
    ):
        return
    if clause.at > 2 and sentence.tokens[clause.at - 3].stop > verb.start:
        return
    head = sentence.text[: verb.start]
    for ending in (("어", "EF"), ("세요", "EF")):
        yield head + sentence.join(((verb.form, verb.tag), ending)) + telling(clause.tail)


def request_drop(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """환불 방법 알려줘 -> 환불 방법: the noun alone, as many type it."""
    clause = sentence.clause
    if clause is None or clause.act != "request" or not gives(clause):
        return
    tokens, at = sentence.tokens, clause.at
    first = at - 2 if clause.last == ("주", "VX") else at
    if first < 1 or tokens[first].form not in ("알리", "알려주"):
        return
    before = first - 1
    while before > 0 and (tokens[before].form == "좀" or tokens[before].tag in ("JKO",)):
        before -= 1
    if plain_tag(tokens[before].tag) in NOUNS and before and sentence.free(tokens[before].start, tokens[before].stop):
        yield sentence.text[: tokens[before].stop]


# Nouns that people send alone and mean: tell me
_ASKED_FOR = words(
    "방법 날씨 시간 주소 번호 가격 위치 일정 현황 상태 조건 절차 기간 비용 요금 금액 뉴스 환율",
    "주가 연락처 전화번호 결과 목록 리스트 영업시간 정보 레시피",
)
_TELL_ME = ("알려줘", "알려주세요", "좀 알려줘", "좀 알려주세요", "알려줄래", "알려주실 수 있나요")


def fragment_request(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """환불 방법 -> 환불 방법 알려주세요."""
    if not sentence.tokens or sentence.clause is not None:
        return
    last = sentence.tokens[-1]
    if last.tag == "NNG" and last.form in _ASKED_FOR and last.stop == len(sentence.text) > len(last.form):
        for tells in rng.sample(_TELL_ME, 3):
            yield f"{sentence.text} {tells}"


# Nouns that say what is to be done
_DONE = words(
    "재생 변경 설정 삭제 취소 예약 주문 추가 전환 변환 검색 확인 신청 등록 조회 환불 교환 해지",
    "해제 정지 중지 종료 연결 전송 저장 공유 발급 결제 수정 추천 알림 안내 번역 계산 예매 반품",
)
_DO = ("해줘", "해주세요", "해 주세요", "좀 해줘", "부탁해요", "부탁드려요", "해줄래")


def action_request(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """알람 설정 -> 알람 설정해줘, 알람 설정 부탁해요."""
    if not sentence.tokens or sentence.clause is not None:
        return
    last = sentence.tokens[-1]
    if (
        last.tag == "NNG"
        and last.form in _DONE
        and last.form != "알림"
        and last.stop == len(sentence.text) > len(last.form)
    ):
        for does in rng.sample(_DO, 3):
            yield f"{sentence.text}{'' if does.startswith('해') else ' '}{does}"


def action_drop(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """알람 설정해줘 -> 알람 설정; 주문 취소하고 싶어요 -> 주문 취소."""
    clause, tokens = sentence.clause, sentence.tokens
    if clause is None or clause.act not in ("request", "statement"):
        return
    at = clause.at - 2 if clause.last in (("주", "VX"), ("싶", "VX")) else clause.at
    if at < 2 or tokens[at].form != "하" or tokens[at].tag != "XSV" or tokens[at - 1].form not in _DONE:
        return
    if tokens[at - 1].stop == tokens[at].start and sentence.free(tokens[at - 1].start, tokens[at].stop):
        yield sentence.text[: tokens[at].start]


def please(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """불 꺼줘 -> 불 좀 꺼줘, and without 좀 where it stands."""
    clause = sentence.clause
    tokens, text = sentence.tokens, sentence.text
    for one in tokens:
        if one.form == "좀" and text[one.start : one.stop] == "좀" and text[one.stop : one.stop + 1] == " ":
            yield text[: one.start] + text[one.stop + 1 :]
            return
    if clause is None or clause.act != "request" or clause.last == ("말", "VX"):
        return
    at = clause.at - 2 if clause.last == ("주", "VX") and clause.at >= 2 else clause.at
    if at > 0 and plain_tag(tokens[at].tag) == "XSV":
        at -= 1
    start = tokens[at].start
    if at < 1 or text[start - 1 : start] != " " or plain_tag(tokens[at].tag) not in ("VV", "NNG"):
        return
    if tokens[at - 1].tag in ("NNG", "JKO", "NNP", "XSN") and sentence.free(start, start):
        yield f"{text[:start]}좀 {text[start:]}"
