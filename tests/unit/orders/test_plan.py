"""What runs again, for which bots, and why: planning against a store that was written without Spark."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.catalog import STAGES, stages_between
from mlpipeline.orders.provenance import StageCode, read_stage_code
from mlpipeline.stages.contract import Stage
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import load_manifest
from tests.unit.orders.conftest import causes

NAMES = [stage.name for stage in STAGES]
World = Any


def after(stages: list[str]) -> dict[str, str]:
    """The chain of causes below a stage that runs."""
    return {stage: f"after {before}" for before, stage in pairwise(stages)}


def test_new_bots_run_from_the_first_stage_to_the_last(world: World):
    found = causes(world.plan())
    assert sorted(found) == ["bank/en", "bank/ko", "shop/en", "shop/ko"]
    assert found["shop/ko"] == {"ingest": "never made"} | after(NAMES)


def test_after_a_run_there_is_nothing_to_do(done: World):
    assert done.plan().is_empty


def test_a_new_bot_runs_alone(done: World):
    done.put("shop/th", ["a", "b"])
    file = done.home / "conf" / "domains" / "shop" / "domain.yaml"
    file.write_text(file.read_text().replace("[en, ko]", "[en, ko, th]"))
    assert causes(done.plan()) == {"shop/th": {"ingest": "never made"} | after(NAMES)}


def test_a_recipe_value_runs_its_stage_and_those_after_it(done: World):
    done.finish(done.plan("train.epochs=10", select="shop/ko"))
    found = causes(done.plan("train.epochs=20", select="shop/ko"))
    assert list(found) == ["shop/ko"]
    assert found["shop/ko"]["train"] == "recipe train.epochs 10 -> 20"
    assert found["shop/ko"]["export"].startswith("after ")
    assert not {"ingest", "clean", "split", "embed"} & set(found["shop/ko"])


def test_translations_run_nothing(done: World):
    (done.home / "corpora" / "shop.csv").write_text("left,right\na,b\n")
    plan = done.plan("ingest.translations=corpora/{domain}.csv", select="shop/ko")
    assert plan.is_empty
    assert plan.translations == {"shop/ko": str(done.home / "corpora" / "shop.csv")}


def test_an_answers_file_that_cannot_be_meant_is_refused_before_any_work(done: World):
    (done.home / "answers.yaml").write_text("yes: a\nno: b\nyes: c\n", "utf-8")
    plan = done.plan("release.answers=answers.yaml", select="shop/ko")
    assert str(plan.refused["shop/ko"]).startswith("answers.yaml:3: yes is set twice, first in line 1")
    gone = done.plan("release.answers=gone.yaml", select="shop/ko").refused["shop/ko"]
    assert gone.where == "--set: release.answers" and "gone.yaml" in gone.what


def test_a_gate_value_runs_the_release_alone(done: World):
    found = causes(done.plan("release.gate.min_accuracy=0.7"))
    assert set(found) == {"bank/en", "bank/ko", "shop/en", "shop/ko"}
    assert found["shop/ko"] == {"release": "recipe release.gate.min_accuracy 0.6 -> 0.7"}


def test_changed_rows_are_counted_and_only_their_bot_runs(done: World):
    texts = [f"text {number}" for number in range(10)]
    done.put("shop/ko", [*texts[:-1], "another text", "and one more"])
    found = causes(done.plan())
    assert list(found) == ["shop/ko"]
    assert found["shop/ko"]["ingest"] == "2 rows new, 1 row gone in corpora/shop.ko.jsonl"
    assert list(found["shop/ko"]) == NAMES


def test_312_rows_new(done: World):
    done.put("shop/ko", [f"text {number}" for number in range(322)])
    assert causes(done.plan())["shop/ko"]["ingest"] == "312 rows new in corpora/shop.ko.jsonl"


def test_a_file_that_only_looks_changed_is_said_so(done: World):
    file = done.file("shop/ko")
    file.write_text(file.read_text().replace("{", "{ "), "utf-8")
    assert "no row differs" in causes(done.plan())["shop/ko"]["ingest"]


def test_a_touched_file_is_not_changed(done: World):
    done.file("shop/ko").touch()
    assert done.plan().is_empty


def test_a_new_file_is_named(done: World):
    (done.home / "corpora" / "more.jsonl").write_text('{"text": "x", "intent": "i0"}\n')
    found = causes(done.plan("ingest.files=[corpora/shop.ko.jsonl, corpora/more.jsonl]", select="shop/ko"))
    assert found["shop/ko"]["ingest"] == "corpora/more.jsonl is new"


def test_a_cause_names_a_stage_that_makes_an_input(done: World):
    found = causes(done.plan("clean.max_chars=99"))["shop/ko"]
    read = {stage.name: {one.name for one in STAGES if set(one.gives) & set(stage.needs)} for stage in STAGES}
    named = {stage: cause.removeprefix("after ") for stage, cause in found.items() if cause.startswith("after ")}
    assert len(named) >= 7 and {stage for stage, before in named.items() if before not in read[stage]} == set()


def test_a_lost_artefact_is_made_again_and_nothing_after_it(done: World):
    entry = load_manifest(done.store, "splits").entries["shop/ko"]
    (Path(done.store.table_path("splits")) / entry.files[0]).unlink()
    found = causes(done.plan())
    assert list(found) == ["shop/ko"]
    assert list(found["shop/ko"]) == ["split"]
    assert found["shop/ko"]["split"].startswith("artefact missing: splits/")


def test_a_lost_table_is_made_again_for_all(done: World):
    shutil.rmtree(done.store.table_path("model"))
    found = causes(done.plan())
    assert {tuple(stages) for stages in found.values()} == {("train",)}


def test_a_lost_encoder_is_trained_again(done: World):
    shutil.rmtree(done.store.table_path("encoder"))
    plan = done.plan()
    assert {stage for stages in causes(plan).values() for stage in stages} == {"embed"}
    assert causes(plan)["shop/ko"] == {"embed": "artefact missing: encoder of ko"}
    assert all(order.job.shared is not None for order in plan.to_run("embed").values())


def test_an_earlier_corpus_is_reused_and_nothing_runs_after_it(done: World):
    texts = [f"text {number}" for number in range(10)]
    done.put("shop/ko", [*texts, "one more"])
    done.finish(done.plan())
    done.put("shop/ko", texts)
    plan = done.plan()
    found = causes(plan)
    assert list(found) == ["shop/ko"]
    assert "exported is new" in found["shop/ko"].pop("release"), "a release has effects beside its rows"
    assert all(cause.startswith("reuse of what was made before (") for cause in found["shop/ko"].values())
    assert all(order.job.reuse for name in found["shop/ko"] for order in plan.to_run(name).values())
    done.finish(plan)
    assert done.plan().is_empty


def test_rows_that_are_gone_are_not_reused(done: World):
    made = load_manifest(done.store, "cleaned").entries["shop/ko"]
    done.finish(done.plan("clean.min_chars=2", select="shop/ko"))
    (Path(done.store.table_path("cleaned")) / made.files[0]).unlink()
    plan = done.plan(select="shop/ko")
    assert not plan.to_run("clean")["shop/ko"].job.reuse
    assert plan.to_run("split")["shop/ko"].job.reuse, "its rows are still there"


def test_a_reuse_that_was_killed_between_two_tables_goes_on(done: World):
    first = done.plan(select="shop/ko").orders["clean"]["shop/ko"].job.provenance
    done.finish(done.plan("clean.min_chars=2", select="shop/ko"))
    done.commit("cleaned", {"shop/ko": first}, {"shop/ko": [{"rows": 1}]})
    assert done.plan(select="shop/ko").to_run("clean")["shop/ko"].job.reuse


def made_otherwise(monkeypatch: pytest.MonkeyPatch, name: str, **changes: Any) -> None:
    """Lets the provenance of one stage differ from what the store was made with."""

    def changed(store: Store, stages: Iterable[Stage]) -> dict[str, StageCode]:
        found = read_stage_code(store, stages)
        return {**found, name: replace(found[name], **changes)}

    monkeypatch.setattr("mlpipeline.orders.plan.read_stage_code", changed)


def test_changed_code_is_the_cause(done: World, monkeypatch: pytest.MonkeyPatch):
    made_otherwise(monkeypatch, "split", code="other")
    found = causes(done.plan(select="shop/ko"))
    assert found["shop/ko"]["split"] == "code of split changed"
    assert "clean" not in found["shop/ko"]


def test_a_library_of_another_version_is_the_cause(done: World, monkeypatch: pytest.MonkeyPatch):
    made_otherwise(monkeypatch, "train", libraries={"scipy": "9.9"})
    found = causes(done.plan(select="shop/ko"))
    assert "scipy 1" in found["shop/ko"]["train"] and "-> 9.9" in found["shop/ko"]["train"]


# The first, one of the middle and the last are enough for `make check`.
@pytest.mark.parametrize(
    "stop",
    [
        name if name in ("ingest", "embed", "export") else pytest.param(name, marks=pytest.mark.slow)
        for name in NAMES[:-1]
    ],
)
def test_a_run_that_stopped_goes_on_from_there(world: World, stop: str):
    world.finish(world.plan(), stop_after=stop)
    found = causes(world.plan())
    assert set(found) == {"bank/en", "bank/ko", "shop/en", "shop/ko"}
    assert list(found["shop/ko"]) == NAMES[NAMES.index(stop) + 1 :]


def test_a_run_killed_between_two_tables_of_a_stage_does_the_stage_again(done: World):
    plan = done.plan("clean.min_chars=2")
    order = plan.to_run("clean")["shop/ko"]
    done.commit("cleaned_dropped", {"shop/ko": order.job.provenance}, {"shop/ko": []})
    again = done.plan("clean.min_chars=2", select="shop/ko")
    assert "clean" in causes(again)["shop/ko"]
    assert "clean" in causes(done.plan(select="shop/ko"))["shop/ko"], "the old recipe must not take it either"


def test_one_missing_file_refuses_its_bot_only(done: World):
    done.file("shop/ko").unlink()
    done.put("bank/ko", ["new"])
    plan = done.plan()
    assert list(plan.refused) == ["shop/ko"]
    assert "corpora/shop.ko.jsonl" in str(plan.refused["shop/ko"])
    assert list(causes(plan)) == ["bank/ko"]


def test_a_chosen_stretch_leaves_the_rest_alone(done: World):
    done.put("shop/ko", ["new"])
    plan = done.plan(stages=stages_between("ingest", "clean"))
    assert causes(plan) == {
        "shop/ko": {"ingest": "1 row new, 10 rows gone in corpora/shop.ko.jsonl"} | after(NAMES[:2])
    }
    assert done.plan(stages=stages_between("train", None)).is_empty


def test_a_stage_whose_input_was_never_made_is_refused(world: World):
    plan = world.plan(stages=stages_between("clean", "clean"))
    assert set(plan.refused) == {"bank/en", "bank/ko", "shop/en", "shop/ko"}
    assert "ingest" in str(plan.refused["shop/ko"])
    assert plan.is_empty


def test_a_stage_never_takes_rows_that_are_not_there_for_made(world: World):
    world.finish(world.plan(), stop_after="ingest")
    plan = world.plan(stages=stages_between("split", "split"))
    assert plan.is_empty and set(plan.refused)


def test_bots_without_rows_are_told_before_anything_starts(world: World):
    world.put("shop/ko", [])
    world.finish(world.plan())
    plan = world.plan()
    assert list(plan.refused) == ["shop/ko"]
    assert "no rows" in str(plan.refused["shop/ko"])
    world.put("shop/ko", ["now there are", "some"])
    assert not world.plan().refused


def test_renewing_the_encoder_runs_embed_for_its_languages(done: World):
    plan = done.plan(select="lang:ko", renew=True)
    found = causes(plan)
    assert set(found) == {"bank/ko", "shop/ko"} and "embed" in found["shop/ko"]
    done.finish(plan)
    assert done.plan(select="lang:ko").is_empty
    assert done.plan(select="lang:en").is_empty


@pytest.mark.slow
def test_800_bots_are_planned_in_two_seconds(tmp_path: Path, world: World):
    folder = world.home / "conf" / "domains"
    langs = ["en", "ja", "ko", "th", "vi", "zh-Hans", "zh-Hant", "zh-TW"]
    for number in range(100):
        (folder / f"d{number}").mkdir()
        text = f"languages: [{', '.join(langs)}]\ningest:\n  files: ['corpora/shop.ko.jsonl']\n"
        (folder / f"d{number}" / "domain.yaml").write_text(text)
    began = time.process_time()
    plan = world.plan(select="domain:d*")
    spent = time.process_time() - began
    assert len(plan.to_run("ingest")) == 800
    assert spent < 2.0
