"""Korean sentence endings: the same question, statement or request at another speech level, or asked another way."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.korean_clause import Clause, KoreanRewrite, KoreanSentence, Morpheme, plain_tag
from mlpipeline.languages.paraphrase.korean_words import words

# Endings by what the stem is: an open stem, one with 었 or 겠, an adjective, the copula. Finals that stand alone are
# Kiwi's own jamo; -니 is joined as EC (as EF it gives 먹으니)
_FORMAL = {"question": ("ᆸ니까", "습니까"), "statement": ("ᆸ니다", "습니다")}
# 해체 with the 해요체 that only adds 요
_YO = {
    "지": "죠",
    "지요": "지",
    "죠": "지",
    "야": "에요",
    "예요": "야",
    "에요": "야",
    "네": "네요",
    "나": "나요",
    "ᆫ가": "ᆫ가요",
    "은가": "은가요",
    "는가": "는가요",
    "ᆯ까": "ᆯ까요",
    "을까": "을까요",
    "ᆯ래": "ᆯ래요",
    "을래": "을래요",
    "ᆯ게": "ᆯ게요",
    "을게": "을게요",
    "는데": "는데요",
    "ᆫ데": "ᆫ데요",
    "은데": "은데요",
    "어": "어요",
}
_YO |= {polite: plain for plain, polite in _YO.items() if polite not in _YO}


def finals(clause: Clause) -> bool:
    """True where the stem ends in a consonant that asks for 습니다 and 은."""
    if clause.closed:
        return True
    last = clause.tense[-1][0] if clause.tense else clause.last[0]
    code = ord(last[-1]) - 0xAC00
    return 0 <= code < 11172 and code % 28 not in (0, 8)


def with_ending(
    sentence: KoreanSentence, clause: Clause, *ending: Morpheme, mark: str | None = None, head: str | None = None
) -> str:
    """The text with another ending."""
    joined = sentence.join((*clause.stem, *clause.tense, *ending))
    return (clause.head if head is None else head) + joined + (clause.tail if mark is None else mark)


def asking(tail: str) -> str:
    """The marks behind a question: ? for a full stop, what there is otherwise (who types no mark stays so)."""
    return tail.replace(".", "?") if "?" not in tail and "..." not in tail else tail


def telling(tail: str) -> str:
    """The marks behind what is no question any more."""
    return tail.replace("?", "").replace("？", "")


def background(clause: Clause) -> str:
    """는데 for verbs, ᆫ데 for adjectives and the copula."""
    return "ᆫ데" if clause.adjective and not clause.closed else "는데"


def whether(clause: Clause) -> str:
    """는지 for verbs, ᆫ지 for adjectives and the copula."""
    return "ᆫ지" if clause.adjective and not clause.closed else "는지"


def copula_polite(clause: Clause) -> str:
    """예요 after a vowel, 에요 after a consonant (이 + 에요) and after 아니."""
    noun = clause.stem[0][0]
    return "에요" if clause.last[1] == "VCN" or (ord(noun[-1]) - 0xAC00) % 28 else "예요"


def _level(plain: str, polite: str, formal: bool = False) -> KoreanRewrite:
    """A rewrite to one speech level of statements and questions."""

    def rewrite(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
        clause = sentence.clause
        if (
            clause is None
            or clause.act not in ("question", "statement")
            or clause.ending in ("ᆯ까", "을까", "ᆯ까요", "을까요")
        ):
            return
        ending = plain
        if clause.copula and not clause.closed:
            ending = polite if polite == "야" else copula_polite(clause)
        if formal:
            ending = _FORMAL[clause.act][finals(clause) and not clause.copula]
        if ending != clause.ending and not (ending == "야" and clause.stem[0][0] == "무엇"):
            yield with_ending(sentence, clause, (ending, "EF"))

    return rewrite


plain = _level("어", "야")
polite = _level("어요", "에요")
formal = _level("", "", formal=True)


def toggle_yo(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """와 -> 와요 and back, whatever the sentence does: only 요 comes or goes."""
    clause = sentence.clause
    if clause is None or clause.act == "request" or clause.ending not in _YO:
        return
    other = copula_polite(clause) if clause.ending == "야" else _YO[clause.ending]
    if clause.last == ("말", "VX") or (clause.closed and other in ("야", "에요")):
        return
    yield with_ending(sentence, clause, (other, "EF"))


def _question(verb: str, adjective: str, tag: str = "EF") -> KoreanRewrite:
    def rewrite(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
        clause = sentence.clause
        if clause is None or clause.act != "question" or "ᆯ까" in clause.ending or "을까" in clause.ending:
            return
        ending = adjective if clause.adjective and not clause.closed else verb
        # 뭔가 and 언젠가 are words of their own: something, some day
        if ending == "ᆫ가" and clause.last[1] == "VCP" and (ord(clause.stem[0][0][-1]) - 0xAC00) % 28 == 0:
            return
        if ending != clause.ending:
            yield with_ending(sentence, clause, (ending, tag), mark=asking(clause.tail))

    return rewrite


question_ni = _question("니", "니", "EC")
question_nya = _question("냐", "냐")
question_na = _question("나", "ᆫ가")
question_nayo = _question("나요", "ᆫ가요")


def question_ji(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """언제 와? -> 언제 오지?, 언제 오죠?; only with a question word, since alone it asks to agree."""
    clause = sentence.clause
    if clause is None or clause.act != "question" or not clause.wh or clause.ending in ("ᆯ까", "을까", "ᆯ까요", "을까요"):
        return
    for ending in ("지", "죠"):
        if ending != clause.ending:
            yield with_ending(sentence, clause, (ending, "EF"), mark=asking(clause.tail))


_WONDERS = ("알려줘", "알려주세요", "궁금해요", "궁금합니다", "알고 싶어요", "궁금해")


def question_indirect(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """언제 와? -> 언제 오는지 알려주세요, 언제 오는지 궁금해요."""
    clause = sentence.clause
    if clause is None or clause.act != "question" or "ᆯ까" in clause.ending or "을까" in clause.ending:
        return
    if clause.last[0] in ("알", "어떻") and not clause.wh:
        return
    tail = telling(clause.tail)
    asked = with_ending(sentence, clause, (whether(clause), "EC"), mark="")
    if clause.ending in ("는지", "ᆫ지", "은지"):
        asked = sentence.text[: len(sentence.text) - len(clause.tail)] if clause.tail else sentence.text
    for wonders in rng.sample(_WONDERS, 2):
        yield f"{asked} {wonders}{tail}"


# Wishes and what is wrong: the reason for writing. 하루였는데 leaves the reader waiting
_BACKGROUND = words("싶 있 없 되 안되 않 못하 모르 필요하 오")


def statement_background(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """환불하고 싶어요 -> 환불하고 싶은데요, 환불하고 싶은데."""
    clause = sentence.clause
    if clause is None or clause.act != "statement" or "데" in clause.ending or clause.last[0] not in _BACKGROUND:
        return
    for ending in (background(clause), background(clause) + "요"):
        yield with_ending(sentence, clause, (ending, "EF"))


def clipped(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """언제 와요 -> 언제 옴: the noun form that is typed in chats and notes."""
    clause = sentence.clause
    if (
        clause is None
        or clause.act not in ("question", "statement")
        or "ᆯ까" in clause.ending
        or "을까" in clause.ending
    ):
        return
    if clause.last[0] == "싶" or (clause.copula and not clause.closed) or any(one == "시" for one, _ in clause.tense):
        return
    # a stem in ᄅ would give 걺, which nobody types
    if not clause.closed and ord(clause.last[0][-1]) % 28 == (0xAC00 + 8) % 28:
        return
    yield with_ending(sentence, clause, ("음" if finals(clause) else "ᆷ", "ETN"))


_PROPOSALS = (("자", "EF"),), (("ᆸ시다", "EF"),), (("시", "EP"), ("죠", "EF")), (("ᆯ까", "EF"),), (("어요", "EF"),)


def proposal(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """가자 -> 갑시다, 가시죠, 갈까?, 가요."""
    clause = sentence.clause
    if clause is None or clause.act != "propose" or plain_tag(clause.last[1]) not in ("VV", "XSV"):
        return
    for ending in _PROPOSALS:
        yield with_ending(sentence, clause, *ending, mark=asking(clause.tail) if ending[-1][0] == "ᆯ까" else None)
