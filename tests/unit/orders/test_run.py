"""One way to run, without a JVM: what is refused, what has nothing to do, and the record that is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.catalog import STAGES
from mlpipeline.errors import SetupError, StoreError, UsageError
from mlpipeline.orders.request import RunRequest, plan_run
from mlpipeline.orders.run import run_pipeline
from mlpipeline.orders.run_record import VERSION, RunRecord, read_record
from mlpipeline.recipe.load import load_recipes
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import bot_locks
from tests.unit.orders.conftest import World

FIELDS: dict[str, Any] = {"started": "2026-01-01T00:00:00+00:00", "seconds": 1.5, "command": "mlpipeline run"}
BOT: dict[str, Any] = {
    "bot": "shop/ko",
    "status": "released",
    "rows": {"in": 3},
    **{name: {} for name in ("rejected", "dropped", "causes")},
    **dict.fromkeys(("failure", "noise", "augmented", "misread", "champion")),
    "warnings": [],
}


def record(*states: str, **fields: Any) -> RunRecord:
    bots = [{**BOT, "bot": f"shop/{number}", "status": state} for number, state in enumerate(states)]
    return RunRecord.model_validate({"run": "r", "status": "ok", "bots": bots, **FIELDS, **fields})


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (record("released", "skipped", "made"), 0),
        (record("released", "refused"), 4),
        (record("refused", "failed"), 1),
        (record("released", unread_files=["shop/ko: release.questions: gone"]), 1),
        (record("released", ended={"what": "the JVM is gone", "fix": "more memory"}), 1),
        (record(), 0),
    ],
)
def test_the_exit_code_of_a_record(run: RunRecord, code: int):
    assert run.exit_code == code


def test_a_record_is_read_as_it_was_written():
    run = record("released")
    text = json.dumps(run.content()).encode()
    assert json.loads(text)["format"] == VERSION
    assert read_record(text, "run.json") == run
    # What was not known of a run is no key of it.
    assert "accuracy" not in run.content()["bots"][0]
    later = {**run.content(), "weather": "fair"}
    assert read_record(json.dumps(later).encode(), "run.json").content()["weather"] == "fair"


def test_a_record_without_a_format_is_one_of_before():
    content = record("released").content()
    del content["format"]
    assert read_record(json.dumps(content).encode(), "run.json").format == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "no record of a run"),
        (b"[" * 100_000, "no record of a run"),
        (b"{}", "run: Field required"),
        (json.dumps({**record("x").content(), "format": VERSION + 1}).encode(), f"a record of format {VERSION + 1}"),
        (json.dumps({**record("x").content(), "seconds": "long"}).encode(), "seconds: "),
    ],
)
def test_what_is_no_record_is_named_with_its_place(text: bytes, what: str):
    with pytest.raises(StoreError, match=what) as told:
        read_record(text, "runs/r/run.json")
    assert told.value.where == "runs/r/run.json" and told.value.fix


def request(world: World, **fields: Any) -> RunRequest:
    return RunRequest(world.store, load_recipes(world.home / "conf"), **fields)


def test_nothing_to_do_starts_nothing_and_keeps_nothing(done: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlpipeline.orders.run.apply_plan", None)
    seen: list[RunRecord] = []
    told = run_pipeline(request(done), views=[lambda store, run: seen.append(run)])
    assert (told.run, told.status, told.bots, told.exit_code) == ("", "nothing to do", [], 0)
    assert seen == [] and done.store.names(done.store.path("runs")) == []


def test_the_plan_of_a_request_is_that_of_the_planner(done: World):
    forced = plan_run(request(done, force=["train"]))
    assert forced.to_run("train") and not forced.to_run("split")


def test_a_stage_that_is_none_and_one_that_does_not_run_are_refused(done: World):
    with pytest.raises(UsageError, match="trian"):
        plan_run(request(done, first="trian"))
    with pytest.raises(UsageError, match="embed is not between"):
        run_pipeline(request(done, first=STAGES[-1].name, force=["embed"]))


@pytest.mark.parametrize(
    "wrong", [{"first": "trian"}, {"first": "train", "last": "clean"}, {"first": "train", "force": ["clean"]}]
)
def test_a_mistake_is_refused_before_a_bot_is_locked(wrong: dict[str, Any], done: World):
    before = sorted(Path(done.store.root).rglob("*"))
    with pytest.raises(UsageError):
        run_pipeline(request(done, **wrong))
    assert sorted(Path(done.store.root).rglob("*")) == before


def test_a_master_that_is_none_is_refused_before_anything_is_written(done: World, tmp_path: Path):
    store = Store(str(tmp_path / "new"))
    with pytest.raises((UsageError, SetupError)):
        run_pipeline(RunRequest(store, load_recipes(done.home / "conf"), master="sparky://x"))
    assert not (tmp_path / "new").exists()


def test_a_bot_that_another_run_works_on_is_named_and_keeps_its_tables(done: World):
    names = request(done).names
    with bot_locks(done.store, names):
        told = run_pipeline(request(done))
    assert told.exit_code == 1
    assert {bot.bot: bot.failure.reason for bot in told.bots if bot.failure} == dict.fromkeys(
        names, "another run works on it"
    )
    kept = read_record(done.store.read(done.store.path("runs", told.run, "run.json")) or b"", "run.json")
    assert kept.content() == told.content()
    assert all(not kind.model_extra for kind in (kept, *kept.bots, *kept.stages))
