"""Where a run goes: what is kept of sessions and earlier runs, without a JVM."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from mlpipeline.catalog import STAGES
from mlpipeline.errors import UsageError
from mlpipeline.orders import run_target as places
from mlpipeline.orders.plan import Plan, Planner
from mlpipeline.orders.run_target import LOCAL, earlier, expected_seconds, loads_of, where_to_run
from mlpipeline.recipe.load import load_recipes
from mlpipeline.store.layout import Store
from tests.e2e.corpora import write_project

CLUSTER = "yarn"  # looked at when a session starts, not before


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def plan(tmp_path: Path, store: Store) -> Plan:
    """Four bots of which nothing is done yet."""
    conf = write_project(tmp_path / "project")
    return Planner(store).plan(load_recipes(conf), STAGES)


def keep_sessions(store: Store, cluster_seconds: float, *, days: int = 0, slots: int = 16) -> None:
    day = (date.today() - timedelta(days=days)).isoformat()
    kept = {
        LOCAL: {"seconds": 7.0, "slots": 2, "measured": day},
        CLUSTER: {"seconds": cluster_seconds, "slots": slots, "measured": day},
    }
    store.write(store.path("cache", "sessions.json"), json.dumps(kept).encode())


def keep_run(store: Store, name: str, stages: list[dict[str, object]], slots: int | None = 2) -> None:
    store.write(store.path("runs", name, "run.json"), json.dumps({"slots": slots, "stages": stages}).encode())


def never(*given: object) -> None:
    raise AssertionError(f"measured although it is kept: {given}")


def test_what_is_asked_for_is_never_weighed(store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(places, "site_of", never)
    for master in ("local[2]", CLUSTER, "yarn"):
        assert where_to_run(plan, store, master, "yarn", {}) == master
    assert where_to_run(plan, store, None, None, {}) is None
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    assert where_to_run(plan, store, None, CLUSTER, {}) is None


def test_auto_needs_something_to_choose_from(store: Store, plan: Plan):
    with pytest.raises(UsageError, match="auto") as caught:
        where_to_run(plan, store, "auto", None, {})
    assert "MLPIPELINE_CLUSTER" in caught.value.fix


@pytest.mark.parametrize(("seconds", "master"), [(60.0, LOCAL), (7.5, CLUSTER)])
def test_the_choice_and_its_reason(
    store: Store,
    plan: Plan,
    seconds: float,
    master: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(places, "measure", never)
    keep_sessions(store, seconds)
    keep_run(store, "20260101T000000-1", [{"stage": "train", "rows_in": 480, "bots": 4, "seconds": 60.0}])
    caplog.set_level("INFO")
    assert where_to_run(plan, store, "auto", CLUSTER, {}) == master
    assert (
        len(caplog.messages) == 1
        and caplog.messages[0].startswith(f"on {master}: ")
        and "from 1 earlier run" in caplog.messages[0]
    )


def test_what_is_old_is_measured_again_and_kept(store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch):
    keep_sessions(store, 60.0, days=31)
    today = date.today().isoformat()
    asked: list[str] = []

    def measure(master: str, *rest: object) -> dict[str, object]:
        asked.append(master)
        return {"seconds": 5.0, "slots": 4, "measured": today}

    monkeypatch.setattr(places, "measure", measure)
    for _ in range(2):
        where_to_run(plan, store, None, CLUSTER, {})
    assert asked == [LOCAL, CLUSTER]
    kept = json.loads(store.read(store.path("cache", "sessions.json")) or b"")
    assert {entry["measured"] for entry in kept.values()} == {today}


def test_a_cluster_that_starts_no_session_is_not_used(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(places, "measure", lambda master, settings: None)
    caplog.set_level("INFO")
    assert where_to_run(plan, store, None, CLUSTER, {}) == LOCAL
    assert caplog.messages[-1].startswith("on local[*]: no session starts on")


def test_a_cluster_that_is_down_is_not_used(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(places, "site_of", never)
    caplog.set_level("INFO")
    assert where_to_run(plan, store, None, "spark://127.0.0.1:1", {}) == LOCAL
    assert caplog.messages == ["on local[*]: nothing listens at 127.0.0.1:1; --master overrules"]
    with pytest.raises(UsageError, match="no Spark master"):
        where_to_run(plan, store, None, "mesos://127.0.0.1:1", {})


def test_rows_are_guessed_from_files_and_models_are_a_task_a_bot(store: Store, plan: Plan):
    loads = {load.stage: load for load in loads_of(plan, store)}
    assert set(loads) == {stage.name for stage in STAGES}
    assert 100 < loads["clean"].rows < 1000, "four bots of 120 rows"
    assert (loads["clean"].widest, loads["train"].widest, loads["release"].widest) == (None, 4, 1)


def test_earlier_runs_that_did_something(store: Store):
    assert earlier(store) == ([], 0)
    idle = {"stage": "clean", "rows_in": 0, "bots": 0, "seconds": 0.0}
    done = {"stage": "clean", "rows_in": 10, "bots": 1, "seconds": 3.0}
    gone = {"stage": "no-more", "rows_in": 10, "bots": 1, "seconds": 3.0}
    keep_run(store, "20260101T000000-1", [idle])
    keep_run(store, "20260101T000000-2", [done, gone])
    keep_run(store, "20260101T000000-3", [done], slots=None)
    seen, runs = earlier(store)
    assert runs == 1 and [(one.load.stage, one.load.rows, one.slots) for one in seen] == [("clean", 10, 2)]


def test_what_a_run_took_is_measured_by_what_was_delivered(store: Store, plan: Plan):
    """`rows_in` of `evaluate` are models: 9 of them in 5 s said nothing of a run with 1,200 rows, but 11 minutes."""
    stages = [{"stage": "evaluate", "rows_in": 9, "bots": 9, "seconds": 5.0}]
    bots = [{"bot": f"b{n}/ko", "rows": {"in": 1200}, "causes": {"evaluate": "never made"}} for n in range(9)]
    told = {"slots": 2, "stages": stages, "bots": [*bots, {"bot": "c/ko", "rows": {"in": 7}, "causes": {}}]}
    store.write(store.path("runs", "20260101T000000-1", "run.json"), json.dumps(told).encode())
    ((seen,), runs) = earlier(store)
    assert (seen.load.rows, seen.seconds, runs) == (9 * 1200, 5.0, 1)
    assert expected_seconds(plan, store, 2)["evaluate"] < 10


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"slots": "x"}', '{"slots": 2, "stages": [{"stage": "train"}]}', "[" * 100_000,
             '{"slots": 2, "stages": [{"stage": "train", "bots": 1, "rows_in": null, "seconds": 1}]}']
)  # fmt: skip
def test_a_record_that_tells_nothing_is_passed_over(store: Store, text: str):
    store.write(store.path("runs", "20260101T000000-1", "run.json"), text.encode())
    keep_run(store, "20260102T000000-1", [{"stage": "train", "rows_in": 480, "bots": 4, "seconds": 60.0}])
    seen, runs = earlier(store)
    assert runs == 1 and [one.seconds for one in seen] == [60.0]
