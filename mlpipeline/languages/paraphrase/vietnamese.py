"""Vietnamese said another way: politeness, requests, questions, pronouns; for slips see vietnamese_typing.py."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from mlpipeline.languages.paraphrase import vietnamese_requests, vietnamese_typing
from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token, Tool, by_name
from mlpipeline.languages.paraphrase.protected import protected_spans
from mlpipeline.languages.paraphrase.vietnamese_parts import parts_of
from mlpipeline.languages.paraphrase.word_edits import (
    at_words,
    checked_rewrite,
    exchange,
    free,
    in_front,
    lexicon,
    listed,
    some,
    spliced,
)

_LEXICON = lexicon("vi")


# Who is called stands first already
_calls = re.compile(r"(?:olly|alexa|siri|google|ok|này|ê|hey|hi|chào|cho|liệu)(?!\w)").match


def _question_opening(sentence: Sentence, rng: Random) -> Iterator[str]:
    parts = parts_of(sentence)
    if not parts.is_question or len(parts.bare) > 80 or _calls(parts.bare):
        return
    openings = ["cho tôi hỏi", "cho mình hỏi", "cho hỏi", "bạn ơi", "cho em hỏi", "mình muốn hỏi"]
    for opening in some(rng, openings, 3):
        yield in_front(opening, parts.bare) + parts.marks


_ends_asking = re.compile(
    r"(?:(?<!\w)không|chưa|(?:là|có|làm|tên|cái|việc) gì|thế nào|ra sao|bao nhiêu|(?:ở|đi) đâu"
    r"|khi nào|mấy giờ|bao giờ|là ai)$"
).search


def _question_ending(sentence: Sentence, rng: Random) -> Iterator[str]:
    parts = parts_of(sentence)
    if parts.is_question and _ends_asking(parts.bare.lower()) and vietnamese_requests.may_end(sentence, parts):
        ends = [end for end in ("vậy", "thế", "nhỉ", "vậy ạ", "thế ạ") if end != parts.particle.strip()]
        for end in some(rng, ends, 3):
            yield f"{parts.bare} {end}{parts.marks}"


_have = re.compile(r"(?<!\w)có(?!\w)").search
_have_not = re.compile(r" không$").search
_whether = re.compile(r"(?:liệu|không biết) ").match
_already = re.compile(r"(?<!\w)đã (?=.+ chưa$)").search


def _question_yes_no(sentence: Sentence, rng: Random) -> Iterator[str]:
    """có ... không with hay, with liệu; đã ... chưa with and without đã."""
    parts = parts_of(sentence)
    bare, end = parts.bare, parts.particle + parts.marks
    if not parts.is_question:
        return
    if _have(bare) and _have_not(bare) and not re.search(r"(?:hay|phải|đúng|được) không$", bare):
        yield bare[: -len("không")] + "hay không" + end
        if len(bare) <= 50 and not _whether(bare) and free(sentence, len(parts.polite), len(parts.polite)):
            yield in_front("liệu", bare) + end
            yield in_front("không biết", bare) + end
    if (found := _already(bare)) is not None:
        yield bare[: found.start()] + bare[found.end() :] + end


_DROPPED_BEFORE = ("muốn", "cần", "có", "không", "đã", "đang", "phải", "vừa", "chưa", "thích", "sẽ", "bị", "quên")


_mine = re.compile(r"(?<!\w)(?<!làm )(?:của|cho) (?:tôi|mình)(?!\w)").finditer


def _pronoun_drop(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Without tôi at the beginning, without "của tôi" and without the "cho tôi" of a request."""
    text = sentence.text
    choices = [found.span() for found in _mine(text) if found.start() > 0]
    first = re.match(r"(?:tôi|mình|bạn) (?=(\w+))", text)
    if first and (first[1] in _DROPPED_BEFORE) and not text.startswith("bạn không"):
        choices.append((0, first.end()))
    for start, stop in some(rng, choices, 3):
        if free(sentence, start, stop):
            yield spliced(text, start, stop, "")


_OTHER_ME = {"tôi": ("mình", "em", "tui", "tớ"), "mình": ("tôi",), "em": ("tôi", "mình")}
_me = re.compile(r"(?<!\w)(?<!chúng )tôi(?!\w)").finditer


def _pronoun_exchange(sentence: Sentence, rng: Random) -> Iterator[str]:
    """tôi as mình, em, tui, tớ, everywhere at once; em does not go with bạn."""
    text = sentence.text
    found = [one.span() for one in _me(text) if free(sentence, *one.span())]
    if not found or re.search(r"(?<!\w)(?:mình|em|anh|chị|chúng)(?!\w)", text):
        return
    others = [other for other in _OTHER_ME["tôi"] if other != "em" or "bạn" not in text]
    for other in some(rng, others, 2):
        made = text
        for start, stop in reversed(found):
            made = spliced(made, start, stop, other)
        yield made


# behind a verb or at the beginning, and not before what means little alone: "những gì", "các bạn"
_plural = re.compile(
    r"(?:^|(?<=xóa )|(?<=xoá )|(?<=xem )|(?<=về )|(?<=có )|(?<=tìm )|(?<=mở )|(?<=tắt )|(?<=bật )|(?<=đọc )|(?<=lại ))"
    r"(?:các|những) (?!(?:bạn|em|anh|chị|gì|ai|thứ|điều|việc|người|cái|ngày)(?!\w))(?=\w)"
).finditer


