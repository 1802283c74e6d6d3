"""The rules of `clean` that drop a row."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mlpipeline.languages.profile import Profile
from mlpipeline.stages import clean


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
    part = SimpleNamespace(min_chars=2, max_chars=10, min_script_share=0.5)
    verdict = clean.length_and_script(part, Profile(tag="ko", steps=(), scripts=("Hang",)))(text)
    assert (verdict[0] if verdict else None) == reason
