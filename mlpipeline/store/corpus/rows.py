"""One row of a corpus file: what it must hold, and the words for what can be wrong with it. Pure Python, no Spark."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import NamedTuple

from mlpipeline.errors import InputError

MAX_TEXT = 10_000
"""Characters of one utterance; what is longer is a document or a broken file, not something a user typed."""
MAX_INTENT = 200
MAX_RAW = 200

FIELDS: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "utterance", "question", "query"),
    "intent": ("intent", "label"),
    "ts": ("ts", "timestamp"),
    "source": ("source",),
    "annotator": ("annotator",),
    "verified": ("verified",),
    "parent": ("parent",),
}
"""Fields of a row and the column or key names that are understood without ``--map``, best first."""

Mapped = Mapping[str, str | None]
"""Field -> column or key of the file; None: the file's own is not read."""


class Row(NamedTuple):
    """One utterance as it was delivered. A named tuple because a frozen dataclass costs 1 us more a row.

    ``text`` is untouched; ``intent`` is None for a log row; ``ts`` is ISO 8601 in UTC; ``line`` counts from 1.
    ``annotator`` gave the intent, ``verified`` says that a person checked it; ``parent`` is the id or the text of the
    row that this one was made from, None for what a person wrote.
    """

    text: str
    intent: str | None
    ts: str | None
    source: str | None
    line: int
    annotator: str | None = None
    verified: bool | None = None
    parent: str | None = None


class Note(NamedTuple):
    """What a person should know about a file as a whole; it is no row and counts as none.

    Fields as in `Reject`; of `column_left_out` the `raw` is the field that is not read.
    """

    line: int
    reason: str
    detail: str
    raw: str = ""


class Reject(NamedTuple):
    """One row that cannot become an utterance. ``reason`` is a short word, ``raw`` at most 200 characters of it."""

    line: int
    reason: str
    detail: str
    raw: str


class NoUtterances(InputError):
    """A file that holds something else than utterances by its kind, such as Rasa's domain.yml."""


class Keys(NamedTuple):
    """Names to look up for each field, in NFC, best first; one only where the user mapped it, none for a null."""

    text: tuple[str, ...]
    intent: tuple[str, ...]
    ts: tuple[str, ...]
    source: tuple[str, ...]
    annotator: tuple[str, ...]
    verified: tuple[str, ...]
    parent: tuple[str, ...]


class Problem(Exception):
    """What is wrong with a row, on its way to becoming a `Reject`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail

    def as_reject(self, line: int, raw: str | bytes) -> Reject:
        """The dead-letter row of this problem."""
        return Reject(line, self.reason, self.detail, shown(raw))


def keys_of(mapping: Mapped) -> Keys:
    """Names to look up, after the user's mapping ``{"text": "question", "ts": None}``.

    Raises:
        InputError: an unknown field, or a text that is left out.
    """
    for field in mapping:
        if field not in FIELDS:
            raise InputError(
                f"cannot map {field!r}: a row has no such field",
                fix=f"map one of {', '.join(FIELDS)}, for example text=question,intent=label",
            )
    if mapping.get("text", "") is None:
        raise InputError("the text cannot be left out", fix="map text to its column: text=question")
    return Keys(**{field: _names(mapping, field, names) for field, names in FIELDS.items()})


def _names(mapping: Mapped, field: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    if field not in mapping:
        return usual
    name = mapping[field]
    return () if name is None else (unicodedata.normalize("NFC", name),)


def name_key(name: str) -> str:
    """A column's or a label's name as it is compared: in NFC, without case, outer blanks and what cannot be seen."""
    return visible(unicodedata.normalize("NFC", name)).strip().casefold()


def visible(name: str) -> str:
    """The name without characters that nobody sees: zero-width spaces and joiners, marks of order, soft hyphens."""
    return name if name.isascii() else _INVISIBLE.sub("", name)


def shown(raw: str | bytes) -> str:
    """The first 200 characters, fit for a table and a terminal: no NUL, no broken UTF-8."""
    # 4 bytes a character at most; what is cut in the middle of a character becomes one replacement mark
    text = raw[: 4 * MAX_RAW].decode("utf-8", "replace") if isinstance(raw, bytes) else raw[: 2 * MAX_RAW]
    text = text.strip("\r\n").replace("\0", "\u2400")[:MAX_RAW]
    return text.encode("utf-8", "replace").decode("utf-8")


def checked_text(value: object) -> str:
    """The utterance, unchanged. Raises Problem when it is no text that a model could see."""
    if not isinstance(value, str):
        if value is None:
            raise Problem("no_text", "the text is null")
        raise Problem("text_not_a_string", f"the text is a {_kind(value)}")
    if len(value) > MAX_TEXT:
        raise Problem("too_long", f"{len(value):,} characters; at most {MAX_TEXT:,} are read")
    if not value or value.isspace():
        raise Problem("empty_text", "the text has no visible character")
    if "\0" in value:
        raise Problem("nul_character", f"NUL at character {value.index(chr(0)) + 1} of the text")
    return value


def checked_intent(value: object) -> str | None:
    """The intent in NFC without outer blanks and invisible characters, or None for a log row. Raises Problem."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Problem("intent_not_a_string", f"the intent is a {_kind(value)}")
    name = value.strip()
    if name.isascii() and name.isprintable() and len(name) <= MAX_INTENT:
        return name or None
    if "\0" in name:
        raise Problem("nul_character", "NUL in the intent")
    if _BREAKS.search(name):
        # labels are written one a line: a line break inside would make two of them
        raise Problem("bad_intent", "the intent holds a line break or another control character")
    if len(name) > MAX_INTENT:
        raise Problem("bad_intent", f"the intent has {len(name)} characters; at most {MAX_INTENT}")
    # a corpus saved on macOS may hold decomposed names: the same intent must not become two
    return unicodedata.normalize("NFC", visible(name)).strip() or None


