"""How far a stage is: what tasks and counters tell, and that nothing is raised."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mlpipeline.errors import Failure
from mlpipeline.spark.counters import TEXTS, Counted, Counts
from mlpipeline.spark.progress import Progress, Reading, TaskCounts, TextsRead, left


class Tracker:
    """Jobs of a group as Spark's status tracker tells of them; counts what it is asked."""

    def __init__(self, jobs: dict[int, tuple[str, list[tuple[int, int]]]]) -> None:
        self.jobs = jobs
        self.asked: list[int] = []

    def getJobIdsForGroup(self, group: str) -> list[int]:
        return list(self.jobs) if group == "train" else []

    def getJobInfo(self, job: int) -> Any:
        self.asked.append(job)
        status, stages = self.jobs[job]
        return SimpleNamespace(status=status, stageIds=[100 * job + number for number in range(len(stages))])

    def getStageInfo(self, number: int) -> Any:
        done, tasks = self.jobs[number // 100][1][number % 100]
        return SimpleNamespace(numCompletedTasks=done, numTasks=tasks)


def session(tracker: Any) -> Any:
    return SimpleNamespace(sparkContext=SimpleNamespace(statusTracker=lambda: tracker))


def test_tasks_of_running_and_of_ended_jobs_are_added():
    # Job 1 skipped a stage of seven tasks: they were never to be done.
    tracker = Tracker({1: ("SUCCEEDED", [(4, 4), (0, 7)]), 2: ("RUNNING", [(3, 8), (0, 2)])})
    counts = TaskCounts()
    assert [counts.read(session(tracker), "train") for _ in range(2)] == [(7, 14), (7, 14)]
    assert tracker.asked == [1, 2, 2], "what has ended is asked for once"
    assert counts.read(session(tracker), "export") == (4, 4)


def test_a_stage_that_is_over_tells_nothing():
    progress = Progress()
    assert progress.read() is None
    progress.begin("train", 7, 10, ["a/ko", "b/ko"])
    assert progress.read() is not None
    progress.end()
    assert progress.read() is None


def told(values: Counted) -> Any:
    return SimpleNamespace(values=values)


def test_bots_are_done_once_and_only_those_of_the_stage():
    progress = Progress()
    progress.begin("train", 7, 10, ["a/ko", "b/ko", "c/ko"])
    reading = progress.read()
    assert reading and (reading.bots, reading.bots_done) == (3, None)
    progress.counting(told(Counted(done=frozenset(["a/ko", "*/ko"]))))
    progress.counting(told(Counted(done=frozenset(["a/ko"]), failed={"c/ko": Failure("x")})))
    progress.bot_done("b/ko")
    reading = progress.read()
    assert reading and (reading.bots, reading.bots_done) == (3, 3)
    progress.begin("export", 9, 10, ["a/ko"])
    reading = progress.read()
    assert reading and (reading.bots, reading.bots_done, reading.number) == (1, None, 9)


def test_steps_are_a_stages_own_and_notes_name_their_bot():
    progress = Progress()
    progress.begin("denoise", 6, 10, ["a/ko"])
    steps = {"views": 20, "decisions": 1}
    progress.counting(told(Counted(steps=steps, steps_done={"views": 3}, notes={"a/ko": "cheaper views"})))
    reading = progress.read()
    assert reading and reading.steps == (("views", 3, 20), ("decisions", 0, 1))
    assert progress.notes() == {"a/ko": "cheaper views"}


def test_texts_of_an_encoder_are_counted_in_rows_with_those_that_the_store_had():
    progress = Progress()
    progress.begin("embed", 4, 10, ["a/ko"])
    progress.counting(told(Counted(Counts(rows=0, stored=70))))
    reading = progress.read()
    assert reading and reading.texts is None, "how many there are to encode is not known yet"
    progress.counting(told(Counted(Counts(rows=10), steps={TEXTS: 30})))
    reading = progress.read()
    assert reading and reading.steps == () and reading.texts
    assert reading.texts[:3] == (10, 30, 70) and reading.texts.seconds < 5
    assert TextsRead(10, 30, 70, 4.0).left == 8.0 and TextsRead(0, 30, 70, 4.0).left is None
    progress.begin("denoise", 5, 10, ["a/ko"])
    reading = progress.read()
    assert reading and reading.texts is None


class Dead:
    @property
    def values(self) -> dict[str, Any]:
        raise RuntimeError("dictionary changed size during iteration")

    @property
    def sparkContext(self) -> None:
        raise ConnectionRefusedError("the JVM has died")


def test_a_session_that_is_gone_raises_nothing():
    progress = Progress(spark=Dead())  # type: ignore[arg-type]
    progress.begin("train", 7, 10, ["a/ko"])
    progress.counting(Dead())  # type: ignore[arg-type]
    reading = progress.read()
    assert reading and (reading.tasks, reading.bots_done) == (0, None)


@pytest.mark.parametrize(
    ("seconds", "done", "expected"),
    [
        (10.0, None, (30.0 + 20.0, False)),
        (39.0, 8, (39.0 / 4 + 20.0, False)),
        (50.0, None, (20.0, True)),
        (50.0, 5, (50.0 + 20.0, False)),
    ],
)
def test_what_is_left_follows_earlier_runs_and_then_the_share_that_is_done(
    seconds: float, done: int | None, expected: tuple[float, bool]
):
    reading = Reading("train", 7, 10, seconds, 10, done, 0, 0, is_starting=False)
    assert left({"denoise": 60.0, "train": 40.0, "export": 20.0}, reading) == pytest.approx(expected)
    assert left({"denoise": 60.0}, reading) is None


@pytest.mark.parametrize(
    ("spent", "pace"),
    [({"denoise": 120.0}, 2.0), ({"denoise": 30.0}, 0.5), ({"denoise": 1e5}, 10.0), ({"x": 9.0}, 1.0)],
)
def test_a_run_that_is_slow_so_far_is_expected_to_stay_so(spent: dict[str, float], pace: float):
    reading = Reading("train", 7, 10, 10.0, 1, None, 0, 0, is_starting=False, spent=spent)
    found = left({"denoise": 60.0, "train": 40.0, "export": 20.0}, reading)
    assert found == pytest.approx((pace * 60.0 - 10.0, False))


def test_the_start_of_the_session_is_not_the_first_stages_time():
    progress = Progress(is_starting=True)
    progress.begin("ingest", 1, 2, ["a/ko"])
    progress.began -= 100.0
    progress.session_started(session(Tracker({})), 2)
    reading = progress.read()
    assert reading and reading.seconds < 50 and not reading.is_starting and progress.slots == 2
    progress.end()
    progress.begin("clean", 2, 2, ["a/ko"])
    reading = progress.read()
    assert reading and list(reading.spent) == ["ingest"]
