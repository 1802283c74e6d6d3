"""Verbs that work on Spark, up to it: what is asked of the session, and what is made of what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlpipeline.cli import batch, scheduled_run
from mlpipeline.cli.main import main
from mlpipeline.cluster.doctor import compare
from mlpipeline.cluster.doctor.probe import probe
from mlpipeline.orders.schedule.scheduled_runs import ScheduledRunEnd, ScheduleRules
from mlpipeline.spark import session
from mlpipeline.views.notebook import workbench
from tests.unit.cli.small_home import tree

Calls = list[dict[str, Any]]


def noted(calls: list[Any], call: Any, gives: Any) -> Any:
    """Writes a call down and gives what it is to give."""
    calls.append(call)
    return gives


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Sessions that verbs ask for, with what for; none is started."""
    asked: Calls = []

    @contextmanager
    def opened(name: str, **how: Any) -> Iterator[Any]:
        asked.append({"name": name, **{key: value for key, value in how.items() if key != "say"}})
        master = how.get("master") or "local[*]"
        yield SimpleNamespace(version="9.9", sparkContext=SimpleNamespace(master=master))

    for module in (session, batch, workbench):
        monkeypatch.setattr(module, "open_session", opened)
    return asked


def test_batch_asks_for_the_champions_answers_and_counts_what_came_back(
    small_home: Path, sessions: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    asked: Calls = []
    left = {"empty": {"rows": 2, "first": ":7"}}
    monkeypatch.setattr(batch, "read_all", lambda spark, *how: noted(asked, {"read": how}, SimpleNamespace(frame="f")))
    monkeypatch.setattr(batch, "count_left_out", lambda messages: left)
    monkeypatch.setattr(batch, "answer_rows", lambda frame, folder, **how: noted(asked, {"of": folder, **how}, "a"))
    monkeypatch.setattr(batch, "write_answers", lambda answers, to, **how: asked.append({"to": to, **how}))
    monkeypatch.setattr(batch, "read_back", lambda spark, to: SimpleNamespace(count=lambda: 6))
    words = [
        "batch",
        "shop/ko",
        "--from",
        "corpora/shop.jsonl",
        "--to",
        "out.csv",
        "--keep",
        "id, ts",
        "--nearest",
        "1",
    ]
    before = tree(small_home)
    assert main([*words, "--master", "local[2]", "--conf", "spark.executor.memory=2g", "--raw"]) == 0
    told = capsys.readouterr()
    assert told.out == "6 of 8 messages answered by shop/ko in out.csv\n"
    assert "left out: 2 empty (corpora/shop.jsonl:7)" in told.err
    (one,) = sessions
    assert (one["master"], one["extra"], one["pool"]) == ("local[2]", {"spark.executor.memory": "2g"}, "adhoc")
    read, answered, written = asked
    assert read == {"read": ("corpora/shop.jsonl", "text", ["id", "ts"], "ko")}
    assert (Path(answered["of"]).name, answered["nearest"], answered["keep"]) == ("made", 1, ["id", "ts"])
    assert written == {"to": "out.csv", "raw": True} and tree(small_home) == before
    assert main([*words, "--json", "--quiet"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert (found["rows"], found["messages"], found["left_out"], told.err) == (6, 8, {"empty": 2}, "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--from", "corpora/shop.jsonl", "--to", "corpora"], 2, "would replace --from"),
        (["--from", "corpora/shop.jsonl", "--to", "corpora/shop.jsonl"], 2, "would replace --from"),
        (["--from", "corpora", "--to", "corpora/out"], 2, "would replace --from"),
        (["--from", "corpora/shop.jsonl", "--to", "corpora/bank.jsonl"], 2, "is a file; answers are a folder"),
        (["--from", "corpora/shop.jsonl", "--to", "conf"], 2, "holds domains, which would be lost"),
        (["--from", "corpora/shop.jsonl", "--to", "out.xlsx"], 2, "are not written as .xlsx"),
        (["--from", "corpora/shop.jsonl", "--to", "gone/out.csv"], 2, "gone"),
        (["--from", "corpora/shop.jsonl", "--to", "out.csv", "--conf", "spark.memory.fraction=2"], 2, "at most 1"),
    ],
)
def test_what_batch_would_lose_or_could_not_write_is_refused_before_a_session(
    words: list[str], code: int, said: str, small_home: Path, sessions: Calls, capsys: pytest.CaptureFixture[str]
):
    before = tree(small_home)
    assert main(["batch", "shop/ko", *words]) == code
    err = capsys.readouterr().err
    assert said in err and err.startswith("error: ") and len(err.splitlines()) == 1
    assert sessions == [] and tree(small_home) == before


