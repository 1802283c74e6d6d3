"""Sections of a recipe for tests: those of base.yaml, with what a test changes."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from mlpipeline.recipe.load import load_sections
from mlpipeline.recipe.values import Section

SectionT = TypeVar("SectionT", bound=Section)
_CONF = Path(__file__).parents[1] / "conf"


def section(kind: type[SectionT], **changed: object) -> SectionT:
    """`section(CleanSection, min_chars=2)`; what is changed is checked as in a recipe."""
    usual = load_sections(_CONF, None)[kind]
    return kind.model_validate({**usual.model_dump(), **changed})
