"""The wheel that stands in a bundle: of the code that runs, equal for equal code, and installed without an index."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

import pytest

from mlpipeline import DISTRIBUTION, __version__
from mlpipeline.stages.release.wheel import running_wheel


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    name, data = running_wheel()
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / name).write_bytes(data)
    return tmp_path / "wheels" / name


def test_it_holds_the_package_and_what_it_needs(wheel: Path):
    assert wheel.name == f"mlpipeline_bots-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (info,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
        told = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        listed = [line.split(",")[0] for line in archive.read(f"{info}/RECORD").decode().splitlines()]
    assert {"mlpipeline/serving/pyfunc.py", "mlpipeline/_packaged/conf/base.yaml"} <= set(names)
    assert sorted(listed) == sorted(names) and not [name for name in names if "__pycache__" in name]
    assert told["Name"] == DISTRIBUTION and told["Version"] == __version__
    assert (told.get_all("Requires-Dist") or []) == (distribution(DISTRIBUTION).requires or [])


@pytest.mark.slow
def test_equal_code_gives_equal_bytes():
    first = running_wheel()
    running_wheel.cache_clear()
    assert running_wheel() == first


@pytest.mark.slow
def test_the_requirement_of_a_bundle_is_installed_without_an_index(wheel: Path, tmp_path: Path):
    (tmp_path / "requirements.txt").write_text(f"wheels/{wheel.name}\n")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "fresh")], check=True)
    python = str(tmp_path / "fresh" / "bin" / "python")
    words = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--requirement", "requirements.txt"]
    subprocess.run([python, *words], cwd=tmp_path, check=True, env={"PATH": "/usr/bin:/bin"})
    code = "import mlpipeline, importlib.metadata as m; print(mlpipeline.__file__, m.version('mlpipeline-bots'))"
    said = subprocess.run([python, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True, env={}).stdout
    assert said.startswith(str(tmp_path / "fresh")) and said.split()[-1] == __version__
    assert (tmp_path / "fresh" / "bin" / "mlpipeline").is_file(), "the command"
