"""Digests of values and files, and versions of libraries; those of code have `test_code.py`."""

from __future__ import annotations

from pathlib import Path

from mlpipeline.store import fingerprint


def test_every_library_that_a_stage_names_is_installed():
    from mlpipeline.catalog import STAGES

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
