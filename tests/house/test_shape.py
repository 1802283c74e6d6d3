"""One word in five places, short files and functions, plain names, and no path of any machine."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from mlpipeline.catalog import STAGES
from mlpipeline.orders.provenance import starting_modules
from mlpipeline.recipe.fields import SECTIONS
from tests.house.modules import tree_of

ROOT = Path(__file__).parents[2]
NAMES = [stage.name for stage in STAGES]
# Doors that are no stage, settings of a kind of master or run, and recipe sections of no stage.
DOORS = {"pipeline", "plan", "answer"}
MASTERS = {"common", "local", "large", "standalone", "yarn", "k8s"}
SECTIONS_OF_ALL = {"language", "answer"}
WORDS = re.compile(r"(^|_)(utils?|helpers?|common|misc)(_|$)")
# These files were long before the rule; nothing may join them.
LONG: set[str] = set()


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks or would track."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False, encoding="utf-8")
    if done.returncode:
        pytest.skip("not a git checkout")
    return sorted({ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()})


def sources() -> list[Path]:
    return [path for path in tracked("*.py") if path.stem != "make_samples"]


@pytest.mark.parametrize("name", NAMES)
def test_one_word_in_five_places(name: str):
    door = ROOT / "jobs" / f"{name}.py"
    assert door.is_file() and f'"--from-stage", "{name}", "--to-stage", "{name}"' in door.read_text("utf-8")
    stages = ROOT / "mlpipeline" / "stages"
    # A folder of an older branch may have left its compiled files behind.
    assert (stages / f"{name}.py").is_file() != any((stages / name).glob("*.py")), "a file or a folder"
    assert name in SECTIONS
    assert [path for path in (ROOT / "tests").rglob("test_*.py") if name in path.stem], "tests with that word"


def test_no_place_has_a_word_that_is_no_stage():
    doors = {path.stem for path in (ROOT / "jobs").glob("*.py")}
    assert doors - DOORS == set(NAMES)
    places = (ROOT / "mlpipeline" / "stages").iterdir()
    stages = {path.stem for path in places if path.suffix == ".py" or any(path.glob("*.py"))} - {"__init__"}
    # What a stage is, and how what a stage keeps is made for it.
    assert stages - {"contract", "kept"} == set(NAMES)
    assert set(SECTIONS) - SECTIONS_OF_ALL == set(NAMES)
    assert {path.stem for path in (ROOT / "spark-defaults").glob("*.conf")} <= MASTERS | set(NAMES)


def test_every_stage_receives_its_own_part():
    for stage in STAGES:
        assert stage.name in stage.sections
        assert (stage.run is None) != (stage.driver is None)
        assert any(f"stages.{stage.name}" == word for word in starting_modules(stage))


def test_every_dataset_is_made_once_and_before_it_is_needed():
    made: set[str] = {"source_file"}
    for stage in STAGES:
        if stage.shared is not None:
            assert set(stage.shared.needs) <= made
            made.add(stage.shared.gives)
        assert set(stage.needs) <= made, stage.name
        assert not set(stage.gives) & made, stage.name
        made |= set(stage.gives)


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_files_are_short():
    long = {str(path.relative_to(ROOT)): lines(path) for path in sources() if lines(path) > 300}
    assert not {name: count for name, count in long.items() if name not in LONG}


class Definition(NamedTuple):
    """A function or a class: `outer` where it stands in the module itself, not in another one."""

    name: str
    is_class: bool
    lines: int
    outer: bool
    documented: bool


@cache
def definitions(path: Path) -> list[Definition]:
    """All of a module, found once for all tests; expressions, ten times as many as statements, hold none."""
    outer = tree_of(path).body
    waiting, found = list(outer), []
    for node in waiting:
        for part in ("body", "orelse", "finalbody"):
            waiting += getattr(node, part, [])
        for branch in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
            waiting += branch.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            said = bool(ast.get_docstring(node))
            found.append(Definition(node.name, isinstance(node, ast.ClassDef), size, node in outer, said))
    return found


def functions(path: Path) -> list[tuple[str, int]]:
    """Name and length of each."""
    return [(one.name, one.lines) for one in definitions(path) if not one.is_class]


def test_functions_are_short():
    long = [
        f"{path.relative_to(ROOT)}: {name} {count}"
        for path in sources()
        for name, count in functions(path)
        if count > 50
    ]
    assert not long


def test_every_name_says_something():
    paths = [path.relative_to(ROOT) for path in sources()]
    assert not [path for path in paths for part in (*path.parts[:-1], path.stem) if WORDS.search(part)]
    called = [f"{path.name}: {name}" for path in sources() for name, _ in functions(path) if WORDS.search(name)]
    assert not called


def test_no_path_of_a_machine():
    # Written in pieces, so that this file does not find itself.
    foreign = re.compile(
        "|".join(["/" + "work/(main|shared)", r"\.\./" + "shared", "/" + r"home/\w+/", "/" + r"Users/\w+/"])
    )
    texts = {
        ".py",
        ".md",
        ".cfg",
        ".toml",
        ".yaml",
        ".yml",
        ".conf",
        ".j2",
        ".css",
        ".svg",
        ".txt",
        ".lock",
        ".ipynb",
        "",
    }
    found = []
    for path in tracked():
        if path.suffix in texts and not path.is_symlink():
            for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
                if foreign.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not found


def test_public_functions_say_what_they_do():
    silent = []
    for path in sources():
        if "tests" in path.relative_to(ROOT).parts:
            continue
        for one in definitions(path):
            if one.outer and not one.name.startswith("_") and not one.documented:
                silent.append(f"{path.relative_to(ROOT)}: {one.name}")
    assert not silent


def test_no_pickle_and_only_safe_yaml():
    wrong = re.compile(
        r"\bimport pickle|\bfrom pickle|joblib\.load|allow_pickle=True|yaml\.load\((?!.*Safe)|yaml\.full_load"
    )
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in tracked("mlpipeline/*.py", "jobs/*.py")
        for line in path.read_text("utf-8").splitlines()
        if wrong.search(line)
    ]
    assert not found
