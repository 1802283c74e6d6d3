"""Labelled texts as the rows that `denoise` reads, without a bot and without Spark: of a file, or of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlpipeline.languages.folding import folder
from mlpipeline.methods.near_duplicates.contents import class_pairs, classes_of, components_of
from mlpipeline.methods.near_duplicates.join import Bound
from mlpipeline.recipe.fields import CleanPart, DenoisePart, Language
from mlpipeline.recipe.load import load_sections

# Of no language: what no language minds. Letters stay as they are (NFKC would break ㅋㅋ).
_ANY = Language(
    tag="und", name="any language", scripts=(),
    steps=("drop_invisible", "fold_width", "fold_quotes", "nfc", "casefold", "collapse_spaces", "trim_punctuation"),
)  # fmt: skip

NOTHING_LEFT = "nothing is left of the text once it is normalised"


def read_settings(
    conf: Path, lang: str | None, sets: Sequence[str], where: str = "--lang"
) -> tuple[Language, DenoisePart, CleanPart]:
    """The language, and the sections `denoise` and `clean` of a recipe of no bot: base.yaml's, `sets` over them.

    Args:
        conf: the user's folder; where there is none, what is packaged counts.
        lang: tag of the language, None for any.
        sets: `section.key=value` each.
        where: what a message names when there is no such language.

    Raises:
        RecipeError: there is no such language or key.
    """
    sections = load_sections(conf, lang, sets=sets, where=where)
    return sections[Language] if lang else _ANY, sections[DenoisePart], sections[CleanPart]


def as_table(columns: Mapping[str, Sequence[Any]], normalized: Sequence[str], clean: CleanPart) -> pa.Table:
    """The table for `units_of`, near duplicates in one component, of n rows.

    Args:
        columns: `text` and `intent`; `annotator`, `verified`, `parent`, and `vector` (little-endian float32 bytes)
            where they are known. n values each.
        normalized: n texts as models see them, none empty.
        clean: what near duplicates are.
    """
    kinds = {"verified": pa.bool_(), "vector": pa.binary()}
    names = ("text", "intent", "annotator", "verified", "parent", "split", "vector")
    nothing = [None] * len(normalized)
    rows = {name: pa.array(columns.get(name, nothing), kinds.get(name, pa.string())) for name in names}
    contents = pa.array(normalized, pa.string())
    components = near_components(normalized, clean)
    return pa.table({"content_id": contents, "normalized": contents, "component": components, **rows})


def near_components(normalized: Sequence[str], clean: CleanPart) -> pa.Array:
    """A name for each of n texts that near duplicates share, as `clean` finds them; nulls where it does not look."""
    if clean.near_duplicates == "off":
        return pa.nulls(len(normalized), pa.string())
    fold = folder(tuple(clean.fold))
    classes = classes_of(pa.array([fold(text) for text in normalized], pa.string()))
    names = classes.names[classes.of_text]
    owners = components_of(classes.names, class_pairs(classes, clean.near_threshold, Bound(clean.near_comparisons)))
    place = dict(zip(classes.names.tolist(), owners.tolist(), strict=True))
    return pa.array([f"{place[name]:x}" for name in names.tolist()], pa.string())
