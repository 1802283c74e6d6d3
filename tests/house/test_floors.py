"""The floors of docs/architecture.md hold: import-linter's contracts in setup.cfg, each kept, none empty."""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.house import rooms
from tests.house.modules import tree_of

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


Graph = Mapping[str, set[str]]


@cache
def imports() -> dict[str, set[str]]:
    """module -> the modules of the package that it imports, at its top or within a function."""
    files = {_module(path): path for path in (_ROOT / "mlpipeline").rglob("*.py") if "_packaged/" not in str(path)}
    graph: dict[str, set[str]] = {}
    for module, path in files.items():
        named: set[str] = set()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "mlpipeline":
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                named |= (whole & files.keys()) or {node.module}
            elif isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names if alias.name in files}
        graph[module] = named - {module}
    return graph


def _module(path: Path) -> str:
    words = path.relative_to(_ROOT).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def packages(graph: Graph) -> dict[str, set[str]]:
    """The same from package to package: those within one are left out, and the version that all may read."""
    homes = {_module(path) for path in (_ROOT / "mlpipeline").rglob("__init__.py")}

    def home(module: str) -> str:
        return module if module in homes else home(module.rpartition(".")[0])

    lifted: dict[str, set[str]] = {}
    for module, named in graph.items():
        lifted.setdefault(home(module), set()).update(home(name) for name in named)
    return {package: named - {package, "mlpipeline"} for package, named in lifted.items()}


def circle(graph: Graph) -> list[str]:
    """A way from a node to itself, empty where there is none."""
    done: set[str] = set()

    def walk(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        if node in done:
            return []
        found = next(filter(None, (walk(name, [*way, node]) for name in sorted(graph.get(node, ())))), [])
        done.add(node)
        return found

    return next(filter(None, (walk(node, []) for node in sorted(graph))), [])


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}}, ["a", "b", "c", "a"]),
        ({"a": {"b", "c"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b", "c", "b"]),
    ],
)
def test_a_circle_is_found(graph: Graph, found: list[str]) -> None:
    assert circle(graph) == found


def test_no_module_imports_itself_on_a_way_round() -> None:
    assert len(imports()) > 300
    assert circle(imports()) == []


def test_no_package_imports_itself_on_a_way_round() -> None:
    assert circle(packages(imports())) == []


def test_there_are_few_rooms_and_each_says_what_it_is() -> None:
    rooms = {path for path in (_ROOT / "mlpipeline").iterdir() if (path / "__init__.py").is_file()}
    rooms -= {_ROOT / "mlpipeline" / "_packaged"}  # conf and spark-defaults as they lie in a wheel: no code
    assert len(rooms) <= 12
    files: Iterable[Path] = (_ROOT / "mlpipeline").rglob("__init__.py")
    silent = [str(file) for file in files if not (ast.get_docstring(tree_of(file)) or "")[20:]]
    assert not silent


def test_half_of_the_files_have_120_lines_or_fewer() -> None:
    counts = sorted(len(path.read_text("utf-8").splitlines()) for path in (_ROOT / "mlpipeline").rglob("*.py"))
    assert counts[len(counts) // 2] <= 120


def test_the_page_shows_the_rooms_as_they_are() -> None:
    """Sizes may differ by a quarter; everything else stands there as it is: else `python -m tests.house.rooms`."""
    shown = rooms.PAGE.read_text("utf-8").split(rooms.BEGIN)[1].split(rooms.END)[0].splitlines()
    now = rooms.table().splitlines()
    assert [line.split("|")[:4] for line in shown] == [line.split("|")[:4] for line in now]
    assert rooms.PICTURE.read_text("utf-8") == rooms.picture()
    for old, new in zip(shown[2:], now[2:], strict=True):
        for at in (4, 5):
            was, is_ = (int(line.split("|")[at].replace(",", "")) for line in (old, new))
            assert abs(was - is_) <= max(2, is_ / 4), new
