"""How Chinese is typed: characters of one sound, slips of pinyin, zhuyin and cangjie, shortenings of chats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from mlpipeline.languages.paraphrase.chinese_writing import Make, Parts, Writing, operator, rows
from mlpipeline.languages.paraphrase.operators import Operator

# How many slips an operator gives for one sentence: one is a slip, ten are noise
_SLIPS = 2
# a word and how chats shorten it
_PARTICLES = {"zh-Hans": {"什么": "啥"}, "zh-TW": {"嗎": "ㄇ", "吧": "ㄅ", "呢": "ㄋ", "的": "ㄉ", "了": "ㄌ"}}


class Typing:
    """The rules of one variety."""

    def __init__(self, writing: Writing) -> None:
        self._w = writing
        groups = list(rows("zh-sounds.tsv"))
        column = 2 if writing.traditional else 1
        self._sounds = _confused(group[column] for group in groups)
        keys = list(rows("zh-keys.tsv"))
        self._zhuyin = _confused(pair for board, pair, _ in keys if board == "zhuyin")
        self._cangjie = _confused(pair for board, pair, _ in keys if board == "cangjie")
        self._short = _PARTICLES.get(writing.tag, {})

    def slips(self, table: str) -> Make:
        """A rule that exchanges one character for one of its table, at places that the dice choose."""
        confused: Mapping[str, str] = {"sounds": self._sounds, "zhuyin": self._zhuyin, "cangjie": self._cangjie}[table]

        def make(parts: Parts, rng: Random) -> Iterator[str]:
            body = parts.body
            places = [at for at, char in enumerate(body) if char in confused and not self._guarded(parts, at)]
            for at in sorted(rng.sample(places, min(_SLIPS, len(places)))):
                yield parts.text_with(body[:at] + rng.choice(confused[body[at]]) + body[at + 1 :])

        return make

    def _guarded(self, parts: Parts, at: int) -> bool:
        place = at + len(parts.head)
        return any(start <= place < stop for start, stop in parts.protected)

    def shortened(self, parts: Parts, rng: Random) -> Iterator[str]:
        """As in chats: 什么 as 啥; in Taiwan the first zhuyin letter of a particle, 嗎 as ㄇ."""
        body = parts.body
        for long, short in self._short.items():
            at = body.rfind(long)
            if at < 1:
                continue
            # a particle closes the sentence or stands between two words
            if long != "什么" and long != "的" and at + len(long) != len(body):
                continue
            # 为什么 is 为啥, which the lexicon has
            if body[at - 1] in "为目似標":
                continue
            yield parts.text_with(body[:at] + short + body[at + len(long) :])

    def question_mark(self, parts: Parts, rng: Random) -> Iterator[str]:
        """The closing 吗 left to the question mark: 明天会下雨吗 -> 明天会下雨?"""
        body = parts.body
        if body.endswith(self._w("吗")) and len(body) > 4:
            yield parts.head + body[:-1] + "?"

    def of_lost(self, parts: Parts, rng: Random) -> Iterator[str]:
        """我的日历 -> 我日历: 的 behind a pronoun, left out in a hurry."""
        body, w = parts.body, self._w
        found = w.pattern(
            "(?<=[我你])的(?=(?:日历|手机|订单|邮件|邮箱|歌单|电脑|会议|日程|行程|账号|快递|闹钟|包裹|航班|密码|帐户|播放))"
        ).search(body)
        if found:
            yield parts.text_with(body[: found.start()] + body[found.end() :])


def _confused(groups: Iterable[str]) -> dict[str, str]:
    """Character -> those that stand in a group with it."""
    confused: dict[str, str] = {}
    for group in groups:
        for char in group:
            confused[char] = confused.get(char, "") + "".join(one for one in group if one != char)
    return confused


def operators(writing: Writing) -> tuple[Operator, ...]:
    """The operators of typing in a variety."""
    rules = Typing(writing)

    def typed(name: str, about: str, make: Make) -> Operator:
        return operator(writing, name, about, "typing", make)

    both = (
        typed("typo_sound", "a character of the same sound: 在 for 再", rules.slips("sounds")),
        typed("question_mark_only", "a question mark for 吗", rules.question_mark),
        typed("of_lost", "的 left out behind a pronoun", rules.of_lost),
    )
    if not writing.traditional:
        return (*both, typed("chat_short", "啥 for 什么", rules.shortened))
    keys = typed("typo_cangjie", "one key of the cangjie code wrong", rules.slips("cangjie"))
    if writing.tag != "zh-TW":
        return (*both, keys)
    zhuyin = typed("typo_zhuyin", "sounds that zhuyin typists confuse", rules.slips("zhuyin"))
    return (*both, keys, zhuyin, typed("chat_short", "zhuyin letters of chats: ㄇ for 嗎", rules.shortened))
