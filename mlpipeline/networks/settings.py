"""What training a network needs to be told; the recipe's `train` section explains each of them."""

from __future__ import annotations

from dataclasses import dataclass

from mlpipeline.networks.zones import Costs


@dataclass(frozen=True, kw_only=True)
class FitSettings:
    """How weights are fitted: passes and steps, rows in one step, peak of the step size, width of the deep part, and
    shares in [0, 1) of its units and of a text's n-grams that are silenced in a step.

    Without `max_steps`, a large corpus is passed as often as a small one.
    """

    epochs: int
    min_steps: int
    max_steps: int | None = None
    batch_size: int
    learning_rate: float
    dims: int
    dropout: float
    feature_dropout: float


@dataclass(frozen=True, kw_only=True)
class ClassifierSettings(FitSettings):
    """How the classifier of a bot is trained: also what its n-grams are, and how rows and labels count.

    Bots of up to `max_folded_rows` rows are judged by cross-validation in `folds` folds.
    """

    model: str = "ngram"
    label_smoothing: float
    char_ngrams: tuple[int, int]
    word_ngrams: tuple[int, int]
    word_weight: float
    min_df: int
    max_vocabulary: int
    max_ids: int
    augmented_weight: float
    out_of_scope_label: str
    accept_share: float
    max_wrong: float | None = None
    costs: Costs | None = None
    negatives: bool = True
    folds: int
    max_folded_rows: int
