"""Zip archives: equal bytes for equal contents, nothing outside the folder."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import StoreError
from mlpipeline.store.bundles.archives import pack_files, pack_folder, unpack_files

NAMES = st.text("abc한/", min_size=1, max_size=8).filter(
    lambda name: not name.startswith("/") and not name.endswith("/")
)


@given(files=st.dictionaries(NAMES, st.binary(max_size=50), max_size=5))
def test_there_and_back(files: dict[str, bytes]):
    assert unpack_files(pack_files(files)) == files
    assert pack_files(dict(reversed(files.items()))) == pack_files(files)


def test_a_folder_is_its_files(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"1")
    (tmp_path / "c").write_bytes(b"2")
    assert unpack_files(pack_folder(tmp_path)) == {"a/b": b"1", "c": b"2"}


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "a\\..\\x"])
def test_an_entry_that_leaves_the_folder_is_refused(name: str):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"x")
    with pytest.raises(StoreError, match="outside"):
        unpack_files(buffer.getvalue())


def test_bytes_that_are_no_archive_are_told():
    with pytest.raises(StoreError):
        unpack_files(b"not a zip")
