"""A labelled file as the rows that `denoise` judges, without a bot and without Spark."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlpipeline.cli.file_rows import LeftOut, read_rows
from mlpipeline.cli.files import check_target
from mlpipeline.errors import UsageError
from mlpipeline.languages.folding import folder
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.near_duplicates.contents import class_pairs, classes_of, components_of
from mlpipeline.methods.near_duplicates.join import Bound
from mlpipeline.recipe.fields import CleanPart, DenoisePart, Language
from mlpipeline.recipe.load import load_sections
from mlpipeline.store.corpus.files import parse_map

# Of no language: what no language minds. Letters stay as they are (NFKC would break ㅋㅋ).
_ANY = Language(
    tag="und", name="any language", scripts=(),
    steps=("drop_invisible", "fold_width", "fold_quotes", "nfc", "casefold", "collapse_spaces", "trim_punctuation"),
)  # fmt: skip


NOTHING_LEFT = "nothing is left of the text once it is normalised"


@dataclass
class Labelled:
    """What a file holds: the table for `units_of`, lines by (content, intent), rows left out, and what to know of it.

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


def read_settings(conf: Path, lang: str | None, sets: list[str]) -> tuple[Language, DenoisePart, CleanPart]:
    """The language, and the parts `denoise` and `clean` of a recipe of no bot: those of base.yaml, `--set` over them.

    Args:
        conf: the user's folder; where there is none, what is packaged counts.
        lang: tag of the language, None for any.
        sets: `section.key=value` each.

    Raises:
        RecipeError: there is no such language or key.
    """
    sections = load_sections(conf, lang, sets=sets)
    return sections[Language] if lang else _ANY, sections[DenoisePart], sections[CleanPart]


def read_labelled_file(path: str, mapping: str, language: Language, rules: CleanPart) -> Labelled:
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
    found: dict[str, list[Any]] = {name: [] for name in ("text", "intent", "annotator", "verified", "parent")}
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
    table = _as_table(found, normalized, near_components(normalized, rules))
    return Labelled(table, lines, held.left_out, [*held.notes, *held.findings.lines(spellings=False)])


def _as_table(found: dict[str, list[Any]], normalized: list[str], components: pa.Array) -> pa.Table:
    kinds = {"verified": pa.bool_()}
    rows = {name: pa.array(values, kinds.get(name, pa.string())) for name, values in found.items()}
    said = pa.array(normalized, pa.string())
    nothing = {"split": pa.nulls(len(said), pa.string()), "vector": pa.nulls(len(said), pa.binary())}
    return pa.table({"content_id": said, "normalized": said, "component": components, **rows, **nothing})


def near_components(normalized: list[str], rules: CleanPart) -> pa.Array:
    """A name for each text that near duplicates share, as `clean` finds them."""
    if rules.near_duplicates == "off":
        return pa.nulls(len(normalized), pa.string())
    fold = folder(tuple(rules.fold))
    classes = classes_of(pa.array([fold(text) for text in normalized], pa.string()))
    names = classes.names[classes.of_text]
    owners = components_of(classes.names, class_pairs(classes, rules.near_threshold, Bound(rules.near_comparisons)))
    place = dict(zip(classes.names.tolist(), owners.tolist(), strict=True))
    return pa.array([f"{place[name]:x}" for name in names.tolist()], pa.string())
