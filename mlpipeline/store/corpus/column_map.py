"""Which column is which, in words: as `--map` says it, and as a recipe does."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping

from mlpipeline.errors import UsageError
from mlpipeline.store.corpus.rows import FIELDS

_PLAIN = re.compile(r"[\w=,.:/@%+-]+").fullmatch
_WORD = re.compile(r"(?!(?i:null|true|false|yes|no|on|off|y|n)$)[^\W\d]\w*").fullmatch


def parse_map(text: str, fields: Iterable[str] = FIELDS) -> dict[str, str | None]:
    """``"text=question,ts="`` as a dict from field to column, None for a column that is not read. Raises UsageError.

    A part without ``=`` belongs to the name before it: a column may be called ``question, as asked``.
    """
    parts: list[str] = []
    for part in text.split(","):
        if parts and "=" not in part and part.strip():
            parts[-1] += f",{part}"
        elif part.strip():
            parts.append(part)
    mapping: dict[str, str | None] = {}
    for part in parts:
        field, equals, column = (piece.strip() for piece in part.partition("="))
        if field not in fields or not equals or (field == "text" and not column) or field in mapping:
            raise UsageError(
                f"cannot understand {part.strip()!r} in the column map {text!r}",
                fix=f"write FIELD=COLUMN once for any of {', '.join(fields)}, nothing after = for a column that is not "
                "read: --map text=question,intent=label",
            )
        mapping[field] = column or None
    return mapping


def map_words(columns: Mapping[str, str | None]) -> str:
    """`--map text=질문,intent=의도`, quoted for a shell where a name needs it."""
    pairs = ",".join(f"{name}={column or ''}" for name, column in columns.items())
    return f"--map {pairs if _PLAIN(pairs) else shlex.quote(pairs)}"


def recipe_map(columns: Mapping[str, str | None]) -> str:
    """`map: {text: 질문, intent: 의도}`, as it stands below `ingest:`, quoted where YAML reads no name."""
    pairs = (f"{name}: {'null' if column is None else _yaml(column)}" for name, column in columns.items())
    return f"map: {{{', '.join(pairs)}}}"


def _yaml(name: str) -> str:
    return name if _WORD(name) and not name.isdigit() else json.dumps(name, ensure_ascii=False)
