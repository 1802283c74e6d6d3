"""What the package imports stands in setup.cfg, by itself: what another library brings along may be gone tomorrow."""

from __future__ import annotations

import ast
import configparser
import re
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.house.modules import tree_of

ROOT = Path(__file__).parents[2]
# What another distribution that we name cannot be without.
BROUGHT: Mapping[str, str] = {
    "py4j": "pyspark pins its version",
    "pydantic_core": "pydantic pins its version",
    "IPython": "ipykernel is made of it; the shell does without",
    "transformers": "sentence-transformers is made of it",
}


def stated() -> set[str]:
    """The distributions of all lists in setup.cfg, in the spelling of an index."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    lists = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    found = [re.match(r"[\w.-]+", line.strip()) for text in lists for line in text.splitlines()]
    return {plain(name[0]) for name in found if name}


def plain(name: str) -> str:
    """The name of a distribution as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> dict[str, str]:
    """Top module that is neither ours nor Python's -> a file that imports it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "mlpipeline").rglob("*.py")):
        for node in ast.walk(tree_of(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    return {name: path for name, path in found.items() if name not in {*sys.stdlib_module_names, "mlpipeline"}}


def test_what_is_imported_is_required_by_name():
    known, required = packages_distributions(), stated()
    missing = {
        name: path
        for name, path in imported().items()
        if name not in BROUGHT and not required & {plain(of) for of in [name, *known.get(name, [])]}
    }
    assert not missing, "name the distribution in setup.cfg, with its reason"
