"""Which modules decide what a stage makes, and what of them counts as a change."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mlpipeline.store import code
from mlpipeline.store.code import CodeReader, imports_of, known_from, tree_digest, with_code_reader
from mlpipeline.store.layout import Store

BEFORE = '"""A module."""\n\ndef double(x):\n    """Twice."""\n    return 2 * x\n'


def of(text: str) -> str:
    return tree_digest(ast.parse(text))


@pytest.mark.parametrize(
    "after",
    [
        '"""Another sentence."""\n\n\n# why\ndef double(x):\n    """Two times x."""\n    return 2 * x  # yes\n',
        "def double(x):\n    return (2 *\n            x)\n",
    ],
)
def test_comments_layout_and_docstrings_do_not_count(after: str):
    assert of(after) == of(BEFORE)


@pytest.mark.parametrize(
    "after",
    [BEFORE.replace("2 * x", "3 * x"), BEFORE.replace("def double(x)", "def double(x=1)"), BEFORE + "LIMIT = 3\n"],
)
def test_code_counts(after: str):
    assert of(after) != of(BEFORE)


def test_a_text_that_is_no_docstring_counts():
    assert of("def f():\n    x = 1\n    return 'a'\n") != of("def f():\n    x = 1\n    return 'b'\n")


def test_imports_inside_functions_count_and_those_for_type_checkers_do_not():
    text = (
        "import a.b\nfrom c import d, e\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import only_types\nelse:\n    import at_run_time\n"
        "def f():\n    from g import h\n"
    )
    found = set(imports_of(ast.parse(text)))
    assert found == {("a.b", ""), ("c", "d"), ("c", "e"), ("typing", "TYPE_CHECKING"), ("at_run_time", ""), ("g", "h")}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small `mlpipeline`: stages.clean uses rules, rules use a word list and, in a function, languages.korean."""
    files: Mapping[str, str] = {
        "__init__.py": "",
        "stages/__init__.py": "",
        "stages/clean/__init__.py": "from mlpipeline.stages.clean.rules import keep\n",
        "stages/clean/rules.py": "def keep():\n    from mlpipeline.languages import korean\n    return korean\n",
        "stages/clean/unused.py": "A = 1\n",
        "languages/__init__.py": "",
        "languages/korean.py": "import mlpipeline.errors\n",
        "languages/thai.py": "A = 1\n",
        "languages/lexicon/words.tsv": "a\tb\n",
        "errors.py": "A = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("importlib.resources.files", lambda name: tmp_path)
    code._file_of.cache_clear()
    yield tmp_path
    code._file_of.cache_clear()


def test_all_that_is_imported_decides_and_nothing_else(package: Path):
    names = set(CodeReader().modules_of(["stages.clean"]))
    assert names == {"stages", "stages.clean", "stages.clean.rules", "languages", "languages.korean", "errors"}
    assert "errors" not in CodeReader().modules_of(["stages.clean"], ["errors"])
    assert "languages.korean" not in CodeReader().modules_of(["stages.clean"], ["languages"])


def test_what_is_loaded_by_name_is_told_as_a_room(package: Path):
    names = set(CodeReader().modules_of(["languages.*"]))
    assert names == {"languages", "languages.korean", "languages.thai", "errors"}


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("stages/clean/rules.py", True),
        ("languages/korean.py", True),
        ("languages/lexicon/words.tsv", True),
        ("languages/thai.py", False),
        ("stages/clean/unused.py", False),
    ],
)
def test_a_change_counts_where_it_decides(package: Path, file: str, counts: bool):
    first = CodeReader().code_digest(["stages.clean"])
    with (package / file).open("a") as stream:
        stream.write("B = 2\n")
    assert (CodeReader().code_digest(["stages.clean"]) != first) == counts


def test_what_was_read_once_is_not_parsed_again(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = Store(str(tmp_path / "store"))

    def digests(reader: CodeReader) -> Mapping[str, str]:
        return {"clean": reader.code_digest(["stages.clean"])}

    first = with_code_reader(store, digests)
    assert not (tmp_path / "store").exists(), "looking makes no store"
    (tmp_path / "store" / "datasets").mkdir(parents=True)
    assert with_code_reader(store, digests) == first
    monkeypatch.setattr(code, "_parsed", None)
    assert with_code_reader(store, digests) == first


@pytest.mark.parametrize("data", [None, b"", b"[", b"[" * 100_000, b"[]", b'{"format": 1}', b'{"format": 0}', b"\xff"])
def test_a_memory_that_is_damaged_is_forgotten(data: bytes | None):
    assert known_from(data) == {}
