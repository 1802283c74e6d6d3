"""The wheel brings all that the command needs: installed in another place, and read as the zip that it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.corpora import rows, write_rows
from tests.e2e.documents import ROOT


def python(*words: str, cwd: Path, code: Path | None = None) -> str:
    """Runs this Python; `code` stands before the checkout on its path. Gives what it printed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLPIPELINE_", "PYTHON"))}
    env = {**kept, "PYTHONPATH": str(code)} if code else kept
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, env=env, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make wheel` builds, from a copy and without the network: the builder is part of the environment."""
    home = tmp_path_factory.mktemp("wheel")
    tracked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "mlpipeline", "conf"]
    tracked += ["spark-defaults", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "NOTICE"]
    names = subprocess.run(tracked, cwd=ROOT, capture_output=True, check=True, encoding="utf-8").stdout.split("\0")
    words = ["tar", "--null", "--files-from=-", "-cf", str(home / "code.tar")]
    there = [name for name in names if name and (ROOT / name).exists()]
    subprocess.run(words, cwd=ROOT, input="\0".join(there), check=True, encoding="utf-8")
    (home / "code").mkdir()
    subprocess.run(["tar", "-xf", str(home / "code.tar"), "-C", str(home / "code")], check=True)
    python("-m", "build", "--wheel", "--no-isolation", "--outdir", str(home / "dist"), ".", cwd=home / "code")
    (made,) = (home / "dist").glob("mlpipeline_bots-*.whl")
    return made


def use(code: Path, folder: Path) -> None:
    """A person in an empty folder who makes a bot with the code at `code`."""
    folder.mkdir()
    write_rows(folder / "mine.jsonl", rows("ko", "shop", 40))
    said = python("-c", "import mlpipeline; print(mlpipeline.__file__)", cwd=folder, code=code)
    assert said.startswith(str(code)), "not the code of the checkout"
    verb = ("-m", "mlpipeline.cli.main")
    python(*verb, "new", "shop", "--lang", "ko", "--from", "mine.jsonl", cwd=folder, code=code)
    shown = python(*verb, "config", "show", "shop/ko", "--origin", "--json", cwd=folder, code=code)
    assert "squeeze_jamo" in shown and "train.epochs" in shown and "languages/ko.yaml" in shown
    assert "never made" in python(*verb, "plan", cwd=folder, code=code)


def test_a_wheel_brings_the_recipe_along(wheel: Path, tmp_path: Path):
    """`make wheel`, then `pip install` of what it built."""
    installed = tmp_path / "installed"
    words = ("-m", "uv", "pip", "install", "--offline", "--no-deps", "--quiet", "--target", str(installed), str(wheel))
    python(*words, cwd=tmp_path)
    assert (installed / "bin" / "mlpipeline").is_file(), "the command"
    use(installed, tmp_path / "work")


def test_a_zip_is_read_in_place(wheel: Path, tmp_path: Path):
    """As on an executor: the package is a zip on the path, and its YAML is read from there."""
    use(wheel, tmp_path / "work")
