"""What a candidate's own text must pass: whole, of its language, neither much longer nor shorter, nothing lost."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.languages.paraphrase.protected import is_whole, kept, protected_pieces
from mlpipeline.languages.paraphrase.tools import CONVERSION
from mlpipeline.methods.augmentation.corpus import RETRIEVAL, Candidate, Corpus, own_share
from mlpipeline.methods.augmentation.settings import MakingSettings

# One letter in four may be of another script: a Taiwanese ㄉ for 的, a word left out of three of which one is a name
_LESS_SCRIPT = 0.25
NEAR = "near_existing"
# Lengths count so many characters more: a word of two gets a polite ending longer than itself
_EASE = 4


class TextGate:
    """The checks of one text at a time, the cheapest first."""

    def __init__(self, corpus: Corpus, rules: MakingSettings, tool: Tool) -> None:
        self._corpus = corpus
        self._rules = rules
        self._stems = lru_cache(maxsize=4096)(lambda text: sorted(tool.stems(text)))
        self._kinds = {name: one.kind for name, one in tool.operators.items()}
        self._there = set(corpus.texts)

    def refuse(self, candidate: Candidate) -> str:
        """`broken`, `script`, `length`, `same`, or nothing; each text passes once."""
        parent = self._corpus.texts[candidate.row]
        if not is_intact(candidate, self._corpus):
            return "broken"
        if self._is_other_script(candidate, parent):
            return "script"
        if candidate.normalized in self._there:
            return "same"
        if RETRIEVAL not in candidate.operators and self._is_other_length(candidate.normalized, parent):
            return "length"
        self._there.add(candidate.normalized)
        return ""

    def loses_words(self, candidate: Candidate) -> bool:
        """Whether operators that only change the form changed the content words: a broken form is other words.

        Costs an analysis, so what costs less is asked before.
        """
        if candidate.opposite or any(self._kinds.get(name) != "form" for name in candidate.operators):
            return False
        return bool(self._stems(self._corpus.texts[candidate.row]) != self._stems(candidate.text))

    def _is_other_script(self, one: Candidate, parent: str) -> bool:
        if any(name.startswith(CONVERSION) for name in one.operators):
            return False
        scripts = self._corpus.profile.scripts
        return own_share(one.normalized, scripts) < own_share(parent, scripts) - _LESS_SCRIPT

    def _is_other_length(self, made: str, parent: str) -> bool:
        ratio = (len(made) + _EASE) / (len(parent) + _EASE)
        most = self._rules.max_length_ratio
        return bool(ratio > most or ratio * most < 1)


def refusal(candidate: Candidate, by_existing: bool, by_held_out: bool, closest: float, least: float) -> str:
    """`held_out`, `near_existing`, `stranger`, or nothing.

    Args:
        candidate: what was made.
        by_existing, by_held_out: whether it is near a row that is there, one of validation or test.
        closest: its similarity with the likest of its parents.
        least: of that.
    """
    if by_held_out:
        return "held_out"
    # what says the opposite differs by one small word: it is not a copy of its parent
    if by_existing and not candidate.opposite:
        return NEAR
    return "stranger" if closest < least and RETRIEVAL not in candidate.operators else ""


def is_intact(candidate: Candidate, corpus: Corpus) -> bool:
    """Whether a candidate is whole text in NFC with each placeholder and number of its parent, and no other."""
    if not candidate.normalized or not is_whole(candidate.normalized) or not is_whole(candidate.text):
        return False
    parent = corpus.texts[candidate.row]
    if RETRIEVAL in candidate.operators or kept(parent, candidate.normalized):
        return True
    # the beginning of one row and the end of another: what is in it comes from one of them
    return candidate.other >= 0 and not _things(candidate.normalized) - _things(parent) - _things(
        corpus.texts[candidate.other]
    )


def _things(text: str) -> Counter[tuple[str, str]]:
    return Counter((one.kind, text[one.start : one.stop]) for one in protected_pieces(text))
