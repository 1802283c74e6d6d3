"""A labelled file as the verbs read it: its rows, what was left out of them, and what a person should know."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from mlpipeline.errors import UsageError

# Of these a file has either none or all: no other column would help.
_ENCODINGS = {"invalid_utf8", "utf16"}
# Of these, another column may be the right one.
_COLUMNS = {"no_text", "no_intent"}


@dataclass
class LeftOut:
    """Rows of a file that nobody looks at: how many for each reason, and where the first stands and what it has."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, line: int, detail: str = "") -> None:
        """One row more; `detail` says what is wrong with it."""
        self.counts[reason] += 1
        self.first.setdefault(reason, f"line {line}{f': {detail}' if detail else ''}")

    @property
    def total(self) -> int:
        """Rows, whatever the reason."""
        return self.counts.total()

    def __str__(self) -> str:
        """`2 too long (line 7: the text has 12,000 characters), 1 no intent (line 9)`; empty for none."""
        told = self.counts.most_common()
        return ", ".join(f"{count:,} {reason.replace('_', ' ')} ({self.first[reason]})" for reason, count in told)

    def refusal(self, path: str, what: str, fix: str) -> UsageError:
        """That no row of the file can be used, and why; `fix` is for one whose columns may have other names."""
        if not self.counts:
            return UsageError(f"{what}: the file is empty", where=path, fix="name a file that holds rows")
        if self.counts.keys() <= _ENCODINGS:
            fix = "save the file as UTF-8"
        elif not self.counts.keys() & _COLUMNS:
            fix = "correct the rows that are named"
        return UsageError(f"{what}: {self}", where=path, fix=fix)
