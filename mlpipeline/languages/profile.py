"""How the texts of one language are normalised: named steps in an order that its YAML file lists."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from mlpipeline.errors import RecipeError
from mlpipeline.languages import chinese, english, japanese, keyboard, korean, thai, unicode_steps, vietnamese
from mlpipeline.languages.scripts import RANGES, looks_like_language, share_of_scripts
from mlpipeline.languages.unicode_steps import Step, spans

STEPS: Mapping[str, Step] = {
    name: step
    for family in (unicode_steps, korean, keyboard, japanese, chinese, thai, vietnamese, english)
    for name, step in family.STEPS.items()
}
"""All normalising steps by name; `STEPS[name].doc` says what one does."""

# Steps undo and enable each other in rare mixtures (a removed joiner lets two letters compose): repeated until nothing
# changes, which makes normalising idempotent. No text of any corpus needed more than three rounds.
_MAX_ROUNDS = 12
# Texts that go through all steps before what none of them changes is compiled: that takes as long as a thousand texts.
_FIRST = 200


class LanguageSettings(Protocol):
    """What a profile needs of a recipe's `language` section."""

    tag: str
    steps: tuple[str, ...]
    scripts: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """A language: its BCP 47 tag, its normalising steps in order, its scripts as ISO 15924 codes (Latn is implied).

    It travels in the bundle, so that what the models saw and what is asked of them later go the same way.
    """

    tag: str
    steps: tuple[str, ...]
    scripts: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """The profile as JSON takes it."""
        return {"tag": self.tag, "steps": list(self.steps), "scripts": list(self.scripts)}

    @classmethod
    def from_dict(cls, value: Mapping[str, object]) -> Profile:
        """A profile from `to_dict` or from the recipe's ``language:`` section. Raises RecipeError."""
        tag, steps, scripts = value.get("tag"), value.get("steps", ()), value.get("scripts", ())
        if not isinstance(tag, str) or not isinstance(steps, (list, tuple)) or not isinstance(scripts, (list, tuple)):
            raise RecipeError("a language needs a tag, a list of steps and a list of scripts", where="language")
        profile = cls(tag, tuple(map(str, steps)), tuple(map(str, scripts)))
        profile.check()
        return profile

    @classmethod
    def of(cls, language: LanguageSettings) -> Profile:
        """The profile of a recipe's ``language:`` section, which was checked when it was read."""
        return cls(language.tag, tuple(language.steps), tuple(language.scripts))

    def check(self) -> None:
        """Raises RecipeError for a step or a script that does not exist, with the nearest that does."""
        _check("normalising step", self.steps, STEPS, f"language.steps of {self.tag}")
        _check("script", self.scripts, RANGES, f"language.scripts of {self.tag}")


def normalize(text: str, profile: Profile) -> str:
    """What the models see of a text; idempotent, and defined for every string. See `normalizer` for many texts."""
    return normalizer(profile)(text)


@lru_cache(maxsize=64)
def normalizer(profile: Profile) -> Callable[[str], str]:
    """The normalising function of a language, compiled once: 1 to 5 us for a text of a corpus.

    Raises:
        RecipeError: a step that does not exist.
    """
    _check("normalising step", profile.steps, STEPS, f"language.steps of {profile.tag}")
    steps = [STEPS[name] for name in profile.steps]
    functions = [step.apply for step in steps]
    first = iter(range(_FIRST))
    changes: Callable[[str], bool] | None = None

    def normalized(text: str) -> str:
        nonlocal changes
        if changes is None and next(first, None) is None:
            changes = _changing(steps)
        for _ in range(_MAX_ROUNDS):
            if not text or (changes is not None and not changes(text)):
                return text
            before = text
            for apply in functions:
                text = apply(text)
            if text == before:
                return text
        return text

    return normalized


@lru_cache(maxsize=64)
def reader(profile: Profile) -> Callable[[str], str | None]:
    """How a message was read where it was typed with the wrong keyboard on, as a function; None where it was not."""
    others = tuple(step for step in profile.steps if step not in keyboard.STEPS)
    if others == profile.steps:
        return lambda text: None
    repaired, as_typed = normalizer(profile), normalizer(replace(profile, steps=others))

    def read_as(text: str) -> str | None:
        read = repaired(text)
        return read if read != as_typed(text) else None

    return read_as


def _changing(steps: Sequence[Step]) -> Callable[[str], bool]:
    """Whether any of the steps could change a text that is not empty: what none could, costs these searches only."""
    # one class for all steps, one search for each pattern
    chars = "".join(dict.fromkeys(step.chars for step in steps))
    # late steps are about spaces and signs, which most often have something to do: they are asked first
    patterns = list(dict.fromkeys(pattern for step in reversed(steps) for pattern in step.patterns))
    patterns += [_all_but_untouched(chars)] if chars else []
    searches = tuple(re.compile(pattern, re.DOTALL).search for pattern in patterns)
    heads = frozenset("".join(step.heads for step in steps))
    tails = frozenset("".join(step.tails for step in steps))

    def changes(text: str) -> bool:
        if text[0] in heads or text[-1] in tails:
            return True
        for search in searches:  # noqa: SIM110 - any() over a generator costs twice the searches
            if search(text):
                return True
        return False

    return changes


def _all_but_untouched(chars: str) -> str:
    """The class ``[chars]`` as the complement of what is not in it: a third of the time to search for.

    Characters beyond U+FFFF always count as in it: with a range up there, re gives up its bitmaps.
    """
    plane = "".join(map(chr, range(0x10000)))
    untouched = [(found.start(), found.end() - 1) for found in re.finditer(f"[^{chars}]+", plane)]
    return f"[^{spans(*untouched)}]" if untouched else "."


def script_share(text: str, scripts: Iterable[str]) -> float:
    """Share of a text's letters that are Latin or of the expected scripts, 0 to 1; 1 for a text without letters."""
    return share_of_scripts(text, tuple(scripts))


def looks_like(texts: Iterable[str], profile: Profile) -> float:
    """Share of texts, 0 to 1, that look like the language by script and by a few tell-tale characters or words.

    Texts without letters do not count; 1 when there is no other. Meant for a warning over a whole file, not for a text.
    """
    return looks_like_language(texts, profile.tag, profile.scripts)


def _check(kind: str, names: Iterable[str], known: Mapping[str, object], where: str) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            fix = f"did you mean {near[0]}?" if near else f"choose among {', '.join(known)}"
            raise RecipeError(f"there is no {kind} {name!r}", where=where, fix=fix)
