"""What a person should know of the rows of labelled files, beyond the rows that could not be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from mlpipeline.languages.labels import spelled_apart
from mlpipeline.store.corpus.mojibake import misread

_SHOWN = 5


@dataclass
class Unlabelled:
    """Rows without an intent among those that have one, and whether they look like merged cells of a spreadsheet."""

    rows: int = 0
    without: int = 0
    first: str = ""
    _labelled: int = 0
    _heads: int = 0  # labelled rows that a row without follows
    _apart: bool = False  # an intent that comes back after another one: no block of merged cells
    _last: str | None = None
    _seen: set[str] = field(default_factory=set)

    def add(self, location: str, intent: str | None) -> None:
        """One row more, in the file's order; `location` names its line."""
        self.rows += 1
        if intent is None:
            self.without += 1
            self.first = self.first or location
            self._heads += self._last is not None
        else:
            self._labelled += 1
            self._apart |= intent in self._seen
            self._seen.add(intent)
        self._last = intent

    @property
    def merged(self) -> bool:
        """Whether each intent stands once, above rows without one: what is left of merged cells."""
        return self._labelled > 1 and not self._apart and 2 * self._heads >= self._labelled

    def line(self) -> str | None:
        """`7 of 10 rows have no intent, the first in line 3: ...`; None where all have one, or none has."""
        if not self.without or not self._labelled:
            return None
        why = "no model is trained on them"
        if self.merged:
            why = "cells of a spreadsheet were merged? write the intent into every row"
        verb = "has" if self.without == 1 else "have"
        return f"{self.without:,} of {self.rows:,} rows {verb} no intent, the first in {self.first}: {why}"


@dataclass
class FileFindings:
    """Gathers, row by row: rows without an intent, labels in two spellings, texts that were misread before."""

    unlabelled: Unlabelled = field(default_factory=Unlabelled)
    intents: Counter[str] = field(default_factory=Counter)
    _misread: Counter[str] = field(default_factory=Counter)
    _first: dict[str, str] = field(default_factory=dict)

    def add(self, location: str, text: str, intent: str | None) -> None:
        """One row more, in the file's order; `location` names its line."""
        self.unlabelled.add(location, intent)
        if intent is not None:
            self.intents[intent] += 1
        if not text.isascii():
            self.add_text(location, text)

    def add_text(self, location: str, text: str) -> None:
        """Looks at a text alone."""
        found = misread(text)
        if found is not None:
            self._misread[found.how] += 1
            was = f"{text[:30]!r}" + (f" is {found.text[:30]!r}" if found.text else "")
            self._first.setdefault(found.how, f"{location}: {was}")

    def lines(self, spellings: bool = True) -> list[str]:
        """A line for each kind that was found; labels in two spellings only where they are asked for."""
        told = [line] if (line := self.unlabelled.line()) else []
        told += self.misread_lines()
        alike = spelled_apart(list(self.intents)) if spellings else []
        named = ["; ".join(" | ".join(names) for names in alike[:_SHOWN])] if alike else []
        more = f" and {len(alike) - _SHOWN:,} more" if len(alike) > _SHOWN else ""
        return told + [f"label spelling: {names}{more}: each counts as an intent of its own" for names in named]

    def misread_lines(self) -> list[str]:
        """The lines about texts that were decoded in a wrong encoding."""
        return [
            f"{count:,} {'text was' if count == 1 else 'texts were'} saved in a wrong encoding ({how}), the first in "
            f"{self._first[how]}; kept as written: correct the file"
            for how, count in self._misread.most_common()
        ]
