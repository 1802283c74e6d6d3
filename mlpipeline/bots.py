"""The name of a bot: a domain in one language, `shop/ko`."""

from __future__ import annotations

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
