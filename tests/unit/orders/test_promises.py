"""What a recipe names must be there; what has grown is counted as it was trained on; what is forced runs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow.fs as pafs
import pytest

from mlpipeline.catalog import stages_between
from mlpipeline.errors import Failure, SetupError
from mlpipeline.orders.apply import apply_plan
from mlpipeline.orders.refusals import keep_refusals, read_refusals
from mlpipeline.stages.contract import Outcome
from mlpipeline.store.tables.provenance import Provenance
from tests.unit.orders.conftest import causes

World = Any


def test_a_language_that_has_grown_is_noted(world: World):
    world.finish(world.plan(), rows=10)
    world.put("shop/ko", [f"text {number}" for number in range(40)])
    world.finish(world.plan(), rows=40)
    notes = world.plan().notes
    assert len(notes) == 1 and "encoder of ko" in notes[0] and "--renew-encoder" in notes[0]


def test_texts_that_domains_share_are_counted_once(world: World, monkeypatch: pytest.MonkeyPatch):
    world.shared_texts = True
    world.finish(world.plan(), rows=10)
    assert world.plan().notes == [], "two bots with the same ten texts have not grown since ten were trained on"
    monkeypatch.setattr("mlpipeline.orders.growth._distinct", lambda *_: pytest.fail("counted again"))
    assert world.plan().notes == []


def test_a_forced_stage_runs_although_nothing_changed_and_alone(done: World):
    found = causes(done.plan(force=["clean"], select="shop/ko"))
    assert found == {"shop/ko": {"clean": "forced"}}
    assert causes(done.plan("train.epochs=99", force=["train"], select="shop/ko"))["shop/ko"]["train"].endswith(
        "forced"
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("release.questions=gone.txt", "release.questions: no such file: gone.txt"),
        ("release.answers=gone.yaml", "release.answers: no such file: gone.yaml"),
        ("ingest.translations=gone.csv", "ingest.translations: no such file: gone.csv"),
        ("embed.encoder=gone", "embed.encoder: no such folder: gone"),
        ("augment.generator=gone", "augment.generator: no such folder: gone"),
        ("release.gate=null", "no gate"),
        (
            "release.gate={min_accuracy: null, min_macro_f1: null, max_ece: null, max_drop_from_champion: null}",
            "no gate",
        ),
        ("ingest.files=['corpora/nothing.*']", "no file matches corpora/nothing.*"),
    ],
)
def test_what_a_recipe_names_and_is_not_there_costs_the_bot_before_anything_runs(
    world: World, setting: str, words: str
):
    plan = world.plan(setting, select="shop/ko")
    assert words in str(plan.refused["shop/ko"]) and plan.refused["shop/ko"].fix
    if not setting.startswith("ingest"):
        assert "--set" in plan.refused["shop/ko"].where, "the place of the value is named"


def test_what_no_stage_of_the_plan_reads_need_not_be_there(world: World):
    sets = ("release.questions=gone.txt", "release.gate=null", "embed.encoder=gone", "augment.generator=gone")
    assert not world.plan(*sets, stages=stages_between(None, "split"), select="shop/ko").refused
    # Translations are read by the report, whatever the stages are.
    refused = world.plan("ingest.translations=gone.csv", stages=stages_between(None, "split"), select="shop/ko").refused
    assert "gone.csv" in str(refused["shop/ko"])


def test_a_generator_at_an_address_and_folders_that_are_there_are_no_promise_broken(world: World):
    (world.home / "encoder").mkdir()
    for setting in ("augment.generator=http://localhost:9/x", f"augment.generator={world.home}/encoder"):
        assert not world.plan(setting, select="shop/ko").refused
    refused = world.plan(f"augment.generator={world.file('shop/ko')}", select="shop/ko").refused
    assert "no such folder" in str(refused["shop/ko"]), "a file is no folder"


def test_an_encoder_elsewhere_is_asked_for_and_counts_by_what_lies_there(world: World, monkeypatch: pytest.MonkeyPatch):
    (world.home / "e5").mkdir()
    (world.home / "e5" / "model.onnx").write_bytes(b"numbers")

    def from_uri(address: str) -> tuple[pafs.FileSystem, str]:
        return pafs.SubTreeFileSystem(str(world.home), pafs.LocalFileSystem()), address.removeprefix("hdfs://nn/")

    monkeypatch.setattr(pafs, "FileSystem", SimpleNamespace(from_uri=from_uri))

    def mark() -> Provenance:
        return world.plan("embed.encoder=hdfs://nn/e5", select="shop/ko").orders["embed"]["shop/ko"].job.provenance

    before = mark()
    assert mark() == before and "embed.encoder" in str(before.inputs["folders"])
    (world.home / "e5" / "model.onnx").write_bytes(b"other numbers")
    assert mark() != before
    refused = world.plan("embed.encoder=hdfs://nn/gone", select="shop/ko").refused["shop/ko"]
    assert "hdfs://nn/gone is not there" in str(refused) and "embed.encoder" in refused.where


def test_a_file_with_a_brace_in_its_name_is_a_file(world: World):
    (world.home / "corpora" / "a}.jsonl").write_text('{"text": "a", "intent": "b"}')
    assert not world.plan("ingest.files=['corpora/a}.jsonl']", select="shop/ko").refused


def test_a_run_whose_session_never_started_leaves_no_folder(world: World, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object, **settings: object) -> None:
        assert settings["extra"], "the folder of the event log was made"
        raise SetupError("no Java")

    monkeypatch.setattr("mlpipeline.orders.apply.open_session", refused)
    world.store.write(world.store.path("runs", "other", "run.json"), b"{}")
    with pytest.raises(SetupError):
        apply_plan(world.plan(), world.store, run="mine", master="local[1]")
    assert world.store.names(world.store.path("runs")) == ["other"]


def test_a_file_that_was_refused_is_told_by_the_plan_until_it_changes(world: World):
    jobs = [order.job for order in world.plan().to_run("ingest").values()]
    why = Failure("no column text", "a.csv:1", "name it", refused=True)
    other = Failure("a worker died")
    keep_refusals(world.store, jobs, Outcome(failed={"shop/ko": why, "shop/en": other}))
    plan = world.plan()
    assert list(plan.refused) == ["shop/ko"], "what may go well another time is tried again"
    assert str(plan.refused["shop/ko"]) == "a.csv:1: no column text -> name it; `--force ingest` reads it again"
    assert not world.plan(force=["ingest"]).refused
    world.put("shop/ko", ["something else"])
    assert not world.plan().refused
    keep_refusals(world.store, jobs, Outcome(done=["shop/ko"]))
    assert read_refusals(world.store) == {}
