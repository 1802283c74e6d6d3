"""The name of a bot, a domain in one language: `shop/ko`; and of a version of its model: `shop/ko@3`."""

from __future__ import annotations

import re
from typing import NamedTuple

from mlpipeline.errors import UsageError


class Bot(NamedTuple):
    """A bot, written `shop/ko`: in a file, in a table's path and on the command line.

    `lang` is a BCP 47 tag. `*/ko` stands for what all bots of a language share.
    """

    domain: str
    lang: str

    @classmethod
    def parse(cls, name: str) -> Bot:
        """The bot of that name. Raises UsageError for what is no DOMAIN/LANG."""
        domain, slash, lang = name.partition("/")
        if not (domain and slash and lang) or "/" in lang:
            raise UsageError(f"{name!r} is no bot", fix="write DOMAIN/LANG, such as shop/ko")
        return cls(domain, lang)

    def __str__(self) -> str:
        return f"{self.domain}/{self.lang}"


class BotVersion(NamedTuple):
    """A version of a bot's model, written `shop/ko@3` or by an alias, `shop/ko@previous`.

    `bot` is as it was written; `version` None is the champion, for who wrote `shop/ko`.
    """

    bot: str
    version: str | None

    @classmethod
    def parse(cls, name: str) -> BotVersion:
        """The version of that name. Raises UsageError for what names no version."""
        bot, at, version = name.partition("@")
        if at and not (bot and re.fullmatch(r"[1-9][0-9]*|[a-z]+", version, re.ASCII)):
            fix = "write DOMAIN/LANG@VERSION, such as shop/ko@3 or shop/ko@previous"
            raise UsageError(f"{name!r} names no version of a bot", fix=fix)
        return cls(bot, version if at else None)

    def __str__(self) -> str:
        return self.bot if self.version is None else f"{self.bot}@{self.version}"
