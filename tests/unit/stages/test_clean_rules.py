"""The rules of `clean` that drop a row."""

from __future__ import annotations

import pytest

from mlpipeline.languages.profile import Profile
from mlpipeline.recipe.fields import CleanSection
from mlpipeline.stages import clean
from tests.sections import section


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("가", "too_short"),
        ("가" * 11, "too_long"),
        ("こんにちは", "other_script"),
        ("hello", None),
        ("안녕하세요", None),
        ("12 34", None),
    ],
)
def test_rules(text: str, reason: str | None):
    rules = section(CleanSection, min_chars=2, max_chars=10, min_script_share=0.5)
    verdict = clean.length_and_script(rules, Profile(tag="ko", steps=(), scripts=("Hang",)))(text)
    assert (verdict[0] if verdict else None) == reason
