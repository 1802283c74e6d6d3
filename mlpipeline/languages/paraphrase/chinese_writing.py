"""How a Chinese variety writes the small words of the rules, and the parts of a sentence that the rules move.

Rules are written once, in simplified characters; `Writing` spells them for the variety. The table holds only characters
of those rules, each in the meaning it has there (里 is inside, never a mile): it is no converter for texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random
from unicodedata import is_normalized

from mlpipeline.languages.paraphrase.operators import Operator, Sentence
from mlpipeline.languages.paraphrase.protected import is_whole, kept

_PAIRS = """
资資 讯訊 测測 规規 划劃 编編 辑輯 万萬 两兩 义義 体體 余餘 内內 册冊 况況 区區 卖賣 县縣 咨諮 够夠 妈媽 帐帳 态態 拥擁
档檔 状狀 积積 简簡 紧緊 绑綁 联聯 脑腦 萨薩 谈談 递遞 门門 阅閱 队隊 随隨 额額
请請 问問 吗嗎 么麼 帮幫 给給 烦煩 样樣 说說 时時 点點 还還 没沒 来來 个個 几幾 谁誰 为為 将將
从從 让讓 过過 话話
谢謝 劳勞 现現 开開 关關 闭閉 设設 删刪 显顯 创創 检檢 讲講 听聽 调調 发發 写寫 订訂 预預 买買 锁鎖 启啟 动動 暂暫
继繼 续續 诉訴 记記 录錄 储儲 转轉 换換 变變 确確 认認 应應 该該 欢歡 会會 对對 这這 里裡 钱錢 块塊 价價 后後 礼禮
号號 间間 钟鐘 闹鬧 邮郵 网網 电電 视視 频頻 乐樂 闻聞 条條 则則 张張 盏盞 场場 辆輛 书書 饭飯 馆館 厅廳 机機 议議
历曆 单單 项項 灯燈 温溫 气氣 头頭 热熱 周週 经經 办辦 错錯 处處 边邊 东東 传傳 图圖 试試 运運 费費 货貨 扫掃 断斷
连連 绍紹 荐薦 释釋 计計 译譯 见見 们們 于於 与與 并並 当當 无無 爱愛 讨討 厌厭 结結 级級 远遠 长長 岁歲 离離 总總
览覽 寻尋 约約 静靜 读讀 减減 标標 复複 进進 拨撥 贵貴 码碼 账帳 户戶 优優 线線 车車 师師 员員 验驗 证證 赞讚 别別
题題 组組 织織 浏瀏 节節 务務 营營 业業 询詢 轻輕 声聲 权權 阴陰 湿濕 适適 报報 导導 终終 汇匯 数數 据據 笔筆 双雙
顿頓 飞飛 课課 评評 论論 冲衝 宁寧 愿願 虑慮 烧燒 剧劇 戏戲 儿兒 绝絕 马馬 载載 选選 择擇 细細 纪紀 补補 谱譜 药藥
医醫 铁鐵 银銀 购購 忆憶
"""
_SIMPLIFIED = "".join(pair[0] for pair in _PAIRS.split())
_TRADITIONAL = "".join(pair[1] for pair in _PAIRS.split())
_to_traditional = str.maketrans(_SIMPLIFIED, _TRADITIONAL)
# what both scripts write (里 and 周 as names or units, 后 as a queen) says nothing about the variety of a text
_BOTH = "万余里周后几么与于冲征复历帮启群裡週"
_only_simplified = re.compile(f"[{''.join(c for c in _SIMPLIFIED if c not in _BOTH)}]").search
_only_traditional = re.compile(f"[{''.join(c for c in _TRADITIONAL if c not in _BOTH)}]").search

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_han = re.compile(f"[{HAN}]").search
# longer ones are stories, not questions: a frame around them sounds like a form
LONGEST = 60
_WAKE = re.compile(r"((?:(?:嘿|嗨|喂|你好|您好|hey|hi|ok|hello)[ ,，]*)?(?:[A-Za-z]+[ ,，]+(?![上的裡里是和跟有]))?)")
_NO_STOPS, _NO_QUESTIONS = str.maketrans("", "", ".。"), str.maketrans("", "", "?？")
_TAIL = re.compile(r"[\s?？!！.。~～,，]*$")


@dataclass(frozen=True)
class Writing:
    """A variety by its tag: zh-Hans, zh-Hant or zh-TW."""

    tag: str

    @property
    def traditional(self) -> bool:
        """Whether it writes traditional characters."""
        return self.tag != "zh-Hans"

    def __call__(self, simplified: str) -> str:
        """A rule's words as this variety writes them."""
        return simplified.translate(_to_traditional) if self.traditional else simplified

    def pattern(self, simplified: str) -> re.Pattern[str]:
        """A rule's pattern for this variety."""
        return _compiled(self, simplified)

    def foreign(self, text: str) -> bool:
        """Whether a text has characters that only the other script writes."""
        return bool((_only_simplified if self.traditional else _only_traditional)(text))


