"""Lines that `mlpipeline` has written to a log, whichever form they have there: text, with times, or JSON."""

from __future__ import annotations

import json
import re

# As cli/log_output.py writes them: 2026-11-30T14:00:00.000+00:00 ERROR   mlpipeline.cli.run: error: no such file
_TIMED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 [A-Z]+ +[\w.]+: ")


def message_of(line: str) -> str:
    """The message of a line, without time, level and logger; a line of another program as it is."""
    fields, head = json_fields(line), _TIMED.match(line)
    if fields:
        return str(fields["message"])
    return line[head.end() :] if head else line


def json_fields(line: str) -> dict[str, object]:
    """The fields of a line that is a message as JSON; empty for any other line."""
    if not line.startswith("{"):
        return {}
    try:
        fields = json.loads(line)
    except ValueError:
        return {}
    return fields if {"level", "logger", "message"} <= fields.keys() else {}
