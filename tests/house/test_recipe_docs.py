"""What explains the recipe's keys is made from their descriptions; what ships in conf/ can be loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.cli.main import main
from mlpipeline.recipe.comments import with_comments
from mlpipeline.recipe.fields import SECTIONS
from mlpipeline.recipe.load import load_recipes
from mlpipeline.recipe.write import show

_ROOT = Path(__file__).parents[2]
_LANGUAGES = ["en", "ja", "ko", "th", "vi", "zh-Hans", "zh-Hant", "zh-TW"]


def test_the_comments_of_base_yaml_are_the_descriptions_of_its_keys() -> None:
    text = (_ROOT / "conf" / "base.yaml").read_text(encoding="utf-8")
    assert text == with_comments(text), "run `make reference`"
    assert max(map(len, text.splitlines())) <= 120


def test_the_reference_page_is_made_from_the_descriptions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "reference"]) == 0
    page = (_ROOT / "docs" / "recipe-reference.md").read_text(encoding="utf-8")
    assert page == capsys.readouterr().out, "run `make reference`"


def test_every_section_is_named() -> None:
    text = (_ROOT / "conf" / "README.md").read_text(encoding="utf-8")
    missing = [name for name in SECTIONS if f"`{name}`" not in text]
    assert not missing


def test_the_sample_bots_resolve_without_a_remark() -> None:
    bots = load_recipes(_ROOT / "conf")
    assert sorted(bot.lang for bot in bots if bot.domain == "assistant") == _LANGUAGES
    assert [bot.lang for bot in bots if bot.domain == "smalltalk"] == ["ko"]
    for bot in bots:
        assert not bot.messages
        assert all(row.origin for row in show(bot))
        assert bot.recipe.release.gate is not None


def test_eight_languages_ship() -> None:
    assert sorted(file.stem for file in (_ROOT / "conf" / "languages").glob("*.yaml")) == _LANGUAGES