def _plural_drop(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Without các and những, which number leaves unsaid: "xóa các sự kiện" is "xóa sự kiện"."""
    text = sentence.text
    choices = [
        (found.start(), found.end())
        for found in _plural(text)
        if free(sentence, *found.span()) and at_words(sentence, found.start(), found.end() - 1)
    ]
    for start, stop in some(rng, choices, 2):
        yield text[:start] + text[stop:]


_wants = re.compile(r"^((?:tôi|mình|em) )(muốn|cần)(?= )").match


def _want_form(sentence: Sentence, rng: Random) -> Iterator[str]:
    if found := _wants(sentence.text):
        yield found[1] + ("cần" if found[2] == "muốn" else "muốn") + sentence.text[found.end() :]


OPERATORS: tuple[Operator, ...] = tuple(
    one._replace(rewrite=checked_rewrite(one.rewrite))
    for one in (
        Operator("particle_polite", "ạ behind, dạ in front", "form", vietnamese_requests.particle_polite),
        Operator(
            "particle_request", "a request with nhé, nha, đi behind", "form", vietnamese_requests.particle_request
        ),
        Operator("particle_drop", "without ạ, dạ, nhé, vậy", "form", vietnamese_requests.particle_drop),
        Operator(
            "request_frame",
            "vui lòng, bạn có thể ... được không, ... giúp mình",
            "form",
            vietnamese_requests.request_frame,
        ),
        Operator("request_plain", "a request without its frame", "form", vietnamese_requests.request_plain),
        Operator("question_opening", "cho mình hỏi, bạn ơi", "form", _question_opening),
        Operator("question_ending", "a question with vậy, thế, nhỉ behind", "form", _question_ending),
        Operator("question_yes_no", "hay không, liệu ... không; chưa with and without đã", "form", _question_yes_no),
        Operator("question_form", "phải không, đúng không, à", "form", exchange(_LEXICON["question_form"])),
        Operator("question_word", "ra sao for thế nào", "words", exchange(_LEXICON["question_word"])),
        Operator("pronoun_drop", "without tôi, của tôi, cho tôi", "form", _pronoun_drop),
        Operator("pronoun_exchange", "mình, em, tui, tớ for tôi", "form", _pronoun_exchange),
        Operator("plural_drop", "without các and những", "form", _plural_drop),
        Operator("want_form", "muốn and cần", "words", _want_form),
        Operator("word_exchange", "another word for the same thing", "words", exchange(_LEXICON["word_exchange"])),
        *vietnamese_typing.operators(_LEXICON),
        Operator(
            "opposite_negation",
            "đừng, không put in or taken out",
            "words",
            vietnamese_requests.opposite_negation,
            opposite=True,
        ),
        Operator(
            "opposite_word",
            "a request for the opposite: tắt for bật",
            "words",
            vietnamese_requests.opposite_word,
            opposite=True,
        ),
    )
)

# What form operators add and drop; never a stem
_NO_STEMS = frozenset(
    listed(
        "ạ|dạ|nhé|nha|nhá|nhỉ|à|hả|hãy|xin|bạn|tôi|mình|em|tui|tớ|có|thể|hay|liệu|giúp|giùm|dùm|hộ|cho|của|ơi|các"
        "|những|đã|được|hỏi|biết|phải|đúng|muốn"
    )
)
# These end a sentence; in front of other words they go, are with somebody, are not, are a frame
_AT_END = frozenset(listed("đi|với|vậy|thế|chứ|không|chưa"))
# Words that open a request or question; two syllables, each of which is another word alone (làm việc, vui vẻ)
_OPENINGS = re.compile(
    r"(?<!\w)(?:vui lòng|làm ơn|(?:phiền|nhờ) (?=bạn|shop|ad)|không biết (?=\w+ )|(?:shop|ad|bạn) (?=ơi|có ))",
    re.IGNORECASE,
).sub
_words = re.compile(r"\w+(?:[^\w\s]\w+)*").finditer


class Vietnamese(Tool):
    """Vietnamese by pyvi's conditional random field, which puts syllables together into words."""

    def __init__(self) -> None:
        from pyvi import ViTokenizer

        self.operators: Mapping[str, Operator] = by_name(OPERATORS)
        self._model = ViTokenizer.ViTokenizer

    def _inside(self, syllables: list[str]) -> Sequence[str]:
        """For each syllable whether it goes on with the word before."""
        features = self._model.sent2features(syllables, False)
        return list(self._model.model.predict([features])[0])

    def analyse(self, text: str) -> Sentence:
        """The words of a text; a word's stem is in small letters, its tag is empty. The sentence's text is NFC."""
        text = unicodedata.normalize("NFC", text)
        spans = [found.span() for found in _words(text)]
        if not spans:
            return Sentence(text, (), protected_spans(text))
        tokens = list[Token]()
        begin, end = spans[0]
        labels = self._inside([text[start:stop] for start, stop in spans])
        for (start, stop), label in zip(spans[1:], labels[1:], strict=True):
            # only what a single space parts is one word
            if label == "I_W" and text[end:start] == " ":
                end = stop
                continue
            tokens.append(Token(text[begin:end], text[begin:end].lower(), "", begin, end))
            begin, end = start, stop
        tokens.append(Token(text[begin:end], text[begin:end].lower(), "", begin, end))
        return Sentence(text, tokens, protected_spans(text))

    def stems(self, text: str) -> Sequence[str]:
        """The syllables but for particles, pronouns and the frames of requests, in order; a `không` that denies counts.

        Syllables, not words: where words end depends on what stands beside them.
        """
        bare = _OPENINGS("", unicodedata.normalize("NFC", text))
        words = [word for found in _words(bare) if (word := found[0].lower()) not in _NO_STEMS]
        while words and words[-1] in _AT_END:
            words.pop()
        return words


def load() -> Tool:
    """Vietnamese by the model of words that comes with pyvi, read here: 1 to 2 s, about 180 MB with what it imports."""
    return Vietnamese()
