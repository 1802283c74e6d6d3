"""The set-up that any python3 can run: what it refuses, what it tells uv, and how it explains a failure."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlpipeline import bootstrap
from mlpipeline.bootstrap import Refused

_FILE = Path(bootstrap.__file__)


def test_it_reads_as_old_python_and_imports_only_the_standard_library() -> None:
    tree = ast.parse(_FILE.read_text(encoding="utf-8"), feature_version=(3, 6))
    named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    named += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert set(named) <= sys.stdlib_module_names


def test_the_running_python_is_taken_when_it_fits() -> None:
    assert bootstrap.choose_python((3, 11), "/x/python3", lambda name: None) == "/x/python3"


def test_another_python_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"/b/python3.12": None, "/b/python3.10": (3, 10)}  # the first is a shim for nothing
    monkeypatch.setattr(bootstrap, "version_of", versions.get)
    found = bootstrap.choose_python(
        (3, 13), "/x/python3", lambda name: f"/b/{name}" if f"/b/{name}" in versions else None
    )
    assert found == "/b/python3.10"


@pytest.mark.parametrize("running", [(3, 9), (3, 13), (3, 6)])
def test_no_fitting_python_is_refused(running: tuple[int, int]) -> None:
    with pytest.raises(Refused, match=r"needs 3\.10, 3\.11 or 3\.12 -> install") as caught:
        bootstrap.choose_python(running, "/x/python3", lambda name: None)
    assert f"python3 is {running[0]}.{running[1]}" in str(caught.value)


def test_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap.check_disk(str(tmp_path), 50e9)
    with pytest.raises(Refused, match="GB free"):
        bootstrap.check_disk(str(tmp_path), 1e9)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(Refused, match="no permission to write -> "):
        bootstrap.check_disk(str(tmp_path), 50e9)


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("  cause: dns error: failed to lookup address information: Name or service not known", "no network"),
        ("error: Request failed: operation timed out", "too slow"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("invalid peer certificate: UnknownIssuer", "not trusted"),
        ("tcp connect error: Connection refused (os error 111)", "cannot be reached"),
        ("x\nerror: something odd\ny", "something odd"),
        ("noise\nmlpipeline: no Java found -> install Java\n", "no Java found -> install Java"),
        ("error: Hash mismatch for `uv==0.13.8`", "not the one that was locked"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one that was locked"),
        ("", "see the log"),
    ],
)
def test_causes_are_one_line(said: str, meaning: str) -> None:
    told = bootstrap.cause("installing", said)
    assert meaning in told
    assert "\n" not in told


def test_every_package_is_locked_with_its_digests() -> None:
    lock = (_FILE.parents[1] / "requirements.lock").read_text("utf-8")
    pins = [line.split()[0].split("==")[0] for line in lock.splitlines() if re.match(r"[a-zA-Z0-9]", line)]
    assert len(pins) > 200 and {"uv", "setuptools", "wheel"} <= set(pins)
    for block in re.split(r"\n(?=[a-zA-Z0-9])", lock)[1:]:
        assert re.match(r"[\w.-]+==\S+", block) and " --hash=sha256:" in block, block.splitlines()[0]
    assert "://" not in lock.replace("# This file", ""), "no index of this machine"


def test_uv_itself_is_taken_from_the_lock() -> None:
    lock = (_FILE.parents[1] / "requirements.lock").read_text("utf-8")
    first, *digests = bootstrap.locked("uv", lock).splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", first)
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in digests) and len(digests) > 5
    assert not digests[-1].endswith("\\")
    for text in ("", "uv==1.0\n    # via us\n", "uvicorn==1 \\\n    --hash=sha256:0\n"):
        with pytest.raises(Refused, match="make lock"):
            bootstrap.locked("uv", text)


def test_what_is_installed_is_asked_by_its_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "works", lambda python, code: False)
    monkeypatch.setattr(bootstrap, "pip_settings", dict)
    monkeypatch.setattr(bootstrap, "UV_LOCK", str(tmp_path / "uv.txt"))
    monkeypatch.setattr(bootstrap, "run", lambda command, *rest: done.append(command))
    bootstrap.install()
    pip, locked, own = done
    assert "--require-hashes" in pip and pip[-1] == str(tmp_path / "uv.txt") and (tmp_path / "uv.txt").is_file()
    assert "--require-hashes" in locked and locked[-1].endswith("requirements.lock")
    assert {"--no-deps", "--no-build-isolation", "--editable"} <= set(own)


def test_uv_is_told_what_pip_is_told() -> None:
    settings = {"index-url": "https://mirror/simple", "find-links": "/a\n/b", "timeout": "180"}
    told = bootstrap.uv_environment(settings, {"UV_HTTP_TIMEOUT": "9", "HOME": "/h"})
    assert told == {
        "UV_HTTP_TIMEOUT": "9", "HOME": "/h", "UV_DEFAULT_INDEX": "https://mirror/simple", "UV_FIND_LINKS": "/a /b"
    }  # fmt: skip
    assert bootstrap.uv_environment({}, {"UV_DEFAULT_INDEX": "u"})["UV_DEFAULT_INDEX"] == "u"


def test_a_failing_step_is_refused_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "LOG", str(tmp_path / "log"))
    monkeypatch.setattr(bootstrap, "ROOT", str(tmp_path))
    with pytest.raises(Refused, match="no network"):
        bootstrap.run([sys.executable, "-c", "import sys; sys.exit('Name or service not known')"], "fetching")
    bootstrap.run([sys.executable, "-c", "print('fine')"], "again")
    assert "fine" in (tmp_path / "log").read_text(encoding="utf-8")
    monkeypatch.setattr(bootstrap, "TIMEOUT_S", 0.2)
    with pytest.raises(Refused, match="not ready after"):
        bootstrap.run([sys.executable, "-c", "import time; time.sleep(9)"], "waiting")


def test_a_second_call_is_quick_and_silent(tmp_path: Path) -> None:
    for name in ("setup.cfg", "requirements.lock", "mlpipeline/bootstrap.py", ".venv/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(_FILE.read_bytes() if name.endswith("bootstrap.py") else b"")
    copy = str(tmp_path / "mlpipeline" / "bootstrap.py")
    wanted = "import importlib.util as u; s = u.spec_from_file_location('b', {!r}); m = u.module_from_spec(s); "
    wanted += "s.loader.exec_module(m); print(m.install_digest())"
    digest = subprocess.check_output([sys.executable, "-c", wanted.format(copy)], text=True)
    (tmp_path / ".venv" / "mlpipeline.stamp").write_text(digest, encoding="utf-8")
    done = subprocess.run([sys.executable, copy], capture_output=True, check=True, env={"LANG": "C"})
    assert done.stdout + done.stderr == b""
