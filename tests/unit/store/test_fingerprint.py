"""What counts as a change of code or data, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.store import fingerprint

BEFORE = '"""A module."""\n\ndef double(x):\n    """Twice."""\n    return 2 * x\n'


def source_digest(tmp_path: Path, text: str) -> str:
    file = tmp_path / "source.py"
    file.write_text(text, "utf-8")
    return fingerprint._source_digest(file)


@pytest.mark.parametrize(
    "after",
    [
        '"""Another sentence."""\n\n\n# why\ndef double(x):\n    """Two times x."""\n    return 2 * x  # yes\n',
        "def double(x):\n    return (2 *\n            x)\n",
    ],
)
def test_comments_layout_and_docstrings_do_not_count(tmp_path: Path, after: str):
    assert source_digest(tmp_path, after) == source_digest(tmp_path, BEFORE)


@pytest.mark.parametrize(
    "after",
    [BEFORE.replace("2 * x", "3 * x"), BEFORE.replace("def double(x)", "def double(x=1)"), BEFORE + "LIMIT = 3\n"],
)
def test_code_counts(tmp_path: Path, after: str):
    assert source_digest(tmp_path, after) != source_digest(tmp_path, BEFORE)


def test_a_text_that_is_no_docstring_counts(tmp_path: Path):
    one, other = "def f():\n    x = 1\n    return 'a'\n", "def f():\n    x = 1\n    return 'b'\n"
    assert source_digest(tmp_path, one) != source_digest(tmp_path, other)


def test_a_package_counts_with_all_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    room = tmp_path / "stages" / "clean"
    room.mkdir(parents=True)
    (room / "__init__.py").write_text("A = 1\n")
    monkeypatch.setattr("importlib.resources.files", lambda name: tmp_path)
    fresh = fingerprint._module_digest.__wrapped__
    first = fresh("stages.clean")
    (room / "rules.py").write_text("B = 2\n")
    assert fresh("stages.clean") != first
    (room / "rules.py").unlink()
    (room / "notes.txt").write_text("not code")
    assert fresh("stages.clean") == first
    (room / "words.tsv").write_text("a\tb\n")
    assert fresh("stages.clean") != first


def test_a_room_may_count_without_the_rooms_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    room = tmp_path / "languages"
    (room / "near").mkdir(parents=True)
    (room / "korean.py").write_text("A = 1\n")
    (room / "near" / "join.py").write_text("B = 1\n")
    monkeypatch.setattr("importlib.resources.files", lambda name: tmp_path)
    fresh = fingerprint._module_digest.__wrapped__
    flat, whole = fresh("languages.*"), fresh("languages")
    (room / "near" / "join.py").write_text("B = 2\n")
    assert fresh("languages.*") == flat and fresh("languages") != whole
    (room / "korean.py").write_text("A = 2\n")
    assert fresh("languages.*") != flat


def test_every_stage_names_code_that_exists():
    from mlpipeline.pipeline import STAGES

    for stage in STAGES:
        assert fingerprint.code_digest(stage.code)


def test_every_library_that_a_stage_names_is_installed():
    from mlpipeline.pipeline import STAGES

    versions = fingerprint.library_versions({name for stage in STAGES for name in stage.libraries})
    found = {name for name, version in versions.items() if version == "missing"}
    assert found <= {"tensorflow-cpu"}  # `tensorflow` where there is no light wheel


def test_digests_depend_on_the_value_alone():
    assert fingerprint.digest({"a": 1, "b": ["한", 2.5]}) == fingerprint.digest({"b": ["한", 2.5], "a": 1})
    assert fingerprint.digest({"a": 1}) != fingerprint.digest({"a": "1"})


def test_file_digests_are_those_of_the_bytes(tmp_path: Path):
    import hashlib

    data = b"x" * (3 << 20)
    (tmp_path / "f").write_bytes(data)
    assert fingerprint.file_digest(str(tmp_path / "f")) == hashlib.sha256(data).hexdigest()[:16]


def test_a_missing_library_is_said_so_and_python_has_a_version():
    assert fingerprint.library_version("no-such-distribution-here") == "missing"
    assert fingerprint.library_version("python").startswith("3.")
