"""What travels with a job: our code as a zip, a Python environment as an archive, a GPU discovery script."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.abc import Traversable
from importlib.metadata import distributions
from importlib.resources import files as resources_of
from pathlib import Path

from mlpipeline.cluster.cache import cache_folder, filling
from mlpipeline.errors import SetupError

ENVIRONMENT = "environment"
_LEFT_OUT = ("__pycache__",)
_STAMP = (1980, 1, 1, 0, 0, 0)
# pyspark travels by spark-submit itself (Python part) and lies on the cluster (489 MB of jars); our own code goes as
# a zip; installers are of no use there. What says that pyspark is installed, and which, stays.
_NOT_PACKED = ("pyspark", "mlpipeline", "pip", "uv")


def code_archive() -> Path:
    """Make a zip of this package, YAML and settings included; executors import from it and read its resources.

    The file's name holds the digest of its content, and equal code gives equal bytes: a cluster that has it keeps it.

    Raises:
        SetupError: the cache cannot be written.
    """
    data = code_bytes()
    target = cache_folder() / f"code-{hashlib.sha256(data).hexdigest()[:12]}"
    if not (target / "mlpipeline.zip").is_file():
        with filling(target) as work:
            (work / "mlpipeline.zip").write_bytes(data)
    return target / "mlpipeline.zip"


def code_bytes() -> bytes:
    """The zip of `code_archive`; equal code gives equal bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, place in sorted(_walk(resources_of("mlpipeline"), "mlpipeline")):
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, place.read_bytes())
    return held.getvalue()


def _walk(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    # Links (conf, spark_defaults) are followed: the zip holds what they lead to.
    for place in folder.iterdir():
        if place.name in _LEFT_OUT or place.name.endswith(".pyc"):
            continue
        if place.is_dir():
            yield from _walk(place, f"{name}/{place.name}")
        else:
            yield f"{name}/{place.name}", place


def folder_zip(folder: Path, name: str) -> Path:
    """Make a zip of a folder for `--archives`, named by its content in the cache.

    Raises:
        SetupError: the folder or the cache cannot be used.
    """
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for place in sorted(folder.rglob("*")):
            if place.is_file() and not any(part in _LEFT_OUT for part in place.parts):
                entry = zipfile.ZipInfo(place.relative_to(folder).as_posix(), _STAMP)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, place.read_bytes(), zipfile.ZIP_DEFLATED)
    data = held.getvalue()
    target = cache_folder() / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    if not (target / f"{name}.zip").is_file():
        with filling(target) as work:
            (work / f"{name}.zip").write_bytes(data)
    return target / f"{name}.zip"


def pack_environment(prefix: Path | None = None) -> Path:
    """Pack a virtual environment as environment.tar.gz, once for each set of packages; minutes with TensorFlow.

    Its `bin/python` stays a link to the interpreter the environment was made from: the same Python must lie at the same
    path on each node. Where it does not, make the archive with conda-pack and give it as `--env`.

    Args:
        prefix: of the environment, the running one when None.

    Raises:
        SetupError: this is no virtual environment, or the cache cannot be written.
    """
    prefix = Path(sys.prefix) if prefix is None else prefix
    if not (prefix / "pyvenv.cfg").is_file():
        raise SetupError("is no virtual environment", where=str(prefix), fix="give an archive of one as --env FILE")
    target = cache_folder() / f"environment-{_digest(prefix)}"
    file = target / "environment.tar.gz"
    if not file.is_file():
        with (
            filling(target) as work,
            (work / file.name).open("wb") as raw,
            gzip.GzipFile("", "wb", 3, raw, mtime=0) as packed,
        ):
            _pack(prefix, packed)
    return file


def _digest(prefix: Path) -> str:
    places = [str(place) for place in sorted(prefix.glob("lib/python*/site-packages"))]
    names = sorted(f"{found.name}=={found.version}" for found in distributions(path=places))
    return hashlib.sha256("\n".join([os.path.realpath(prefix / "bin" / "python"), *names]).encode()).hexdigest()[:12]


def _pack(prefix: Path, packed: gzip.GzipFile) -> None:
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.add(prefix / "pyvenv.cfg", "pyvenv.cfg")
        for name in ("bin", "lib", "lib64"):
            if (prefix / name).exists():
                archive.add(prefix / name, name, filter=_chosen)


def _chosen(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    name = Path(entry.name).name
    in_site = Path(entry.name).parent.name == "site-packages"
    if name in _LEFT_OUT or (in_site and (name in _NOT_PACKED or "__editable__" in name)):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


# Each executor of a node without GPU isolation sees all its GPUs and would take all that this script lists, so it lists
# as many as were asked for, the emptiest first.
_DISCOVER = """#!/bin/sh
# Which GPUs this executor may use: spark.executor.resource.gpu.discoveryScript. MLPIPELINE_GPUS: how many at most.
found=$(nvidia-smi --query-gpu=memory.used,index --format=csv,noheader,nounits | sort -n)
found=$(echo "$found" | head -n "${MLPIPELINE_GPUS:-99}")
list=$(echo "$found" | sed 's/.*, */"/; s/$/"/' | paste -s -d , -)
echo "{\\"name\\": \\"gpu\\", \\"addresses\\": [$list]}"
"""


def gpu_script() -> Path:
    """Return the discovery script for NVIDIA's GPUs as a file: pip's pyspark brings none.

    Raises:
        SetupError: the cache cannot be written.
    """
    target = cache_folder() / f"gpus-{hashlib.sha256(_DISCOVER.encode()).hexdigest()[:12]}"
    file = target / "discover-gpus.sh"
    if not file.is_file():
        with filling(target) as work:
            (work / file.name).write_text(_DISCOVER, encoding="utf-8")
            (work / file.name).chmod(0o755)
    return file


def entry_script(stage: str) -> Path:
    """Return a script that runs one stage, or all (`pipeline`): `jobs/<stage>.py`, or the same text in the cache.

    Raises:
        SetupError: the cache cannot be written.
    """
    beside = Path(str(resources_of("mlpipeline"))).parent / "jobs" / f"{stage}.py"
    if beside.is_file():
        return beside
    words = [] if stage == "pipeline" else ["--from-stage", stage, "--to-stage", stage]
    target = cache_folder() / "jobs" / f"{stage}.py"
    text = "import sys\n\nfrom mlpipeline.cli.main import main\n\nif __name__ == '__main__':\n"
    text += f"    sys.exit(main({['run', *words]!r} + sys.argv[1:]))\n"
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        with tempfile.TemporaryDirectory() as work:
            made = Path(work) / target.name
            made.write_text(text, encoding="utf-8")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(made, target)
    return target
