"""What a bot has, what can be made of it, and which rows are left alone."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import StageError
from mlpipeline.languages.paraphrase.protected import protected_pieces, protected_spans
from mlpipeline.languages.paraphrase.tools import CONVERSION
from mlpipeline.languages.profile import Profile, looks_like
from mlpipeline.languages.scripts import RANGES
from mlpipeline.methods.augmentation.settings import MakingSettings

LONGEST = 300
"""Code points of a row that is still rewritten: longer ones are pasted documents and rants, not questions."""
_LEAST_SHARE = 0.5
_LOOKED_AT = 2000


@dataclass(frozen=True)
class Corpus:
    """The rows of one bot.

    Attributes:
        profile: of its language.
        ids: of the labelled training rows.
        texts: their `normalized`; what operators rewrite.
        intents: theirs.
        held_out: `normalized` of validation and test rows: nothing near one of them is ever made.
        logs: `normalized` of unlabelled rows.
    """

    profile: Profile
    ids: Sequence[str]
    texts: Sequence[str]
    intents: Sequence[str]
    held_out: Sequence[str] = ()
    logs: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.texts) == len(self.intents):
            counts = f"{len(self.ids)} ids, {len(self.texts)} texts, {len(self.intents)} intents"
            raise StageError(f"rows do not go together: {counts}", fix="give one of each a row")

    def ordered(self) -> tuple[Corpus, list[int]]:
        """The same in an order that hangs on nothing but its rows, and the place here of each row there."""
        order = sorted(range(len(self.ids)), key=lambda row: (self.ids[row], self.intents[row], self.texts[row]))
        ids, texts, intents = ([column[row] for row in order] for column in (self.ids, self.texts, self.intents))
        held_out, logs = sorted(self.held_out), sorted(self.logs)
        return Corpus(self.profile, ids, texts, intents, held_out, logs), order

    def rows_of_intents(self) -> Mapping[str, list[int]]:
        """Intent, ascending -> its rows, in their order."""
        found = defaultdict[str, list[int]](list)
        for row, intent in enumerate(self.intents):
            found[intent].append(row)
        return {intent: found[intent] for intent in sorted(found)}


class Candidate(NamedTuple):
    """A text made of a row.

    Attributes:
        text: as made.
        normalized: `normalize(text, profile)`: what is compared and trained on.
        row: place of its parent in the corpus.
        operators: the chain, in order.
        other: place of its second parent (splice, slot exchange), or -1.
        opposite: its meaning is turned round: for review, never a positive.
        meant: what it was before slips of typing, normalised, where they are all that its last operator made: they
            change how a question is written, never what is asked. A model is asked about both.
    """

    text: str
    normalized: str
    row: int
    operators: tuple[str, ...]
    other: int = -1
    opposite: bool = False
    meant: str = ""


class AugmentedRow(NamedTuple):
    """A row that was made.

    Attributes:
        candidate: its text and origin.
        agreement: probability that a model of the originals gives it the intent of its parent.
        similarity: Jaccard similarity with the parent, as `clean` compares texts.
    """

    candidate: Candidate
    agreement: float
    similarity: float


# Candidates for a corpus in its canonical order, given how many rows each intent lacks.
Source = Callable[[Corpus, Mapping[str, int]], Iterator[Candidate]]


RETRIEVAL = "retrieval"
"""The operator whose candidates are sentences of the logs: people wrote them, so they have no parent to resemble."""


def coded(intents: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The distinct intents, ascending, and the place of each row's among them, (n,)."""
    names, codes = np.unique(np.array(intents, object), return_inverse=True)
    return names.tolist(), np.asarray(codes.reshape(-1), np.int64)


def is_used(rules: MakingSettings, name: str, kind: str) -> bool:
    """Whether the recipe uses an operator of this kind.

    What was measured adds to `disabled`, and must be able to switch off what a person enabled.
    """
    if name in rules.disabled:
        return False
    return name in rules.enabled or (kind in rules.kinds and not name.startswith(CONVERSION))


def lacking(corpus: Corpus, rules: MakingSettings) -> dict[str, int]:
    """Intents with fewer rows than `fill_to` -> how many rows operators make for them at most."""
    return {
        name: min(rules.fill_to - len(rows), rules.per_row * len(rows))
        for name, rows in corpus.rows_of_intents().items()
        if len(rows) < rules.fill_to
    }


def open_to_logs(corpus: Corpus, rules: MakingSettings) -> dict[str, int]:
    """Intents with fewer rows than `retrieve_to` -> how many sentences of the logs join them at most."""
    return {
        name: rules.retrieve_to - len(rows)
        for name, rows in corpus.rows_of_intents().items()
        if len(rows) < rules.retrieve_to
    }


def lacks_nothing(corpus: Corpus, rules: MakingSettings) -> bool:
    """Whether no intent is open to made rows, nor to those of the logs."""
    return not lacking(corpus, rules) and not (corpus.logs and open_to_logs(corpus, rules))


def rng_of(seed: int, *names: str) -> Random:
    """A dice for a purpose: equal seeds and names roll equal numbers in any process and order."""
    words = "\x1f".join((str(seed), *names)).encode("utf-8", "surrogatepass")
    return Random(int.from_bytes(hashlib.blake2b(words, digest_size=8).digest(), "big"))


def is_foreign(corpus: Corpus) -> bool:
    """Whether its rows, as a whole, are not in the language that they are said to be in."""
    step = max(len(corpus.texts) // _LOOKED_AT, 1)
    return looks_like(corpus.texts[::step], corpus.profile) < _LEAST_SHARE


def left_alone(text: str, profile: Profile) -> str:
    """Why a row is not rewritten: `emoji_only`, `too_long`, `wrong_language` by its letters; empty where it may be."""
    if _is_bare(text):
        return "emoji_only"
    if len(text) > LONGEST:
        return "too_long"
    return "wrong_language" if own_share(text, profile.scripts) < _LEAST_SHARE else ""


def own_share(text: str, scripts: tuple[str, ...]) -> float:
    """Share of a text's letters that are of the language's own scripts, 0 to 1; 1 for a text without letters.

    Latin letters are expected in every language, but a text of nothing else is no sentence of one that has its own.
    Those of placeholders, links and addresses do not count.
    """
    own, letters = _matchers(scripts)
    for start, stop in reversed(protected_spans(text)):
        text = text[:start] + " " + text[stop:]
    count = len(letters(text))
    return len(own(text)) / count if count else 1.0


@lru_cache(maxsize=64)
def _matchers(scripts: tuple[str, ...]) -> tuple[Callable[[str], list[str]], Callable[[str], list[str]]]:
    ranges = "".join(RANGES[name] for name in scripts or ("Latn",))
    # a letter is what is no mark, digit or sign; the ranges hold those as well
    return re.compile(rf"(?=[^\W\d_])[{ranges}]").findall, re.compile(r"[^\W\d_]").findall


def _is_bare(text: str) -> bool:
    """Whether there is no word in it: emoji and marks only."""
    if any(map(str.isalpha, text)):
        return False
    return not any(one.kind != "emoji" for one in protected_pieces(text))
