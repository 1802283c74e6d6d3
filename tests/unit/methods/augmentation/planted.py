"""A bot of eight rows an intent from the sample corpus, and operators that do harm."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Tool
from mlpipeline.languages.profile import Profile, normalize
from mlpipeline.methods.augmentation.corpus import Corpus
from mlpipeline.methods.augmentation.settings import MakingSettings
from mlpipeline.methods.augmentation.word_order import pieces
from mlpipeline.recipe.fields import Language
from mlpipeline.recipe.folder import ConfFolder
from mlpipeline.recipe.merge import Merger

_ROOT = Path(__file__).parents[4]
SHUFFLE = "ba_order"  # a name that recipes know, of an operator that English does not have


def profile_of(lang: str) -> Profile:
    home = ConfFolder(_ROOT / "conf")
    part, _ = Merger().section("language", [*home.base(), *home.language(lang, "test")], {"domain": "x", "lang": lang})
    assert isinstance(part, Language)
    return Profile.of(part)


def sample_rows(lang: str, per_intent: int, intents: int = 100) -> list[tuple[str, str]]:
    """(text, intent) of the sample corpus, so many of each intent."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in (_ROOT / "examples" / "assistant" / f"{lang}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["text"] not in found[row["intent"]]:
            found[row["intent"]].append(row["text"])
    return [(text, intent) for intent in sorted(found)[:intents] for text in found[intent][:per_intent]]


def sample_corpus(lang: str, per_intent: int, intents: int = 100) -> Corpus:
    profile = profile_of(lang)
    rows = sample_rows(lang, per_intent, intents)
    ids = [f"{at:05}" for at in range(len(rows))]
    return Corpus(profile, ids, [normalize(text, profile) for text, _ in rows], [intent for _, intent in rows])


def rules(**other: Any) -> MakingSettings:
    """What `augment_bot` takes."""
    usual: dict[str, Any] = {
        "fill_to": 16,
        "per_row": 6,
        "chain": 1,
        "disabled": (),
        "enabled": (),
        "min_agreement": 0.2,
        "min_similarity": 0.1,
    }
    usual |= {"kinds": ("form", "words"), "retrieve_to": 0, "retrieval_precision": 0.6, "generator": None}
    more = {"max_length_ratio": 2.5, "near_threshold": 0.8, "seed": 20, "fold": ()}
    return MakingSettings(**{**usual, **more, **other})


def shuffled(sentence: Sentence, rng: Random) -> Iterator[str]:
    """The words in any order."""
    places = pieces(sentence)
    words = [sentence.text[start:stop] for start, stop in places]
    for _ in range(3 if len(words) > 2 else 0):
        parts, at = [], 0
        for (start, stop), word in zip(places, rng.sample(words, len(words)), strict=True):
            parts += [sentence.text[at:start], word]
            at = stop
        yield "".join([*parts, sentence.text[at:]])


def with_operators(tool: Tool, only: tuple[str, ...] | None = None, **more: Operator) -> Tool:
    """The tool with other operators besides its own, or besides some of them."""
    own: Mapping[str, Operator] = tool.operators
    used = {name: one for name, one in own.items() if only is None or name in only}
    made: Any = SimpleNamespace(operators={**used, **more}, analyse=tool.analyse, stems=tool.stems)
    return made


PLANTED = Operator(SHUFFLE, "words in any order", "words", shuffled)
