"""The folder of an encoder that lies in an object store is copied into the cache once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.fs as pafs
import pytest

from mlpipeline.cluster.cache import VARIABLE
from mlpipeline.errors import SetupError
from mlpipeline.networks.encoders.folder import load_folder
from mlpipeline.networks.encoders.folder_address import local_copy, open_address
from mlpipeline.networks.encoders.ngram_lsa import fit_ngram_encoder
from mlpipeline.networks.encoders.opening import Corpus, make_encoder, open_encoder
from mlpipeline.store.elsewhere import FolderElsewhere
from tests.unit.networks.encoders.test_folder import write_folder

ADDRESS = "s3a://models/e5"


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What lies under `s3a://models/e5`; the cache is empty."""
    folder = tmp_path / "bucket" / "models" / "e5"
    folder.mkdir(parents=True)
    write_folder(folder)

    def from_uri(address: str) -> tuple[pafs.FileSystem, str]:
        return pafs.SubTreeFileSystem(str(tmp_path / "bucket"), pafs.LocalFileSystem()), address.removeprefix("s3://")

    monkeypatch.setattr(pafs, "FileSystem", SimpleNamespace(from_uri=from_uri))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    return folder


def copies(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "encoders").iterdir())


def test_it_is_the_encoder_of_the_folder_under_its_address(bucket: Path, tmp_path: Path) -> None:
    local, remote = load_folder(bucket), make_encoder(ADDRESS, Corpus([]), fit_ngram_encoder)
    assert (remote.name, remote.digest, remote.dims) == (ADDRESS, local.digest, 8)
    assert np.array_equal(remote.encode(["play music"]), local.encode(["play music"]))
    first = copies(tmp_path)
    assert open_encoder(ADDRESS, remote.to_bytes()).digest == local.digest and copies(tmp_path) == first
    (bucket / "note.txt").write_text("retrained")
    assert open_address(ADDRESS).digest != local.digest and len(copies(tmp_path)) == 2


def test_a_file_uri_is_a_folder_of_this_machine(bucket: Path, tmp_path: Path) -> None:
    assert open_address(bucket.as_uri()).digest == load_folder(bucket).digest
    assert not (tmp_path / "cache").exists()


def test_a_damaged_copy_and_a_cache_that_cannot_be_written_are_told(
    bucket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = local_copy(FolderElsewhere(ADDRESS))
    (copy / "model.onnx").write_bytes(b"half")
    with pytest.raises(SetupError, match=r"model\.onnx is damaged -> rm -r"):
        open_address(ADDRESS)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    with pytest.raises(SetupError, match=r"cannot be written.*MLPIPELINE_CACHE"):
        open_address(ADDRESS)
