"""Thai said another way: particles, requests, questions, pronouns; how it is typed stands in thai_typing.py."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from mlpipeline.languages.paraphrase import thai_typing
from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token, Tool, by_name
from mlpipeline.languages.paraphrase.protected import protected_spans
from mlpipeline.languages.paraphrase.thai_parts import (
    PARTICLES,
    PRONOUNS,
    REQUESTS,
    YES_NO,
    Parts,
    glued,
    parts_of,
)
from mlpipeline.languages.paraphrase.word_edits import at_words, checked_rewrite, exchange, free, lexicon, some, spliced

_LEXICON = lexicon("th")
# newmm looks at all ways to cut a text; its safe form does long ones piece by piece
_LONG = 140

_MALE, _FEMALE = ("ครับ",), ("ค่ะ", "คะ")
_SAYS_MALE, _SAYS_FEMALE = ("ผม", "กระผม"), ("ดิฉัน", "หนู")


def _polite_particles(sentence: Sentence, parts: Parts) -> list[str]:
    """Men say ครับ; women ค่ะ behind a statement and คะ behind a question, and นะคะ behind both."""
    words = {token.form for token in sentence.tokens}
    asks = parts.is_question
    male, female = ["ครับ"], ["คะ" if asks else "ค่ะ"]
    # นะ asks for agreement: behind requests, not behind a bare noun
    if not asks and (parts.is_request or parts.closing):
        male, female = [*male, "นะครับ"], [*female, "นะคะ"]
    if words & set(_SAYS_MALE):
        return male
    return female if words & set(_SAYS_FEMALE) else male + female


def _particle_polite(sentence: Sentence, rng: Random) -> Iterator[str]:
    parts = parts_of(sentence)
    body = parts.before_polite
    if not free(sentence, len(body), len(body)) or not body.strip():
        return
    for particle in some(rng, _polite_particles(sentence, parts), 4):
        yield glued(body, particle) + parts.marks


def _particle_drop(sentence: Sentence, rng: Random) -> Iterator[str]:
    parts = parts_of(sentence)
    if parts.polite and parts.before_polite.strip():
        yield parts.before_polite.rstrip() + parts.marks


def _softened(parts: Parts) -> list[str]:
    body = parts.before_closing
    # "ให้หน่อย": do it for me; without ให้ where the text has its own
    ends = ["หน่อย", "ที", "หน่อยนะ"] if "ให้" in body else ["หน่อย", "ให้หน่อย", "ให้ที", "หน่อยนะ", "ให้หน่อยนะ"]
    return [glued(body, end) + parts.marks for end in ends]


def _particle_request(sentence: Sentence, rng: Random) -> Iterator[str]:
    parts = parts_of(sentence)
    if parts.is_request and not parts.formal and free(sentence, len(parts.before_closing), len(parts.before_closing)):
        yield from some(rng, _softened(parts), 3)
    elif sentence.text.startswith("ขอ") and at_words(sentence, 0, 2) and parts.core and not parts.closing + parts.ask:
        yield glued(parts.before_closing, "หน่อย") + parts.marks
        yield glued(parts.before_closing, "ด้วย") + parts.marks


def _frames(core: str) -> list[str]:
    """A request in the frames that people put around it, from a bare one to the politest."""
    if "ให้" in core:
        frames = [("ช่วย", "หน่อย"), ("ช่วย", "หน่อยได้ไหม"), ("ช่วย", "ที"), ("รบกวน", "หน่อย"), ("รบกวนช่วย", "หน่อย")]
    else:
        frames = [("ช่วย", "ให้หน่อย"), ("ช่วย", "ให้หน่อยได้ไหม"), ("ช่วย", "ให้ที"), ("รบกวนช่วย", "ให้หน่อย")]
    frames += [("ช่วย", ""), ("กรุณา", ""), ("ช่วย", "ได้ไหม"), ("ช่วย", "หน่อย"), ("อยากให้ช่วย", ""), ("ขอให้ช่วย", "หน่อย")]
    return [glued(opening + core, closing) if closing else opening + core for opening, closing in frames]


def _request_frame(sentence: Sentence, rng: Random) -> Iterator[str]:
    parts = parts_of(sentence)
    if parts.is_request and parts.core:
        yield from some(rng, [frame + parts.marks for frame in _frames(parts.core)], 5)


def _request_plain(sentence: Sentence, rng: Random) -> Iterator[str]:
    parts = parts_of(sentence)
    if parts.is_request and parts.core and (parts.opening or parts.closing or parts.polite):
        yield parts.core + parts.marks


def _question_yes_no(sentence: Sentence, rng: Random) -> Iterator[str]:
    parts = parts_of(sentence)
    if parts.ask not in YES_NO or not parts.before_ask.strip():
        return
    words = {token.form for token in sentence.tokens}
    others = [word for word in YES_NO if word != parts.ask]
    # ไหม does not go with a denied sentence nor behind a bare noun ("is it X?")
    if words & {"ไม่", "เป็น", "คือ", "แล้ว"}:
        others = [word for word in others if word not in ("ไหม", "มั้ย")] if parts.ask not in ("ไหม", "มั้ย") else others
    elif parts.ask not in ("ไหม", "มั้ย") and not words & {"มี", "ได้", "จะ", "ต้อง", "ควร", "อยาก", "สามารถ", "ใช่"}:
        others = [word for word in others if word not in ("ไหม", "มั้ย")]
    for other in some(rng, others, 4):
        yield parts.before_ask.rstrip() + other + parts.behind_ask


_DROPPED_BEFORE = (
    "อยาก", "ต้องการ", "จะ", "มี", "ขอ", "ต้อง", "ได้รับ", "ช่วย", "สามารถ", "กำลัง", "เพิ่ง", "เคย", "ลืม", "สั่ง", "ซื้อ",
    "อยากจะ", "ชอบ", "ควร", "ได้", "ยัง", "ไม่",
)  # fmt: skip


_TELL = ("ให้", "บอก", "เตือน", "ปลุก", "แจ้ง")


def _pronoun_drop(sentence: Sentence, rng: Random) -> Iterator[str]:
    text, tokens = sentence.text, [token for token in sentence.tokens if token.form.strip()]
    choices = list[tuple[int, int]]()
    for before, token, behind in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.form not in PRONOUNS:
            continue
        if before is None and behind is not None and behind.form in _DROPPED_BEFORE:
            choices.append((token.start, behind.start))
        elif before is not None and before.form == "ของ" and before.start > 0:
            choices.append((before.start, token.stop))
        elif before is not None and before.form in _TELL and token.form not in ("คุณ", "เธอ"):
            keep_before = before.form != "ให้" or (behind is not None and behind.form in ("หน่อย", "ที", "ด้วย"))
            if keep_before:
                choices.append((token.start, token.stop))
    for start, stop in some(rng, choices, 3):
        if free(sentence, start, stop):
            yield spliced(text, start, stop, "")


_SAY_I = {"ฉัน": ("ผม", "เรา", "หนู"), "ผม": ("ฉัน", "เรา"), "ดิฉัน": ("ฉัน", "หนู"), "หนู": ("ฉัน",)}


def _pronoun_exchange(sentence: Sentence, rng: Random) -> Iterator[str]:
    found = [token for token in sentence.tokens if token.form in _SAY_I and free(sentence, token.start, token.stop)]
    # two words for I are quoted speech or two people
    if not found or len({token.form for token in found}) > 1:
        return
    particles = {token.form for token in sentence.tokens} & PARTICLES
    for other in some(rng, _SAY_I[found[0].form], 2):
        if (other == "ผม" and particles & {"ค่ะ", "คะ", "นะคะ"}) or (other == "หนู" and particles & {"ครับ", "นะครับ"}):
            continue
        text = sentence.text
        for token in reversed(found):
            text = spliced(text, token.start, token.stop, other)
        yield text


_WANTS = ("อยาก", "ต้องการ", "อยากจะ")


def _want_form(sentence: Sentence, rng: Random) -> Iterator[str]:
    for token, behind in zip(sentence.tokens, [*sentence.tokens[1:], None], strict=False):
        if token.form not in _WANTS or behind is None or not free(sentence, token.start, token.stop):
            continue
        follows_verb = behind.form in REQUESTS or behind.form in (
            "ฟัง",
            "รู้",
            "ทราบ",
            "ไป",
            "กิน",
            "ทาน",
            "ซื้อ",
            "เห็น",
            "ให้",
        )
        if follows_verb:
            for other in some(rng, [word for word in _WANTS if word != token.form], 2):
                yield spliced(sentence.text, token.start, token.stop, other)


def _repetition_sign(sentence: Sentence, rng: Random) -> Iterator[str]:
    """ใกล้ใกล้ is written ใกล้ๆ."""
    for token, behind in zip(sentence.tokens, sentence.tokens[1:], strict=False):
        twice = token.form == behind.form and token.stop == behind.start
        if twice and len(token.form) > 1 and token.form != "ที่" and "ก" <= token.form[0] <= "ไ":
            yield spliced(sentence.text, behind.start, behind.stop, "ๆ")


_DENIED = ("อยาก", "ต้องการ", "มี", "ชอบ", "ได้รับ", "สามารถ", "ต้อง", "ควร", "เคย", "จะ", "อนุญาต", "เห็น", "รู้")


def _opposite_negation(sentence: Sentence, rng: Random) -> Iterator[str]:
    text, tokens = sentence.text, sentence.tokens
    parts = parts_of(sentence)
    if parts.is_request and parts.core:
        yield "อย่า" + parts.core + parts.marks
        yield "ไม่ต้อง" + parts.core + parts.marks
        return
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.form == "ไม่" and token.stop < len(text):
            yield spliced(text, token.start, token.stop, "")
            return
        # a question is not turned round by ไม่: have you, have you not
        if token.form in _DENIED and not parts.is_question and (before is None or before.form in PRONOUNS):
            yield spliced(text, token.start, token.start, "ไม่")
            return


def _opposite_word(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The verb of a request turned round; only the first verb, which is the one that asks."""
    parts, table = parts_of(sentence), _LEXICON["opposite_word"]
    if not parts.is_request:
        return
    at = len(parts.opening)
    for length in range(12, 1, -1):
        said = sentence.text[at : at + length]
        if said in table and at_words(sentence, at, at + len(said)) and free(sentence, at, at + len(said)):
            for other in table[said]:
                yield spliced(sentence.text, at, at + len(said), other)
            return


