"""A labelled file as the rows that `denoise` judges, without a bot and without Spark."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from mlpipeline.cli.file_rows import LeftOut, read_rows
from mlpipeline.cli.files import check_target
from mlpipeline.errors import UsageError
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.orders.labelled_texts import NOTHING_LEFT, as_table
from mlpipeline.recipe.fields import CleanSection, Language
from mlpipeline.store.corpus.files import parse_map


@dataclass
class Labelled:
    """What a file holds: a table for `examples_of`, lines by (content, intent), rows left out, and what to know of it.

    Labels in two spellings are not among the warnings: the report of the labels names them.
    """

    rows: pa.Table
    lines: dict[tuple[str, str], list[int]]
    left_out: LeftOut = field(default_factory=LeftOut)
    warnings: list[str] = field(default_factory=list)


def writable(option: str, named: str, source: str) -> Path:
    """Where a file goes that a check writes; refuses what would take the user's own file with it.

    Args:
        option: for the message.
        named: the place as the user says it.
        source: the file that is checked.

    Raises:
        UsageError: it is the file that is checked, or a file that cannot be written.
    """
    place = Path(named)
    if place.resolve() == Path(source).resolve():
        raise UsageError(f"the {option} would replace {source}", fix="give it another name")
    return check_target(f"the {option}", place)


def read_labelled_file(path: str, mapping: str, language: Language, rules: CleanSection) -> Labelled:
    """The labelled rows of a file, normalised, with near duplicates in one component.

    Args:
        path: JSONL, CSV, TSV or Rasa.
        mapping: `text=question,intent=label`, or empty.
        language: how texts are normalised and folded.
        rules: the recipe's `clean` part, for near duplicates.

    Raises:
        UsageError: the file cannot be used.
    """
    held = read_rows(path, parse_map(mapping))
    normalize = normalizer(Profile.of(language))
    found: dict[str, list[object]] = {name: [] for name in ("text", "intent", "annotator", "verified", "parent")}
    normalized: list[str] = []
    lines: dict[tuple[str, str], list[int]] = {}
    for row in held.labelled():
        said = normalize(row.text)
        if not said:
            held.left_out.add("empty", row.line, NOTHING_LEFT)
            continue
        for name, values in found.items():
            values.append(getattr(row, name))
        normalized.append(said)
        lines.setdefault((said, str(row.intent)), []).append(row.line)
    if not normalized:
        raise held.left_out.refusal(path, "no labelled row", ("text", "intent"), held.mapping)
    return Labelled(
        as_table(found, normalized, rules), lines, held.left_out, [*held.notes, *held.findings.lines(spellings=False)]
    )
