"""Plays the work of an application on imagined executors, event by event: first come, first served, as Spark does."""

from __future__ import annotations

import heapq
from collections import defaultdict

from mlpipeline.cluster.doctor.work import Step, Work


class Replay:
    """One pass over the work. Of stages that wait for cores at once, the earlier job's goes first (FIFO)."""

    def __init__(self, work: Work, executors: int, cores: int) -> None:
        self._work = work
        self._cores = max(1, cores)
        # Free cores of each executor, and how many of its cores no task has used yet.
        self._free = [self._cores] * max(1, executors)
        self._cold = list(self._free)
        # (-free cores, executor); entries that are out of date stay until they come up.
        self._offers = [(-free, place) for place, free in enumerate(self._free)]
        self._now = self._used = 0.0
        self._jobs: list[tuple[float, int]] = []  # when a job begins
        self._ready: list[tuple[float, int, int]] = []  # when a step may start, its job, its number
        self._running: list[tuple[float, int, int, int]] = []  # end, step, executor, cores
        self._waiting: list[tuple[int, int]] = []  # job, step
        self._started: dict[int, int] = {}  # step -> tasks started
        self._left: dict[int, int] = {}  # step -> tasks that have not ended
        self._steps_left: dict[int, int] = {}
        self._of_job: dict[int, list[Step]] = defaultdict(list)
        self._children: dict[int, list[Step]] = defaultdict(list)
        for step in work.steps.values():
            self._of_job[step.job].append(step)
            for parent in step.after:
                self._children[parent].append(step)
        self._next = defaultdict(list)
        for job_start in work.job_starts:
            self._next[job_start.after].append(job_start)

    def run(self) -> tuple[float, float]:
        """Seconds until the application ends, and core-seconds in which its tasks ran."""
        self._job_done(None)
        while self._jobs or self._ready or self._running:
            self._now = max(self._now, min(queue[0][0] for queue in (self._jobs, self._ready, self._running) if queue))
            while self._running and self._running[0][0] <= self._now:
                self._task_ends()
            while self._jobs and self._jobs[0][0] <= self._now:
                self._job_begins(heapq.heappop(self._jobs)[1])
            while self._ready and self._ready[0][0] <= self._now:
                _, job, number = heapq.heappop(self._ready)
                heapq.heappush(self._waiting, (job, number))
            self._start_tasks()
        return self._now + self._work.tail, self._used

    def _job_begins(self, job: int) -> None:
        steps = self._of_job.get(job, [])
        self._steps_left[job] = len(steps)
        for step in steps:
            self._left[step.number] = len(step.tasks)
        for step in steps:
            self._offer(step)
        if not steps:
            self._job_done(job)

    def _offer(self, step: Step) -> None:
        """Makes a step ready when its job has begun and its parents have ended; called once all of that may be so."""
        begun = step.job in self._steps_left
        if begun and step.number not in self._started and all(self._left.get(parent) == 0 for parent in step.after):
            self._started[step.number] = 0
            heapq.heappush(self._ready, (self._now + step.delay, step.job, step.number))

    def _start_tasks(self) -> None:
        held = []
        while self._waiting:
            job, number = heapq.heappop(self._waiting)
            step = self._work.steps[number]
            while self._started[number] < len(step.tasks) and self._start(step, step.tasks[self._started[number]]):
                self._started[number] += 1
            if self._started[number] < len(step.tasks):
                held.append((job, number))
                if step.width == 1:
                    break  # not one core is free
        for entry in held:
            heapq.heappush(self._waiting, entry)

    def _start(self, step: Step, seconds: float) -> bool:
        width = min(step.width, self._cores)
        while -self._offers[0][0] != self._free[self._offers[0][1]]:
            heapq.heappop(self._offers)
        place = self._offers[0][1]
        if self._free[place] < width:
            return False
        self._take(place, width)
        if self._cold[place] > 0:
            self._cold[place] -= width
            seconds += self._work.warm_up
        heapq.heappush(self._running, (self._now + seconds, step.number, place, width))
        self._used += seconds * width
        return True

    def _take(self, place: int, width: int) -> None:
        self._free[place] -= width
        heapq.heappush(self._offers, (-self._free[place], place))

    def _task_ends(self) -> None:
        _, number, place, width = heapq.heappop(self._running)
        self._take(place, -width)
        self._left[number] -= 1
        if self._left[number]:
            return
        for child in self._children.get(number, ()):
            self._offer(child)
        job = self._work.steps[number].job
        self._steps_left[job] -= 1
        if not self._steps_left[job]:
            self._job_done(job)

    def _job_done(self, job: int | None) -> None:
        for job_start in self._next.get(job, ()):
            heapq.heappush(self._jobs, (self._now + job_start.pause, job_start.job))
