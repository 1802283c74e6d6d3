"""Rows of a dataset as somebody asks for them: by its name and by bots, without a JVM."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from mlpipeline.catalog import DATASETS, SHARED
from mlpipeline.errors import InputError, UsageError, did_you_mean
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.manifests import load_manifest


def check_dataset(name: str) -> None:
    """Raises UsageError where no dataset has that name."""
    if name not in DATASETS:
        raise UsageError(f"no dataset {name!r}{did_you_mean(name, DATASETS)}", fix=f"there are: {', '.join(DATASETS)}")


def partition_of(dataset: str, bot: str) -> str:
    """Where a bot's rows of a dataset stand: what all bots of a language share has no domain (`*/ko`)."""
    return f"*/{bot.split('/')[1]}" if dataset in SHARED else bot


def read_table(
    store: Store, dataset: str, bots: Sequence[str] | None = None, columns: Sequence[str] | None = None
) -> pa.Table:
    """The newest rows of a dataset.

    Args:
        store: where it is.
        dataset: its name, such as `cleaned`.
        bots: DOMAIN/LANG each; None: all there are.
        columns: names; None: all there are. `domain` and `lang` tell the bots apart.

    Raises:
        UsageError: no dataset has that name.
        InputError: a bot has no rows there, and never had.
        StoreError: the dataset is not there yet, has no such column, or is damaged.
    """
    check_dataset(dataset)
    chosen = None if bots is None else list(dict.fromkeys(partition_of(dataset, bot) for bot in bots))
    table = read_rows(store, dataset, bots=chosen, columns=columns)
    there = load_manifest(store, dataset).entries
    missing = [bot for bot in chosen or () if bot not in there and not len(read_rows(store, dataset, bots=[bot]))]
    if missing:
        fix = f"bots there are: {', '.join(sorted(there)) or 'none'}"
        raise InputError(f"nothing of {', '.join(missing)} in {dataset}", fix=fix)
    return table