OPERATORS: tuple[Operator, ...] = tuple(
    one._replace(rewrite=checked_rewrite(one.rewrite))
    for one in (
        Operator("particle_polite", "ครับ, ค่ะ, คะ, นะครับ, นะคะ put behind or exchanged", "form", _particle_polite),
        Operator("particle_drop", "without ครับ, ค่ะ, นะ", "form", _particle_drop),
        Operator("particle_request", "a request with หน่อย, ให้หน่อย, ที, นะ behind", "form", _particle_request),
        Operator("request_frame", "a request as ช่วย...หน่อยได้ไหม, รบกวน..., กรุณา...", "form", _request_frame),
        Operator("request_plain", "a request without its frame", "form", _request_plain),
        Operator("question_yes_no", "ไหม, มั้ย, หรือเปล่า, รึเปล่า, หรือไม่ exchanged", "form", _question_yes_no),
        Operator("question_word", "ยังไง for อย่างไร, เท่าไร for เท่าไหร่", "words", exchange(_LEXICON["question_word"])),
        Operator("pronoun_drop", "without ฉัน, คุณ, ของฉัน where they say themselves", "form", _pronoun_drop),
        Operator("pronoun_exchange", "ผม, ฉัน, เรา, หนู for one another", "form", _pronoun_exchange),
        Operator("want_form", "อยาก, อยากจะ, ต้องการ before a verb", "words", _want_form),
        Operator("repetition_sign", "ใกล้ๆ for ใกล้ใกล้", "typing", _repetition_sign),
        Operator("word_exchange", "another word for the same thing", "words", exchange(_LEXICON["word_exchange"])),
        *thai_typing.operators(_LEXICON),
        Operator("opposite_negation", "ไม่, อย่า, ไม่ต้อง put in or taken out", "words", _opposite_negation, opposite=True),
        Operator("opposite_word", "a request for the opposite: ปิด for เปิด", "words", _opposite_word, opposite=True),
    )
)

