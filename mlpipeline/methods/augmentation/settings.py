"""What making rows needs to be told of a recipe."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class MakingSettings:
    """The recipe's `augment` section, which explains each of them, and what its `clean` takes for nearly the same.

    Rows are counted a bot's intent (`fill_to`, `retrieve_to`, `framed`) or an original row (`per_row`);
    `min_agreement`, `min_similarity`, `retrieval_precision` and `near_threshold` are shares of 1, `max_length_ratio` is
    a factor.
    """

    fill_to: int
    retrieve_to: int
    kinds: Collection[str]
    per_row: int
    chain: int
    disabled: Collection[str]
    enabled: Collection[str]
    min_agreement: float
    min_similarity: float
    max_length_ratio: float
    retrieval_precision: float
    generator: str | None
    seed: int
    fold: tuple[str, ...]
    near_threshold: float
    framed: int = 0
