"""`mlpipeline dataset write`: a bot's rows of a dataset as a file."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pyarrow as pa

from mlpipeline.cli.ask import canonical_bot
from mlpipeline.cli.files import written_whole
from mlpipeline.cli.options import Desk
from mlpipeline.errors import StoreError, UsageError
from mlpipeline.pipeline import SHARED
from mlpipeline.store.datasets import read_rows
from mlpipeline.store.manifests import load_manifest

_NAME = re.compile(r"^(?P<bot>[^/]+/[^/]+)/(?P<dataset>[a-z_]+)(@(?P<version>\d+))?$")


def add_write(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "name", metavar="DOMAIN/LANG/DATASET[@VERSION]", help="such as shop/ko/cleaned or shop/ko/cleaned@7"
    )
    parser.add_argument("--to", required=True, metavar="FILE", help="FILE.jsonl, FILE.csv or FILE.parquet")
    parser.set_defaults(verb=write_verb)


def write_verb(desk: Desk) -> int:
    """Writes the rows; the file is there as a whole or not at all."""
    match = _NAME.match(desk.options.name)
    if match is None:
        raise UsageError(f"{desk.options.name!r} names no dataset", fix="write shop/ko/cleaned or shop/ko/cleaned@7")
    bot = canonical_bot(match["bot"])
    version = int(match["version"]) if match["version"] else None
    dataset = match["dataset"]
    if dataset in SHARED:
        bot = f"*/{bot.split('/')[1]}"
    table = read_rows(desk.store, dataset, bots=[bot], version=version)
    if not len(table) and bot not in load_manifest(desk.store, dataset).entries:
        raise StoreError(f"{bot} has no {dataset}", where=desk.store.root, fix="`mlpipeline ls datasets`")
    place = Path(desk.options.to)
    writer = _WRITERS.get(place.suffix)
    if writer is None:
        raise UsageError(
            f"cannot write {place.suffix or 'a file without suffix'}", fix="name a .jsonl, .csv or .parquet file"
        )
    with written_whole(place) as made:
        writer(table, made)
    told = {"dataset": desk.options.name, "rows": len(table), "file": str(place)}
    desk.give(told, f"{len(table):,} rows of {desk.options.name} in {place}")
    return 0


def _plain(table: pa.Table) -> pa.Table:
    # Text formats carry no bytes: vectors and models are written as hexadecimal digits.
    for place, field in enumerate(table.schema):
        if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            texts = [None if value is None else value.hex() for value in table.column(place).to_pylist()]
            table = table.set_column(place, field.name, pa.array(texts, pa.string()))
    return table


def _write_jsonl(table: pa.Table, path: Path) -> None:
    import orjson

    with path.open("wb") as stream:
        for row in _plain(table).to_pylist():
            stream.write(orjson.dumps(row) + b"\n")


def _write_csv(table: pa.Table, path: Path) -> None:
    from pyarrow import csv

    csv.write_csv(_plain(table), str(path))


def _write_parquet(table: pa.Table, path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(table, str(path))


_WRITERS = {".jsonl": _write_jsonl, ".csv": _write_csv, ".parquet": _write_parquet}
