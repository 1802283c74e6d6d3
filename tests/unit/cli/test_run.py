"""`mlpipeline run`, around `run_pipeline`: what it is asked for, and how the run is told and ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.cli import bot_table
from mlpipeline.cli.main import main
from mlpipeline.orders import run as orders_run
from mlpipeline.orders.request import RunRequest
from mlpipeline.orders.resources import Usage
from mlpipeline.orders.run_record import RunRecord
from tests.unit.cli.small_home import tree

BOT: dict[str, Any] = {
    **{name: {} for name in ("rows", "rejected", "dropped")},
    **dict.fromkeys(("failure", "noise", "augmented", "misread", "champion")),
    **{"bot": "shop/ko", "causes": {"train": "new"}, "warnings": ["no answer for hours"], "version": 2},
}
REFUSED = "shop/ko: the gate refused version 2 (min_accuracy 0.6, found 0.500)"
FAILURE = {"stage": "train", "where": "", "reason": "no rows", "fix": "add some", "trace": "a trace"}


def record(status: str, bot: dict[str, Any] | None = None, **fields: Any) -> RunRecord:
    """The record of a run of one bot that ended so."""
    gate = [{"name": "min_accuracy", "value": 0.5, "limit": 0.6, "passed": status != "refused"}]
    head = {"run": "r1", "started": "2026-01-01T00:00:00+00:00", "seconds": 2.0, "command": "mlpipeline run"}
    bots = [{**BOT, "status": status, "gate": gate, **(bot or {})}]
    return RunRecord.model_validate({**head, "status": status, "bots": bots, "notes": ["a note"], **fields})


@pytest.fixture
def runs(small_home: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A record that a run gives, to be put in by the test; what was asked for stands there afterwards."""
    held: list[Any] = []

    def ran(request: RunRequest, **_: Any) -> RunRecord:
        found: RunRecord = held.pop()
        held.append(request)
        return found

    monkeypatch.setattr(orders_run, "run_pipeline", ran)
    return held


@pytest.mark.parametrize(
    ("ended", "code", "said"),
    [
        (record("released"), 0, []),
        (
            record("refused"),
            4,
            [f"refused: {REFUSED}: nothing answers for it yet"],
        ),
        (record("failed", {"failure": FAILURE}), 1, ["failed: shop/ko in train: no rows -> add some"]),
        (record("released", unread_files=["shop/ko: release.questions: gone"]), 1, []),
    ],
)
def test_a_run_is_told_and_ends_as_its_bots_did(
    ended: RunRecord, code: int, said: list[str], runs: list[Any], capsys: pytest.CaptureFixture[str]
):
    runs.append(ended)
    words = [
        "run",
        "--select",
        "shop/ko",
        "--from-stage",
        "train",
        "--to-stage",
        "evaluate",
        "--force",
        "train",
        "--renew-encoder",
    ]
    assert main([*words, "--master", "local[2]", "--conf", "spark.executor.memory=2g"]) == code
    (request,) = runs
    assert (request.names, [stage.name for stage in request.stages]) == (["shop/ko"], ["train", "evaluate"])
    assert (request.force, request.renew_encoder, request.master) == (["train"], True, "local[2]")
    assert request.settings == {"spark.executor.memory": "2g"}
    told = capsys.readouterr()
    assert "runs/r1/report.html" in told.out and "shop/ko" in told.out
    lines = told.err.splitlines()
    assert "note: a note" in lines and "warning: shop/ko: no answer for hours" in lines
    assert [line for line in lines if line.startswith(("refused: ", "failed: ", "error: "))] == said
    assert "a trace" not in told.err


def test_messages_name_bot_and_stage_and_a_trace_is_for_who_wants_more(
    runs: list[Any], capsys: pytest.CaptureFixture[str]
):
    usage = {"module": "train", "seconds": 3.0, **dict.fromkeys(list(Usage.__annotations__)[2:]), "bottleneck": "CPU"}
    numbers = ("bots", "skipped", "rows_in", "rows_out", "dropped", "seconds", "peak_memory_mb", "worker_memory_mb")
    stage = {"stage": "embed", **dict.fromkeys(numbers, 0), "counts": {}, "reasons": ["ko: 9 texts in 4 tasks"]}
    told = {}
    for words in (["-v"], []):
        runs[:] = [record("failed", {"failure": FAILURE}, resources=[usage], stages=[stage])]
        assert main(["run", "--select", "shop/ko", "--log-format", "json", *words]) == 1
        for line in map(json.loads, capsys.readouterr().err.splitlines()):
            told[line["message"].partition(" ")[0]] = (line["level"], line.get("bot"), line.get("stage"))
        assert (told.pop("a", None) == ("DEBUG", "shop/ko", "train")) == bool(words), "the trace"
        assert (told.pop("embed:", None) == ("DEBUG", None, "embed")) == bool(words), "why so many tasks"
        assert told["train"] == ("INFO", None, "train"), "what it used"
        assert told["failed:"] == ("ERROR", "shop/ko", "train")
        assert told["warning:"] == ("WARNING", "shop/ko", None)


def test_json_is_the_record_and_a_quiet_run_says_nothing_else(runs: list[Any], capsys: pytest.CaptureFixture[str]):
    runs.append(record("failed", {"failure": FAILURE}))
    assert main(["run", "--select", "shop/ko", "--quiet", "--json"]) == 1
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert (found["run"], found["bots"][0]["failure"]["reason"], told.err) == ("r1", "no rows", "")


def test_a_session_that_ended_is_told_once_and_however_quiet_the_run_is(
    runs: list[Any], capsys: pytest.CaptureFixture[str]
):
    ended = {"what": "Spark ended before the run did", "fix": "give it more memory"}
    note = "Spark ended before the run did -> give it more memory"
    failure = {**FAILURE, "reason": ended["what"]}
    for words in (["--quiet"], []):
        runs[:] = [record("failed", {"failure": failure}, ended=ended, notes=[note])]
        assert main(["run", "--select", "shop/ko", *words]) == 1
        lines = capsys.readouterr().err.splitlines()
        assert [line for line in lines if line.startswith(("failed: ", "error: "))] == [f"error: {note}"]
        assert len(lines) == 1 or not words


@pytest.mark.parametrize(("alias", "code"), [("champion", 0), ("", 4)])
def test_where_nothing_is_to_do_nothing_is_made(
    alias: str,
    code: int,
    small_home: Path,
    runs: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    runs.append(record("released").model_copy(update={"run": ""}))
    rows = [{"bot": "shop/ko", "version": 2, "alias": alias, "gate": "passed" if alias else "refused: ece"}]
    monkeypatch.setattr(bot_table, "bot_rows", lambda store, bots: rows)
    before = tree(small_home)
    assert main(["run", "--select", "shop/ko"]) == code, "refused is refused the next day too"
    assert "nothing to do: 1 bot is up to date" in capsys.readouterr().out
    assert tree(small_home) == before
