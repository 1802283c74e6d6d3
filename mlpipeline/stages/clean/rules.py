"""Texts become normalised and folded, and the rules say which of them are no questions at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import StringType, StructField, StructType

from mlpipeline.languages.folding import Fold, folder
from mlpipeline.languages.profile import Profile, normalizer, script_share
from mlpipeline.schemas import UTTERANCE
from mlpipeline.spark.columns import python_column
from mlpipeline.spark.frames import Transform, with_text_id

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import CleanSection, Language

_JUDGED = StructType([StructField(name, StringType()) for name in ("normalized", "reason", "detail", "_folded")])

# normalized text -> (reason, detail), or None when it may stay
Rule = Callable[[str], tuple[str, str] | None]


def length_and_script(rules: CleanSection, profile: Profile) -> Rule:
    """The rule that a recipe's `clean` section asks for; lengths are code points of the normalised text."""

    def rule(text: str) -> tuple[str, str] | None:
        if not text:
            return "empty", "nothing is left after normalisation"
        if len(text) < rules.min_chars:
            return "too_short", f"{len(text)} characters, at least {rules.min_chars}"
        if len(text) > rules.max_chars:
            return "too_long", f"{len(text)} characters, at most {rules.max_chars}"
        if rules.min_script_share > 0:
            share = script_share(text, profile.scripts)
            if share < rules.min_script_share:
                return "other_script", f"{share:.0%} of the letters are {'/'.join(profile.scripts)}"
        return None

    return rule


def with_normalized(language: Language, rules: CleanSection) -> Transform:
    """Adds `normalized`, `content_id`, `_folded` of rows that stay, `reason` and `detail` of rows that a rule drops."""
    profile = Profile.of(language)
    folds = tuple(rules.fold)
    compared = rules.near_duplicates != "off"

    def load() -> tuple[Callable[[str], str], Rule, Fold]:
        return normalizer(profile), length_and_script(rules, profile), folder(folds)

    def compute(model: tuple[Callable[[str], str], Rule, Fold], texts: pa.Array) -> list[pa.Array]:
        normalize, rule, fold = model
        normalized = [normalize(text) for text in texts.to_pylist()]
        verdicts = [rule(text) for text in normalized]
        reasons = [verdict[0] if verdict else None for verdict in verdicts]
        details = [verdict[1] if verdict else None for verdict in verdicts]
        folded: list[str | None] = [None] * len(normalized)
        if compared:
            folded = [None if verdict else fold(text) for text, verdict in zip(normalized, verdicts, strict=True)]
        return [pa.array(values, pa.string()) for values in (normalized, reasons, details, folded)]

    def step(frame: DataFrame) -> DataFrame:
        key = f"clean:{profile}:{rules}"
        made = python_column("text", load, compute, returns=_JUDGED, key=key)
        judged = frame.select(*UTTERANCE.names, made.alias("made")).select(*UTTERANCE.names, "made.*")
        return judged.transform(with_text_id("content_id", "lang", "normalized"))

    return step
