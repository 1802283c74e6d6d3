"""List scheduling keeps its bounds, and the simulation gives back the runs that the logs tell of."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.catalog import NEEDS
from mlpipeline.cluster.doctor.events import read_log
from mlpipeline.cluster.doctor.model import AppLog, Executor, Job, Stage, Task
from mlpipeline.cluster.doctor.replay import Replay
from mlpipeline.cluster.doctor.simulate import list_schedule, shortest, simulate, simulate_counts
from mlpipeline.cluster.doctor.work import JobStart, Step, Work, work_of

LOGS = Path(__file__).parent / "doctor_logs"
TIMES = st.lists(st.floats(0.0, 100.0), min_size=1, max_size=40)
TINY = 1e-6


@given(TIMES, st.integers(1, 12))
def test_no_schedule_is_shorter_than_the_longest_task_or_the_work_of_a_slot(times: list[float], slots: int):
    end = list_schedule(times, slots)
    assert end >= max(times) - TINY
    assert end >= sum(times) / slots - TINY
    # Graham, 1969: a list schedule is at most one longest task over the work of a slot.
    assert end <= sum(times) / slots + max(times) + TINY


@given(TIMES, st.integers(1, 12))
def test_more_slots_never_take_longer(times: list[float], slots: int):
    assert list_schedule(times, slots + 1) <= list_schedule(times, slots) + TINY


@given(TIMES)
def test_one_slot_takes_the_sum_and_a_slot_each_the_longest(times: list[float]):
    assert list_schedule(times, 1) == pytest.approx(sum(times))
    assert list_schedule(times, len(times)) == pytest.approx(max(times))


@given(TIMES, st.integers(1, 6), st.integers(1, 4))
def test_the_replay_of_one_stage_is_its_list_schedule(times: list[float], executors: int, cores: int):
    work = Work({0: Step(0, 0, tuple(times), 1, (), 0.0)}, (JobStart(0, None, 0.0),))
    seconds, used = Replay(work, executors, cores).run()
    assert seconds == pytest.approx(list_schedule(times, executors * cores))
    assert used == pytest.approx(sum(times))


STAGES = st.lists(st.tuples(TIMES, st.integers(0, 3), st.floats(0.0, 5.0)), min_size=1, max_size=6)


@st.composite
def works(draw: st.DrawFn) -> Work:
    """Jobs one after another, each with stages that wait for some of the earlier ones."""
    steps: dict[int, Step] = {}
    job_starts: list[JobStart] = []
    for job in range(draw(st.integers(1, 4))):
        job_starts.append(JobStart(job, job - 1 if job else None, draw(st.floats(0.0, 3.0))))
        own: list[int] = []
        for times, parents, delay in draw(STAGES):
            number = len(steps)
            steps[number] = Step(
                number, job, tuple(times), draw(st.integers(1, 2)), tuple(own[-parents:] if parents else ()), delay
            )
            own.append(number)
    return Work(steps, tuple(job_starts), draw(st.floats(0.0, 2.0)), draw(st.floats(0.0, 3.0)))


def chain(work: Work) -> float:
    """The driver's time and the longest chain of longest tasks: no number of cores is quicker."""
    total = work.tail
    for turn in work.job_starts:
        ends: dict[int, float] = {}
        for step in (step for step in work.steps.values() if step.job == turn.job):
            ends[step.number] = max((ends[parent] for parent in step.after), default=0.0) + step.delay + max(step.tasks)
        total += turn.pause + max(ends.values())
    return total


@given(works(), st.integers(1, 5), st.integers(2, 4))
def test_any_work_ends_between_its_bounds(work: Work, executors: int, cores: int):
    seconds, used = Replay(work, executors, cores).run()
    own = sum(sum(step.tasks) * step.width for step in work.steps.values())
    assert seconds >= chain(work) - TINY
    assert seconds >= own / (executors * cores) - TINY
    assert own - TINY <= used <= own + work.warm_up * executors * cores * 2 + TINY
    pauses = work.tail + sum(turn.pause for turn in work.job_starts) + sum(step.delay for step in work.steps.values())
    # A task that is two cores wide may leave one core of each executor unused.
    widest = sum(max(step.tasks) + work.warm_up for step in work.steps.values())
    assert seconds <= pauses + 2 * used / (executors * (cores - 1)) + widest + TINY


@given(works())
def test_the_same_work_takes_the_same_time(work: Work):
    assert Replay(work, 2, 2).run() == Replay(work, 2, 2).run()


@pytest.mark.parametrize("log", ["skewed", "coalesced", "tiny", "few_tasks", "restarting", "eventlog_v2_sample_run"])
def test_the_executors_that_it_had_give_back_the_time_that_it_took(log: str):
    (path,) = [path for path in LOGS.iterdir() if path.name.split(".")[0] == log]
    app = read_log(path, NEEDS)
    assert simulate(app, 1).seconds == pytest.approx(app.seconds, rel=0.1)
    assert shortest(app) <= simulate(app, 1).seconds + TINY


def two_stages() -> AppLog:
    """Four tasks of 2 s, then two of 3 s, on one executor of one core; 1 s before, 1 s between, 1 s after."""
    app = AppLog(needs=NEEDS, started=0.0, ended=17.0, settings={"spark.master": "spark://node:7077"})
    app.executors["0"] = Executor("0", 1, 0.0)
    app.jobs = {0: Job(0, 1.0, 9.0, (0,)), 1: Job(1, 10.0, 16.0, (1,))}
    app.stages[0, 0] = Stage(0, submitted=1.0, tasks=[Task(n, "0", 1.0 + 2 * n, 3.0 + 2 * n) for n in range(4)])
    app.stages[1, 0] = Stage(1, submitted=10.0, tasks=[Task(n, "0", 10.0 + 3 * n, 13.0 + 3 * n) for n in range(2)])
    return app


def test_a_worked_example():
    app = two_stages()
    assert [simulate(app, count).seconds for count in (1, 2, 4)] == [17.0, 10.0, 8.0]
    assert [round(simulate(app, count).core_hours * 3600) for count in (1, 2, 4)] == [17, 20, 32]
    assert shortest(app) == 8.0
    assert simulate(app, 1).busy == pytest.approx(14 / 17)


def test_counts_end_where_more_no_longer_help():
    counts = [one.executors for one in simulate_counts(two_stages())]
    assert counts[0] == 1 and 4 in counts and counts[-1] <= 8


def test_the_warm_up_of_an_executor_is_paid_by_each():
    app = two_stages()
    first = app.stages[0, 0].tasks[0]
    app.started, app.jobs[0].submitted, app.stages[0, 0].submitted = -4.0, -3.0, -3.0
    first.launched = -3.0  # four seconds longer than the others of its stage
    assert work_of(app).warm_up == pytest.approx(4.0)
    assert simulate(app, 1).seconds == pytest.approx(21.0)
    assert simulate(app, 2).seconds == pytest.approx(14.0)
