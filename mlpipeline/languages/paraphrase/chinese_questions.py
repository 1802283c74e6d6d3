"""Chinese questions: closing particles, A-not-A, question words, polite openings, where the question word stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.chinese_requests import Requests
from mlpipeline.languages.paraphrase.chinese_writing import Make, Parts, Writing, operator
from mlpipeline.languages.paraphrase.operators import Operator

_WORD = "什么|怎么|怎样|如何|多少|哪|谁|为何|何时|啥|几[点号个时天月张次首条件]|多[长久远大高]|星期几|周几|礼拜几"
_EITHER = "会不会|能不能|可不可以|有没有|是不是|要不要|需不需要|好不好|对不对|行不行|喜不喜欢|知不知道|应不应该|想不想"
_EITHER += "|支不支持|接不接受|提不提供|方不方便|收不收费|包不包邮|愿不愿意"
# What asks in front of a question: the question behind it stands for itself
_ASKING = (
    "(?:请问(?:一下)?|(?:我)?想(?:要)?知道|(?:我)?想问(?:一下)?|(?:请|麻烦你?|你?能|你?可以|能不能)?(?:告诉我|跟我说)"
    "|你知道|知道|(?:请|麻烦)?(?:帮我)?(?:查一下|查查|看一下|看看|查))"
)
_PARTICLE = "[吗呢啊呀吧嘛]"
# verb -> its A-not-A form; longer ones first, so that 可以 is not taken for 以
_A_NOT_A = {
    "可以": "可不可以",
    "需要": "需不需要",
    "应该": "应不应该",
    "喜欢": "喜不喜欢",
    "知道": "知不知道",
    "支持": "支不支持",
    "接受": "接不接受",
    "提供": "提不提供",
    "方便": "方不方便",
    "收费": "收不收费",
    "包邮": "包不包邮",
    "愿意": "愿不愿意",
    "会": "会不会",
    "能": "能不能",
    "要": "要不要",
    "有": "有没有",
    "是": "是不是",
}
# 都有, 还有, 只能: an adverb in front allows no A-not-A; 会 and 要 inside of words are other words (会议, 重要)
_NO_ADVERB = "(?<![都也还只就很没不才又再总一社开机聚晚约正将主重没拥所具持只但可于还凡若真到功性智才技万])"
_NO_WORD_BEHIND = (
    "(?!(?<=会)[议员场计面谈长话])(?!(?<=能)[够力耗源量否])(?!(?<=要)[求点紧闻不])"
    "(?!(?<=有)[时关趣限声名没所的])(?!(?<=是)[否不])"
)


class Questions:
    """The rules of one variety."""

    def __init__(self, writing: Writing) -> None:
        self._w = writing
        self._last: tuple[Parts | None, str | None] = (None, None)
        self._requests = Requests(writing)
        self._word = writing.pattern(_WORD).search
        self._either = writing.pattern(_EITHER).search
        self._asking = writing.pattern(f"^{_ASKING}").match
        self._particle = writing.pattern(f"{_PARTICLE}$").search
        self._yes_no = writing.pattern("(?<![什怎多甚这那])[吗么]$").search
        self._no_turn = writing.pattern("如果|的话|不|没|别|[,， ]|都|还|也|已经|真的|什么时候|怎|谁|哪|多少|几").search
        self._verb = writing.pattern(f"{_NO_ADVERB}({'|'.join(_A_NOT_A)}){_NO_WORD_BEHIND}").search
        self._back = {writing(either): writing(verb) for verb, either in _A_NOT_A.items()}
        self._forth = {writing(verb): writing(either) for verb, either in _A_NOT_A.items()}
        self._to_speaker = writing.pattern("^(?:请|麻烦|告诉|跟我说|提醒|我想知道|想知道|我想问|看|查|检查|确认)").match

    def bare(self, parts: Parts) -> str | None:
        """The question without what asks for it and without particle; None when there is no question word in it.

        今天会下雨吗 has none either: it is asked by its particle alone.
        """
        if self._last[0] is not parts:
            self._last = (parts, self._find(parts))
        return self._last[1]

    def _find(self, parts: Parts) -> str | None:
        body = parts.body
        found = self._asking(body)
        rest = body[found.end() :] if found else body
        if self._particle(rest):
            rest = rest[:-1]
        if len(rest) < 4 or not (self._word(rest) or self._either(rest)):
            return None
        # what follows is an order after all: 播放谁的歌; or a story: two sentences
        if not found and self._requests.of(parts) is not None:
            return None
        if self._w.pattern(
            "[,，]|^(?:把|将|播放|我想要?|我要|请(?!假)|帮我|给我|提醒|不管|无论|没什么|[你您]?能|[你您]?可以)|随便|什么的|都|任何"
            # two sentences in one: 吃披萨怎样你能帮我订吗
            "|(?<=.)[你您](?:能|可以)|给[她他]"
        ).search(rest):
            return None
        return rest

    def framed(self, *frames: str, about_you: bool = True) -> Make:
        """A rule that sets a question into frames; `about_you` says whether they fit 你喜欢什么 too."""
        own = [self._w(frame) for frame in frames]

        def make(parts: Parts, rng: Random) -> Iterator[str]:
            question = self.bare(parts)
            if question is not None and (about_you or not ("你" in question or "您" in question)):
                for frame in own:
                    yield parts.framed(frame, question)

        return make

    def opened(self, parts: Parts, rng: Random) -> Iterator[str]:
        """请问 in front of any question, with 吗 or without; taken away where it stands."""
        body, w = parts.body, self._w
        found = w.pattern("^请问(?:一下)?[,，]? ?").match(body)
        if found:
            if len(body) - found.end() >= 3:
                yield parts.text_with(body[found.end() :])
            return
        question = self.bare(parts)
        if question is not None:
            yield parts.text_with(w("请问") + question)
        elif (
            self._yes_no(body)
            and not self._to_speaker(body)
            and not w.pattern("了[你您我]|[,，]|听说|(?<=..)[你您](?:能|可以)").search(body)
        ):
            yield parts.text_with(w("请问") + body)

    def particle(self, parts: Parts, rng: Random) -> Iterator[str]:
        """呢 and 啊 behind a question word, exchanged, taken away: 天气怎么样 / 怎么样呢 / 怎么样啊."""
        body, w = parts.body, self._w
        if not self.bare(parts) or self._to_speaker(body) or self._asking(body):
            return
        now = body[-1] if self._particle(body) else ""
        stem = body[:-1] if now else body
        if self._either(stem) and now == w("吗"):
            return
        for one in ("", "呢", "啊", "呀" if not w.traditional else ""):
            if one != now and not (one and stem[-1] in "了呢啊"):
                yield parts.text_with(stem + one)

    def a_not_a(self, parts: Parts, rng: Random) -> Iterator[str]:
        """会下雨吗 -> 会不会下雨: the first verb that can, in a sentence of one clause."""
        body = parts.body
        if not self._yes_no(body) or self._no_turn(body):
            return
        stem = body[:-1]
        if stem in (self._w("好"), self._w("对"), self._w("行")) or len(stem) < 3:
            return
        tail = re.match(self._w("(.{2,})(好|对|行|可以)$"), stem)
        if tail:
            turned = {"可以": "可不可以"}.get(tail.group(2), f"{tail.group(2)}不{tail.group(2)}")
            yield parts.text_with(tail.group(1) + self._w(turned))
            return
        found = self._verb(stem)
        # a verb in front of 的 belongs to a noun: 我有的会议
        if found and found.end() < len(stem) and stem[found.end()] != "的":
            yield parts.text_with(stem[: found.start()] + self._forth[found.group(1)] + stem[found.end() :])

    def a_not_a_asked(self, parts: Parts, rng: Random) -> Iterator[str]:
        """会下雨吗 -> 我想知道会不会下雨, 帮我查一下会不会下雨."""
        if self._to_speaker(parts.body) or self._w.pattern("[你您妳]|能|可以|好吗$|行吗$|对吗$|想|要").search(
            parts.body
        ):
            return
        for turned in self.a_not_a(parts, rng):
            question = turned[len(parts.head) : len(turned) - len(parts.tail)]
            for frame in ("我想知道{}", "请问{}", "帮我查一下{}", "帮我看看{}", "你知道{}吗"):
                yield parts.framed(self._w(frame), question)

    def a_not_a_back(self, parts: Parts, rng: Random) -> Iterator[str]:
        """会不会下雨 -> 会下雨吗, where nobody asks for the answer to a question in front of it."""
        body, w = parts.body, self._w
        found = self._either(body)
        if not found or found.group(0) not in self._back or self._to_speaker(body) or "," in body:
            return
        # 查一下有没有..., 想知道会不会: the question is the object of a verb; 什么 asks already
        if w.pattern("知道|看|查|问|告诉|说|确认|检查|如果|怎么|为什么|哪|谁|几|多少").search(body):
            return
        stem = body[:-1] if self._particle(body) else body
        if found.end() < len(stem):
            yield parts.text_with(stem[: found.start()] + self._back[found.group(0)] + stem[found.end() :] + w("吗"))

    def perfect(self, parts: Parts, rng: Random) -> Iterator[str]:
        """到了吗 / 到了没 / 到了没有."""
        body, w = parts.body, self._w
        found = w.pattern("(.{2,}了)(吗|没有|没)$").fullmatch(body)
        if found and not w.pattern("不|没|什么|怎|哪|谁|几|多少|太|是").search(found.group(1)):
            for closing in ("吗", "没", "没有"):
                if w(closing) != found.group(2):
                    yield parts.text_with(found.group(1) + w(closing))

    def maybe(self, parts: Parts, rng: Random) -> Iterator[str]:
        """吗 as people type it: 么 on the mainland, 嘛 everywhere."""
        body, w = parts.body, self._w
        if self._yes_no(body) and body[-1] == w("吗"):
            yield parts.text_with(body[:-1] + "嘛")
            if not w.traditional:
                yield parts.text_with(body[:-1] + "么")

    def order_of_question(self, parts: Parts, rng: Random) -> Iterator[str]:
        """什么是X / X是什么, 谁是X / X是谁, 在哪里 / 在哪, 几点 / 几点了, 怎么 first and last."""
        body, w = parts.body, self._w
        stem = body[:-1] if self._particle(body) else body
        found = w.pattern("(什么|谁|哪里)是([^是的,， ]{1,8})$").fullmatch(stem)
        if found:
            yield parts.text_with(found.group(2) + "是" + found.group(1))
        found = w.pattern("([^是,， 我你您这那]{1,8})是(什么|谁)$").fullmatch(stem)
        if found and not w.pattern("意思|日期|时间|名字|号码|天气|的|新闻|内容").search(found.group(1)):
            yield parts.text_with(found.group(2) + "是" + found.group(1))
        if w.pattern("(?:现在|那边|当地)几点$").search(stem):
            yield parts.text_with(stem + "了")
        if w.pattern("现在几点了$").search(stem):
            yield parts.text_with(stem[:-1])
        found = w.pattern(
            "^(?:怎么|如何|怎样)((?:修改|设置|设定|取消|退|申请|绑定|注册|登录|开通|关闭|更改|查询|使用|打开|办理|更新|删除|下载|开|买|订)(?!得).{2,12})$"
        ).match(stem)
        if found and not w.pattern("[怎哪谁几]|什么|多少|,").search(found.group(1)):
            yield parts.text_with(found.group(1) + w("怎么操作" if not w.traditional else "要怎么弄"))


def operators(writing: Writing) -> tuple[Operator, ...]:
    """The operators of questions in a variety."""
    rules = Questions(writing)

    def form(name: str, about: str, make: Make, kind: str = "form") -> Operator:
        return operator(writing, name, about, kind, make)

    return (
        form("question_opening", "请问 in front of a question, or taken away", rules.opened),
        form("question_bare", "the question alone: 告诉我现在几点 -> 现在几点", rules.framed("{}")),
        form(
            "question_wish",
            "我想知道, 想问一下 in front",
            rules.framed("我想知道{}", "想知道{}", "想问一下{}", "我想问{}"),
        ),
        form(
            "question_tell",
            "告诉我 in front",
            rules.framed("告诉我{}", "请告诉我{}", "能告诉我{}吗", "可以告诉我{}吗", "跟我说{}"),
        ),
        form("question_know", "你知道...吗 around it", rules.framed("你知道{}吗", "知道{}吗")),
        form(
            "question_check",
            "查一下, 看看 in front",
            rules.framed("查一下{}", "帮我查一下{}", "帮我看看{}", "帮我看一下{}", about_you=False),
        ),
        form("question_particle", "呢, 啊 (呀) behind a question word, or none", rules.particle),
        form("a_not_a", "会下雨吗 -> 会不会下雨", rules.a_not_a),
        form("a_not_a_asked", "会下雨吗 -> 我想知道会不会下雨", rules.a_not_a_asked),
        form("a_not_a_back", "会不会下雨 -> 会下雨吗", rules.a_not_a_back),
        form("perfect_question", "到了吗 / 到了没 / 到了没有", rules.perfect),
        form("question_ma_typed", "吗 typed as 嘛 or 么", rules.maybe, "typing"),
        form("question_order", "什么是X / X是什么, 怎么VO / VO怎么操作", rules.order_of_question, "words"),
    )
