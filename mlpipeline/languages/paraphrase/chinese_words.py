"""Chinese words: regional ones, measure words, the place of time words, 的, and what turns a sentence round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from mlpipeline.languages.paraphrase.chinese_requests import Requests
from mlpipeline.languages.paraphrase.chinese_writing import Make, Parts, Writing, operator, rows
from mlpipeline.languages.paraphrase.operators import Operator

_DAY = (
    "(?:(?:今天|明天|后天|昨天|前天|今晚|明晚|昨晚|明早|今早|[这下本上]周(?!末)[一二三四五六日天]?|[这下]?个?周末|周[一二三四五六日]"
    "|[这下上]?个?星期[一二三四五六日天]|[这下上]?个?礼拜[一二三四五六日天]|这个月|下个月|上个月|这个星期|下个星期|这个礼拜|下个礼拜|今年|明年|去年)"
    "(?:早上|上午|中午|下午|晚上|傍晚)?)"
)
_CLOCK = "(?:[早晚]上|上午|中午|下午|凌晨)?(?:[零一二三四五六七八九十两]{1,3}|\\d{1,2})点"
_CLOCK += "(?:半|整|一刻|[零一二三四五六七八九十\\d]{1,3}分)?"
_OF_A_DAY = "天气|新闻|日程|行程|会议|安排(?![一两个在和])|气温|温度|头条|日期|闹钟|航班|火车票|天气预报"
_MEASURES = "个首支条则部封场杯辆台盏本张家间段份笔件集"
# verbs after which 一 may go: 定一个闹钟 -> 定个闹钟
_GIVERS = "定设来放播听讲说买订建加找点叫发写开唱要荐有置放添建排播"


@dataclass(frozen=True)
class Lexicon:
    """Groups of words that say the same: word -> the others of its group, and one pattern that finds them all."""

    others: Mapping[str, Sequence[str]]
    find: re.Pattern[str]

    @classmethod
    def of(cls, writing: Writing) -> Lexicon:
        """The packaged lexicon of a variety."""
        others: dict[str, list[str]] = {}
        guards = list[str]()
        for words, *_ in rows(f"{writing.tag}.tsv"):
            if words.startswith("="):
                guards.append(words[1:])
                continue
            group = words.split("|")
            for word in group:
                others.setdefault(word, [one for one in group if one != word])
        longest = sorted([*others, *guards], key=lambda word: (-len(word), word))
        return cls(others, re.compile("|".join(map(re.escape, longest))))


class Words:
    """The rules of one variety."""

    def __init__(self, writing: Writing) -> None:
        self._w = writing
        self._requests = Requests(writing)
        self.lexicon = Lexicon.of(writing)
        self._measures = {
            noun: writing(second).split("|")
            for first, second in rows("zh-measures.tsv")
            for noun in writing(first).split("|")
        }
        nouns = "|".join(sorted(self._measures, key=lambda noun: (-len(noun), noun)))
        self._counted = re.compile(f"(一|[{writing('这那几两每')}])([{writing(_MEASURES)}])({nouns})").search
        opposite = {writing(action): writing(other) for action, other in rows("zh-opposites.tsv")}
        self._opposite = opposite
        self._opposed = re.compile("|".join(sorted(opposite, key=lambda word: (-len(word), word)))).search

    def regional(self, parts: Parts, rng: Random) -> Iterator[str]:
        """Each word of the lexicon exchanged for each of its group, one at a time, at word borders only."""
        borders = {*parts.starts, len(parts.body)}
        for found in self.lexicon.find.finditer(parts.body):
            others = self.lexicon.others.get(found.group(0))
            if others is None or found.start() not in borders or found.end() not in borders:
                continue
            # 一 in front of 声 or 灯 counts it: another noun may want another measure word
            for other in others:
                if not self._clashes(parts.body, found.start(), found.end(), other):
                    before, behind = parts.body[: found.start()], parts.body[found.end() :]
                    if found.group(0).isascii():
                        before, behind = before.rstrip(), behind.lstrip()
                    yield parts.text_with(before + other + behind)

    def _clashes(self, body: str, start: int, stop: int, other: str) -> bool:
        """Whether a word would stand twice, or a question word that needs the end stands inside."""
        before, behind = body[:start], body[stop:]
        # 呢 and 怎么样 close a sentence; 如何 and 怎么 also stand in front of a verb
        if other in self._w("怎么样 咋样 怎样 怎么样呢").split() and behind.rstrip("?？ "):
            return True
        if other == self._w("怎么") or (
            body[start:stop] == self._w("怎么") and other in self._w("为什么 为啥 为何").split()
        ):
            return True
        if body[start:stop] == self._w("如何") and behind.rstrip("?？ ") == "" and len(before) < 2:
            return True
        # 在附近 / 在旁边: a word that joins its neighbour into another one, or repeats it
        return bool(before.endswith(other[0]) or behind.startswith(other[-1]) or (other in before) or (other in behind))

    def measure(self, parts: Parts, rng: Random) -> Iterator[str]:
        """一个歌 -> 一首歌: another measure word that the noun takes."""
        found = self._counted(parts.body)
        if found is None:
            return
        noun = found.group(3)
        # 一个会议室, 一场新闻发布会: the noun goes on
        if self._w.pattern("^[发稿会室厅员网台片店机]").match(parts.body[found.end() :]):
            return
        if parts.starts and found.end() not in {*parts.starts, len(parts.body)}:
            return
        for one in self._measures[noun]:
            if one != found.group(2):
                yield parts.text_with(parts.body[: found.start(2)] + one + parts.body[found.end(2) :])

    def one_dropped(self, parts: Parts, rng: Random) -> Iterator[str]:
        """定一个闹钟 -> 定个闹钟 -> 定闹钟, and 一 back again."""
        body, w = parts.body, self._w
        found = w.pattern(f"(?<=[{_GIVERS}])(一?)([{_MEASURES}])(?=[^人月小别性数星礼下上周个都体案,， ])").search(body)
        if not found:
            return
        # 买张三的票, 开台灯: only where 一 stood, or before 个
        if found.group(1):
            yield parts.text_with(body[: found.start()] + body[found.start(2) :])
        elif found.group(2) == w("个"):
            yield parts.text_with(body[: found.start()] + "一" + body[found.start() :])
        if found.group(2) == w("个"):
            yield parts.text_with(body[: found.start()] + body[found.end() :])

    def time_order(self, parts: Parts, rng: Random) -> Iterator[str]:
        """我明天有会议吗 / 明天我有会议吗; 北京明天 / 明天北京; 提醒我三点 / 三点提醒我."""
        body, w = parts.body, self._w
        found = w.pattern(f"^我({_DAY})(?![的和到一二三四五六七八九十]|要我)(.+)$").match(body)
        if found:
            yield parts.text_with(found.group(1) + "我" + found.group(2))
        found = w.pattern(f"^({_DAY})我(?![的们和])(.+)$").match(body)
        if found:
            yield parts.text_with("我" + found.group(1) + found.group(2))
        found = w.pattern(
            f"^((?:请)?(?:提醒我|叫我|通知我))(?:在|于)?({_DAY}?{_CLOCK})(?![前后以之左的到])(.{{2,}})$"
        ).match(body)
        if found:
            yield parts.text_with(found.group(2) + found.group(1) + found.group(3))
        found = w.pattern(f"^({_DAY}?{_CLOCK})((?:请)?(?:提醒我|叫我|通知我))(?!起)(.{{2,}})$").match(body)
        if found:
            yield parts.text_with(found.group(2) + found.group(1) + found.group(3))
        yield from self._place_order(parts)

    def _place_order(self, parts: Parts) -> Iterator[str]:
        if not parts.words or len(parts.words) < 3:
            return
        body, w = parts.body, self._w
        day = w.pattern(f"^{_DAY}").match(body)
        goes_on = w.pattern("^(?:[到去飞至和的往回省市县區区]|火车|高铁|机|队|台|银行|时间)").match
        if day and not body.startswith("的", day.end()) and day.end() in parts.starts:
            at = parts.starts.index(day.end())
            place = parts.words[at]
            rest = body[day.end() + len(place) :]
            if parts.tags[at] == "ns" and len(place) > 1 and rest and not goes_on(rest):
                yield parts.text_with(place + day.group(0) + rest)
        if parts.tags[0] == "ns" and len(parts.words[0]) > 1:
            after = w.pattern(f"^{_DAY}").match(body[len(parts.words[0]) :])
            rest = body[len(parts.words[0]) + after.end() :] if after else ""
            if after and rest and not goes_on(rest):
                yield parts.text_with(after.group(0) + parts.words[0] + rest)

    def of_drop(self, parts: Parts, rng: Random) -> Iterator[str]:
        """今天的天气 / 今天天气: 的 between a day or a place and its noun."""
        body, w = parts.body, self._w
        found = w.pattern(f"(?<!每)({_DAY})(的?)(?=(?:{_OF_A_DAY})(?![的员室预网]))").search(body)
        if found is None and parts.tags and parts.tags[0] == "ns":
            place = parts.words[0]
            found = re.match(f"({re.escape(place)})({'的?'})(?={w('天气|气温|温度')})", body)
        if found:
            of = "" if found.group(2) else "的"
            yield parts.text_with(body[: found.end(1)] + of + body[found.end(2) :])

    def negation(self, parts: Parts, rng: Random) -> Iterator[str]:
        """不要, 别 in front of an order; 不 and 没 in a statement; taken away where they stand."""
        body, w = parts.body, self._w
        request = self._requests.of(parts)
        asks = w.pattern("什么|怎|哪|谁|几|多少|如何").search
        if request is not None and not asks(request.core):
            for never in ("不要", "别" if not w.traditional else "別", "请不要"):
                yield parts.text_with(w(never) + request.core)
            return
        lifted = w.pattern("^(?:请)?(?:你|您)?(?:不要再?|别再?|不用)(?=.{2})").match(body)
        if lifted:
            yield parts.text_with(body[lifted.end() :])
            return
        if asks(body) or w.pattern("[吗呢?？,，]|不|没").search(body):
            return
        found = w.pattern(
            "^((?:我|他|她|这|那|今天|明天|它|我们)[^想喜需会能是有要]{0,4})(想要|想|喜欢|需要|会|能|是|有|要)(?=.)"
        ).match(body)
        if found:
            no = w("没") if found.group(2) == "有" else "不"
            yield parts.text_with(found.group(1) + no + body[found.start(2) :])

    def opposite(self, parts: Parts, rng: Random) -> Iterator[str]:
        """打开 for 关掉, 调高 for 调低: the first word that has an opposite."""
        found = self._opposed(parts.body)
        if found:
            yield parts.text_with(
                parts.body[: found.start()] + self._opposite[found.group(0)] + parts.body[found.end() :]
            )


def operators(writing: Writing) -> tuple[Operator, ...]:
    """The operators of words and word order in a variety."""
    rules = Words(writing)

    def one(name: str, about: str, kind: str, make: Make, opposite: bool = False) -> Operator:
        return operator(writing, name, about, kind, make, opposite)

    return (
        one("regional_word", "another word of the variety's lexicon", "words", rules.regional),
        one("measure_word", "another measure word that the noun takes", "form", rules.measure),
        one("measure_one", "定一个闹钟 / 定个闹钟 / 定闹钟", "form", rules.one_dropped),
        one("time_order", "time words in another place: 我明天 / 明天我", "form", rules.time_order),
        one("of_drop", "的 between a day or a place and its noun", "form", rules.of_drop),
        one("negation", "不要, 不, 没, or taken away: the opposite", "form", rules.negation, True),
        one("opposite_word", "the opposite action: 打开 for 关掉", "words", rules.opposite, True),
    )
