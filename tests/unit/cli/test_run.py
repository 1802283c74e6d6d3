"""`mlpipeline run`, up to Spark: what a plan hands to the stages, and how the run ends and tells of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlpipeline.cli import bot_table, run
from mlpipeline.cli.main import main
from mlpipeline.cluster.failures import SessionEnded
from mlpipeline.orders import apply, records
from mlpipeline.orders.apply import RunReport
from mlpipeline.orders.plan import Order, Plan
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import bot_locks
from tests.unit.cli.small_home import tree

Calls = list[dict[str, Any]]


def kept(status: str) -> dict[str, Any]:
    """What `keep_run` gives of a run of one bot that ended so."""
    bot: dict[str, Any] = {
        "bot": "shop/ko",
        "status": status,
        "warnings": ["no answer for hours"],
        "causes": {"train": "new"},
    }
    gate = [{"name": "min_accuracy", "value": 0.5, "limit": 0.6, "passed": status != "refused"}]
    bot |= {"noise": None, "champion": None, "version": 2, "gate": gate}
    return {"run": {"bots": [bot]}, "report": "runs/r/report.html", "index": "runs/index.html"}


@pytest.fixture
def runs(small_home: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What `run` hands to `apply_plan`; a plan asks for one stage of `shop/ko`, and `report` and `status` come back."""
    asked: Calls = []
    settable: dict[str, Any] = {"report": RunReport(), "status": "ok", "stages": ("train",)}
    job: Any = SimpleNamespace(recipe=None)

    class Planned:
        def __init__(self, store: Store, **how: Any) -> None:
            asked.append({"planner": how})

        def plan(self, bots: Any, stages: Any) -> Plan:
            names = [f"{bot.domain}/{bot.lang}" for bot in bots]
            asked.append({"bots": names, "stages": [stage.name for stage in stages]})
            orders = {name: {"shop/ko": Order(name, job, ("new",))} for name in settable["stages"]}
            return Plan(orders=orders, notes=["a note"])

    def applied(plan: Plan, store: Store, *, run: str, master: str | None, settings: Any, **_: Any) -> RunReport:
        refused = {bot: error.what for bot, error in plan.refused.items()}
        asked.append({"master": master, "settings": settings, "to run": list(plan.orders), "refused": refused})
        return settable["report"]

    monkeypatch.setattr(run, "Planner", Planned)
    monkeypatch.setattr(apply, "apply_plan", applied)
    monkeypatch.setattr(records, "keep_run", lambda *_: kept(settable["status"]))
    asked.append(settable)
    return asked


@pytest.mark.parametrize(
    ("status", "failed", "code", "said"),
    [
        ("ok", {}, 0, []),
        ("refused", {}, 4, ["refused: shop/ko: the gate refused version 2 (min_accuracy 0.6, found 0.500)"]),
        ("failed", {"stage": "train", "where": "", "what": "no rows", "fix": "add some"}, 1,
         ["failed: shop/ko in train: no rows -> add some"]),
    ],
)  # fmt: skip
def test_a_run_ends_as_its_bots_did(
    status: str, failed: dict[str, str], code: int, said: list[str], runs: Calls, capsys: pytest.CaptureFixture[str]
):
    settable = runs.pop()
    settable |= {"status": status, "report": RunReport(failed={"shop/ko": failed} if failed else {})}
    words = ["run", "--select", "shop/ko", "--from", "train", "--to", "evaluate", "--force", "train"]
    assert main([*words, "--master", "local[2]", "--conf", "spark.executor.memory=2g"]) == code
    planner, planned, applied = runs
    assert planner["planner"] == {"renew_encoder": False, "force": ["train"]}
    assert planned == {"bots": ["shop/ko"], "stages": ["train", "evaluate"]}
    assert applied == {
        "master": "local[2]",
        "settings": {"spark.executor.memory": "2g"},
        "to run": ["train"],
        "refused": {},
    }
    told = capsys.readouterr()
    assert "runs/r/report.html" in told.out and "shop/ko" in told.out
    lines = told.err.splitlines()
    assert "note: a note" in lines and "warning: shop/ko: no answer for hours" in lines
    found = [line for line in lines if line.startswith(("refused: ", "failed: ", "error: "))]
    assert len(found) == len(said) and all(line.startswith(one) for line, one in zip(found, said, strict=True)), found


def test_a_session_that_ended_is_told_however_quiet_the_run_is(runs: Calls, capsys: pytest.CaptureFixture[str]):
    settable = runs.pop()
    ended = SessionEnded("Spark ended before the run did", fix="give it more memory")
    why = {"stage": "train", "where": "", "what": ended.what, "fix": ended.fix}
    settable |= {"status": "failed", "report": RunReport(failed={"shop/ko": why}, ended=ended)}
    assert main(["run", "--select", "shop/ko", "--quiet"]) == 1
    assert capsys.readouterr().err == f"error: {ended}\n"


@pytest.mark.parametrize(("alias", "code"), [("champion", 0), ("", 4)])
def test_where_nothing_is_to_do_nothing_is_done(
    alias: str,
    code: int,
    small_home: Path,
    runs: Calls,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    runs.pop()["stages"] = ()
    rows = [{"bot": "shop/ko", "version": 2, "alias": alias, "gate": "passed" if alias else "refused: ece"}]
    monkeypatch.setattr(bot_table, "bot_rows", lambda store, bots: rows)
    before = tree(small_home)
    assert main(["run", "--select", "shop/ko"]) == code, (
        "a model that a gate refused is no champion the next day either"
    )
    told = capsys.readouterr()
    assert "nothing to do: 1 bot is up to date" in told.out and [list(one) for one in runs] == [
        ["planner"],
        ["bots", "stages"],
    ]
    assert {name for name in tree(small_home) if name not in before} <= {"store/locks", "store/locks/shop.ko.lock"}


def test_a_bot_that_another_run_works_on_is_left_to_it_and_told(small_home: Path, runs: Calls):
    runs.pop()
    with bot_locks(Store(str(small_home / "store")), ["shop/ko"]) as (ours, _):
        assert ours == ["shop/ko"]
        main(["run"])
    assert runs[1]["bots"] == ["bank/en"] and runs[2]["refused"] == {"shop/ko": "another run works on it"}
