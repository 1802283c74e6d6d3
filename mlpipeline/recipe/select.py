"""Which bots a command is about: `--select domain:shop,lang:ko`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from mlpipeline.errors import RecipeError, UsageError, nearest
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

    def covers_domain(self, domain: str) -> bool:
        """Say whether every bot of `domain` is chosen, whatever its language."""
        return self.matches_domain(domain) and bool(self) and not self.langs and all(tag == "*" for _, tag in self.bots)

    def unmatched(self, bots: Collection[tuple[str, str]]) -> list[str]:
        """The words that choose none of these (domain, lang)."""
        words = [f"domain:{one}" for one in self.domains if not any(fnmatchcase(domain, one) for domain, _ in bots)]
        words += [f"lang:{one}" for one in self.langs if not any(fnmatchcase(lang, one) for _, lang in bots)]
        return words + [
            f"{domain}/{tag}"
            for domain, tag in self.bots
            if not any(fnmatchcase(one, domain) and fnmatchcase(lang, tag) for one, lang in bots)
        ]

    def fitted(self, known: Collection[str]) -> Selection:
        """The same bots in the languages that there are: `lang:fr-CA` is `lang:fr` where only French is known."""
        notes = list(self.messages)
        langs = tuple(_lang(tag, notes, known) for tag in self.langs)
        bots = tuple((domain, _lang(tag, notes, known)) for domain, tag in self.bots)
        return replace(self, langs=langs, bots=bots, messages=tuple(notes))

    def __bool__(self) -> bool:
        return bool(self.domains or self.langs or self.bots)

    def __str__(self) -> str:
        words = [f"domain:{d}" for d in self.domains] + [f"lang:{tag}" for tag in self.langs]
        return ",".join(words + [f"{d}/{tag}" for d, tag in self.bots])


EVERY_BOT = Selection()


def parse_selection(text: str | Sequence[str] | None, *, option: str = "--select") -> Selection:
    """Read "domain:shop,lang:ko" or "shop/ko"; `*` matches any letters; None chooses every bot.

    Several values of one key are alternatives, different keys must all match.

    Raises:
        UsageError: there is no word (a variable that is not set must not choose every bot), or one is neither
            key:value nor DOMAIN/LANG, or its key or language tag is unknown.
    """
    found: dict[str, list[str]] = {key: [] for key in _KEYS}
    bots: list[tuple[str, str]] = []
    notes: list[str] = []
    words = _words(text)
    if isinstance(text, str) and not words:
        raise UsageError(f"{option} is empty", fix=f"write {option} shop/ko, or leave {option} out for every bot")
    for word in words:
        if ":" not in word and word.count("/") == 1:
            domain, lang = word.split("/")
            bots.append((domain or "*", _lang(lang or "*", notes)))
            continue
        key, colon, value = word.partition(":")
        if not colon or key not in _KEYS or not value:
            meant = nearest(key, _KEYS) if colon and value else None
            hint = f", did you mean {meant}:{value}?" if meant else ""
            raise UsageError(f"cannot read {word!r} in {option}{hint}", fix=f"write {option} domain:shop,lang:ko")
        found[key].append(_lang(value, notes) if key == "lang" else value)
    return Selection(tuple(found["domain"]), tuple(found["lang"]), tuple(bots), tuple(notes))


def _words(text: str | Sequence[str] | None) -> list[str]:
    whole = [] if text is None else [text] if isinstance(text, str) else list(text)
    return [word.strip() for part in whole for word in part.split(",") if word.strip()]


def _lang(value: str, notes: list[str], known: Collection[str] = ()) -> str:
    if "*" in value:
        return value
    try:
        tag, note = canonical_tag(value, known)
    except RecipeError as error:
        raise UsageError(error.what, where="--select", fix=error.fix) from None
    if note:
        notes.append(note)
    return tag
