"""The Delta jars are fetched all or none, checked, and a missing network is told in one line."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from mlpipeline.cluster import jars
from mlpipeline.cluster.environment import DELTA_SPARK
from mlpipeline.cluster.java import Java
from mlpipeline.errors import SetupError
from mlpipeline.spark.archive import archive_file, java_options


def _java(tmp_path: Path, script: str) -> Java:
    command = tmp_path / "java" / "bin" / "java"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return Java(tmp_path / "java", tmp_path / "java", "17.0.9", "JAVA_HOME")


@pytest.fixture(autouse=True)
def _one_small_jar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(jars, "JARS", {"g:a:1": hashlib.sha256(b"jar\n").hexdigest()})
    monkeypatch.setattr(jars, "_ivy_jar", lambda: tmp_path / "ivy.jar")
    monkeypatch.setenv("MLPIPELINE_CACHE", str(tmp_path / "cache"))


_FETCH = 'for a; do case "$a" in *"[artifact]"*) d=$(dirname "$a");; esac; done; echo {} > "$d/a-1.jar"'


def test_jars_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = _java(tmp_path, _FETCH.format("jar"))
    monkeypatch.setattr(jars, "find_java", lambda: java)
    (found,) = jars.delta_jars()
    assert found.read_bytes() == b"jar\n"
    assert [file.name for file in found.parent.iterdir()] == ["a-1.jar"]
    monkeypatch.setattr(jars, "find_java", None)
    assert jars.delta_jars() == [found]


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (_FETCH.format("other"), "another SHA-256"),
        ("echo java.net.UnknownHostException: repo1.maven.org", "no network"),
        ("echo 'PKIX path building failed'", "certificate"),
        ("exit 1", "not found there"),
    ],
)
def test_nothing_is_left_when_it_fails(tmp_path: Path, script: str, what: str) -> None:
    target = tmp_path / "cache" / "delta"
    with pytest.raises(SetupError, match=what) as caught:
        jars.fetch_jars(target, _java(tmp_path, script))
    assert "\n" not in str(caught.value)
    assert caught.value.fix
    assert list(target.parent.iterdir()) == []


def test_wheel_and_jars_are_of_one_version() -> None:
    assert jars.DELTA == DELTA_SPARK


def test_a_missing_archive_changes_nothing(tmp_path: Path) -> None:
    java = _java(tmp_path, "exit 0")
    assert java_options(java) == ""
    archive_file(java).parent.mkdir(parents=True)
    archive_file(java).write_bytes(b"")
    assert "-Xshare:auto" in java_options(java)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ()),
        ({"HTTPS_PROXY": "http://me:secret@proxy:3128"}, ("-Dhttps.proxyHost=proxy", "-Dhttps.proxyPort=3128")),
        ({"https_proxy": "proxy"}, ("-Dhttps.proxyHost=proxy", "-Dhttps.proxyPort=80")),
        ({"https_proxy": "http://proxy:port"}, ()),
    ],
)
def test_the_proxy_of_the_environment_is_passed_on(environ: dict[str, str], expected: tuple[str, ...]) -> None:
    assert jars.proxy_options(environ) == expected
