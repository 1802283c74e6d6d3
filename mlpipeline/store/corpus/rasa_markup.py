"""Entities that are marked within an example of Rasa: `[paris](city:Paris)` was said as `paris`."""

from __future__ import annotations

import json

from mlpipeline.store.corpus.rows import Problem

_OPENING = {")": "(", "}": "{", "]": "["}
_BEGINS = ("(", "{", "[")


def strip_markup(text: str) -> str:
    """What a user said: `[Kim](person)`, `[Kim]{"entity": "person"}` and `[Kim][{...}, {...}]` become `Kim`.

    Entities may hold entities, values may hold brackets that balance, and an address in round brackets is a value like
    any other. `\\[` and `\\]` are brackets of the text. Brackets with nothing behind them are no markup and stay.

    Raises:
        Problem: brackets that do not balance beside markup: what was said cannot be told.
    """
    if "](" not in text and "]{" not in text and "][" not in text:
        return _unescaped(text) if "\\" in text else text
    ends = _closings(text)
    made: list[str] = []
    opened: list[int] = []  # positions in `made`
    at, stripped, odd = 0, False, False
    while at < len(text):
        letter = text[at]
        if letter == "\\" and text[at + 1 : at + 2] in ("[", "]"):
            made.append(text[at + 1])
            at += 2
            continue
        at += 1
        if letter == "[":
            opened.append(len(made))
        elif letter == "]":
            end = _end_of_markup(text, at, ends)
            if end and not opened:
                raise _unbalanced()
            odd |= not opened
            start = opened.pop() if opened else None
            if end and start is not None:
                made[start] = ""
                at, stripped = end, True
                continue
        made.append(letter)
    if stripped and (opened or odd):
        raise _unbalanced()
    return "".join(made)


def _unescaped(text: str) -> str:
    return text.replace("\\[", "[").replace("\\]", "]")


def _unbalanced() -> Problem:
    return Problem("entity_markup", "brackets of an entity do not balance; write \\[ and \\] for brackets of the text")


def _end_of_markup(text: str, at: int, ends: dict[int, int]) -> int:
    """Where the markup behind a closing bracket ends, 0 where there is none. Raises Problem for one without an end."""
    begin = text[at : at + 1]
    if begin not in _BEGINS or not begin:
        return 0
    if begin == "(":
        if at not in ends:
            raise _unbalanced()
        return ends[at]
    if begin == "[" and not text.startswith("{", _next(text, at + 1)):
        return 0  # [a][b] marks nothing
    found, end = _json(text, at)
    if found is not None:
        return end
    if at not in ends:
        raise _unbalanced()
    return ends[at]


def _next(text: str, at: int) -> int:
    while text[at : at + 1] == " ":
        at += 1
    return at


def _json(text: str, at: int) -> tuple[object, int]:
    """The JSON value that begins there, whatever its strings hold, and its end; None where it is no JSON."""
    try:
        return json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, 0


def _closings(text: str) -> dict[int, int]:
    """For each bracket that is closed, by one of its kind, the position behind that one."""
    ends: dict[int, int] = {}
    opened: dict[str, list[int]] = {begin: [] for begin in _BEGINS}
    at = 0
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            at += 2
            continue
        at += 1
        if letter in opened:
            opened[letter].append(at - 1)
        elif letter in _OPENING and opened[_OPENING[letter]]:
            ends[opened[_OPENING[letter]].pop()] = at
    return ends
