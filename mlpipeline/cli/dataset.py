"""`mlpipeline dataset write`: a bot's rows of a dataset as a file."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.files import atomic_write, check_target, write_csv
from mlpipeline.cli.options import refuse_ignored
from mlpipeline.errors import StoreError, UsageError
from mlpipeline.orders.dataset_rows import check_dataset, partition_of
from mlpipeline.schemas import with_objects
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.manifests import load_manifest

_SUFFIXES = (".jsonl", ".csv", ".parquet")
_BATCH = 10_000
_NAME = re.compile(r"^(?P<bot>[^/]+/[^/]+)/(?P<dataset>[a-z_]+)(@(?P<version>\d+))?$")


def add_write(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "name", metavar="DOMAIN/LANG/DATASET[@VERSION]", help="such as shop/ko/cleaned or shop/ko/cleaned@7"
    )
    parser.add_argument("--to", required=True, metavar="FILE", help="FILE.jsonl, FILE.csv or FILE.parquet")
    parser.add_argument(
        "--raw", action="store_true", help="for programs: texts as they are stored, formulas and JSON in texts too"
    )
    parser.set_defaults(verb=write_verb)


def write_verb(context: CommandContext) -> int:
    """Writes the rows; the file is there as a whole or not at all."""
    match = _NAME.match(context.options.name)
    if match is None:
        raise UsageError(f"{context.options.name!r} names no dataset", fix="write shop/ko/cleaned or shop/ko/cleaned@7")
    place = Path(context.options.to)
    if place.suffix not in _SUFFIXES:
        raise UsageError(
            f"cannot write {place.suffix or 'a file without suffix'}", fix="name a .jsonl, .csv or .parquet file"
        )
    if place.suffix == ".parquet":
        refuse_ignored(context.options, ("raw",), "is for .jsonl and .csv: a .parquet file has all cells as they are")
    check_target("--to", place)
    bot = meant_bot(context, match["bot"])
    version = int(match["version"]) if match["version"] else None
    dataset = match["dataset"]
    check_dataset(dataset)
    bot = partition_of(dataset, bot)
    newest = load_manifest(context.store, dataset).version
    if version is not None and version > newest >= 0:
        raise UsageError(f"{dataset} has no version {version}", fix=f"its versions are 0 to {newest}")
    table = read_rows(context.store, dataset, bots=[bot], version=version)
    if not len(table) and bot not in load_manifest(context.store, dataset).entries:
        raise StoreError(f"{bot} has no {dataset}", where=context.store.root, fix="`mlpipeline ls datasets`")
    _write(table, place, context.options.raw)
    result = {"dataset": context.options.name, "rows": len(table), "file": str(place)}
    context.print_result(result, f"{len(table):,} rows of {context.options.name} in {place}")
    return 0


def _write(table: pa.Table, place: Path, raw: bool) -> None:
    if place.suffix == ".csv":
        rows = (list(row.values()) for row in _plain_rows(table))
        write_csv(place, table.column_names, rows, raw=raw)
        return
    with atomic_write(place) as spare:
        if place.suffix == ".parquet":
            from pyarrow import parquet

            parquet.write_table(table, str(spare))
        else:
            _write_jsonl(_plain_rows(table), spare, raw)


def _plain_rows(table: pa.Table) -> Iterator[dict[str, object]]:
    # Text formats carry no bytes: vectors and models are written as hexadecimal digits.
    for batch in table.to_batches(max_chunksize=_BATCH):
        for row in batch.to_pylist():
            yield {name: cell.hex() if isinstance(cell, bytes) else cell for name, cell in row.items()}


def _write_jsonl(rows: Iterable[dict[str, object]], path: Path, raw: bool) -> None:
    import orjson

    with path.open("wb") as stream:
        for row in rows:
            stream.write(orjson.dumps(row if raw else with_objects(row)) + b"\n")
