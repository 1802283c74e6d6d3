"""The command line's modules: a verb is found in the file of its name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from mlpipeline.cli.verbs import VERBS
from tests.house.modules import tree_of

CLI = Path(__file__).parents[2] / "mlpipeline" / "cli"
# Small verbs of a group may share the module of the group's name: `doctor run` and `doctor env` in doctor.py.
VERBS_OF_A_FILE = 3


@pytest.mark.parametrize("verb", list(VERBS))
def test_a_verb_lives_in_the_module_of_its_name(verb: str) -> None:
    module, function = VERBS[verb].where.split(":")
    assert module in (verb.split()[0], re.sub("[ -]", "_", verb))
    assert function == f"add_{verb.split()[-1].replace('-', '_')}"
    source = tree_of(CLI / f"{module}.py")
    assert function in {node.name for node in source.body if isinstance(node, ast.FunctionDef)}
    assert f"`mlpipeline {verb.split()[0]}" in (ast.get_docstring(source) or ""), "its first line names the verb"


def test_a_module_with_arguments_is_a_verbs() -> None:
    modules = [verb.where.split(":")[0] for verb in VERBS.values()]
    assert max(map(modules.count, modules)) <= VERBS_OF_A_FILE
    defining = {path.stem for path in CLI.glob("*.py") if "set_defaults(verb=" in path.read_text("utf-8")}
    assert defining == set(modules)
