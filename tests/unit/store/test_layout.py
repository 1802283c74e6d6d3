"""A store's files: whole or not at all, and one message for every way in which writing can fail."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store, cannot_write


def test_paths_with_spaces_and_korean_letters(tmp_path: Path):
    store = Store(str(tmp_path / "내 저장소 1"))
    store.write(store.path("a", "b.json"), "값".encode())
    assert (tmp_path / "내 저장소 1" / "a" / "b.json").read_text("utf-8") == "값"
    assert store.read(store.path("a", "b.json")) == "값".encode()
    assert store.names(store.path("a")) == ["b.json"]


def test_a_relative_root_and_a_home_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Store("store").path("x") == f"{os.path.realpath(tmp_path)}/store/x" or Store("store").base.endswith("store")
    assert Store("~/s").base == f"{tmp_path}/s"


@pytest.mark.parametrize("scheme", ["file://", "file:", "file://localhost"])
def test_a_folder_written_as_a_uri(tmp_path: Path, scheme: str):
    folder = tmp_path / "내 저장소 #1?"
    for written in (str(folder), str(folder).replace(" ", "%20").replace("#", "%23")):
        store = Store(scheme + written)
        assert store.is_local and store == Store(str(folder))
        assert store.table_path("cleaned") == f"{folder}/datasets/cleaned"


def test_what_is_not_there(tmp_path: Path):
    store = Store(str(tmp_path))
    assert store.read(store.path("nothing")) is None
    assert store.names(store.path("nothing")) == []
    assert not store.exists(store.path("nothing"))


def test_a_write_that_dies_leaves_the_old_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import pyarrow.fs as pafs

    store = Store(str(tmp_path))
    store.write(store.path("f"), b"old")

    class Full:
        """A file system that fills up at the last moment."""

        def __getattr__(self, name: str) -> Any:
            return getattr(pafs.LocalFileSystem(), name)

        def move(self, *paths: str) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setitem(store.__dict__, "_files", Full())
        with pytest.raises(StoreError, match="the disk is full"):
            store.write(store.path("f"), b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_full_disk_for_real(tmp_path: Path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full on this system")
    with pytest.raises(OSError) as caught, open("/dev/full", "wb") as stream:
        stream.write(b"x")
        stream.flush()
    error = cannot_write("/dev/full", caught.value)
    assert "the disk is full" in str(error) and "free space" in str(error)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "the store cannot be written"),
        (PermissionError(errno.EACCES, "Permission denied"), "the store cannot be written"),
        (OSError(errno.EIO, "Input/output error"), "writing failed"),
    ],
)
def test_each_failed_write_says_what_to_do(error: OSError, said: str):
    made = cannot_write("/s", error)
    assert said in made.what and made.where == "/s" and made.fix


def test_a_store_where_a_file_is_in_the_way(tmp_path: Path):
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StoreError):
        Store(str(tmp_path / "store")).check_writable()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_store_is_refused_before_any_work(tmp_path: Path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            Store(str(tmp_path)).check_writable()
    finally:
        tmp_path.chmod(0o700)


def test_a_percent_escape_in_the_path_is_refused(tmp_path: Path):
    with pytest.raises(StoreError, match="percent"):
        Store(str(tmp_path / "a%20b")).check_writable()
    Store(str(tmp_path / "50% off")).check_writable()


def test_the_probe_leaves_nothing(tmp_path: Path):
    Store(str(tmp_path / "s")).check_writable()
    assert list((tmp_path / "s").iterdir()) == []


def test_an_unknown_kind_of_store():
    with pytest.raises(StoreError, match="no such store"):
        Store("nowhere://x").read("y")


@pytest.mark.parametrize("data", [b"", b"[" * 100_000, b"{", b"[1]", b"\xff\x00", None])
def test_what_is_only_remembered_may_be_damaged(tmp_path: Path, data: bytes | None):
    if data is not None:
        (tmp_path / "kept.json").write_bytes(data)
    store = Store(str(tmp_path))
    assert store.remembered(store.path("kept.json")) == {}
    (tmp_path / "kept.json").write_text('{"a": 1}')
    assert store.remembered(store.path("kept.json")) == {"a": 1}


def test_what_is_kept_of_runs_is_its_owners_alone(tmp_path: Path):
    """Reports quote what customers said, and run.json the command line."""
    before = os.umask(0o022)
    try:
        store = Store(str(tmp_path / "store"))
        store.write(store.path("runs", "r1", "run.json"), b"{}")
        store.write(store.path("runs", "index.html"), b"")
        store.write(store.path("datasets", "a.manifest.json"), b"{}")
    finally:
        os.umask(before)

    def mode(*parts: str) -> int:
        return stat.S_IMODE(os.stat(store.path(*parts)).st_mode)

    assert mode("runs") == mode("runs", "r1") == 0o700
    assert mode("runs", "r1", "run.json") == mode("runs", "index.html") == 0o600
    assert mode("datasets", "a.manifest.json") == 0o644 and mode("datasets") == 0o755
    os.chmod(store.path("runs"), 0o750)  # somebody lets a group in
    store.write(store.path("runs", "r2", "report.html"), b"")
    assert mode("runs") == 0o750
