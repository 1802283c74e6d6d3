"""What releasing receives of the recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import Language
    from mlpipeline.recipe.model_fields import TrainSection
    from mlpipeline.recipe.release_fields import AnswerSection, ReleaseSection


@dataclass(frozen=True)
class ReleaseSettings:
    """The sections that a release is judged by (`release`) and those that go into the bundle."""

    language: Language
    train: TrainSection
    release: ReleaseSection
    answer: AnswerSection
