"""The jars of YARN: fetched once into the cache by the Ivy that pyspark brings; digests stand in yarn_jars.txt."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from mlpipeline.cluster.cache import cache_folder
from mlpipeline.cluster.jars import fetch_jars
from mlpipeline.cluster.java import find_java
from mlpipeline.errors import SetupError

HADOOP = "3.4.2"
_JARS = Path(__file__).with_name("yarn_jars.txt")
_begun: list[Thread] = []


def yarn_jars() -> Path:
    """The folder with YARN's jars, fetched when it is not there yet.

    Raises:
        SetupError: they cannot be fetched.
    """
    folder = cache_folder() / f"yarn-{HADOOP}"
    # Tests run in several processes: one of them fetches, the others wait for it.
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            lines = [line for line in _JARS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
            fetch_jars(folder, find_java(), {name: digest for digest, name in (line.split() for line in lines)})
    return folder


def yarn_jars_or_skip() -> Path:
    """`yarn_jars()`, or the test is skipped; with MLPIPELINE_REQUIRE_CLUSTERS set (as `.ci/run` does) it fails."""
    for fetching in _begun:
        fetching.join()
    try:
        return yarn_jars()
    except SetupError as error:
        if os.environ.get("MLPIPELINE_REQUIRE_CLUSTERS"):
            pytest.fail(f"no jars for YARN: {error}")
        pytest.skip(f"no jars for YARN: {error}")


def begin_fetch(fetch: Callable[[], object] = yarn_jars) -> None:
    """Fetches beside the tests that come before YARN's: a minute and a half of waiting for a network, once."""

    def quietly() -> None:
        try:
            fetch()
        except (SetupError, OSError):
            return  # whoever needs the jars tries again, and tells

    _begun.append(Thread(target=quietly, daemon=True))
    _begun[-1].start()
