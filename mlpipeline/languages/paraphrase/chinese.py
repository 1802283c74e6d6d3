"""Chinese said another way, in three varieties: zh-Hans, zh-Hant (wherever it is written), zh-TW.

`load(tag)` is the language of one variety; `OPERATORS` is the table of contents, that of zh-Hans.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random

from mlpipeline.languages.paraphrase import (
    chinese_questions,
    chinese_requests,
    chinese_topics,
    chinese_typing,
    chinese_words,
)
from mlpipeline.languages.paraphrase.chinese_writing import ChineseSentence, Writing, cut, rows, variety_of
from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token, by_name
from mlpipeline.languages.paraphrase.protected import is_whole, kept, protected_spans

TAGS = ("zh-Hans", "zh-Hant", "zh-TW")
# opencc's configurations, from the variety detected to the one asked for; tw2sp and s2twp exchange words too
_CONVERSIONS = {
    ("zh-Hans", "zh-Hant"): "s2t",
    ("zh-Hans", "zh-TW"): "s2twp",
    ("zh-Hant", "zh-Hans"): "t2s",
    ("zh-Hant", "zh-TW"): "t2tw",
    ("zh-TW", "zh-Hans"): "tw2sp",
    ("zh-TW", "zh-Hant"): "tw2t",
}
# frames, particles and question words: what the operators of kind `form` add, move and take away
_EMPTY = frozenset(word for line, *_ in rows("zh-empty.tsv") for word in line.split("|"))

# measure words with what they count by, signs, and 看看, 听听
_counts = re.compile(
    r"[一两几这那兩幾這每]?[个個首支条條则則部封场場杯辆輛台盏盞本张張家间間段份笔筆件集]|[\W_]+|([看说听讲试找查說聽講試])\1"
).fullmatch
_both_ways = re.compile(r"(\w)[不没沒]\1").sub
# A count in jieba's dictionary that keeps 能不能 one word where 不能 would tear it
_COMMON = 50_000


def operators_of(tag: str) -> tuple[Operator, ...]:
    """All operators of a variety, in the order in which they are tried. Raises ValueError for an unknown tag."""
    if tag not in TAGS:
        raise ValueError(f"no Chinese variety {tag!r}: one of {', '.join(TAGS)}")
    writing = Writing(tag)
    return (
        *chinese_questions.operators(writing),
        *chinese_requests.operators(writing),
        *chinese_topics.operators(writing),
        *chinese_words.operators(writing),
        *chinese_typing.operators(writing),
    )


class Chinese:
    """The language of one variety, with jieba's dictionary. A text of the other script is left alone."""

    def __init__(self, tag: str = "zh-Hans", converts_to: Sequence[str] = ()) -> None:
        """Loads the dictionary (about 1 s).

        Args:
            tag: zh-Hans, zh-Hant or zh-TW.
            converts_to: varieties for which there is an operator `convert_to_<tag>`; no text is converted otherwise.
        """
        self.tag = tag
        self._writing = Writing(tag)
        made = [*operators_of(tag), *(_conversion(tag, other) for other in converts_to)]
        self.operators: Mapping[str, Operator] = by_name(made)
        self._empty = frozenset(map(self._writing, _EMPTY)) | _EMPTY
        self._cut, self._tags = _dictionary(self._writing.traditional)

    def analyse(self, text: str) -> Sentence:
        """The words of a text by jieba's dictionary; tags only of words that the dictionary has."""
        tokens, at = list[Token](), 0
        for word in self._cut(text):
            tokens.append(Token(word, word, self._tags.get(word, "x"), at, at + len(word)))
            at += len(word)
        plain = Sentence(text, tokens, protected_spans(text))
        return ChineseSentence(text, tokens, plain.protected, cut(plain))

    def stems(self, text: str) -> Sequence[str]:
        """The characters of content words, sorted: Chinese moves words without changing them.

        Characters, not words, because a frame in front may move a border (会下雨 / 会不会下雨).
        """
        # 会不会, 支不支持: asked both ways, said once
        said = _both_ways(r"\1", text)
        return sorted("".join(word for word in self._cut(said) if word not in self._empty and not _counts(word)))


def load(tag: str = "zh-Hans", converts_to: Sequence[str] = ()) -> Chinese:
    """The language of a variety; once a process."""
    return Chinese(tag, converts_to)


@lru_cache(maxsize=2)
def _dictionary(traditional: bool) -> tuple[Callable[[str], Iterator[str]], Mapping[str, str]]:
    """jieba's cut and its word classes, read without its cache file in a shared temporary folder.

    The dictionary is simplified: in a traditional variety its words come in that spelling too, as far as the rules'
    characters go. Words that it counted fewer than ten times are left out: two thirds of it, hardly any of them typed.
    """
    writing = Writing("zh-Hant" if traditional else "zh-Hans")
    with warnings.catch_warnings():
        # invalid escapes in its regular expressions, and pkg_resources
        warnings.simplefilter("ignore")
        import jieba
    tokenizer = jieba.Tokenizer()
    words, tags = dict[str, int](), dict[str, str]()
    with tokenizer.get_dict_file() as lines:
        for line in lines:
            word_bytes, count, tag = line.split()
            if len(count) == 1:
                continue
            word = word_bytes.decode("utf-8")
            spelled = writing(word)
            for one in (word,) if spelled == word else (word, spelled):
                # it has some traditional characters as names, rarer than their simplified words
                words[one] = max(int(count), words.get(one, 0))
                if tag in (b"ns", b"v", b"t"):
                    tags[one] = tag.decode("ascii")
    known = [writing(word) for word in sorted({*_EMPTY, *chinese_requests.ORDER_VERBS})]
    for variety in TAGS:
        if Writing(variety).traditional == traditional:
            known += [word for first, *_ in rows(f"{variety}.tsv") for word in first.lstrip("=").split("|")]
    for word in known:
        if len(word) > 1:
            words[word] = max(words.get(word, 0), _COMMON)
    total = sum(words.values())
    for word in list(words):
        for stop in range(1, len(word)):
            words.setdefault(word[:stop], 0)
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = words, total, True

    def cut_words(text: str) -> Iterator[str]:
        returned: Iterator[str] = tokenizer.cut(text, HMM=False)
        return returned

    return cut_words, tags


def _conversion(tag: str, other: str) -> Operator:
    """An operator that writes a text of one variety in another, once: the phrase tables are not idempotent."""
    name = f"convert_to_{other.replace('-', '_')}"
    if (tag, other) not in _CONVERSIONS:
        raise ValueError(f"no conversion from {tag} to {other}")
    import opencc

    converter = opencc.OpenCC(_CONVERSIONS[tag, other])
    written = "zh-Hans" if tag == "zh-Hans" else "zh-Hant"

    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        # between two traditional varieties nothing can be detected but that it is not simplified
        if variety_of(sentence.text) != written:
            return
        made = converter.convert(sentence.text)
        if made != sentence.text and kept(sentence.text, made) and is_whole(made):
            yield made

    return Operator(name, f"written as in {other}, words included where opencc has them", "words", rewrite)


OPERATORS: tuple[Operator, ...] = operators_of("zh-Hans")
