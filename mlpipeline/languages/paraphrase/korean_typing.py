"""How Korean is typed: spaces lost and put wrong, keys beside the right one, Shift forgotten, common misspellings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from mlpipeline.languages.paraphrase.korean_clause import WH, KoreanSentence, plain_tag

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"

# The Dubeolsik layout of KS X 5002: each row of keys, so that neighbours stand beside each other
_ROWS = ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ")
_SHIFTED = {"ㄲ": "ㄱ", "ㄸ": "ㄷ", "ㅃ": "ㅂ", "ㅆ": "ㅅ", "ㅉ": "ㅈ", "ㅒ": "ㅐ", "ㅖ": "ㅔ"}


def _neighbours() -> dict[str, str]:
    beside = dict[str, str]()
    for y, row in enumerate(_ROWS):
        for x, key in enumerate(row):
            near = [row[i] for i in (x - 1, x + 1) if 0 <= i < len(row)]
            near += [
                _ROWS[j][i]
                for j, i in ((y - 1, x), (y - 1, x + 1), (y + 1, x), (y + 1, x - 1))
                if 0 <= j < 3 and 0 <= i < len(_ROWS[j])
            ]
            beside[key] = "".join(near)
    return beside


NEIGHBOURS = _neighbours()
"""Jamo -> the keys that touch its key."""


def apart(syllable: str) -> tuple[int, int, int]:
    """Initial, vowel and final of a syllable, as numbers in the order of Unicode."""
    code = ord(syllable) - 0xAC00
    return code // 588, code // 28 % 21, code % 28


def syllable_of(initial: int, vowel: int, final: int) -> str:
    """The syllable of initial, vowel and final."""
    return chr(0xAC00 + initial * 588 + vowel * 28 + final)


_weekday = re.compile("[월화수목금토일]요일").finditer


def _places(sentence: KoreanSentence) -> list[int]:
    """Syllables that may be touched: no number, weekday or question word (언제 is near 어제)."""
    kept = {i for one in sentence.tokens if one.tag == "NR" or one.form in WH for i in range(one.start, one.stop)}
    kept |= {i for day in _weekday(sentence.text) for i in range(*day.span())}
    return [
        i for i, one in enumerate(sentence.text) if "가" <= one <= "힣" and i not in kept and sentence.free(i, i + 1)
    ]


def keyboard(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """One key beside the right one: 점심 -> 점싲, 환불 -> 환굴; the syllable stays one."""
    places, text = _places(sentence), sentence.text
    if len(places) < 4:
        return
    for _ in range(4):
        at = rng.choice(places)
        initial, vowel, final = apart(text[at])
        which = rng.randrange(3 if final else 2)
        jamo = (_INITIALS[initial], _VOWELS[vowel], _FINALS[final])[which]
        table = (_INITIALS, _VOWELS, _FINALS)[which]
        keys = [key for key in NEIGHBOURS.get(_SHIFTED.get(jamo, jamo), "") if key in table]
        if not keys:
            continue
        new = [initial, vowel, final]
        new[which] = table.index(rng.choice(keys))
        yield text[:at] + syllable_of(*new) + text[at + 1 :]
        return


def slip(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """A final typed too late or lost inside a word, the last vowel twice: 먹었어 -> 머것어, 점심은 -> 점시은, 와ㅏ."""
    places, text = _places(sentence), sentence.text
    if len(places) < 4:
        return
    linked = [i for i in places if text[i + 1 : i + 2] and _links(text[i], text[i + 1])]
    # never the first of a word: 언제 would become 어제
    finals = [i for i in places if i - 1 in places and _FINALS[apart(text[i])[2]] in "ㄴㅇㅁㄹㄱㅂ"]
    if linked:
        at = rng.choice(linked)
        initial, vowel, final = apart(text[at])
        _, next_vowel, next_final = apart(text[at + 1])
        moved = syllable_of(initial, vowel, 0) + syllable_of(_INITIALS.index(_FINALS[final]), next_vowel, next_final)
        yield text[:at] + moved + text[at + 2 :]
    twice = _VOWELS[apart(text[places[-1]])[1]]
    if places[-1] == len(text) - 1 and twice in "ㅏㅐㅑㅓㅔㅕㅗㅛㅜㅠㅣ" and not apart(text[-1])[2]:
        yield text + twice
    if finals:
        at = rng.choice(finals)
        initial, middle, _ = apart(text[at])
        yield text[:at] + syllable_of(initial, middle, 0) + text[at + 1 :]


def _links(one: str, following: str) -> bool:
    if not "가" <= following <= "힣":
        return False
    final, initial = _FINALS[apart(one)[2]], _INITIALS[apart(following)[0]]
    return final in "ㄱㄴㄷㄹㅁㅂㅅㅈㅊㅋㅌㅍㅆ" and initial == "ㅇ"


def shift(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """Shift forgotten in finals, as very many type: 있어 -> 잇어, 했어 -> 햇어."""
    text = sentence.text
    made = list(text)
    for i in _places(sentence):
        initial, vowel, final = apart(text[i])
        if _FINALS[final] == "ㅆ":
            made[i] = syllable_of(initial, vowel, _FINALS.index("ㅅ"))
    yield "".join(made)


# What people mix up most, by everyday use: 되/돼, 안/않, 게/께, 데/대, 며칠/몇일, 어떻게/어떡해
_MISSPELT = tuple(
    (re.compile(old), new)
    for old, new in (
        ("돼요", "되요"),
        ("돼(?=[?!. ]|$)", "되"),
        ("됐", "됬"),
        ("되(?=나요|는|면|니|냐|지)", "돼"),
        ("않", "안"),
        ("게요(?=[?!. ]|$)", "께요"),
        ("거야", "꺼야"),
        ("거예요", "꺼에요"),
        ("예요", "에요"),
        ("이에요", "이예요"),
        ("며칠", "몇일"),
        ("어떻게", "어떡해"),
        ("얘기", "예기"),
        ("왜", "외"),
        ("찾아", "차자"),
        ("웬", "왠"),
        ("오랜만", "오랫만"),
        ("금세", "금새"),
        ("설레", "설래"),
        ("바꿔", "바껴"),
        ("메시지", "메세지"),
        ("콘텐츠", "컨텐츠"),
        ("레스토랑", "래스토랑"),
        ("결제", "결재"),
        ("네가", "니가"),
        ("바라", "바래"),
        ("데요(?=[?!. ]|$)", "대요"),
        ("렇게", "러케"),
        ("같아", "같애"),
        ("케이크", "케익"),
        ("주스", "쥬스"),
        ("액세서리", "악세사리"),
        ("카페", "까페"),
        ("서비스", "써비스"),
        ("괜찮", "괜찬"),
        ("많", "만"),
        ("싫", "실"),
    )
)


def misspelling(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """되요 for 돼요, 어떡해 for 어떻게, 메세지 for 메시지: one of the mistakes that many make."""
    text = sentence.text
    found = [
        (place, new) for pattern, new in _MISSPELT for place in pattern.finditer(text) if sentence.free(*place.span())
    ]
    for place, new in rng.sample(found, min(2, len(found))):
        yield text[: place.start()] + new + text[place.end() :]


def _open_spaces(sentence: KoreanSentence) -> list[int]:
    text = sentence.text
    return [
        i
        for i in range(1, len(text) - 1)
        if text[i] == " "
        and "가" <= text[i - 1] <= "힣"
        and "가" <= text[i + 1] <= "힣"
        and sentence.free(i - 1, i + 2)
    ]


def spacing_joined(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """One space lost, and all of them in a short text: 점심 뭐 먹었어 -> 점심뭐먹었어."""
    spaces, text = _open_spaces(sentence), sentence.text
    if not spaces:
        return
    at = rng.choice(spaces)
    yield text[:at] + text[at + 1 :]
    if len(spaces) > 1 and len(text) <= 20:
        lost = frozenset(spaces)
        yield "".join(one for i, one in enumerate(text) if i not in lost)


def _seams(sentence: KoreanSentence) -> Iterator[int]:
    """Where a space is often put wrong: before 하다 and 주다, between two nouns, before a particle of two syllables."""
    tokens, text = sentence.tokens, sentence.text
    for before, one in pairwise(tokens):
        if before.stop != one.start or not text[one.start : one.stop] or not sentence.free(before.start, one.stop):
            continue
        kinds = plain_tag(before.tag), plain_tag(one.tag)
        nouns = kinds == ("NNG", "NNG") and min(len(before.form), len(one.form)) > 1
        if (
            nouns
            or kinds in (("NNG", "XSV"), ("EC", "VX"), ("ETM", "NNB"))
            or (kinds == ("NNG", "JKB") and len(one.form) > 1)
        ):
            yield one.start


def spacing_split(sentence: KoreanSentence, rng: Random) -> Iterator[str]:
    """A space where none belongs: 취소해 줘 -> 취소 해 줘, 꺼줘 -> 꺼 줘."""
    seams = list(_seams(sentence))
    if seams:
        at = rng.choice(seams)
        yield f"{sentence.text[:at]} {sentence.text[at:]}"
