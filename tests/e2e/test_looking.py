"""What lies in a finished store, shown and written as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Finished
from tests.e2e.corpora import rows


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_dataset_as_a_file(finished: Finished, tmp_path: Path, suffix: str):
    file = tmp_path / f"정리된 줄.{suffix}"
    finished.project("dataset", "write", "shop/ko/cleaned", "--to", str(file))
    dropped = [row["text"] for row in finished.project.read("show", "cleaned_dropped", "shop/ko", "--rows", "200")]
    if suffix == "parquet":
        import pyarrow.parquet

        texts = pyarrow.parquet.read_table(file)["text"].to_pylist()
    elif suffix == "csv":
        import csv

        texts = [row["text"] for row in csv.DictReader(file.open(encoding="utf-8"))]
    else:
        texts = [json.loads(line)["text"] for line in file.read_text("utf-8").splitlines()]
    assert dropped and sorted(texts + dropped) == sorted(row["text"] for row in rows("ko", "shop"))
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_an_old_version_and_one_that_never_was(finished: Finished, tmp_path: Path):
    finished.project("dataset", "write", "shop/ko/cleaned@0", "--to", str(tmp_path / "a.jsonl"))
    done = finished.project("dataset", "write", "shop/ko/cleaned@99", "--to", str(tmp_path / "b.jsonl"), expect=2)
    assert "no version 99" in done.stderr and not (tmp_path / "b.jsonl").exists()


def test_a_bot_that_is_not_there(finished: Finished, tmp_path: Path):
    finished.project("dataset", "write", "nobody/ko/cleaned", "--to", str(tmp_path / "a.jsonl"), expect=2)
    finished.project("answer", "nobody/ko", "hi", expect=2)
    assert "shop/ko" in finished.project("show", "cleaned", "nobody/ko", expect=2).stderr
    told = finished.project("answer", "shop/ko", "--version", "99", "hi", expect=2).stderr
    assert "no version 99" in told and "its versions are: 1" in told
    assert "no bot of the store is chosen" in finished.project("ls", "--select", "nobody/ko", expect=2).stderr
    assert finished.project.read("show", "utterance_rejected", "shop/ko") == [], "nothing was rejected: no error"
    assert not (tmp_path / "a.jsonl").exists()


def test_show_prints_rows(finished: Finished):
    assert "안녕" not in finished.project("show", "cleaned", "shop/ko", "--rows", "3").stdout
    assert len(finished.project.read("show", "splits", "shop/ko", "--rows", "5")) == 5
    assert "bytes>" in finished.project("show", "model", "shop/ko").stdout
