"""What a section of a recipe is, and the kinds of values in it: their ranges, and the names that exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from mlpipeline.recipe import names

RULE = "rule"
"""The type of pydantic's error for keys that do not go together; its context has `text` and `keys`."""
UNKNOWN = "unknown_name"
"""The type of pydantic's error for a name that does not exist; its context has `kind`, `name` and `known`."""

MOST_WEIGHTS = 1 << 28
"""Weights of a bot's network, 4 bytes each; the trainer holds each three times."""


def broken_rule(text: str, *keys: str) -> PydanticCustomError:
    """What is wrong between keys of a section, which message names the one that was set last."""
    return PydanticCustomError(RULE, "{text}", {"text": text, "keys": list(keys)})


def check_grams(char_ngrams: tuple[int, int], word_ngrams: tuple[int, int]) -> None:
    """Raises PydanticCustomError where a text is read as nothing."""
    if char_ngrams == word_ngrams == (0, 0):
        text = "should leave n-grams to read: char_ngrams and word_ngrams cannot both be [0, 0]"
        raise broken_rule(text, "char_ngrams", "word_ngrams")


class Section(BaseModel):
    """A section of the recipe: immutable, and nothing in it that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


Share = Annotated[float, Field(ge=0.0, le=1.0)]
Cost = Annotated[float, Field(ge=0.0, le=1_000_000.0)]
Below = Annotated[float, Field(ge=0.0, lt=1.0)]
Weight = Annotated[float, Field(gt=0.0, le=1000.0)]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
# What is worked on at once: a batch of texts, not a corpus.
Batch = Annotated[int, Field(ge=1, le=65_536)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Label = Annotated[str, Field(min_length=1, max_length=200)]


def check_range(value: tuple[int, int]) -> tuple[int, int]:
    """Raises ValueError for lengths of n-grams that there are none of."""
    if value != (0, 0) and not 1 <= value[0] <= value[1] <= 8:
        raise ValueError("Input should be [shortest, longest] with 1 <= shortest <= longest <= 8, or [0, 0]")
    return value


def check_targets(value: Sequence[str]) -> Sequence[str]:
    """Raises ValueError for a target that stands twice, or where none is what serving answers with."""
    if "onnx" not in value or len(set(value)) < len(value):
        raise ValueError("should name each target once and onnx among them: serving answers with it")
    return value


def check_columns(value: Mapping[str, object]) -> Mapping[str, object]:
    """Raises PydanticCustomError for a column that no row has."""
    Known("field of a row", names.ROW_FIELDS)(tuple(value))
    return value


class Known:
    """Checks that all words of a list are names of one kind."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.known = tuple(known)

    def __call__(self, value: Sequence[str]) -> Sequence[str]:
        """The same words; raises PydanticCustomError for the first that nothing is called."""
        for name in value:
            if name not in self.known:
                told = {"kind": self.kind, "name": name, "known": list(self.known)}
                raise PydanticCustomError(UNKNOWN, "there is no {kind} {name}", told)
        return value


Words = Annotated[tuple[str, ...], Field(strict=False)]
Files = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)]
Steps = Annotated[Words, AfterValidator(Known("normalising step", names.STEPS))]
Folds = Annotated[Words, AfterValidator(Known("folding step", (*names.FOLDS, *names.STEPS)))]
Scripts = Annotated[Words, AfterValidator(Known("script", names.SCRIPTS))]
Operators = Annotated[Words, AfterValidator(Known("operator", names.operators()))]
Range = Annotated[tuple[int, int], Field(strict=False), AfterValidator(check_range)]
