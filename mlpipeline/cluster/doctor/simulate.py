"""How long the same work would take with other executors: the tasks of the log, placed anew by list scheduling.

What stays as it was: each task's own time, the order of jobs and stages, the driver's time between them. What changes:
how many tasks run at once, and how many executors warm up (the first tasks of an executor load classes and models).
The idea is Sparklens' (Qubole, 2018). List scheduling: R. L. Graham, Bounds on multiprocessing timing anomalies, 1969.
"""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from mlpipeline.cluster.doctor.figures import app_figures, workers
from mlpipeline.cluster.doctor.model import AppLog
from mlpipeline.cluster.doctor.replay import Replay
from mlpipeline.cluster.doctor.work import Work, work_of

COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
# More executors are not worth naming when they save less than this share of the time.
_NO_LONGER_HELPS = 0.02


@dataclass(frozen=True)
class Simulated:
    """The same work on other executors.

    Args:
        executors, cores: how many, and the cores of each.
        seconds: the whole application, driver included.
        core_hours: executors x cores x hours, which is what a cluster charges.
        busy: share of the cores' time in which tasks ran.
    """

    executors: int
    cores: int
    seconds: float
    core_hours: float
    busy: float


def list_schedule(durations: Sequence[float], slots: int) -> float:
    """Places tasks in their order, each on the slot that is free first; gives the end of the last one.

    Args:
        durations: seconds, in the order of launch.
        slots: how many run at once, at least 1.

    Returns:
        Seconds: at least max(longest, sum / slots), at most sum / slots + longest.
    """
    free = [0.0] * max(1, slots)
    end = 0.0
    for duration in durations:
        done = heapq.heappop(free) + duration
        heapq.heappush(free, done)
        end = max(end, done)
    return end


def simulate(app: AppLog, executors: int, cores: int | None = None, *, work: Work | None = None) -> Simulated:
    """The application with `executors` of `cores` each (None: as many as the log's executors have)."""
    each = cores or cores_of_executor(app)
    seconds, used = Replay(work or work_of(app), executors, each).run()
    held = executors * each * seconds
    return Simulated(executors, each, seconds, held / 3600.0, min(1.0, used / held) if held else 0.0)


def simulate_counts(app: AppLog) -> list[Simulated]:
    """Other executor counts, upwards until more no longer help; what the log had is among them."""
    had, work = max(1, app_figures(app).executors), work_of(app)
    found: list[Simulated] = []
    for count in sorted({*COUNTS, had}):
        one = simulate(app, count, work=work)
        found.append(one)
        if count > had and len(found) > 3 and one.seconds > (1.0 - _NO_LONGER_HELPS) * found[-2].seconds:
            break
    return found


def shortest(app: AppLog) -> float:
    """Seconds with cores without end: the driver's time and the longest chain of longest tasks."""
    work = work_of(app)
    cores = sum(len(step.tasks) * step.width for step in work.steps.values())
    return Replay(work, 1, max(1, cores)).run()[0]


def cores_of_executor(app: AppLog) -> int:
    """Cores of the log's executors: the most common number."""
    found = [executor.cores for executor in workers(app)]
    return max(1, statistics.mode(found)) if found else 1
