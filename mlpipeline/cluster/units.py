"""Amounts of memory and times as Spark writes them: 64g, 1945m, 90s."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlpipeline.errors import UsageError

_BYTES: Mapping[str, int] = {
    unit: 1024**power
    for power, units in enumerate((("b",), ("k", "kb"), ("m", "mb"), ("g", "gb"), ("t", "tb"), ("p", "pb")))
    for unit in units
}
_MICROSECONDS: Mapping[str, int] = {
    "us": 1, "ms": 10**3, "s": 10**6, "m": 60 * 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6
}  # fmt: skip
_AMOUNT = re.compile(r"\s*(-?[0-9]+)([a-z]*)\s*\Z", re.IGNORECASE)
_FRACTION = re.compile(r"\s*([0-9]*\.[0-9]+)([kmgtp])i?b?\s*\Z", re.IGNORECASE)


def as_bytes(text: str, unit: str = "b") -> int:
    """Return the bytes of an amount in Spark's spelling; a number without a unit counts in `unit`.

    Raises:
        ValueError: Spark would refuse it; the message says how to write it.
    """
    broken = _FRACTION.match(text)
    if broken:
        whole = round(float(broken[1]) * _BYTES[broken[2].lower()] / 1024**2)
        raise ValueError(f"Spark takes no fractions of a unit: write {whole}m")
    return _scaled(text, unit, _BYTES, "512m or 4g")


def as_microseconds(text: str, unit: str = "s") -> int:
    """Return the microseconds of a time in Spark's spelling; a number without a unit counts in `unit`.

    Raises:
        ValueError: Spark would refuse it; the message says how to write it.
    """
    return _scaled(text, unit, _MICROSECONDS, "500ms, 90s, 5min or 1h")


def _scaled(text: str, unit: str, scale: Mapping[str, int], example: str) -> int:
    found = _AMOUNT.match(text)
    if not found or (found[2] and found[2].lower() not in scale):
        raise ValueError(f"write a whole number with a unit, such as {example}")
    return int(found[1]) * scale[found[2].lower() or unit]


def megabytes(text: str) -> int:
    """Return the MB (1024 * 1024 bytes) of an amount that a person typed, such as 64g or 65536m; a unit is needed.

    Raises:
        UsageError: it is no amount.
    """
    try:
        if text.strip().isdigit():
            raise ValueError(f"write the unit too: {text.strip()}g or {text.strip()}m")
        return as_bytes(text) // 1024**2
    except ValueError as error:
        raise UsageError(f"{text!r} is no amount of memory", fix=str(error)) from error


def as_text(megabytes_: int) -> str:
    """Return an amount as Spark takes it: whole gigabytes as such, all else in megabytes."""
    return f"{megabytes_ // 1024}g" if megabytes_ and megabytes_ % 1024 == 0 else f"{megabytes_}m"
