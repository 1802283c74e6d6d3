"""The recipes that a person means, and what is said where none is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.errors import RecipeError, UsageError
from mlpipeline.recipe.choose import as_sets, choose_recipes, recipe_of


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    domain = tmp_path / "conf" / "domains" / "shop"
    domain.mkdir(parents=True)
    (domain / "domain.yaml").write_text("languages: [ko, zh_tw]\ningest: {files: [x.jsonl]}\n", "utf-8")
    return tmp_path / "conf"


def test_bots_are_chosen_and_left_out(conf: Path):
    def names(**words: object) -> list[str]:
        return [bot.lang for bot in choose_recipes(conf, **words)]  # type: ignore[arg-type]

    assert names() == ["ko", "zh-TW"]
    assert names(select="shop/ko") == names(select=["lang:ko"]) == names(exclude=["shop/zh-TW"]) == ["ko"]


def test_notes_are_logged(conf: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    choose_recipes(conf)
    assert caplog.messages and all(note.startswith("note: ") for note in caplog.messages)
    assert {record.name for record in caplog.records} == {"mlpipeline.recipe.choose"}


def test_values_over_the_recipe(conf: Path):
    assert recipe_of(conf, "shop/ko", sets=["train.epochs=3"]).recipe.train.epochs == 3
    with pytest.raises(RecipeError, match="epoch"):
        recipe_of(conf, "shop/ko", sets=["train.epoch=3"])


@pytest.mark.parametrize("bot", ["shop", "shop/", "/ko", "shop/ko/x", "bank/en"])
def test_who_names_one_bot_never_wrote_select(conf: Path, bot: str):
    with pytest.raises(UsageError) as error:
        recipe_of(conf, bot)
    assert error.value.where != "--select"


def test_a_folder_without_bots(tmp_path: Path):
    with pytest.raises(UsageError, match="no folder domains"):
        choose_recipes(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("train.epochs", 3),
        ("train.learning_rate", 1e-05),
        ("clean.min_script_share", 0.25),
        ("clean.drop_duplicates", False),
        ("augment.disabled", ["typo_shift"]),
        ("split.salt", "2026: # and 'quotes'"),
        ("ingest.translations", None),
    ],
)
def test_a_value_of_python_is_that_of_the_recipe(conf: Path, key: str, value: object):
    (bot,) = choose_recipes(conf, select="shop/ko", sets=as_sets({key: value}))
    section, name = key.split(".")
    found = getattr(getattr(bot.recipe, section), name)
    assert (list(found) if isinstance(found, tuple) else found) == value


def test_what_no_recipe_can_hold_is_refused():
    assert as_sets(None) == []
    with pytest.raises(UsageError, match=r"^clean\.fold: set is no value of a recipe"):
        as_sets({"clean.fold": {"a"}})
