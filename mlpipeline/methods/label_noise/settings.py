"""What judging labels needs to be told; the recipe's `denoise` section explains each of them."""

from __future__ import annotations

from typing import Literal, Protocol

Policy = Literal["keep", "queue", "drop", "relabel"]


class NoiseSettings(Protocol):
    """The settings of one bot; the recipe's `denoise` section has them all.

    `folds` and `audit_rows` are counts, `audit` is the share of labels that are made wrong on purpose, `max_dropped`
    the share of an intent's rows that it may lose.
    """

    policy: Policy
    folds: int
    network: bool
    pretrained_vectors: bool
    audit: float
    audit_rows: int
    max_dropped: float
    out_of_scope_label: str
    seed: int
