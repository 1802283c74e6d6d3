"""Vietnamese politeness: particles, the frames of requests, and what asks for the opposite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from mlpipeline.languages.paraphrase.operators import Sentence
from mlpipeline.languages.paraphrase.vietnamese_parts import Parts, parts_of, starts_with_request
from mlpipeline.languages.paraphrase.word_edits import at_words, cased, free, in_front, lexicon, some, spliced

_OPPOSITE = lexicon("vi")["opposite_word"]
_ME = r"(?<!\w)(?:tôi|mình|em)(?!\w)"
_has_me = re.compile(_ME).search


def may_end(sentence: Sentence, parts: Parts) -> bool:
    """Whether something may follow: two words or more, and no protected part across its end."""
    stop = len(parts.polite) + len(parts.bare)
    return " " in parts.bare and free(sentence, stop, stop)


def particle_polite(sentence: Sentence, rng: Random) -> Iterator[str]:
    """ạ behind, dạ in front."""
    parts = parts_of(sentence)
    if not may_end(sentence, parts):
        return
    bare = parts.bare
    if parts.is_request:
        # a bare order does not become polite by ạ alone
        asked = parts.closing or parts.opening or _has_me(parts.core)
        forms = (
            [f"{bare} ạ", in_front("dạ", f"{bare} ạ")] if asked else [f"{bare} giúp em ạ", f"{bare} giúp mình với ạ"]
        )
    else:
        forms = [f"{bare} ạ", in_front("dạ", f"{bare} ạ")] + [
            in_front("dạ cho em hỏi", f"{bare} ạ")
        ] * parts.is_question
    for form in some(rng, forms, 3):
        yield form + parts.marks


def particle_request(sentence: Sentence, rng: Random) -> Iterator[str]:
    """nhé, nha, đi behind a request."""
    parts = parts_of(sentence)
    if parts.is_request and "không" not in parts.closing and may_end(sentence, parts):
        ends = ["nhé", "nha", "ạ" if parts.closing or parts.opening else "đi"]
        yield from some(rng, [f"{parts.bare} {end}{parts.marks}" for end in ends], 3)


def particle_drop(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Without dạ, ạ, nhé, vậy."""
    parts = parts_of(sentence)
    if (parts.particle or parts.polite) and parts.bare.strip():
        yield parts.bare + parts.marks


def _frames(core: str) -> list[str]:
    """A request in the frames that people put around it, from a curt one to the politest."""
    frames = [in_front(opening, core) for opening in ("vui lòng", "làm ơn", "hãy")]
    frames += [in_front("bạn có thể", f"{core} được không"), in_front("bạn có thể", f"{core} không")]
    if core.lower().startswith("cho "):
        # "cho tôi" says already for whom
        return [*frames, f"{core} với", f"{core} được không", in_front("bạn", f"{core} với")]
    if _has_me(core):
        return [
            *frames,
            in_front("bạn", f"{core} với"),
            in_front("phiền bạn", core),
            in_front("nhờ bạn", f"{core} với"),
        ]
    frames += [f"{core} {closing}" for closing in ("giúp tôi", "giúp mình với", "hộ mình", "giùm mình")]
    return [
        *frames,
        in_front("giúp tôi", core),
        in_front("nhờ bạn", f"{core} giúp mình"),
        in_front("phiền bạn", f"{core} giúp mình"),
    ]


def request_frame(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A request in other frames."""
    parts = parts_of(sentence)
    if parts.is_request:
        yield from some(rng, [frame + parts.marks for frame in _frames(parts.core)], 6)


def request_plain(sentence: Sentence, rng: Random) -> Iterator[str]:
    """A request without its frame."""
    parts = parts_of(sentence)
    if parts.is_request and (parts.opening or parts.closing):
        yield parts.core + parts.marks


def opposite_negation(sentence: Sentence, rng: Random) -> Iterator[str]:
    """đừng, không put in or taken out."""
    parts, text = parts_of(sentence), sentence.text
    if parts.is_request:
        yield in_front("đừng", parts.core) + parts.marks
        yield in_front("không cần", parts.core) + parts.marks
        return
    if parts.is_question:
        return
    if found := re.search(r"(?<!\w)(?:không|chưa|đừng) (?=\w)", text):
        if free(sentence, *found.span()) and at_words(sentence, found.start(), found.end() - 1):
            yield text[: found.start()] + text[found.end() :]
    elif found := re.match(r"(?:tôi|mình|em) (?=(?:muốn|cần|thích|có|phải|được|biết|nhận)(?!\w))", text):
        yield text[: found.end()] + "không " + text[found.end() :]
    elif found := re.search(r"(?<!\w)đã (?=\w)", text):
        yield text[: found.start()] + "chưa " + text[found.end() :]


def opposite_word(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The verb of a request turned round: tắt for bật."""
    parts = parts_of(sentence)
    verb = starts_with_request(parts.core).strip()
    if parts.is_request and verb in _OPPOSITE:
        at = len(parts.polite) + len(parts.opening)
        for other in _OPPOSITE[verb]:
            yield spliced(sentence.text, at, at + len(verb), cased(parts.core, other))
