"""Texts of strangers on a terminal: what would steer it is shown as a mark and never sent."""

from __future__ import annotations

import json
import re

# C0, DEL and C1 (ESC, CSI, backspace: they move the cursor, rename the window, overwrite what stands there), the breaks
# of lines that are no \n, and what turns the direction of writing around. Joiners of emoji and of Persian stay.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_KEPT = "\n\t"


def visible(text: str, *, lines: bool = False) -> str:
    """The text with a mark for each character that steers a terminal: `␛` for ESC, `<U+202E>` for an override.

    Args:
        text: any.
        lines: line ends and tabs stay, in a text of several lines; one cell of a table has neither.
    """
    if text.isprintable():  # most texts; none of these characters is
        return text
    return _STEERING.sub(lambda found: found[0] if lines and found[0] in _KEPT else _mark(found[0]), text)


def _mark(character: str) -> str:
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "\N{SYMBOL FOR DELETE}" if code == 0x7F else f"<U+{code:04X}>"


def visible_json(value: object, *, indent: int | None = 1) -> str:
    """JSON for a terminal and for programs: the same value, with JSON's own escapes for what steers a terminal.

    Args:
        value: any; what JSON does not know is written as its text.
        indent: None for one line, whatever the texts hold.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    # Outside of strings JSON has no such character but its own line ends.
    return _STEERING.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)
