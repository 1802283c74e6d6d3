"""What a stage receives: sections of the recipe, of the types that the recipe has, as one frozen object."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from mlpipeline.catalog import STAGES
from mlpipeline.pipeline import settings_of
from mlpipeline.recipe.fields import SECTIONS, Recipe
from mlpipeline.recipe.load import load_recipes
from mlpipeline.stages.contract import Stage


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder: Path = tmp_path_factory.mktemp("conf") / "domains" / "shop"
    folder.mkdir(parents=True)
    (folder / "domain.yaml").write_text("languages: [ko]\ningest:\n  files: [a.jsonl]\n", "utf-8")
    return load_recipes(folder.parents[1])[0].recipe


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_receives_sections_of_its_bots_recipe(stage: Stage, recipe: Recipe):
    settings = settings_of(stage, recipe)
    assert type(settings) is stage.settings
    assert stage.sections == tuple(field.name for field in fields(settings))
    for field in fields(settings):
        assert field.type == SECTIONS[field.name].__name__, field.name
        assert getattr(settings, field.name) is getattr(recipe, field.name)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_what_a_stage_receives_travels_to_workers_and_does_not_change(stage: Stage, recipe: Recipe):
    settings = settings_of(stage, recipe)
    assert pickle.loads(pickle.dumps(settings)) == settings
    with pytest.raises(FrozenInstanceError):
        setattr(settings, stage.name, None)
