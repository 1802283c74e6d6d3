"""The floors of docs/architecture.md hold: import-linter's contracts in setup.cfg, each kept, none empty."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def test_lint_imports_passes() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def test_every_room_stands_on_a_floor() -> None:
    setup = configparser.ConfigParser()
    setup.read(_ROOT / "setup.cfg", encoding="utf-8")
    floors = setup["importlinter:contract:floors"]
    assert floors.getboolean("exhaustive")
    named = set(floors["layers"].replace("|", " ").replace(":", " ").split())
    package = _ROOT / "mlpipeline"
    rooms = {path.parent.name for path in package.glob("*/__init__.py")} | {path.stem for path in package.glob("*.py")}
    assert rooms - {"__init__"} == named


def test_the_package_does_not_know_its_doors() -> None:
    for file in (_ROOT / "mlpipeline").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "\nfrom jobs" not in text, file
        assert "\nimport jobs" not in text, file
