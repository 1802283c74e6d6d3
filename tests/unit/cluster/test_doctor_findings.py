"""Each planted fault is named, from the log of a run that really had it; and a log without it is not accused of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from mlpipeline.catalog import NEEDS
from mlpipeline.cluster.doctor.causes import failure_findings
from mlpipeline.cluster.doctor.diagnosis import Diagnosis, examine
from mlpipeline.cluster.doctor.events import read_log
from mlpipeline.cluster.doctor.finding import Finding, level, ranked
from mlpipeline.cluster.doctor.model import AppLog, Executor, Job, Stage, Task

LOGS = Path(__file__).parent / "doctor_logs"
PLANTED = {
    "skewed": "skew",
    "coalesced": "coalesced-inference",
    "spilling": "spill",
    "collecting": "garbage-collection",
    "killed": "python-killed",
    "unpruned": "no-pruning",
    "without_gpu": "gpu-idle",
    "few_tasks": "few-tasks",
    "restarting": "worker-restarts",
    "lacking": "missing-library",
    "tiny": "tiny-tasks",
}
HEALTHY = ("pruned", "eventlog_v2_sample_run")


@cache
def diagnosis(name: str) -> Diagnosis:
    found = [path for path in LOGS.iterdir() if path.name.split(".")[0] == name]
    return examine(read_log(found[0], NEEDS))


def names(name: str) -> set[str]:
    return {finding.name for finding in diagnosis(name).findings}


@pytest.mark.parametrize("log", PLANTED)
def test_a_planted_fault_is_named(log: str):
    assert PLANTED[log] in names(log)


@pytest.mark.parametrize("log", PLANTED)
def test_only_the_planted_fault_is_named(log: str):
    # A job that failed also says how many tasks did.
    assert names(log) - {"failed-tasks"} == {PLANTED[log]}


@pytest.mark.parametrize("log", HEALTHY)
def test_a_healthy_run_has_no_findings(log: str):
    assert diagnosis(log).findings == []
    assert diagnosis(log).first == ""


@pytest.mark.parametrize("log", PLANTED)
def test_one_change_is_recommended_and_it_is_that_of_the_fault(log: str):
    fixes = [finding.fix for finding in diagnosis(log).findings if finding.name == PLANTED[log]]
    assert any(fix in diagnosis(log).first for fix in fixes)


def test_a_worker_that_was_killed_without_a_word_is_explained_by_stage_and_language():
    (killed,) = [finding for finding in diagnosis("killed").findings if finding.name == "python-killed"]
    assert "killed, no text: memory" in killed.what
    assert "Korean workers of clean need 652 MB each outside the heap" in killed.what
    assert "you gave 384 MB for 2 of them" in killed.what
    assert killed.fix == "set spark.executor.memoryOverhead=1408m"


def test_pruning_is_proven_by_what_was_read():
    (scan,) = diagnosis("pruned").scans
    assert (scan.pruned, scan.partitions, scan.files, scan.of_files) == ("proven", 2, 2, 8)
    (other,) = diagnosis("unpruned").scans
    assert (other.pruned, other.partitions, other.columns, other.blocked_by) == ("blocked", 8, ("day",), "MapInArrow")


def test_a_missing_library_is_named():
    (missing,) = [finding for finding in diagnosis("lacking").findings if finding.name == "missing-library"]
    assert "a_library_of_the_driver" in missing.what


def failed(why: str, *, settings: dict[str, str] | None = None, group: str = "", about: str = "") -> Finding:
    """The finding of one failed task on an executor of two cores."""
    app = AppLog(needs=NEEDS, settings={"spark.master": "yarn", **(settings or {})})
    app.executors["1"] = Executor("1", 2, 0.0)
    app.jobs[0] = Job(0, 0.0, 9.0, (0,), group, about, ok=False)
    app.stages[0, 0] = Stage(0, planned=1, tasks=[Task(0, "1", 1.0, 2.0, "failed", why)])
    (found,) = failure_findings(app)
    return found


CRASHED = "ExceptionFailure\norg.apache.spark.SparkException\nPython worker exited unexpectedly (crashed)"
CAUSES = [
    (
        "ExecutorLostFailure\nContainer killed by YARN for exceeding physical memory limits. 5 GB of 5 GB",
        "python-killed",
    ),
    ("ExecutorLostFailure\nExecutor exited: Command exited with code 137", "python-killed"),
    (
        "ExecutorLostFailure\nThe executor with id 1 exited with exit code 137(SIGKILL, possible OOM). OOMKilled",
        "python-killed",
    ),
    (f"{CRASHED}\nFatal Python error: Segmentation fault\nCurrent thread", "native-crash"),
    ("ExceptionFailure\njava.lang.OutOfMemoryError: Java heap space", "heap-full"),
    ("ExceptionFailure\njava.lang.OutOfMemoryError: GC overhead limit exceeded", "heap-full"),
    ("ExceptionFailure\nMemoryError: Unable to allocate 48. MiB", "python-limited"),
    ("ExceptionFailure\nModuleNotFoundError: No module named 'kiwipiepy.core'", "missing-library"),
    ("FetchFailed\nConnection to node1 failed", "fetch-failed"),
    ("ExecutorLostFailure\nContainer was preempted", "executor-taken"),
    ("ExecutorLostFailure\nExecutor heartbeat timed out after 125000 ms", "executor-silent"),
    ("ExecutorLostFailure\nworker lost", "executor-lost"),
    ("ExceptionFailure\nPythonException\nTraceback\nValueError: no intents in shop/ko", "task-error"),
    ("UnknownReason", "task-error"),
    ("", "task-error"),
]


@pytest.mark.parametrize(("why", "name"), CAUSES)
def test_what_spark_says_becomes_a_likely_cause(why: str, name: str):
    found = failed(why)
    assert found.name == name
    assert found.fix


def test_the_memory_to_set_is_what_the_workers_need():
    about = "train shop/ko, shop/en"
    lean = failed(CRASHED, settings={"spark.executor.memory": "2g"}, group="train", about=about)
    assert "you gave 384 MB for 2 of them" in lean.what
    assert lean.fix == "set spark.executor.memoryOverhead=1792m"
    given = failed(CRASHED, settings={"spark.executor.memoryOverhead": "4g"}, group="train", about=about)
    assert "you gave 4096 MB" in given.what and "8192m" in given.fix
    k8s = failed(CRASHED, settings={"spark.master": "k8s://x", "spark.executor.memory": "4g"})
    assert "you gave 1638 MB" in k8s.what


@pytest.mark.parametrize(
    ("about", "whose"),
    [
        ("clean shop/zh-Hant", "Chinese workers of clean need 229 MB"),
        ("clean shop/fil", "fil workers of clean need 652 MB"),
        ("clean shop/ko, shop/en", "workers of clean that meet several languages need 1069 MB"),
        ("clean shop/ko, toys/ko, food/ko and 6 more", "workers of clean that meet several languages need 1069 MB"),
        ("", "workers of clean that meet several languages need 1069 MB"),
    ],
)
def test_workers_keep_the_tools_of_every_language_that_they_meet(about: str, whose: str):
    assert whose in failed(CRASHED, group="clean", about=about).what


def test_memory_of_a_local_master_is_not_asked_of_executors():
    local = failed(CRASHED, settings={"spark.master": "local[2]"}, group="clean", about="clean shop/th")
    assert "memoryOverhead" not in local.fix and "Thai workers of clean need" in local.what


def test_a_program_error_is_quoted_without_its_frames():
    why = 'ExceptionFailure\nPythonException\nTraceback (most recent call last):\n  File "a.py"\nValueError: no intents'
    assert "ValueError: no intents" in failed(why).what


def test_a_large_bot_is_run_apart_instead_of_spread():
    app = AppLog(needs=NEEDS, settings={"spark.master": "yarn"}, started=0.0, ended=100.0)
    app.executors["1"] = Executor("1", 4, 0.0)
    app.jobs[0] = Job(0, 0.0, 100.0, (0,), "train", "train shop/ko and 7 more")
    tasks = [Task(n, "1", 0.0, 100.0 if n == 0 else 10.0, run=10.0, python_run=10.0) for n in range(8)]
    app.stages[0, 0] = Stage(0, planned=8, tasks=tasks)
    (skew,) = [one for one in examine(app).findings if one.name == "skew"]
    assert skew.severity == "critical" and "run it apart" in skew.fix
    assert skew.saves == pytest.approx(100.0 - 170.0 / 4)
    app.jobs[0].group, app.jobs[0].description = "mine", "my own job"
    (skew,) = [one for one in examine(app).findings if one.name == "skew"]
    assert "spread the rows" in skew.fix


@pytest.mark.parametrize(
    ("value", "severity"), [(1.0, None), (1.33, "low"), (1.78, "moderate"), (3.16, "severe"), (10, "critical")]
)
def test_levels_are_reached_at_their_limits(value: float, severity: str | None):
    assert level(value, (1.33, 1.78, 3.16, 10.0)) == severity


def test_the_worst_comes_first_then_what_saves_most():
    low, small, large = (
        Finding("a", "low", "", "", "", 9.0),
        Finding("b", "severe", "", "", "", 1.0),
        Finding("c", "severe", "", "", "", 5.0),
    )
    assert ranked([low, small, large]) == [large, small, low]


OURS = ("clean shop/ko", "embed */ko", "train shop/ko, shop/en", "denoise a/ko, b/ko, c/ko and 9 more")
CODE = ("repartition", "salt", "cut ", "broadcast(", "enter_worker", "Python step")


@pytest.mark.parametrize("about", OURS)
@pytest.mark.parametrize("log", ["skewed", "coalesced", "spilling", "few_tasks", "tiny", "unpruned"])
def test_code_of_ours_is_nothing_that_a_user_can_change(log: str, about: str):
    """Advice to repartition, to salt or to rewrite a step is for scripts of one's own."""
    app = read_log(next(path for path in LOGS.iterdir() if path.name.split(".")[0] == log), NEEDS)
    for job in app.jobs.values():
        job.group, job.description = about.partition(" ")[0], about
    for query in app.queries.values():
        query.description = about
    found = examine(app)
    said = " ".join([found.first, *(one.fix for one in found.findings)])
    assert not [word for word in CODE if word in said]
    if " and " not in about and "," not in about:
        assert {one.name for one in found.findings} <= {"spill", "tiny-tasks", "no-pruning"}, "one bot has no others"


def test_a_local_run_has_no_executors_to_take_fewer_of():
    app = AppLog(needs=NEEDS, settings={"spark.master": "local[8]"}, started=0.0, ended=100.0)
    app.executors["driver"] = Executor("driver", 8, 0.0)
    app.jobs[0] = Job(0, 0.0, 100.0, (0,), "mine", "my own job")
    app.stages[0, 0] = Stage(0, planned=8, tasks=[Task(n, "driver", 0.0, 10.0, run=10.0) for n in range(8)])
    (wasted,) = [one for one in examine(app).findings if one.name == "wasted-cores"]
    assert wasted.fix == "use fewer cores: --master 'local[1]'"
