"""A small bot to make rows for, a tool with a few plain operators, and the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from mlpipeline.languages.paraphrase.operators import Operator, Sentence
from mlpipeline.languages.paraphrase.tools import Plain
from mlpipeline.languages.profile import Profile
from mlpipeline.methods.augmentation.corpus import Corpus
from mlpipeline.methods.augmentation.settings import MakingSettings

ENGLISH = Profile("en", ("drop_invisible", "nfkc", "casefold", "collapse_spaces", "trim_punctuation"), ("Latn",))

ROWS: Mapping[str, tuple[str, ...]] = {
    "cancel": (
        "how do i cancel my order from yesterday",
        "please cancel the subscription i bought",
        "i want to stop the delivery of {order_id}",
        "the parcel is not needed any more",
    ),
    "hours": (
        "when does the shop open on sunday morning",
        "are you open at 8 in the evening",
        "tell me the opening hours of the store",
    ),
    "refund": (
        "give me my money back for the broken lamp",
        "where is the refund that you promised me",
        "call <PHONE> about my refund of $ 20",
        "i sent the shoes back and got no money",
    ),
}


def rules(**changed: Any) -> MakingSettings:
    """What the recipe says."""
    said: dict[str, Any] = {
        **{"fill_to": 12, "per_row": 6, "chain": 2, "disabled": (), "enabled": (), "seed": 20},
        **{"min_agreement": 0.2, "min_similarity": 0.1, "max_length_ratio": 2.5},
        **{"near_threshold": 0.8, "fold": (), "kinds": ("form", "words", "typing")},
        **{"retrieve_to": 0, "retrieval_precision": 0.6, "generator": None},
    }
    return MakingSettings(**{**said, **changed})


def corpus(rows: Mapping[str, tuple[str, ...]] = ROWS, **changed: Any) -> Corpus:
    """The rows, as ingest and clean would have named and normalised them."""
    listed = [(text.casefold(), intent) for intent, texts in rows.items() for text in texts]
    ids = [f"{number:03d}" for number in range(len(listed))]
    given = {"texts": [text for text, _ in listed], "intents": [intent for _, intent in listed]}
    return Corpus(**{"profile": ENGLISH, "ids": ids, **given, **changed})


def _put_in_front(*openings: str) -> Any:
    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        for opening in rng.sample(openings, len(openings)):
            yield f"{opening} {sentence.text}"

    return rewrite


def _swapped(sentence: Sentence, rng: Random) -> Iterator[str]:
    """Two words change places, whatever they are."""
    words = sentence.text.split()
    for at in rng.sample(range(len(words) - 1), min(3, len(words) - 1)):
        yield " ".join([*words[:at], words[at + 1], words[at], *words[at + 2 :]])


def _torn(sentence: Sentence, rng: Random) -> Iterator[str]:
    """What no operator may do: placeholders and numbers lose a character."""
    yield sentence.text.replace("{", "").replace("<", "").replace("8", "9")


def _other_words(sentence: Sentence, rng: Random) -> Iterator[str]:
    yield sentence.text.replace("cancel", "renew").replace("open", "empty")


def _opposite(sentence: Sentence, rng: Random) -> Iterator[str]:
    yield f"never {sentence.text}"


OPERATORS = (
    Operator(
        "opening_polite", "", "words", _put_in_front("could you tell me quickly", "excuse me my friend", "listen")
    ),
    Operator("closing_dear", "", "words", lambda sentence, rng: iter([f"{sentence.text} my dear assistant"])),
    Operator("order_swapped", "", "typing", _swapped),
    Operator("torn_parts", "", "words", _torn),
    Operator("form_broken", "", "form", _other_words),
    Operator("opposite_never", "", "words", _opposite, opposite=True),
)


class Tool(Plain):
    """Words between spaces, and a few operators, good and bad."""

    operators: Mapping[str, Operator] = {**Plain.operators, **{one.name: one for one in OPERATORS}}
