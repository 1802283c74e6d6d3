"""What a docstring owes to whoever calls: the errors of its own body, and units of times and sizes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from mlpipeline import errors
from tests.house.modules import tree_of

ROOT = Path(__file__).parents[2]
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
# Numbers that say nothing without a unit; `heap_mb` and `limit_s` name theirs.
MEASURES = re.compile(r"(?:^|_)(?:timeout|patience|pause|wait|delay|every|age|memory|size)$")
UNITS = re.compile(
    r"(?i)\b(?:seconds?|minutes?|hours?|days?|ms|[KMG]B|bytes?|rows?|texts?|cells?|characters?|intents?)\b"
)


def public_functions(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Those with two parameters or more beside `self`, of classes too."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and len(parameters(node)) > 1:
            yield f"{owner}{node.name}", node


def parameters(node: ast.FunctionDef) -> list[ast.arg]:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [each for each in every if each.arg not in ("self", "cls")]


def owed(node: ast.FunctionDef) -> list[str]:
    """What the docstring does not say: errors that the body raises itself, units of numbers."""
    said = ast.get_docstring(node) or ""
    raised = [each.exc.func.id for each in ast.walk(node) if _is_of_ours(each)]  # type: ignore[attr-defined]
    numbers = [
        each.arg
        for each in parameters(node)
        if MEASURES.search(each.arg) and {"int", "float"} & _names(each.annotation) and not UNITS.search(said)
    ]
    return [*(name for name in dict.fromkeys(raised) if name not in said), *numbers]


def _is_of_ours(node: ast.AST) -> bool:
    call = node.exc if isinstance(node, ast.Raise) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ERRORS


def _names(annotation: ast.expr | None) -> set[str]:
    return {each.id for each in ast.walk(annotation) if isinstance(each, ast.Name)} if annotation else set()


def test_docstrings_name_errors_and_units() -> None:
    missing, count = {}, 0
    for path in sorted((ROOT / "mlpipeline").rglob("*.py")):
        for name, node in public_functions(tree_of(path).body):
            count += 1
            if lacking := owed(node):
                missing[f"{path.relative_to(ROOT)}: {name}"] = lacking
    assert count > 700 and missing == {}


def test_a_docstring_that_owes_something_would_be_found() -> None:
    text = 'def f(a: int, timeout: float):\n    """Does."""\n    raise UsageError("no")\n'
    ((_, node),) = public_functions(ast.parse(text).body)
    assert owed(node) == ["UsageError", "timeout"]
    paid = text.replace("Does.", "Waits `timeout` seconds. Raises UsageError.")
    ((_, node),) = public_functions(ast.parse(paid).body)
    assert owed(node) == []
