"""What a signature says: few mention `Any`, which says nothing and switches the checks off behind it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.modules import tree_of

_PACKAGE = Path(__file__).parents[2] / "mlpipeline"
# Most of them are rows and JSON objects that are read by key. Only ever smaller.
_MOST_ANY = 39


def annotated(tree: ast.Module) -> Iterator[ast.expr]:
    """Of the parameters and the result of every function, and of every field and variable that has one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args
            every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            yield from (one.annotation for one in every if one is not None and one.annotation is not None)
            if node.returns is not None:
                yield node.returns
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation


def mentions_any(annotation: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(annotation))


def count_any(tree: ast.Module) -> int:
    return sum(map(mentions_any, annotated(tree)))


def test_few_signatures_mention_any() -> None:
    counted = {path: count_any(tree_of(path)) for path in sorted(_PACKAGE.rglob("*.py"))}
    most = {str(path.relative_to(_PACKAGE)): count for path, count in counted.items() if count > 5}
    assert sum(counted.values()) <= _MOST_ANY, f"object, a TypedDict or a dataclass says more; most stand in {most}"


def test_every_place_of_an_annotation_counts() -> None:
    text = "def f(a: Any, *b: Any, c: dict[str, Any] = {}, **d: Any) -> list[Any]:\n    e: Any = 1\n"
    assert count_any(ast.parse(text)) == 6
    assert count_any(ast.parse("def f(a: object) -> int:\n    return cast(Any, a)\n")) == 0


def test_no_section_of_a_recipe_is_a_namespace() -> None:
    named = [str(path) for path in _PACKAGE.rglob("*.py") if "SimpleNamespace" in path.read_text("utf-8")]
    assert not named, "settings are dataclasses: a mistyped key is found before a task runs"
