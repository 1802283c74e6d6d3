"""Korean particles dropped, added and exchanged, and the question word that the grammar has room for."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.korean_clause import NOUNS, KoreanSentence, plain_tag
from mlpipeline.languages.paraphrase.korean_endings import asking, with_ending
from mlpipeline.languages.paraphrase.korean_words import words
from mlpipeline.languages.paraphrase.operators import Token

_SHAPES = {
    "은": ("JX", "은", "는"),
    "는": ("JX", "은", "는"),
    "이": ("JKS", "이", "가"),
    "가": ("JKS", "이", "가"),
    "을": ("JKO", "을", "를"),
    "를": ("JKO", "을", "를"),
}
# 누가, 내가, 네가, 제가: the pronoun changes its form with the particle
_BOUND = frozenset(("누", "내", "네", "제", "누구"))
_TIMES = words(
    "혼자 서로 오늘 내일 어제 모레 지금 이번 다음 요즘 현재 오전 오후 매일 매주 주말 평일 아침 점심 저녁 밤",
    "새벽 올해 작년 내년 하루 때 후 전 동안 중 안 밖 뒤 앞",
)
_SUBJECT_VERBS = words(
    "있 없 되 안되 오 걸리 좋 크 작 많 적 비싸 싸 늦 빠르 나오 나 맞 열리 들리 보이 필요하 아프", "맵 춥 덥 높 낮"
)
_OBJECT_VERBS = words(
    "먹 마시 보 사 듣 읽 쓰 찾 받 보내 켜 끄 틀 알리 들려주 보여주 만들 바꾸 지우 열 닫 잡 맞추",
    "추가하 넣 빼 올리 내리 고르 배우 부르 주 팔 알아보 찾아보 멈추 줄이 높이 낮추 시키 입",
)
# 도착하다 and its like have no object
_NO_OBJECT = words(
    "도착 출발 성공 가능 필요 접속 로그인 가입 참석 참여 입장 여행 존재 말 생각 말씀 시작 사용",
    "이용 일 운동 외출 대답 연락 전화 통화",
)


def has_final(word: str) -> bool:
    """True for a word that ends in a consonant; only sure for Hangul."""
    code = ord(word[-1]) - 0xAC00
    return 0 <= code < 11172 and code % 28 > 0


def _hangul(word: str) -> bool:
    return bool(word) and 0xAC00 <= ord(word[-1]) <= 0xD7A3


def _particles(sentence: KoreanSentence) -> Iterator[tuple[int, Token]]:
    """Particles that stand behind a noun as syllables of their own, behind the last clause that modifies something."""
    tokens, text = sentence.tokens, sentence.text
    for at in range(1, len(tokens)):
        one, noun = tokens[at], tokens[at - 1]
        if one.form not in _SHAPES or one.tag != _SHAPES[one.form][0] or text[one.start : one.stop] != one.form:
            continue
        if plain_tag(noun.tag) not in NOUNS or noun.stop != one.start or noun.form in _BOUND:
            continue
        if sentence.free(noun.start, one.stop) and text[one.stop : one.stop + 1] in ("", " "):
            yield at, one


def drop(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """점심을 먹었어 -> 점심 먹었어; each particle alone, then all."""
    found = [one for _, one in _particles(sentence)]
    text = sentence.text
    for one in found if len(found) < 4 else rng.sample(found, 3):
        yield text[: one.start] + text[one.stop :]
    if len(found) > 1:
        for one in reversed(found):
            text = text[: one.start] + text[one.stop :]
        yield text


def _in_main_clause(sentence: KoreanSentence, at: int) -> bool:
    clause = sentence.clause
    return clause is not None and not any(one.tag in ("ETM", "EC", "ETN") for one in sentence.tokens[at : clause.at])


def exchange(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """배송이 언제 와 -> 배송은 언제 와; 이/가 and 을/를 은/는; 은/는 become 이/가; main clause only."""
    clause = sentence.clause
    if clause is None or clause.act not in ("question", "statement"):
        return
    text = sentence.text
    forms = [one.form for one in sentence.tokens]
    for at, one in _particles(sentence):
        if not _in_main_clause(sentence, at) or sentence.tokens[at - 1].form in ("뭐", "무엇", "어디", "언제"):
            continue
        final = has_final(sentence.tokens[at - 1].form)
        if one.tag == "JX":
            # a topic in front of another subject or of an object stays one
            if any(other in ("이", "가") for other in forms[at + 1 :]) or any(
                other.tag == "JKO" for other in sentence.tokens[at:]
            ):
                continue
            new = "이" if final else "가"
        else:
            if "은" in forms or "는" in forms or clause.last[1] == "VCN":
                continue
            new = "은" if final else "는"
        if new not in ("은", "는") or not _asked_for(sentence, sentence.tokens[at - 1]):
            yield text[: one.start] + new + text[one.stop :]


def _asked_for(sentence: KoreanSentence, noun: Token) -> bool:
    """True for a noun behind 무슨, 어떤 or 몇: what is asked for is no topic."""
    before = [one for one in sentence.tokens if one.stop <= noun.start]
    return any(one.form in ("무슨", "어떤", "어느", "몇") for one in before[-2:])


def _bare_noun(sentence: KoreanSentence) -> tuple[Token, str, bool] | None:
    """The noun without a particle right before the predicate, the verb's form, and whether the verb is noun + 하다."""
    clause = sentence.clause
    if clause is None:
        return None
    tokens, at = sentence.tokens, clause.at
    if clause.last == ("주", "VX") and at >= 2 and tokens[at - 1].tag == "EC":
        at -= 2
    verb, light = tokens[at].form, False
    if plain_tag(tokens[at].tag) == "XSV" and verb == "하" and at >= 1:
        at, light = at - 1, True
        verb = tokens[at].form
    at -= 1
    while at > 0 and (
        tokens[at].form in ("좀", "안", "못", "다", "언제", "어디", "왜", "몇") and tokens[at].tag in ("MAG", "NP")
    ):
        at -= 1
    if at < 0 or tokens[at].tag not in ("NNG", "NNP") or not sentence.free(tokens[at].start, tokens[at].stop):
        return None
    noun, text = tokens[at], sentence.text
    if not _hangul(noun.form) or text[noun.start : noun.stop] != noun.form or text[noun.stop : noun.stop + 1] != " ":
        return None
    return noun, verb, light


