"""Times as cron writes them: read strictly, moved by minutes, so that many starts do not come at once."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from dataclasses import dataclass

from mlpipeline.errors import UsageError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# name, lowest, highest, names that stand for numbers (from the lowest on). 7 is Sunday too.
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_ITEM = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?\Z")
_LEAP = 2024
_EXAMPLE = 'write five fields, such as "30 2 * * *" for every night at 2:30'


@dataclass(frozen=True)
class CronTime:
    """Five fields of cron. `minutes` and `hours` are spelled out; `days` are the other three fields as written."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[str, str, str]
    text: str

    def moved(self, by: int) -> CronTime:
        """The same time, `by` minutes later.

        Raises:
            UsageError: cron cannot say that time in one line.
        """
        if not by:
            return self
        over = {(minute + by) // 60 for minute in self.minutes}
        minutes = sorted((minute + by) % 60 for minute in self.minutes)
        hours = list(self.hours)
        if len(hours) < 24:
            if len(over) > 1:
                raise UsageError(f"{self.text!r} moved by {by} minutes is no single line of cron", fix=_LESS)
            hours = [hour + next(iter(over)) for hour in hours]
            if max(hours) > 23 and self.days != ("*", "*", "*"):
                raise UsageError(f"{self.text!r} moved by {by} minutes falls on another day", fix=_LESS)
            hours = sorted(hour % 24 for hour in hours)
        text = " ".join([_written(minutes, 60), _written(hours, 24), *self.days])
        return CronTime(tuple(minutes), tuple(hours), self.days, text)


_LESS = "give a smaller --spread or an earlier --at"


def parse_time(text: str) -> CronTime:
    """Read five fields, or a word such as `@daily`.

    Raises:
        UsageError: a field is not what cron takes, and is named; or there is no such day.
    """
    words = _WORDS.get(text.strip().lower(), text).split()
    if len(words) != len(_FIELDS):
        raise UsageError(f"{text!r} is no time of cron", where="--at", fix=_EXAMPLE)
    values = [_values(word, *field) for word, field in zip(words, _FIELDS, strict=True)]
    days = (words[2], words[3], words[4])
    time = CronTime(tuple(values[0]), tuple(values[1]), days, " ".join(words))
    _check_comes(time)
    return time


def _check_comes(time: CronTime) -> None:
    """Refuses a time that no calendar has, such as the 31st of February."""
    day, month, week = time.days
    if not week.startswith("*"):
        return  # either of the two days is enough for cron
    days, months = _values(day, *_FIELDS[2]), _values(month, *_FIELDS[3])
    # The 29th of February comes, every fourth year.
    if any(number <= monthrange(_LEAP, one)[1] for number in days for one in months):
        return
    what = f"{time.text!r} never comes: {' and '.join(month_name[one] for one in months)} has no day {day}"
    raise UsageError(what, where="--at", fix=_EXAMPLE)


def staggered(time: CronTime, count: int, spread: int) -> list[CronTime]:
    """`count` times, evenly over `spread` minutes from the given one on.

    Raises:
        UsageError: one of them cannot be said, or `spread` is negative.
    """
    if spread < 0:
        raise UsageError("a spread cannot be negative", where="--spread", fix="give minutes, such as 60")
    return [time.moved(number * spread // count) for number in range(count)]


def _values(word: str, name: str, low: int, high: int, names: tuple[str, ...]) -> list[int]:
    found: set[int] = set()
    for item in word.split(","):
        match = _ITEM.match(item)
        if match is None:
            raise _wrong(item, name, low, high)
        first, last, step = match["first"], match["last"], match["step"]
        if first == "*":
            begin, end = low, 6 if names is _DAYS else high
            if last is not None:
                raise _wrong(item, name, low, high)
        else:
            begin = _number(first, item, name, low, high, names)
            end = begin if last is None else _number(last, item, name, low, high, names)
            if step is not None and last is None:
                raise _wrong(item, name, low, high)
        if end < begin or step == "0":
            raise _wrong(item, name, low, high)
        found.update(range(begin, end + 1, int(step or 1)))
    return sorted(found)


def _number(word: str, item: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if word.lower() in names:
        return names.index(word.lower()) + low
    if not word.isascii() or not word.isdigit() or not low <= int(word) <= high:
        raise _wrong(item, name, low, high)
    return int(word)


def _wrong(item: str, name: str, low: int, high: int) -> UsageError:
    return UsageError(f"{item!r} is no {name} of cron ({low} to {high})", where="--at", fix=_EXAMPLE)


def _written(values: list[int], full: int) -> str:
    return "*" if len(values) == full else ",".join(str(value) for value in values)
