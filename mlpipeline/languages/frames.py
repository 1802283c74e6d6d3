"""What people write around a question: a greeting or an opening before it, thanks, a closing or an emoji behind it.

Half of the frames of a language make training examples, the other half is seen by evaluation only: how much a frame
costs is told for frames that no model has learnt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal, NamedTuple

from mlpipeline.languages.profile import Profile, normalize

_ANY = "*"
# What the shipped language files have in common; each step of a language leaves all others alone.
_PLAIN = Profile(
    "und",
    (
        *("drop_invisible", "fold_width", "fold_quotes", "fold_punctuation", "nfc", "fold_cjk_punctuation"),
        *("thai_marks", "casefold", "drop_apostrophes", "vietnamese_tones", "squeeze_jamo", "squeeze_repeats"),
        *("squeeze_punctuation", "collapse_spaces", "join_cjk", "join_thai", "trim_punctuation"),
    ),
    (),
)
# Written without spaces between words: what stands around a question brings its own sign.
_UNSPACED = ("ja", "zh")
# Of 20 framed questions 9 have something before them only, 7 behind them only, 4 both.
_BEFORE, _BEHIND = 0.45, 0.8
_PAIRS = 150  # frames before and behind that are learnt together
_MEANT = 3  # a text up to so many times as long as a frame in it may be about the frame


class Frame(NamedTuple):
    """Something written before or after a question: `kind` is greeting, opening, closing or emoji."""

    text: str
    kind: str
    is_before: bool


@cache
def frames_of(tag: str, use: Literal["train", "test"]) -> tuple[Frame, ...]:
    """The frames of a language; of a region of it, such as en-GB, those of the language. None where it has none."""
    rows = [line.split("\t") for line in _lines() if not line.startswith("#")]
    known = {row[0] for row in rows}
    own = tag if tag in known else tag.split("-")[0]
    if own not in known:
        return ()
    return tuple(
        Frame(text, kind, place == "before")
        for lang, given, place, kind, text in rows
        if lang in (own, _ANY) and given == use
    )


def framed(text: str, tag: str, frames: tuple[Frame, ...], rng: Random) -> str:
    """The text with something before it, behind it, or both, drawn from the frames.

    Args:
        text: a question.
        tag: of its language.
        frames: some before it and some behind it.
        rng: all random choices.
    """
    share = rng.random()
    gap = "" if tag.split("-")[0] in _UNSPACED else " "
    if share < _BEFORE or share >= _BEHIND:
        text = rng.choice([one for one in frames if one.is_before]).text + gap + text
    if share >= _BEFORE:
        text += gap + rng.choice([one for one in frames if not one.is_before]).text
    return text


def framed_for_test(text: str, tag: str, seed: int) -> str | None:
    """The text in a frame that no training example has; an equal text gets an equal frame. None without frames.

    Args:
        text: a question, normalised; what is given back is as well.
        tag: of its language.
        seed: other seeds draw other frames.
    """
    frames = frames_of(tag, "test")
    if not frames:
        return None
    words = f"{seed}\x1f{text}".encode("utf-8", "surrogatepass")
    return normalize(framed(text, tag, frames, Random(hashlib.blake2b(words, digest_size=8).digest())), _PLAIN)


def lone_frames(tag: str, texts: Iterable[str]) -> list[str]:
    """The frames that examples may have, alone and in pairs, normalised: what says nothing of any intent.

    One that is a text of the bot, or a large part of one, is an intent of its own there, such as a greeting, and left
    out.

    Args:
        tag: of the language.
        texts: of the bot, normalised.
    """
    frames = frames_of(tag, "train")
    alone = {normalize(one.text, _PLAIN) for one in frames} - {""}
    longest = _MEANT * max(map(len, alone), default=0)
    short = sorted({text for text in texts if len(text) <= longest})
    meant = {one for one in alone if any(len(text) <= _MEANT * len(one) and one in text for text in short)}
    kept = [one for one in frames if normalize(one.text, _PLAIN) not in meant]
    return sorted((alone - meant) | set(_pairs(tag, kept)))


def _pairs(tag: str, frames: Sequence[Frame]) -> Iterator[str]:
    """What stands before a question and what stands behind it, together and without one."""
    before, behind = ([one.text for one in frames if one.is_before is side] for side in (True, False))
    gap, rng = " " if tag.split("-")[0] not in _UNSPACED else "", Random(tag)
    if before and behind:
        for _ in range(_PAIRS):
            yield normalize(rng.choice(before) + gap + rng.choice(behind), _PLAIN)


@cache
def _lines() -> tuple[str, ...]:
    return tuple(files("mlpipeline.languages").joinpath("frames.tsv").read_text(encoding="utf-8").splitlines())
