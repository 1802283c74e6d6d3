"""Which column of a table is the text and which the label, by what they hold: for hints, never for reading. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mlpipeline.store.corpus.rows import name_key

_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?").fullmatch
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*|[0-9]{1,2}:[0-9]{2}.*", re.DOTALL).fullmatch
_SPLITS = frozenset({"train", "training", "test", "testing", "dev", "valid", "validation", "val", "eval", "holdout"})
_FLAGS = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f", "o", "x"})
_SENTENCE = re.compile(r"[?？!！。…]\s*$|[.]$")


def _words(text: str) -> frozenset[str]:
    return frozenset(word.replace("_", " ") for word in text.split())


# What people call these columns, in the languages of the house. Names only tip the scales: the content decides first.
_TEXT_NAMES = _words(
    """text utterance question query sentence message phrase input prompt example user q 질문 문장 발화 문의 질의 내용
    원문 質問 問題 问题 問句 问句 発話 文 文章 テキスト 句子 內容 内容 文本 câu câu_hỏi nội_dung ข้อความ คำถาม"""
)
_LABEL_NAMES = _words(
    """intent label category class tag topic target type 의도 분류 카테고리 라벨 레이블 인텐트 유형 意図 ラベル
    分類 カテゴリ 意图 意圖 类别 類別 标签 標籤 分类 nhãn loại ý_định phân_loại เจตนา หมวดหมู่ ป้าย"""
)
_OTHER_NAMES = _words(
    """answer response reply id no index name date time url 답변 응답 대답 번호 이름 날짜 비고 回答 答案 返答 応答 番号
    备注 備考 编号 trả_lời câu_trả_lời คำตอบ"""
)


@dataclass(frozen=True)
class Proposal:
    """Indices of the columns that seem to hold the text, the label and the split; None where no column does."""

    text: int | None = None
    intent: int | None = None
    split: int | None = None


@dataclass
class _Column:
    """What a column holds: filled cells, how many are distinct, their mean width and what they all are."""

    filled: list[str]
    name: str
    distinct: int = field(init=False)
    width: float = field(init=False)
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        folded = {cell.casefold() for cell in self.filled}
        self.distinct = len(folded)
        self.width = sum(map(_width, self.filled)) / max(len(self.filled), 1)
        self.kind = _kind_of(self.filled, folded)

    @property
    def repeated(self) -> float:
        """Share of the cells that repeat another one."""
        return 1 - self.distinct / max(len(self.filled), 1)


def propose(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Proposal:
    """Columns by content: a text is long and distinct, a label short and repeated; of equals the name decides.

    Args:
        header: names of the columns.
        rows: cells of the first rows; a few hundred say enough.
    """
    columns = [_column(rows, at, name) for at, name in enumerate(header)]
    splits = [at for at, column in enumerate(columns) if column.kind == "split"]
    texts = {at: _text_score(column) for at, column in enumerate(columns) if column.filled and not column.kind}
    text = max(texts, key=lambda at: texts[at]) if texts else None
    labels = {
        at: _label_score(column)
        for at, column in enumerate(columns)
        if at != text and column.filled and column.kind in ("", "number")
    }
    intent = max(labels, key=lambda at: labels[at]) if labels else None
    if intent is not None and text is not None and not _plausible(columns[intent], columns[text], labels[intent]):
        intent = None
    return Proposal(text, intent, splits[0] if splits else None)


def why_data(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str | None:
    """Why a first line is data and no header; None where it may be one."""
    for at, cell in enumerate(name.strip() for name in header):
        below = [row[at].strip() for row in rows if at < len(row)]
        if not cell or not below:
            continue
        if cell in below and not _known(cell):
            return f"{cell[:40]!r} stands in its column again below"
        kind = _kind_of([cell], {cell.casefold()})
        if kind and kind == _kind_of(below, {value.casefold() for value in below if value}):
            return f"{cell[:40]!r} is a {kind}, as all below it"
    text = propose(header, rows).text
    if text is not None and _SENTENCE.search(header[text].strip()) and not any(map(_known, header)):
        return f"{header[text].strip()[:40]!r} is a sentence"
    return None


def _known(name: str) -> bool:
    key = name_key(name)
    return key in _TEXT_NAMES or key in _LABEL_NAMES or key in _OTHER_NAMES


def _column(rows: Sequence[Sequence[str]], at: int, name: str) -> _Column:
    return _Column([row[at].strip() for row in rows if at < len(row) and row[at].strip()], name_key(name))


def _kind_of(filled: Sequence[str], folded: set[str]) -> str:
    """What all cells are: number, date, split or flag; empty for words."""
    if not filled:
        return ""
    if folded <= _SPLITS:
        return "split"
    if folded <= _FLAGS:
        return "flag"
    if all(map(_NUMBER, filled)):
        return "number"
    return "date" if all(map(_DATE, filled)) else ""


def _width(text: str) -> float:
    """Characters, where one of a script without an alphabet counts as two: it says about as much."""
    return len(text) + sum("\u1100" <= char <= "\uffdc" for char in text)


def _text_score(column: _Column) -> float:
    score = column.width * (1.2 - column.repeated)
    if column.name in _TEXT_NAMES:
        return 3 * score
    return score / 4 if column.name in _LABEL_NAMES or column.name in _OTHER_NAMES else score


def _label_score(column: _Column) -> float:
    score = (0.2 + column.repeated) / (4 + column.width)
    if column.distinct == 1 and len(column.filled) > 2:
        score /= 10  # one value in all rows tells none from another
    if column.kind == "number" and not column.repeated:
        return 0.0
    if column.name in _LABEL_NAMES:
        return 4 * score
    return score / 8 if column.name in _OTHER_NAMES else score


def _plausible(label: _Column, text: _Column, score: float) -> bool:
    if not score:
        return False
    return label.name in _LABEL_NAMES or label.repeated > 0 or (len(label.filled) < 20 and label.width < text.width)


def most_filled(rows: Sequence[Sequence[str]]) -> int:
    """How many filled cells most rows have."""
    counts = Counter(sum(bool(cell.strip()) for cell in row) for row in rows)
    return max(counts, key=lambda count: (counts[count], count), default=0)