def rows(name: str) -> Iterator[list[str]]:
    """The columns of each line of a packaged lexicon, without its comments."""
    text = (files("mlpipeline.languages.paraphrase") / "lexicon" / name).read_text("utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            yield [column.strip() for column in line.split("\t")]


@lru_cache(maxsize=512)
def _compiled(writing: Writing, simplified: str) -> re.Pattern[str]:
    return re.compile(writing(simplified))


def variety_of(text: str) -> str | None:
    """zh-Hans or zh-Hant by the characters that only one of them writes; None where there are none, or both."""
    simplified, traditional = bool(_only_simplified(text)), bool(_only_traditional(text))
    if simplified == traditional:
        return None
    return "zh-Hans" if simplified else "zh-Hant"


@dataclass(frozen=True)
class Parts:
    """A sentence cut for the rules: wake word (`olly `), body, closing signs; `words` and `tags` of the body."""

    text: str
    head: str
    body: str
    tail: str
    words: Sequence[str]
    tags: Sequence[str]
    starts: Sequence[int]
    protected: Sequence[tuple[int, int]]

    def text_with(self, body: str) -> str:
        """The sentence with another body."""
        return self.head + body + self.tail

    def framed(self, frame: str, body: str) -> str:
        """The sentence with another body in a frame ({} is its place), without a sign that the frame takes no more."""
        tail = self.tail
        if tail and frame != "{}":
            asks = frame[-1] in "吗嗎" or frame.startswith(("能", "可"))
            tail = tail.translate(_NO_STOPS if asks else _NO_QUESTIONS)
        return self.head + frame.replace("{}", body) + tail


@dataclass(frozen=True)
class ChineseSentence(Sentence):
    """A sentence that keeps its parts, which every operator asks for."""

    parts: Parts | None = None


def parts_of(sentence: Sentence) -> Parts | None:
    """The parts of an analysed sentence; None where there is nothing to say another way."""
    if isinstance(sentence, ChineseSentence):
        return sentence.parts
    return cut(sentence)


def cut(sentence: Sentence) -> Parts | None:
    """Cuts a sentence; None for a text without Chinese characters or a very long one."""
    text = sentence.text
    if len(text) > LONGEST or not _han(text):
        return None
    head = _WAKE.match(text)
    start = head.end() if head else 0
    end = _TAIL.search(text, start)
    stop = end.start() if end else len(text)
    if text[stop - 1 : stop].isascii() and text[stop : stop + 1] == ".":
        stop = len(text)  # an abbreviation's dot (f. m.) closes no sentence
    inside = [token for token in sentence.tokens if token.start >= start and token.stop <= stop]
    return Parts(
        text,
        text[:start],
        text[start:stop],
        text[stop:],
        [token.form for token in inside],
        [token.tag for token in inside],
        [token.start - start for token in inside],
        sentence.protected,
    )


Make = Callable[[Parts, Random], Iterator[str]]


def operator(writing: Writing, name: str, about: str, kind: str, make: Make, opposite: bool = False) -> Operator:
    """An operator from a rule over parts: leaves texts of the other script alone and refuses what breaks a text."""

    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        parts = parts_of(sentence)
        if parts is None or not parts.body or writing.foreign(sentence.text):
            return
        original = sentence.text
        seen = {original}
        for made in make(parts, rng):
            if made in seen:
                continue
            seen.add(made)
            if _sound(original, made, bool(sentence.protected)):
                yield made

    return Operator(name, about, kind, rewrite, opposite)


def _sound(original: str, made: str, guarded: bool) -> bool:
    if guarded and not kept(original, made):
        return False
    return _plain(made) or (is_normalized("NFC", made) and is_whole(made))


@lru_cache(maxsize=1)
def _plain_match() -> Callable[[str], object]:
    return re.compile(f"[{HAN}A-Za-z0-9 ,.?!'\"，。？！、ㄅ-ㄩ]+").fullmatch


def _plain(text: str) -> bool:
    """Only characters that stand alone: nothing could be torn apart."""
    return _plain_match()(text) is not None
