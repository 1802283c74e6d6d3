"""conf/README.md explains the layers and names every section; what ships in conf/ can be loaded."""

from __future__ import annotations

from pathlib import Path

from mlpipeline.recipe.fields import SECTIONS
from mlpipeline.recipe.load import load_recipes
from mlpipeline.recipe.write import show

_ROOT = Path(__file__).parents[2]
_LANGUAGES = ["en", "ja", "ko", "th", "vi", "zh-Hans", "zh-Hant", "zh-TW"]


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
