"""Chinese topics: what is wanted as a bare noun (明天的天气), and the verbs that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.chinese_requests import ORDER_VERBS
from mlpipeline.languages.paraphrase.chinese_writing import Make, Parts, Writing, operator
from mlpipeline.languages.paraphrase.operators import Operator

# Nouns that one asks to be told; with others (音乐, 灯) the verb says what is wanted
_TOLD = (
    "天气|天气预报|新闻|头条|消息|价格|股价|汇率|日程|行程|时间|地址|食谱|余额|进度|状态|运费|路况|交通|定义|号码|气温|温度|日期|状况|情况|信息|营业时间"
    "|电话|航班|订单|快递|积分|物流|热点|资讯|清单|意思|待办事项"
)
_TELLING = "(?:请|麻烦(?:你)?)?(?:你|您)?(?:告诉我|(?:我)?想知道|(?:帮我)?(?:查一下|查查|查询|看一下|看看|查看|查))"


class Topics:
    """The rules of one variety."""

    def __init__(self, writing: Writing) -> None:
        self._telling = writing.pattern(f"^{_TELLING}(?=.)").match
        self._told = writing.pattern(f"(?:{_TOLD})$").search
        # a sentence, not a noun: it has a verb of its own, asks, or says no
        self._said = writing.pattern(
            "[吗呢吧啊了么嘛,，]|什么|怎|哪|谁|几|多少|如何|是|有|在|把|将|不|没|想|要|请|给|让|能|可以|会(?!议)|来|去|说|用|于|设|更新|删|取消|添加|提醒"
            "|^[我你您](?!的)"
        ).search
        # 清空日程 asks for something to be done, not to be told
        self._orders = tuple(writing(verb) for verb in ORDER_VERBS if len(verb) > 1)
        self._w = writing

    def topic(self, parts: Parts) -> str | None:
        """The noun that is asked for, with or without a verb in front; None where it is not surely one."""
        body = parts.body
        found = self._telling(body)
        rest = body[found.end() :] if found else body
        if len(rest) < 3 or not self._told(rest) or self._said(rest) or rest.startswith(self._orders):
            return None
        at = found.end() if found else 0
        first = next((tag for start, tag in zip(parts.starts, parts.tags, strict=True) if start == at), "x")
        return None if first == "v" and "的" not in rest else rest

    def framed(self, *frames: str) -> Make:
        """A rule that sets the noun into frames."""
        own = [self._w(frame) for frame in frames]

        def make(parts: Parts, rng: Random) -> Iterator[str]:
            topic = self.topic(parts)
            if topic is not None:
                for frame in own:
                    yield parts.framed(frame, topic)

        return make

    def weather(self, parts: Parts, rng: Random) -> Iterator[str]:
        """明天天气 / 明天天气怎么样: the one noun whose question everybody knows."""
        topic = self.topic(parts)
        if topic is not None and topic.endswith(self._w("天气")):
            for asked in ("怎么样", "如何"):
                yield parts.text_with(topic + self._w(asked))


def operators(writing: Writing) -> tuple[Operator, ...]:
    """The operators of topics in a variety."""
    rules = Topics(writing)

    def form(name: str, about: str, make: Make) -> Operator:
        return operator(writing, name, about, "form", make)

    return (
        form("topic_bare", "the noun alone: 查一下明天的天气 -> 明天的天气", rules.framed("{}")),
        form(
            "topic_asked",
            "a verb that asks for it: 查一下明天的天气",
            rules.framed("查一下{}", "帮我查一下{}", "帮我查查{}", "帮我看看{}", "我想查一下{}"),
        ),
        form(
            "topic_told",
            "告诉我, 我想知道 in front",
            rules.framed("告诉我{}", "请告诉我{}", "我想知道{}", "能告诉我{}吗"),
        ),
        form("topic_question", "明天天气 -> 明天天气怎么样", rules.weather),
    )