def checked_source(value: object) -> str | None:
    """Where the row comes from, or None. Raises Problem for a list or an object."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if "\0" in value or len(value) > MAX_TEXT:
            raise Problem("bad_source", "the source holds NUL or is longer than a text may be")
        return value
    if isinstance(value, (int, float)):
        return str(value)
    raise Problem("bad_source", f"the source is a {_kind(value)}{_switch('source')}")


def checked_annotator(value: object) -> str | None:
    """Who gave the intent, in NFC without outer blanks, or None. Raises Problem."""
    return _checked_name("annotator", value, MAX_INTENT)


def checked_parent(value: object) -> str | None:
    """The id or the text of the row that this one was made from, without outer blanks, or None. Raises Problem."""
    return _checked_name("parent", value, MAX_TEXT)


def _checked_name(field: str, value: object, longest: int) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Problem(f"bad_{field}", f"the {field} is a {_kind(value)}{_switch(field)}")
    name = str(value).strip()
    if "\0" in name or len(name) > longest:
        raise Problem(f"bad_{field}", f"the {field} holds NUL or is longer than {longest:,} characters")
    return unicodedata.normalize("NFC", visible(name)).strip() or None


def checked_verified(value: object) -> bool | None:
    """Whether a person checked the intent, or None where nothing is said. Raises Problem.

    A CSV can only say it in words: true, yes, y, t and 1 or false, no, n, f and 0, in any case.
    """
    if value is None or type(value) is bool:
        return value
    if isinstance(value, (str, int)) and (word := str(value).strip().casefold()) in _VERDICTS:
        return _VERDICTS[word]
    told = f"a {_kind(value)}" if isinstance(value, (list, dict)) else repr(shown(str(value))[:40])
    raise Problem("bad_verified", f"verified is {told}; write true or false, or nothing{_switch('verified')}")


def checked_ts(value: object) -> str | None:
    """The time as ISO 8601 in UTC (a time without offset is taken as UTC; numbers are seconds or ms since 1970).

    Raises Problem for what is no time between the years 1900 and 2200.
    """
    if value is None or value == "":
        return None
    try:
        if type(value) is str and _PLAIN_UTC(value):
            datetime.fromisoformat(value[:19])
            return f"{value[:10]}T{value[11:19]}+00:00"
        moment = _moment(value)
        if 1900 <= moment.year <= 2200:
            return moment.astimezone(timezone.utc).isoformat()
    except (ValueError, OverflowError, OSError):
        pass
    told = f"{shown(str(value))[:40]!r} is no ISO 8601 time such as 2026-11-21T09:30:00+09:00"
    raise Problem("bad_timestamp", f"{told}{_switch('ts')}")


def _switch(field: str) -> str:
    return f"; map: {{{field}: null}} in the recipe, or --map {field}=, reads the file without it"


def plain_ts(value: str) -> str | None:
    """What `checked_ts` gives for the commonest spelling, `2026-11-21T09:30:00Z`, at a tenth of its cost; else None."""
    if len(value) != 20 or value[10] != "T" or value[19] != "Z":
        return None
    try:
        moment = datetime.fromisoformat(value[:19])
    except ValueError:
        return None
    return f"{value[:19]}+00:00" if 1900 <= moment.year <= 2200 else None


def _moment(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(_kind(value))
    if not isinstance(value, str):
        return datetime.fromtimestamp(value / 1000 if abs(value) >= 1e11 else value, tz=timezone.utc)
    # spelled out because datetime.fromisoformat takes much less in Python 3.10 than in 3.11
    found = _ISO.fullmatch(value.strip())
    if found is None:
        raise ValueError(value)
    day, clock, seconds, fraction, zone = found.groups()
    zone = "+00:00" if zone in (None, "Z", "z") else f"{zone[:3]}:{zone[-2:]}"
    micro = (fraction or "")[:6].ljust(6, "0")
    return datetime.fromisoformat(f"{day}T{clock or '00:00'}:{seconds or '00'}.{micro}{zone}")


def _kind(value: object) -> str:
    names = {bool: "true/false value", int: "number", float: "number", list: "list", dict: "object"}
    return names.get(type(value), type(value).__name__)


_VERDICTS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "yes", "y", "t", "1"), True),
    **dict.fromkeys(("false", "no", "n", "f", "0"), False),
    "": None,
}
# format characters (Cf), and letters and signs that show nothing
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# the most common way to write a time: in UTC and without a fraction, from 1900 to 2199
_PLAIN_UTC = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|\+00:00)?").fullmatch
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)? ?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
