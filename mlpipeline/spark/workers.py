"""What every Python task of ours does first, in the worker process."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
import warnings
import zipimport
from collections.abc import Callable
from functools import cache


def enter_worker() -> None:
    """Makes a worker's tasks quick and their libraries single-threaded.

    pyspark 4.1 calls importlib.invalidate_caches() in each task; before Python 3.13 zipimport then reads all of
    pyspark.zip again, about 0.25 s a task. Zips do not change under a running job, so that is switched off.
    """
    if sys.version_info < (3, 13):
        zipimport.zipimporter.invalidate_caches = lambda self: None  # type: ignore[method-assign]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # A batch is thousands of tuples that die together: looking for cycles among them costs as much as making them.
    gc.set_threshold(100_000, 20, 20)
    # TensorFlow's own remarks would land between our progress lines, once for each bot.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning)


def give_memory_back() -> None:
    """Hands freed memory to the system: a worker that waits would hold on to hundreds of MB of a large bot."""
    if arrow := sys.modules.get("pyarrow"):
        arrow.default_memory_pool().release_unused()
    if trim := _malloc_trim():
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    """glibc's own; None where there is another C library."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return trim
    except (OSError, AttributeError, TypeError):
        return None