def test_a_bot_without_a_model_starts_no_session(small_home: Path, sessions: Calls, capsys: pytest.CaptureFixture[str]):
    assert main(["batch", "bank/en", "--from", "corpora/bank.jsonl", "--to", "out.csv"]) == 1
    assert "bank/en" in capsys.readouterr().err and sessions == []


def test_a_shell_has_a_session_the_store_and_the_recipes_at_hand(
    small_home: Path, sessions: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    code = (
        "print(sorted(recipes), len(table('cleaned', 'bank/en')), recipes['shop/ko'].recipe.train.epochs, F.__name__)"
    )
    words = ["--set", "train.epochs=7", "--master", "local[2]", "--conf", "spark.executor.memory=2g"]
    before = tree(small_home)
    assert main(["shell", "-c", code, *words]) == 0
    told = capsys.readouterr()
    assert told.out == "['bank/en', 'shop/ko'] 8 7 pyspark.sql.functions\n"
    assert "spark (9.9 at local[2])" in told.err and "recipes (2 bots)" in told.err
    assert [(one["master"], one["extra"]["spark.executor.memory"]) for one in sessions] == [("local[2]", "2g")]
    assert main(["shell", "-c", "raise SystemExit(3)", "--select", "shop/ko", "--quiet"]) == 3
    assert capsys.readouterr().err == "" and tree(small_home) == before


@pytest.mark.parametrize(("lost", "code"), [(False, 0), (True, 1)])
def test_executors_that_do_not_fit_the_driver_are_1(
    lost: bool, code: int, sessions: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    driver = probe(("numpy",))
    executor = {**driver, "host": "node7", **({"versions": {}} if lost else {})}
    span = (driver["time"], driver["time"])
    asked: list[Any] = []
    monkeypatch.setattr(compare, "look_around", lambda spark, tasks: noted(asked, tasks, (driver, [executor], span)))
    assert main(["doctor", "env", "--tasks", "5", "--master", "spark://host:7077"]) == code
    told = capsys.readouterr().out
    assert ("driver and executors fit together" in told) == (not lost)
    assert ("library-missing: node7: cannot import numpy" in told) == lost
    assert asked == [5] and [one["master"] for one in sessions] == ["spark://host:7077"]


@pytest.mark.parametrize(
    ("end", "out"),
    [
        (ScheduledRunEnd(0, "ok", "", Path("logs/x.log")), ""),
        (
            ScheduledRunEnd(4, "refused", "a gate refused the new model", Path("x")),
            "shop/ko: a gate refused the new model\n",
        ),
        (ScheduledRunEnd(75, "skipped", "skipped: it still works", None), "shop/ko: skipped: it still works\n"),
    ],
)
def test_a_scheduled_run_starts_one_run_ends_as_it_does_and_is_silent_when_all_is_well(
    end: ScheduledRunEnd,
    out: str,
    small_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    asked: list[tuple[str, list[str], ScheduleRules]] = []
    monkeypatch.setattr(scheduled_run, "own_program", lambda: ("mlpipeline",))
    monkeypatch.setattr(scheduled_run, "run_scheduled", lambda *how: noted(asked, how, end))
    words = ["scheduled-run", "--select", "shop/ko", "--force", "train", "--set", "train.epochs=3", "--seed", "5"]
    words += ["--master", "local[2]", "--logs", "there", "--keep-logs", "9", "--at-once", "2", "--hook", "mail me"]
    assert main(words) == end.code
    assert capsys.readouterr() == (out, "")
    ((selection, command, rules),) = asked
    chosen = "--select shop/ko --force train --set train.epochs=3 --seed 5 --master local[2]"
    assert (selection, " ".join(command)) == (
        "shop/ko",
        f"mlpipeline run {chosen} --log-format timed --store store --conf conf",
    )
    assert rules == ScheduleRules(Path("there"), keep=9, at_once=2, wait=240, hook="mail me")
    assert main([*words, "--json"]) == end.code
    told = json.loads(capsys.readouterr().out)
    assert (told["exit"], told["word"], told["scheduled_run"]) == (end.code, end.word, "shop/ko")
    assert list(small_home.glob("logs")) == [], "the log is the business of the scheduled run itself"
