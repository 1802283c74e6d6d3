"""The views of a corpus in a few processes of this machine, for who has a file and no Spark."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from mlpipeline.methods.label_noise.analysis import Fit, fit_here
from mlpipeline.methods.label_noise.folds import Task, predict_fold
from mlpipeline.methods.label_noise.noise_data import Codes, Floats
from mlpipeline.methods.label_noise.views import View
from mlpipeline.spark.workers import enter_worker

_FEW = 2000  # units; below that, the processes would take longer to start than the work takes here
_held: list[Task] = []  # what a process works on; sent once, not with each fold


@contextmanager
def fit_in_processes(count: int, examples: int) -> Iterator[Fit]:
    """Gives a `Fit` for one corpus that uses so many processes, or this one alone where that is quicker.

    Args:
        count: processes.
        units: how many units there are.
    """
    if count < 2 or examples < _FEW:
        yield fit_here
        return

    pools: list[ProcessPoolExecutor] = []

    def fit(views: Sequence[View], task: Task) -> Mapping[str, Floats]:
        if not pools:
            # Not forked: TensorFlow and BLAS do not survive it.
            fresh = multiprocessing.get_context("spawn")
            pools.append(ProcessPoolExecutor(count, fresh, initializer=_hold, initargs=(task,)))
        wanted = task.orders(views)
        found: dict[str, list[tuple[Codes, Floats]]] = {view.name: [] for view in views}
        for (view, _), piece in zip(wanted, pools[0].map(_fit_held, *zip(*wanted, strict=True)), strict=True):
            found[view.name].append(piece)
        return {name: task.gather(own) for name, own in found.items()}

    try:
        yield fit
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)


def _hold(task: Task) -> None:
    enter_worker()
    _held.append(task)


def _fit_held(view: View, fold: int) -> tuple[Codes, Floats]:
    return predict_fold(view, _held[-1], fold)
