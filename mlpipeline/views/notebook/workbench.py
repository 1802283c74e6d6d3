"""What a person works with in a notebook or a shell: a session with a job's settings, the store, the recipes."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.catalog import DATASETS, stage_named
from mlpipeline.cluster.defaults import read_defaults
from mlpipeline.errors import UsageError
from mlpipeline.orders.dataset_rows import check_dataset, partition_of, read_table
from mlpipeline.orders.known_bots import find_bot
from mlpipeline.recipe.load import Resolved, load_recipes
from mlpipeline.recipe.select import parse_selection
from mlpipeline.spark.connect import open_remote_session
from mlpipeline.spark.session import open_session
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_dataset

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

# Of spark-defaults/fair.xml: a person who waits is not starved by a run.
POOL = "adhoc"


class Workbench:
    """The store, the recipes, and a Spark session that is started when it is first asked for.

    Args:
        store: a folder, `hdfs://` or `s3a://`. Nothing here writes to it.
        conf: the folder of recipes; there need not be one.
        select: bots, as `--select` takes them.
        master: a Spark master; None: `SPARK_REMOTE` where it is set, else `local[*]`.
        remote: of Spark Connect: `sc://host:port`, or a master for a server of its own.
        stage: adds what `spark-defaults/<stage>.conf` has, as a job of that stage would.
        settings: over all of these.
    """

    def __init__(
        self,
        store: str | Path = "store",
        conf: str | Path = "conf",
        *,
        select: str | None = None,
        sets: Sequence[str] = (),
        master: str | None = None,
        remote: str | None = None,
        stage: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        if master and remote:
            raise UsageError("a master and a remote exclude each other", fix="give one of --master and --remote")
        self.store = Store(str(store))
        self._conf, self._select, self._sets = Path(conf), select, tuple(sets)
        self._master = master
        self._remote = remote or (None if master else os.environ.get("SPARK_REMOTE"))
        self._settings = {**(read_defaults([stage_named(stage).name]) if stage else {}), **(settings or {})}
        self._opened = ExitStack()
        atexit.register(self.close)

    @cached_property
    def spark(self) -> SparkSession:
        """The session; that of Zeppelin, or another one that is there already, is used and left open."""
        from pyspark.sql import SparkSession as Session

        there = None if self._remote else Session.getActiveSession()
        if there is not None:
            return there
        if self._remote:
            opened = open_remote_session("mlpipeline notebook", self._remote, master_settings=self._settings)
        else:
            opened = open_session("mlpipeline notebook", master=self._master, extra=self._settings, pool=POOL)
        return self._opened.enter_context(opened)

    @cached_property
    def recipes(self) -> dict[str, Resolved]:
        """The recipes by bot (`shop/ko`); none where there is no folder of them."""
        if not self._conf.is_dir():
            return {}
        found = load_recipes(self._conf, select=parse_selection(self._select), sets=self._sets)
        return {str(bot.bot): bot for bot in found}

    @cached_property
    def datasets(self) -> list[str]:
        """The names of the datasets that the store has."""
        there = set(self.store.names(self.store.path("datasets")))
        return [name for name in DATASETS if name in there]

    def read(self, dataset: str, bot: str | None = None) -> DataFrame:
        """The rows of a dataset as a Spark frame: of one bot (`shop/ko`) or of all; empty where there are none yet.

        Raises:
            UsageError: no dataset has that name, or the bot is none.
        """
        check_dataset(dataset)
        named = self._named(bot)
        bots = None if named is None else [partition_of(dataset, one) for one in named]
        return read_dataset(self.spark, self.store, dataset, DATASETS[dataset], bots)

    def table(self, dataset: str, bot: str | None = None, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The same as a pandas table, read without Spark: quick, for what fits into memory.

        Raises:
            UsageError: no dataset has that name, or the bot is none.
            InputError: the bot has no rows there.
            StoreError: the store does not have it yet.
        """
        return read_table(self.store, dataset, self._named(bot), columns).to_pandas()

    def _named(self, bot: str | None) -> list[str] | None:
        return None if bot is None else [find_bot(self.store, self._conf, bot)]

    def close(self) -> None:
        """Ends the session, unless it was there before; the second time nothing is left to do."""
        self._opened.close()
        self.__dict__.pop("spark", None)

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *ending: object) -> None:
        self.close()
