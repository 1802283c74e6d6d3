"""Labelled texts as the rows that `denoise` reads, without a bot and without Spark: of a file, or of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.languages.folding import folder
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.near_duplicates.contents import (
    Classes,
    class_pairs,
    classes_of,
    components,
    components_of,
    content_pairs,
    pairs_of,
)
from mlpipeline.methods.near_duplicates.join import Bound
from mlpipeline.recipe.fields import CleanSection, DenoiseSection, Language
from mlpipeline.recipe.load import load_sections

# Of no language: what no language minds. Letters stay as they are (NFKC would break ㅋㅋ).
_ANY = Language(
    tag="und", name="any language", scripts=(),
    steps=("drop_invisible", "fold_width", "fold_quotes", "nfc", "casefold", "collapse_spaces", "trim_punctuation"),
)  # fmt: skip

NOTHING_LEFT = "nothing is left of the text once it is normalised"


def read_settings(
    conf: Path | None, lang: str | None, sets: Sequence[str], where: str = "--lang"
) -> tuple[Language, DenoiseSection, CleanSection]:
    """The language, and the sections `denoise` and `clean` of a recipe of no bot: base.yaml's, `sets` over them.

    Args:
        conf: the user's folder; None, or where there is none: what is packaged counts.
        lang: tag of the language, None for any.
        sets: `section.key=value` each.
        where: what a message names when there is no such language.

    Raises:
        RecipeError: there is no such language or key.
    """
    sections = load_sections(conf, lang, sets=sets, where=where)
    return sections[Language] if lang else _ANY, sections[DenoiseSection], sections[CleanSection]


def as_table(columns: Mapping[str, Sequence[object]], normalized: Sequence[str], clean: CleanSection) -> pa.Table:
    """The table for `examples_of`, near duplicates in one component, of n rows.

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


@dataclass(frozen=True)
class LabelledRows:
    """Texts with labels, as a check reads them.

    Attributes:
        table: as `as_table` makes it.
        positions: (content, label) -> the positions of the rows that have them, from 0, ascending.
        left_out: places of the texts of which nothing is left once normalised.
    """

    table: pa.Table
    positions: Mapping[tuple[str, str], Sequence[int]]
    left_out: Sequence[int]


def labelled_rows(
    texts: Sequence[str],
    labels: Sequence[str],
    language: Language,
    clean: CleanSection,
    vectors: NDArray[np.float32] | None = None,
) -> LabelledRows:
    """n texts, as they were said, with their labels and, where they are known, vectors (n, d)."""
    normalized = list(map(normalizer(Profile.of(language)), texts))
    kept = [at for at, text in enumerate(normalized) if text]
    columns: dict[str, Sequence[object]] = {"text": [texts[at] for at in kept], "intent": [labels[at] for at in kept]}
    if vectors is not None:
        columns["vector"] = [vectors[at].astype("<f4").tobytes() for at in kept]
    places: dict[tuple[str, str], list[int]] = {}
    for at in kept:
        places.setdefault((normalized[at], labels[at]), []).append(at)
    table = as_table(columns, [normalized[at] for at in kept], clean)
    return LabelledRows(table, places, [at for at, text in enumerate(normalized) if not text])


def near_components(normalized: Sequence[str], clean: CleanSection) -> pa.Array:
    """A name for each of n texts that near duplicates share, as `clean` finds them; nulls where it does not look."""
    if clean.near_duplicates == "off":
        return pa.nulls(len(normalized), pa.string())
    classes = _classes(normalized, clean)
    names = classes.names[classes.of_text]
    owners = components_of(classes.names, class_pairs(classes, clean.near_threshold, Bound(clean.near_comparisons)))
    place = dict(zip(classes.names.tolist(), owners.tolist(), strict=True))
    return pa.array([f"{place[name]:x}" for name in names.tolist()], pa.string())


def near_groups(
    texts: Sequence[str], language: Language, clean: CleanSection, threshold: float
) -> list[tuple[list[int], list[tuple[int, int, float]]]]:
    """Groups of near duplicates, by their first row: the rows of each, and the pairs that connect them.

    Args:
        texts: n texts, as they were said; those of which nothing is left once normalised are in no group.
        language: how they are normalised.
        clean: how they are folded, and how many are compared at most.
        threshold: Jaccard similarity from which two are near duplicates.

    Returns:
        (rows ascending, (one, other, similarity) with one < other) each; at least two rows.
    """
    normalized = list(map(normalizer(Profile.of(language)), texts))
    place = [at for at, text in enumerate(normalized) if text]
    classes = _classes([normalized[at] for at in place], clean)
    near = class_pairs(classes, threshold, Bound(clean.near_comparisons))
    left, right = np.searchsorted(classes.names, near.left), np.searchsorted(classes.names, near.right)
    pairs = content_pairs(classes.of_text, pairs_of(left, right, near.similarity))
    first = components(len(place), pairs).tolist()
    groups: dict[int, tuple[list[int], list[tuple[int, int, float]]]] = {}
    for one, other, similarity in zip(
        pairs.left.tolist(), pairs.right.tolist(), pairs.similarity.tolist(), strict=True
    ):
        pair = (place[one], place[other], round(similarity, 6))
        groups.setdefault(first[one], ([], []))[1].append(pair)
    for at, group in enumerate(first):
        if group in groups:
            groups[group][0].append(place[at])
    return [groups[group] for group in sorted(groups)]


def _classes(normalized: Sequence[str], clean: CleanSection) -> Classes:
    fold = folder(tuple(clean.fold))
    return classes_of(pa.array([fold(text) for text in normalized], pa.string()))
