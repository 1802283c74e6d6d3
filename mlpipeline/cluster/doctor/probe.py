"""What a process sees: its Python, libraries, locale, host, memory, disk and clock. Runs on driver and executors.

It is sent by value and imports nothing of this package: an executor that cannot import mlpipeline must still answer.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import locale
import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from typing import TypedDict

LIBRARIES = (
    "mlpipeline",
    "pyspark",
    "numpy",
    "pyarrow",
    "pandas",
    "scipy",
    "scikit-learn",
    "tensorflow",
    "tensorflow-cpu",
    "keras",
    "onnxruntime",
    "torch",
    "orjson",
    "kiwipiepy",
    "sudachipy",
    "jieba",
    "pythainlp",
    "pyvi",
)
# Imported under another name than installed.
_IMPORTED = {"scikit-learn": "sklearn", "tensorflow-cpu": "tensorflow"}
# Installed under another name than imported: what an index calls mlpipeline is not ours. This file travels alone.
_INSTALLED = {"mlpipeline": "mlpipeline-bots"}
_QUICK = ("mlpipeline", "numpy", "pyarrow", "pandas", "orjson")


class Probe(TypedDict):
    """What a process sees; see `probe`."""

    python: str
    executable: str
    system: str
    versions: dict[str, str]
    broken: dict[str, str]
    encoding: str
    file_names: str
    host: str
    host_resolves: bool
    cores: int
    memory: int | None
    memory_free: int | None
    memory_limit: int | None
    temp: str
    temp_free: int
    time: float
    threads: str | None
    parent: int


def probe(libraries: Iterable[str] = LIBRARIES) -> Probe:
    """Looks at this very process; every figure is there, None where the system does not tell.

    Returns:
        `versions`: library -> version; `broken`: library -> why its import fails (libraries that load in under a
        second are really imported; of the large ones only the place is looked up). Memory in bytes, time in seconds.
    """
    versions, broken = _libraries(libraries)
    host, folder = socket.gethostname(), tempfile.gettempdir()
    limit = _number("/sys/fs/cgroup/memory.max") or _number("/sys/fs/cgroup/memory/memory.limit_in_bytes")
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions,
        "broken": broken,
        "encoding": locale.getpreferredencoding(False),
        "file_names": sys.getfilesystemencoding(),
        "host": host,
        "host_resolves": _resolves(host),
        "cores": os.cpu_count() or 1,
        "memory": _number("/proc/meminfo", "MemTotal:"),
        "memory_free": _number("/proc/meminfo", "MemAvailable:"),
        # Without a limit version 1 of cgroups says a number near 2 ** 63.
        "memory_limit": limit if limit is not None and limit < 2**60 else None,
        "temp": folder,
        "temp_free": shutil.disk_usage(folder).free,
        "time": time.time(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        # The daemon that forked this worker: one for each executor.
        "parent": os.getppid(),
    }


def _libraries(names: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    versions: dict[str, str] = {}
    broken: dict[str, str] = {}
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(_INSTALLED.get(name, name))
        module = _IMPORTED.get(name, name)
        try:
            if name in _QUICK:
                versions.setdefault(name, str(getattr(importlib.import_module(module), "__version__", "?")))
            elif name in versions and importlib.util.find_spec(module) is None:
                broken[name] = "its files are not there"
        except ModuleNotFoundError as error:
            if error.name != module or name in versions:
                broken[name] = str(error)
        except Exception as error:
            broken[name] = f"{type(error).__name__}: {str(error)[:200]}"
    return versions, broken


def _number(path: str, key: str = "") -> int | None:
    """The number behind a key (in kB there), or the only number of a file."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(key):
                    word = line[len(key) :].split()[0]
                    return int(word) * (1024 if key else 1) if word.isdigit() else None
    except (OSError, IndexError):
        pass
    return None


def _resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def probe_partition(numbers: Iterable[int]) -> Iterator[Probe]:
    """The probe as a Spark task; it stays a moment, so that other executors get tasks too."""
    list(numbers)
    found = probe()
    time.sleep(0.3)
    yield found
