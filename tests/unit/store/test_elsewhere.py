"""Folders in an object store: a local folder plays one, as pyarrow opens it."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pyarrow.fs as pafs
import pytest

from mlpipeline.errors import SetupError
from mlpipeline.store.elsewhere import FolderElsewhere, is_elsewhere

ADDRESS = "s3a://models/e5"


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What lies under `s3a://models/e5`."""
    folder = tmp_path / "models" / "e5"
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model.onnx").write_bytes(b"numbers")
    (folder / "tokenizer.json").write_text("{}")

    def from_uri(address: str) -> tuple[pafs.FileSystem, str]:
        assert address.startswith("s3://"), "as Arrow spells it"
        return pafs.SubTreeFileSystem(str(tmp_path), pafs.LocalFileSystem()), address.removeprefix("s3://")

    monkeypatch.setattr(pafs, "FileSystem", SimpleNamespace(from_uri=from_uri))
    return folder


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (ADDRESS, True),
        ("hdfs://nn:8020/models", True),
        ("/models/e5", False),
        ("file:///models/e5", False),
        ("http://localhost:9/x", False),
        ("ftp://host/x", False),
        ("use", False),
    ],
)
def test_an_address_is_told_from_a_path_and_a_server(name: str, expected: bool) -> None:
    assert is_elsewhere(name) is expected


def test_files_at_any_depth_are_listed_and_copied(bucket: Path, tmp_path: Path) -> None:
    folder = FolderElsewhere(ADDRESS)
    assert [(held.path, held.size) for held in folder.files] == [("onnx/model.onnx", 7), ("tokenizer.json", 2)]
    folder.copy_to(tmp_path / "copy")
    assert (tmp_path / "copy" / "onnx" / "model.onnx").read_bytes() == b"numbers"


def test_the_stamp_follows_length_and_time_of_each_file(bucket: Path) -> None:
    before = FolderElsewhere(ADDRESS).stamp
    assert FolderElsewhere(ADDRESS).stamp == before
    assert FolderElsewhere("s3a://models").stamp != before
    os.utime(bucket / "tokenizer.json", ns=(1, 1))
    after = FolderElsewhere(ADDRESS).stamp
    (bucket / "tokenizer.json").write_text("{} ")
    os.utime(bucket / "tokenizer.json", ns=(1, 1))
    assert len({before, after, FolderElsewhere(ADDRESS).stamp}) == 3


def test_what_is_not_there_is_told(bucket: Path) -> None:
    with pytest.raises(SetupError, match="s3a://models/gone: is not there"):
        FolderElsewhere("s3a://models/gone").check()
    (bucket / "empty").mkdir()
    with pytest.raises(SetupError, match="holds no file"):
        FolderElsewhere("s3a://models/e5/empty").check()


def test_a_file_that_changes_under_the_copy_is_told(bucket: Path, tmp_path: Path) -> None:
    folder = FolderElsewhere(ADDRESS)
    folder.check()
    (bucket / "tokenizer.json").write_text("{}  ")
    with pytest.raises(SetupError, match=r"tokenizer\.json changed while it was copied"):
        folder.copy_to(tmp_path / "copy")
    (bucket / "tokenizer.json").unlink()
    with pytest.raises(SetupError, match="cannot be read from here"):
        folder.copy_to(tmp_path / "other")


def test_a_system_that_nobody_here_can_open_is_told_in_one_line() -> None:
    with pytest.raises(SetupError, match="cannot be read from here") as caught:
        FolderElsewhere("abfs://nowhere").check()
    assert "\n" not in str(caught.value) and "Hadoop" in caught.value.fix