# What form operators add and drop; never a stem
_FRAME_WORDS = "นะ หน่อย ที ด้วย ให้ ช่วย กรุณา โปรด รบกวน ได้โปรด ได้ ของ อยาก ขอ หรือ เปล่า รึ อยากให้ ขอให้ ที่ ได้ไหม ให้ที น่ะ วาน"
_NO_STEMS = PARTICLES | PRONOUNS | frozenset(YES_NO) | frozenset(_FRAME_WORDS.split())


class Thai(Tool):
    """Thai by PyThaiNLP's newmm (longest words of a dictionary within Thai character clusters)."""

    def __init__(self) -> None:
        from pythainlp.tokenize import word_tokenize

        self.operators: Mapping[str, Operator] = by_name(OPERATORS)
        self._cut = word_tokenize
        word_tokenize("ก", engine="newmm")  # reads its dictionary now, not at the first sentence

    def _words(self, text: str) -> list[str]:
        if not text:
            return []
        return list(self._cut(text, engine="newmm" if len(text) <= _LONG else "newmm-safe"))

    def analyse(self, text: str) -> Sentence:
        """The words of a text, spaces left out; a word's tag is empty, newmm gives none. The sentence's text is NFC."""
        text = unicodedata.normalize("NFC", text)
        tokens, at = list[Token](), 0
        for word in self._words(text):
            start = text.find(word, at)
            if start < 0:  # newmm leaves text as it is; if a later one does not, what does not fit is no word
                continue
            at = start + len(word)
            if not word.isspace():
                tokens.append(Token(word, word, "", start, at))
        return Sentence(text, tokens, protected_spans(text))

    def stems(self, text: str) -> Sequence[str]:
        """The words but for particles, pronouns and the frames of requests; spaces do not count."""
        joined = "".join(text.split())
        return [word for word in self._words(joined) if word not in _NO_STEMS and any(map(str.isalnum, word))]


def load() -> Tool:
    """Thai by the dictionary of words that comes with PyThaiNLP, read here: under a second, about 80 MB."""
    return Thai()
