"""Which bots a command is about: `--select domain:shop,lang:ko`."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mlpipeline.errors import RecipeError, UsageError
from mlpipeline.recipe.tags import canonical_tag

_KEYS = ("domain", "lang")


@dataclass(frozen=True)
class Selection:
    """Bots chosen by domain and language; an empty tuple means every one. Values of one key are alternatives."""

    domains: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    bots: tuple[tuple[str, str], ...] = ()
    messages: tuple[str, ...] = ()

    def matches(self, domain: str, lang: str) -> bool:
        """Say whether the bot `domain`/`lang` (canonical tag) is chosen."""
        return (
            self.matches_domain(domain)
            and (not self.langs or any(fnmatchcase(lang, one) for one in self.langs))
            and (not self.bots or any(fnmatchcase(domain, d) and fnmatchcase(lang, tag) for d, tag in self.bots))
        )

    def matches_domain(self, domain: str) -> bool:
        """Say whether any bot of `domain` can be chosen, so that other domains need not be read."""
        chosen = not self.domains or any(fnmatchcase(domain, one) for one in self.domains)
        return chosen and (not self.bots or any(fnmatchcase(domain, one) for one, _ in self.bots))

    def __bool__(self) -> bool:
        return bool(self.domains or self.langs or self.bots)

    def __str__(self) -> str:
        words = [f"domain:{d}" for d in self.domains] + [f"lang:{tag}" for tag in self.langs]
        return ",".join(words + [f"{d}/{tag}" for d, tag in self.bots])


EVERY_BOT = Selection()


def parse_selection(text: str | Sequence[str] | None) -> Selection:
    """Read "domain:shop,lang:ko" or "shop/ko"; `*` matches any letters; None or "" chooses every bot.

    Several values of one key are alternatives, different keys must all match.

    Raises:
        UsageError: a word is neither key:value nor DOMAIN/LANG, or its key or language tag is unknown.
    """
    found: dict[str, list[str]] = {key: [] for key in _KEYS}
    bots: list[tuple[str, str]] = []
    notes: list[str] = []
    for word in _words(text):
        if ":" not in word and word.count("/") == 1:
            domain, lang = word.split("/")
            bots.append((domain or "*", _lang(lang or "*", notes)))
            continue
        key, colon, value = word.partition(":")
        if not colon or key not in _KEYS or not value:
            close = difflib.get_close_matches(key, _KEYS, n=1)
            hint = f"; did you mean {close[0]}:{value}?" if colon and close and value else ""
            raise UsageError(f"cannot read {word!r} in --select{hint}", fix="write --select domain:shop,lang:ko")
        found[key].append(_lang(value, notes) if key == "lang" else value)
    return Selection(tuple(found["domain"]), tuple(found["lang"]), tuple(bots), tuple(notes))


def _words(text: str | Sequence[str] | None) -> list[str]:
    whole = [] if text is None else [text] if isinstance(text, str) else list(text)
    return [word.strip() for part in whole for word in part.split(",") if word.strip()]


def _lang(value: str, notes: list[str]) -> str:
    if "*" in value:
        return value
    try:
        tag, note = canonical_tag(value)
    except RecipeError as error:
        raise UsageError(error.what, where="--select", fix=error.fix) from None
    if note:
        notes.append(note)
    return tag
