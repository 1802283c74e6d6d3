"""A store that an older version made: each verb reads it with the right figures, or says in one line what to run."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema

import mlpipeline
from mlpipeline.catalog import DATASETS
from mlpipeline.cli.main import main
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.pieces import read_bytes
from mlpipeline.store.tables.provenance import as_metadata, make_provenance
from tests.unit.cli.small_home import make_home

BOT = {"domain": "shop", "lang": "ko"}
MODEL = {"weights_digest": "w", "temperature": 1.5, "train_rows": 6, "payload": b"weights", "held_out": b"rows"}
EXPORTED = {"target": "onnx", "payload": b"network", "parity_rows": 2, "changed_decisions": 0}


def put_without(home: Path, dataset: str, row: dict[str, Any], *lacking: str) -> None:
    """A table of one row as a version wrote it whose schema lacked some columns."""
    schema = to_arrow_schema(DATASETS[dataset])
    old = pa.schema([field for field in schema if field.name not in lacking])
    metadata = as_metadata("stage", "run", {"shop/ko": make_provenance("c", {}, {}, {})})
    write_deltalake(
        Store(str(home / "store")).table_path(dataset),
        pa.Table.from_pylist([{**BOT, **row}], old),
        partition_by=["domain", "lang"],
        commit_properties=CommitProperties(custom_metadata={"userMetadata": metadata}),
    )


@pytest.fixture(scope="module")
def old_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_home(tmp_path_factory.mktemp("old"))
    put_without(home, "model", MODEL, "piece")
    put_without(home, "exported", EXPORTED, "piece")
    return home


def call(home: Path, line: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any, str]:
    code = main([*shlex.split(line), "--store", str(home / "store"), "--json", "--quiet"])
    told = capsys.readouterr()
    return code, json.loads(told.out) if told.out else None, told.err


def digests(home: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    code, rows, _ = call(home, "ls --digest", capsys)
    assert code == 0
    return {row["dataset"].split("@")[0]: row["digest"] for row in rows}


def test_a_digest_is_that_of_the_same_rows_in_a_new_table(
    old_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = make_home(tmp_path)
    for dataset, row in (("model", MODEL), ("exported", EXPORTED)):
        put_without(new, dataset, {**row, "piece": 0})
    old_digests, new_digests = (
        {name: digests(home, capsys)[f"shop/ko/{name}"] for name in ("model", "exported")} for home in (old_home, new)
    )
    assert old_digests == new_digests and len(set(old_digests.values())) == 2


@pytest.mark.parametrize("dataset", ["model", "exported"])
def test_verbs_and_python_read_what_an_older_version_did_not_cut(
    dataset: str, old_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows, _ = call(old_home, f"show {dataset} shop/ko --where piece=0 --columns piece,payload", capsys)
    assert (code, rows) == (0, [{"piece": 0, "payload": "<7 bytes>"}])
    code, _, _ = call(old_home, f"dataset write shop/ko/{dataset}@0 --to {tmp_path}/rows.jsonl", capsys)
    assert code == 0 and json.loads((tmp_path / "rows.jsonl").read_text("utf-8"))["piece"] == 0
    pipeline = mlpipeline.open(old_home / "store", old_home / "conf")
    table = pipeline.table(dataset, ["shop/ko"])
    assert table.column_names[-1] == "piece"
    assert pipeline.table(dataset, columns=["piece"]).to_pylist() == [{"piece": 0}]
    assert pipeline.table(dataset, columns=["piece", "lang"]).to_pylist() == [{"piece": 0, "lang": "ko"}]
    assert read_bytes(table, "payload") == (MODEL if dataset == "model" else EXPORTED)["payload"]


def test_a_row_that_was_there_before_a_newer_one_is_its_first_piece(tmp_path: Path) -> None:
    put_without(tmp_path, "model", MODEL, "piece")
    store = Store(str(tmp_path / "store"))
    newer = pa.Table.from_pylist([{**BOT, "domain": "bank", "piece": 0}], to_arrow_schema(DATASETS["model"]))
    write_deltalake(store.table_path("model"), newer, mode="append", schema_mode="merge")
    assert read_rows(store, "model", columns=["domain", "piece"])["piece"].to_pylist() == [0, 0]
    assert read_rows(store, "model", version=0).column_names[-1] == "piece"


def test_a_digest_does_not_count_a_column_that_came_later_and_holds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"id": "1", "text": "안녕", "intent": "hello"}
    for home, lacking in (("old", ["component"]), ("new", [])):
        put_without(tmp_path / home, "denoised", row, *lacking)
    old, new = (digests(tmp_path / home, capsys) for home in ("old", "new"))
    assert list(old) == ["shop/ko/denoised"] and old == new


@pytest.mark.parametrize("line", ["show denoised --where component=1", "show denoised --where component!=x"])
def test_a_column_that_nothing_stands_for_is_one_line_with_what_makes_it_anew(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_without(tmp_path, "denoised", {"id": "1", "text": "안녕", "intent": "hello"}, "component")
    code, shown, told = call(tmp_path, line, capsys)
    assert (code, shown) == (1, None)
    assert "denoised has no column component" in told and told.count("\n") == 1
    assert f"`mlpipeline run --store {tmp_path}/store` makes it anew" in told
