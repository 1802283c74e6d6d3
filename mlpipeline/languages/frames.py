"""What people write around a question: a greeting or an opening before it, thanks, a closing or an emoji behind it.

Half of the frames of a language make training examples, the other half is seen by evaluation only: how much a frame
costs is told for frames that no model has learnt.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal, NamedTuple

_ANY = "*"
# Written without spaces between words: what stands around a question brings its own sign.
_UNSPACED = ("ja", "zh")
# Of 20 framed questions 9 have something before them only, 7 behind them only, 4 both.
_BEFORE, _BEHIND = 0.45, 0.8


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
        text: a question.
        tag: of its language.
        seed: other seeds draw other frames.
    """
    frames = frames_of(tag, "test")
    if not frames:
        return None
    words = f"{seed}\x1f{text}".encode("utf-8", "surrogatepass")
    return framed(text, tag, frames, Random(hashlib.blake2b(words, digest_size=8).digest()))


@cache
def _lines() -> tuple[str, ...]:
    return tuple(files("mlpipeline.languages").joinpath("frames.tsv").read_text(encoding="utf-8").splitlines())
