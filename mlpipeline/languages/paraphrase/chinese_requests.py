"""Chinese requests: how politely, as an order, a question or a wish; 把 sentences; softeners (一下, 看看)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from mlpipeline.languages.paraphrase.chinese_writing import Make, Parts, Writing, operator, rows
from mlpipeline.languages.paraphrase.operators import Operator

# Verbs that an order begins with
ORDER_VERBS = tuple(verb for line, *_ in rows("zh-verbs.tsv") for verb in line.split("|"))
# Orders with the speaker in them: 帮我 in front of these would say 我 twice
_TO_ME = "告诉我|提醒我|叫醒我|叫我|给我|通知我|教我|跟我说|让我知道"
_OPENING = (
    "(?:(?:你|您)?(?:能不能|可不可以|能否|可否|可以|能)(?:请你|请您|请|麻烦你|麻烦)?|(?:请|麻烦|劳烦|拜托)(?:你|您)?|我(?:想要|想|要|需要|希望)(?:请)?(?:你|您)?"
    "|(?:你|您))?(?:请)?(?:帮我|帮忙|替我|为我)?"
)
_CLOSING = "(?:可以吗|好不好|可不可以|行吗|好吗|好吧|谢谢(?:你|您)?|吗|吧|啊|啦|呢)?"


@dataclass(frozen=True)
class Request:
    """What is asked for, without the frame: `core` begins with a verb; `to_me` when it names the speaker itself."""

    core: str
    to_me: bool


class Requests:
    """The rules of one variety."""

    def __init__(self, writing: Writing) -> None:
        self._w = writing
        self._last: tuple[Parts | None, Request | None] = (None, None)
        self._verbs = frozenset(map(writing, ORDER_VERBS))
        self._long = tuple(verb for verb in sorted(self._verbs) if len(verb) > 1)
        self._to_me = writing.pattern(_TO_ME).match
        self._opening = writing.pattern(_OPENING).match
        self._closing = re.compile(f"(.*?){writing(_CLOSING)}").fullmatch
        self._asks = writing.pattern("什么|怎么|怎样|如何|多少|几|哪|谁|吗|是不是|有没有|会不会").search
        # 请不要播放: what is not wanted has frames of its own, none here
        self._never = writing.pattern("^(?:不|别|没)|如果|的话|[,，;；]").search
        self._movable = writing.pattern(
            "^(打开|关掉|关闭|删除|删掉|取消|移除|清空|调高|调低|调暗|调亮|调大|调小|关上|开启|静音)(.+)$"
        ).match
        self._second = writing.pattern("(?<=.)[你您](?:能|可以|会)").search
        self._said_so = writing.pattern("^(?:请|麻烦|帮我|替我)").search
        self._for_me = writing.pattern("帮我|替我|为我").search
        # 请问, 请假, 请客 are other words
        self._no_order = writing.pattern("^[问假客求教我你他这那]|是").search
        # No measure after the verb (调低到七档), no second verb, no half sentence
        self._not_object = writing.pattern(
            "到|成|为|并|然后|给|在|从|[,， ]|一点|一些|这[里儿]|百分|打开|关|调|播放|设|^(?:了|得|过|一下|吧)"
            "|[吗呢吧啊]$|什么|多少|[几哪谁]"
            "|和[^的]*[打关开删]|直到|再|就|所有"
        ).search
        self._ba_end = writing.pattern(
            "^把(.{2,12}?)(打开|关掉|关闭|删除|删掉|取消|移除|清空|调高|调低|调暗|调亮|调大|调小|关上)$"
        ).match

    def of(self, parts: Parts) -> Request | None:
        """The request in a sentence; None where there is none, or where it is not surely one."""
        # a dozen operators ask the same of one sentence
        if self._last[0] is not parts:
            self._last = (parts, self._find(parts))
        return self._last[1]

    def _find(self, parts: Parts) -> Request | None:
        body = parts.body
        if self._never(body):
            return None
        opening = self._opening(body)
        stop = opening.end() if opening else 0
        closing = self._closing(body[stop:])
        core = closing.group(1) if closing else ""
        # two sentences in one: 我要打给妈妈你能查号码吗
        asked = opening is not None and self._said_so(opening.group(0)) is not None
        if (len(core) < (2 if asked else 3) and core not in self._long) or self._second(core):
            return None
        to_me = bool(self._to_me(core))
        if not to_me and not self._begins_with_verb(core, stop, parts):
            # 请小声点: said as an order, with a verb that the list does not have
            if opening is None or not asked or self._no_order(core):
                return None
            to_me = not self._for_me(opening.group(0))
        # 查看日历上有没有...吗, or a question about what was ordered: a frame would end in two question words
        if not to_me and self._asks(core):
            return None
        return Request(core, to_me)

    def _begins_with_verb(self, core: str, at: int, parts: Parts) -> bool:
        if core.startswith(self._long):
            return True
        if core[0] not in self._verbs:
            return False
        return any(start == at and word == core[0] for start, word in zip(parts.starts, parts.words, strict=True))

    def frames(self, *patterns: str, to_me: Sequence[str] | None = None, closes: bool = False) -> Make:
        """A rule that sets the core into frames ({} is its place).

        Args:
            patterns: the frames.
            to_me: those for orders with the speaker in them, where they differ.
            closes: a particle follows, which does not go with a question inside (告诉我几点).
        """
        own = [self._w(pattern) for pattern in patterns]
        other = own if to_me is None else [self._w(pattern) for pattern in to_me]

        def make(parts: Parts, rng: Random) -> Iterator[str]:
            request = self.of(parts)
            if request is None or (closes and self._asks(request.core)):
                return
            for frame in other if request.to_me else own:
                yield parts.framed(frame, request.core)

        return make

    def wish(self, parts: Parts, rng: Random) -> Iterator[str]:
        """我想 / 我要 / 我想要 in front of a verb, with and without 我."""
        body, w = parts.body, self._w
        found = w.pattern(
            "^我?(想要|想|要)(听|看|买|订|吃|喝|查|找|知道|了解|预订|预约|取消|退|换|修改|申请|咨询)"
        ).match(body)
        if not found:
            return
        rest = body[found.start(2) :]
        for wanted in ("我想", "我要", "我想要", "想", "想要"):
            if wanted != "想要" or len(rest) > 3:
                yield parts.text_with(wanted + rest)

    def thing_wish(self, parts: Parts, rng: Random) -> Iterator[str]:
        """我需要一杯咖啡 / 我想要一杯咖啡 / 我要一杯咖啡, where a counted thing follows."""
        found = self._w.pattern("^我?(?:需要|想要|要)(?=[一两几三四五][^下些点定起])").match(parts.body)
        if found:
            rest = parts.body[found.end() :]
            for wanted in ("我要", "我想要", "我需要", "给我来" if not self._w.traditional else "給我"):
                yield parts.text_with(wanted + rest)

    def ba(self, parts: Parts, rng: Random) -> Iterator[str]:
        """打开客厅的灯 / 把客厅的灯打开, both ways; 将 is the written 把."""
        request = self.of(parts)
        if request is None:
            return
        core, before = request.core, self._before(parts, request)
        if core[0] in self._w("把将"):
            other = self._w("将") if core[0] == "把" else "把"
            yield parts.text_with(before + other + core[1:] + self._after(parts, request))
            turned = self._ba_end("把" + core[1:])
            if turned and not self._not_object(turned.group(1)):
                yield parts.text_with(before + turned.group(2) + turned.group(1) + self._after(parts, request))
            return
        found = self._movable(core)
        if found and 2 <= len(found.group(2)) <= 12 and not self._not_object(found.group(2)):
            yield parts.text_with(f"{before}把{found.group(2)}{found.group(1)}{self._after(parts, request)}")

    def _before(self, parts: Parts, request: Request) -> str:
        return parts.body[: parts.body.find(request.core)]

    def _after(self, parts: Parts, request: Request) -> str:
        return parts.body[parts.body.find(request.core) + len(request.core) :]

    def softened(self, parts: Parts, rng: Random) -> Iterator[str]:
        """查 / 查一下 / 查查: the short touch of an order."""
        body, w = parts.body, self._w
        for found in w.pattern("(看|查|说|讲|听|试|找)(一下|\\1)(?![午次个周班])").finditer(body):
            verb = found.group(1)
            for softer in (f"{verb}一下", verb * 2):
                if softer != found.group(0):
                    yield parts.text_with(body[: found.start()] + softer + body[found.end() :])
            return
        found_long = w.pattern(
            "(检查|查询|搜索|搜寻|介绍|解释|说明|确认|推荐|描述|总结|计算|翻译|修改|更新|查看|联系|核对)(一下)?(?![一了过的])"
        ).search(body)
        if not found_long or found_long.end() == len(body) or self.of(parts) is None:
            return
        if found_long.start() not in parts.starts or found_long.end() not in parts.starts:
            return
        softer = found_long.group(1) + ("" if found_long.group(2) else "一下")
        yield parts.text_with(body[: found_long.start()] + softer + body[found_long.end() :])

    def pronoun(self, parts: Parts, rng: Random) -> Iterator[str]:
        """你能 / 能 / 您能, 我想 / 想: pronouns that the situation gives."""
        body, w = parts.body, self._w
        found = w.pattern("^([你您妳])?(能不能|可不可以|可以|能)(?=帮|给|告诉|把|为|播放|打开|关|设|推荐|介绍)").match(
            body
        )
        if found:
            for one in ("", "你", "您"):
                if one != (found.group(1) or ""):
                    yield parts.text_with(one + body[found.start(2) :])
        wanting = w.pattern("^我(?=(?:想|要|需要)[^要是不到])").match(body)
        if wanting and len(body) > 3:
            yield parts.text_with(body[1:])


def operators(writing: Writing) -> tuple[Operator, ...]:
    """The operators of requests in a variety."""
    rules = Requests(writing)

    def form(name: str, about: str, make: Make) -> Operator:
        return operator(writing, name, about, "form", make)

    colloquial = ("{}吧", "{}啦") if writing.tag == "zh-TW" else ("{}吧",)
    return (
        form("request_plain", "the order without any frame: 播放音乐", rules.frames("{}")),
        form(
            "request_please",
            "请, 请你: 请播放音乐",
            rules.frames("请{}", "请你{}", "请帮我{}", to_me=("请{}", "请你{}")),
        ),
        form(
            "request_trouble",
            "麻烦 in front: 麻烦你播放音乐",
            rules.frames("麻烦{}", "麻烦你{}", "麻烦帮我{}", to_me=("麻烦你{}", "麻烦{}")),
        ),
        form("request_help", "帮我 in front: 帮我播放音乐", rules.frames("帮我{}", "帮忙{}", to_me=())),
        form(
            "request_question",
            "as a question: 能播放音乐吗, 可以帮我播放音乐吗",
            rules.frames(
                "能{}吗",
                "可以{}吗",
                "你能{}吗",
                "可以帮我{}吗",
                "能帮我{}吗",
                to_me=("能{}吗", "可以{}吗", "你能{}吗", "你可以{}吗"),
            ),
        ),
        form(
            "request_a_not_a",
            "as an A-not-A question: 能不能播放音乐",
            rules.frames(
                "能不能{}", "可不可以{}", "能不能帮我{}", "可不可以帮我{}", to_me=("能不能{}", "可不可以{}", "能否{}")
            ),
        ),
        form("request_tag", "a question behind it: 播放音乐好吗", rules.frames("{}好吗", "{}可以吗", "{}好不好")),
        form("request_wish", "as a wish: 我想播放音乐", rules.frames("我想{}", "我要{}", "我想要{}", to_me=())),
        form("request_particle", "吧 (啦 in Taiwan) behind it: 播放音乐吧", rules.frames(*colloquial, closes=True)),
        form("request_thanks", "谢谢 behind it", rules.frames("{}谢谢", "请{}谢谢", closes=True)),
        form("wish_word", "我想 / 我要 / 我想要 with a verb", rules.wish),
        form("wish_thing", "我要 / 我想要 / 我需要 with a counted thing", rules.thing_wish),
        form("ba_order", "打开灯 / 把灯打开, and 把 / 将", rules.ba),
        form("verb_softened", "查 / 查一下 / 查查", rules.softened),
        form("pronoun_drop", "pronouns dropped, added, polite: 能 / 你能 / 您能", rules.pronoun),
    )
