"""The operator that puts a sentence into a frame: a greeting or an opening before it, thanks or a closing behind it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from mlpipeline.languages.frames import Frame, framed, frames_of
from mlpipeline.languages.paraphrase.operators import Operator, Sentence
from mlpipeline.languages.paraphrase.protected import protected_pieces
from mlpipeline.languages.paraphrase.word_edits import checked_rewrite, free

NAME, KIND = "frame", "words"
_ABOUT = "a greeting or an opening before it, thanks or a closing behind it"
_DRAWN = 3


@cache
def learnable_frames(tag: str) -> tuple[Frame, ...]:
    """The frames of a language that examples may have: those of evaluation, emoji and numbers are none of them."""
    return tuple(one for one in frames_of(tag, "train") if not protected_pieces(one.text))


def frame_operators(tag: str) -> tuple[Operator, ...]:
    """The operator for a language; nothing for one without frames."""
    frames = learnable_frames(tag)

    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        words = [one for one in sentence.tokens if free(sentence, one.start, one.stop)]
        if len(words) < 2:
            return iter(())  # it is no question
        return (framed(sentence.text, tag, frames, rng) for _ in range(_DRAWN))

    return (Operator(NAME, _ABOUT, KIND, checked_rewrite(rewrite)),) if frames else ()
