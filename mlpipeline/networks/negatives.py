"""Texts that are no bot's business, made for each bot: nonsense, other languages, and talk of other things."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from mlpipeline.languages.neutral import foreign_sentences, neutral_sentences

KINDS = ("neutral sentences", "shuffled words", "shuffled letters", "random letters", "other languages")
_COUNT = 60  # of each kind, at most
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_FEW_WORDS = 2.0  # words a sentence; below, the script has no spaces


def make_negatives(lang: str, texts: Sequence[str], seed: int, *, half: int = 0) -> dict[str, list[str]]:
    """Texts by kind, of KINDS; equal arguments give equal texts. None of them is one of the bot's own.

    Words are those of neutral sentences, not the bot's: "alarm seven tomorrow" is a question, however short.

    Args:
        lang: tag of the bot's language.
        texts: normalised texts of the bot; their order does not matter.
        seed: of the random ones.
        half: 0 or 1. The two halves share no sentence, so that what was fitted on one is judged on the other.
    """
    random, own = Random(f"{seed} {half}"), sorted(set(texts))
    neutral = list(neutral_sentences(lang)[half::2])
    found = {
        "neutral sentences": neutral,
        "shuffled words": _shuffled_words(neutral, random),
        "shuffled letters": [_shuffled_letters(random.choice(own), random) for _ in range(_COUNT if own else 0)],
        "random letters": [_random_letters(number, random) for number in range(_COUNT)],
        "other languages": list(foreign_sentences(lang)[half::2][:_COUNT]),
    }
    taken = set(own)
    return {kind: [text for text in made if text not in taken] for kind, made in found.items()}


def _shuffled_words(sentences: Sequence[str], random: Random) -> list[str]:
    words = [word for sentence in sentences for word in sentence.split()]
    space = " "
    if len(words) < _FEW_WORDS * len(sentences):
        words = [text[at : at + random.randint(2, 3)] for text in sentences for at in range(0, len(text) - 1, 3)]
        space = ""
    return [space.join(random.choices(words, k=random.randint(4, 9))) for _ in range(_COUNT if words else 0)]


def _shuffled_letters(text: str, random: Random) -> str:
    return " ".join("".join(random.sample(text, len(text))).split())


def _random_letters(number: int, random: Random) -> str:
    """In turn one word, some words, and keys of one row, as a cat or a child would press them."""
    if number % 3 == 2:
        return "".join(random.choices(random.choice(_KEYS), k=random.randint(5, 14)))
    lengths = [random.randint(4, 20)] if number % 3 else [random.randint(2, 8) for _ in range(random.randint(2, 5))]
    return " ".join("".join(random.choices(_LETTERS, k=length)) for length in lengths)
