"""The profiles that the shipped language files make."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mlpipeline.languages.profile import Profile

CONF = Path(__file__).parents[3] / "conf" / "languages"


def _profile_of(tag: str) -> Profile:
    sections = yaml.safe_load((CONF / f"{tag}.yaml").read_text("utf-8"))
    base = yaml.safe_load((CONF / f"{sections['inherits']}.yaml").read_text("utf-8")) if "inherits" in sections else {}
    return Profile.from_dict({**base.get("language", {}), **sections["language"]})


@pytest.fixture(scope="session")
def profiles() -> dict[str, Profile]:
    return {path.stem: _profile_of(path.stem) for path in sorted(CONF.glob("*.yaml"))}
