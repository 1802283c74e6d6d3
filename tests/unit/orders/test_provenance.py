"""What changes a fingerprint and what never does: every setting does, nobody's machine does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import mlpipeline
from mlpipeline.catalog import STAGES
from mlpipeline.orders.plan import Plan, Planner
from mlpipeline.recipe.fields import SECTIONS
from mlpipeline.recipe.load import Resolved, load_recipes
from mlpipeline.recipe.select import parse_selection

World = Any
# Which files, is an input, by their digests; translations are read by the report, by no stage.
INPUTS = {("ingest", "files"), ("ingest", "logs"), ("ingest", "translations")}
FIELDS = [
    (stage.name, section, name)
    for stage in STAGES
    for section in stage.sections
    for name in sorted(SECTIONS[section].model_fields)
]


def with_value(bot: Resolved, section: str, name: str, value: object) -> Resolved:
    part = getattr(bot.recipe, section).model_copy(update={name: value})
    return replace(bot, recipe=bot.recipe.model_copy(update={section: part}))


def fingerprints(plan: Plan) -> dict[str, str]:
    return {
        f"{bot} {stage}": order.job.provenance.fingerprint
        for stage in plan.orders
        for bot, order in plan.orders[stage].items()
    }


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Resolved:
    folder = tmp_path_factory.mktemp("conf") / "domains" / "shop"
    folder.mkdir(parents=True)
    (folder / "domain.yaml").write_text("languages: [ko]\ningest:\n  files: [a.jsonl]\n", "utf-8")
    return load_recipes(folder.parents[1], select=parse_selection("shop/ko"))[0]


def test_every_setting_that_a_stage_receives_changes_its_fingerprint(world: World, bot: Resolved):
    """Generated from the recipe's own fields, so that a new one cannot be forgotten."""
    planner = Planner(world.store)
    stages = {stage.name: stage for stage in STAGES}
    unchanged = {name: planner._mark(stage, bot, {}).fingerprint for name, stage in stages.items()}
    assert len(FIELDS) > 100
    for stage, section, name in FIELDS:
        changed = with_value(bot, section, name, "another value")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # pydantic tells that it is a value of no field
            differs = planner._mark(stages[stage], changed, {}).fingerprint != unchanged[stage]
        assert differs == ((section, name) not in INPUTS), f"{section}.{name} for {stage}"


@pytest.mark.parametrize(("stage", "name"), [("embed", "encoder"), ("augment", "generator")])
def test_a_folder_outside_the_store_counts_by_what_lies_in_it(
    world: World, bot: Resolved, tmp_path: Path, stage: str, name: str
):
    weights = tmp_path / "model" / "onnx" / "model.onnx"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"one")
    named = with_value(bot, stage, name, str(tmp_path / "model"))
    step = next(one for one in STAGES if one.name == stage)

    def provenance() -> Any:
        return Planner(world.store)._mark(step, named, {})

    first = provenance()
    assert set(step.folders[f"{stage}.{name}"]) <= set(first.libraries)
    assert provenance() == first
    weights.write_bytes(b"two")
    second = provenance()
    assert second.fingerprint != first.fingerprint
    (tmp_path / "model" / "tokenizer.json").write_text("{}")
    assert provenance().fingerprint not in (first.fingerprint, second.fingerprint)


def test_libraries_that_nothing_uses_do_not_count(world: World, bot: Resolved):
    embed = next(stage for stage in STAGES if stage.name == "embed")
    assert "torch" not in Planner(world.store)._mark(embed, bot, {}).libraries


_PRINT = """
import json, sys
from pathlib import Path
from mlpipeline.orders.plan import Planner
from mlpipeline.catalog import STAGES
from mlpipeline.recipe.load import load_recipes
from mlpipeline.store.layout import Store
import mlpipeline
assert mlpipeline.__file__.startswith(sys.argv[2]), mlpipeline.__file__
plan = Planner(Store(sys.argv[1] + "/none")).plan(load_recipes(Path(sys.argv[1]) / "conf"), STAGES)
of_stage = {name: orders.items() for name, orders in plan.orders.items()}
listed = [(f"{bot} {name}", order) for name in of_stage for bot, order in of_stage[name]]
print(json.dumps({told: order.job.provenance.fingerprint for told, order in listed}))
"""


@pytest.mark.slow
def test_neither_place_nor_user_nor_words_of_explanation_count(world: World, tmp_path: Path):
    """A clone elsewhere, with other comments and docstrings and keys in another order, plans the same fingerprints."""
    clone = tmp_path / "다른 곳" / "mlpipeline"
    shutil.copytree(Path(mlpipeline.__file__).parent, clone, ignore=shutil.ignore_patterns("__pycache__"))
    for file in clone.rglob("*.py"):
        file.write_text(file.read_text("utf-8") + "\n\n# another remark\n", "utf-8")
    project = tmp_path / "project"
    shutil.copytree(world.home, project)
    for file in project.rglob("domain.yaml"):
        first, *rest = file.read_text("utf-8").splitlines()
        file.write_text("\n".join(["# a remark", *rest, first]) + "\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _PRINT, str(project), str(clone)],
        cwd=clone.parent,
        env={
            **os.environ,
            "PYTHONPATH": str(clone.parent),
            "PYTHONHASHSEED": "7",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TZ": "Asia/Seoul",
            "USER": "somebody",
            "LC_ALL": "C",
            "SPARK_MASTER": "local[7]",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == fingerprints(world.plan())