def add(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """점심 먹었니 -> 점심은 먹었니, 점심을 먹었니; 비 오니 -> 비가 오니."""
    found, clause = _bare_noun(sentence), sentence.clause
    if found is None or clause is None:
        return
    noun, verb, light = found
    final = has_final(noun.form)
    takes_object = verb in _OBJECT_VERBS if not light else verb not in _NO_OBJECT
    takes_subject = not light and verb in _SUBJECT_VERBS and not takes_object
    meal = noun.form in ("점심", "저녁", "아침")
    new = list[str]()
    if takes_object and (noun.form not in _TIMES or meal):
        new.append("을" if final else "를")
    if takes_subject and noun.form not in _TIMES:
        new.append("이" if final else "가")
    asks = clause.act in ("question", "statement")
    if asks and (takes_object or takes_subject) and not _asked_for(sentence, noun):
        new.insert(0, "은" if final else "는")
    for particle in new:
        yield sentence.text[: noun.stop] + particle + sentence.text[noun.stop :]


# Verbs that ask for 뭐 in front, with what may stand before: a time, a meal, the kind of thing
_WHAT_VERBS = words("먹 마시 보 사 듣 읽 시키 만들 배우 입 주문 추천 고르")
_WHAT_NOUNS = words(
    "점심 저녁 아침 밥 간식 야식 식사 오늘 내일 어제 주말 요즘 영화 음악 노래 책 드라마 옷 음료",
    "커피 술 선물 요리 음식 반찬 디저트 게임 운동 과목",
)


def question_word(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """점심 먹었니? -> 점심 뭐 먹었니?, 점심 뭐 먹었어?: the object that is not said is asked for."""
    clause = sentence.clause
    if clause is None or clause.wh or clause.act != "question" or clause.at < 1:
        return
    form, tag = clause.last
    if form not in _WHAT_VERBS or plain_tag(tag) != "VV":
        return
    tokens, at = sentence.tokens, clause.at - 1
    before, stop = tokens[at], tokens[at].stop
    if before.tag in ("JKO", "JX") and at and before.form in _SHAPES:
        before = tokens[at - 1]
        stop = before.stop
    if before.form not in _WHAT_NOUNS or not sentence.free(before.start, stop):
        return
    head = sentence.text[:stop] + " 뭐 "
    yield with_ending(sentence, clause, *_as_it_is(sentence), head=head)
    for ending in ("어", "어요"):
        if ending != clause.ending:
            yield with_ending(sentence, clause, (ending, "EF"), mark=asking(clause.tail), head=head)


def _as_it_is(sentence: KoreanSentence) -> tuple[tuple[str, str], ...]:
    clause = sentence.clause
    if clause is None:
        return ()
    return tuple((one.form, one.tag) for one in sentence.tokens[clause.at + 1 :] if one.tag in ("EF", "EC"))[-1:]


_PLACES = (
    ("어디에서", "어디서"),
    ("어디에 ", "어디 "),
    ("무엇을", "뭘"),
    ("무엇을", "뭐"),
    ("뭐를", "뭘"),
    ("뭘", "뭐"),
    ("뭐 ", "뭘 "),
)


def question_word_form(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """무엇을 <-> 뭘 <-> 뭐, 어디에서 -> 어디서."""
    text = sentence.text
    whats = [
        one for one in sentence.tokens if one.form in ("뭐", "무엇", "어디") and sentence.free(one.start, one.stop)
    ]
    for one in whats[:1]:
        # 뭘까 is no object
        if any(other.start >= one.start and other.tag == "VCP" for other in sentence.tokens):
            continue
        for old, new in _PLACES:
            if text.startswith(old, one.start):
                if old == "뭐 " and not _object_follows(sentence, one):
                    continue
                yield text[: one.start] + new + text[one.start + len(old) :]


def _object_follows(sentence: KoreanSentence, one: Token) -> bool:
    return any(
        other.start == one.stop + 1 and other.form in _OBJECT_VERBS | {"하"} and other.tag == "VV"
        for other in sentence.tokens
    )
