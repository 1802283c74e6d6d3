"""The pipeline for Python programs: `mlpipeline.open(store, conf)` plans, runs, reads, answers and evaluates.

Each call does what the verb of the same name does, in the same words, and prints nothing: results are values, mistakes
are `MLPipelineError`, progress and notes go to the loggers below `mlpipeline`. What is heavy is imported when a call
needs it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from mlpipeline.errors import SetupError, UsageError
from mlpipeline.store.layout import Store

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Unpack

    from mlpipeline.orders.bot_rows import BotRow
    from mlpipeline.orders.evaluation import Evaluation
    from mlpipeline.orders.plan import Plan
    from mlpipeline.orders.plan_summary import PlanSummary
    from mlpipeline.orders.request import RunRequest
    from mlpipeline.orders.run_record import RunRecord
    from mlpipeline.serving.answer import Answerer

__all__ = ["Pipeline", "open_pipeline"]

_LOG = logging.getLogger(__name__)


class _Fields(TypedDict, total=False):
    """Of a `RunRequest`, besides the store and the bots."""

    first: str | None
    last: str | None
    force: Sequence[str]
    renew_encoder: bool
    master: str | None
    cluster: str | None
    settings: Mapping[str, str]
    command: str


def open_pipeline(store: str | Path | None = None, conf: str | Path | None = None) -> Pipeline:
    """A store and its recipes; `mlpipeline.open` is this function. Nothing is created, and neither need be there yet.

    Args:
        store: a folder, `hdfs://` or `s3a://`; None: $MLPIPELINE_STORE or ./store.
        conf: the folder of recipes; None: $MLPIPELINE_CONF or ./conf.

    Raises:
        UsageError: an empty word, which would be the current folder.
    """
    places = [
        str(given) if given is not None else os.environ.get(f"MLPIPELINE_{name.upper()}") or name
        for name, given in (("store", store), ("conf", conf))
    ]
    if not all(places):
        raise UsageError("store and conf cannot be empty", fix="name a folder, or leave the argument out")
    return Pipeline(Store(places[0]), Path(places[1]))


class Pipeline:
    """A store and its recipes.

    `store` and `conf` say where they are. Bots are chosen as on the command line: `shop/ko`, `domain:shop,lang:ko`, or
    a list of such words. All calls but `run` write nothing but what a store remembers to be quick.
    """

    def __init__(self, store: Store, conf: Path) -> None:
        self.store = store
        self.conf = conf

    def __repr__(self) -> str:
        return f"mlpipeline.open({self.store.root!r}, {str(self.conf)!r})"

    def plan(
        self,
        select: str | Sequence[str] | None = None,
        *,
        exclude: Sequence[str] = (),
        recipe: Mapping[str, object] | None = None,
        first: str | None = None,
        last: str | None = None,
        force: Sequence[str] = (),
        renew_encoder: bool = False,
    ) -> PlanSummary:
        """What a run would do for each bot and stage, and why; without a JVM.

        Args:
            select: bots; None: every bot of the recipes.
            exclude: bots to leave out, each written like `select`.
            recipe: values over the recipes': `{"train.epochs": 10}`.
            first: stage to begin with; None: the first there is.
            last: stage to end with; None: the last there is.
            force: stages that run although nothing changed.
            renew_encoder: train the encoders of the chosen languages anew.

        Raises:
            RecipeError: a recipe is wrong.
            UsageError: no such bot or stage.
            StoreError: the store cannot be read.
        """
        from mlpipeline.orders.plan_summary import summary_of
        from mlpipeline.orders.request import plan_run

        request = self._request(
            select, exclude=exclude, recipe=recipe, first=first, last=last, force=force, renew_encoder=renew_encoder
        )
        return summary_of(plan_run(request))

    def run(
        self,
        select: str | Sequence[str] | None = None,
        *,
        exclude: Sequence[str] = (),
        recipe: Mapping[str, object] | None = None,
        first: str | None = None,
        last: str | None = None,
        force: Sequence[str] = (),
        renew_encoder: bool = False,
        master: str | None = None,
        cluster: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> RunRecord:
        """Does what the plan says; writes `run.json` and the pages beside it, as `mlpipeline run` does.

        A bot that fails is named in the record and ends nothing: look at `record.exit_code`, 0 when all is well.

        Args:
            select: bots; this and all arguments down to `renew_encoder` are those of `plan`.
            master: a Spark master, or `auto`; None: spark-submit's, else this machine.
            cluster: a master; without `master`, the run goes there when that is quicker.
            settings: Spark's, over the packaged ones: `{"spark.executor.memory": "4g"}`.

        Returns:
            The record; with an empty `run` where there was nothing to do, and nothing is written then.

        Raises:
            RecipeError: a recipe is wrong.
            UsageError: no such bot, stage or master, or a setting with which no session starts.
            SetupError: Java, the master, or another Spark session of this process stands in the way.
            StoreError: the store cannot be written.
        """
        from mlpipeline.cluster.lint.settings import check_settings
        from mlpipeline.orders.run import run_pipeline
        from mlpipeline.views.report.registered import attach_reports
        from mlpipeline.views.report.runs import write_pages

        for finding in check_settings(settings, master=master or "local[*]") if settings else ():
            _LOG.warning("warning: %s -> %s", finding.what, finding.fix)
        where: _Fields = {"first": first, "last": last, "force": force, "renew_encoder": renew_encoder}
        where |= {"master": master, "cluster": cluster}
        chosen = {"exclude": exclude, "recipe": recipe, **where}
        # Without the settings: they may hold secrets.
        stated = {"select": select, **{name: value for name, value in chosen.items() if value}}
        command = f"{self!r}.run({', '.join(f'{name}={value!r}' for name, value in stated.items())})"
        where |= {"settings": settings or {}, "command": command}
        request = self._request(select, exclude=exclude, recipe=recipe, **where)
        return run_pipeline(request, views=[write_pages, attach_reports], watch=self._watch)

    def bots(self, select: str | Sequence[str] | None = None, *, exclude: Sequence[str] = ()) -> list[BotRow]:
        """How the bots of the store stand, by name: rows, scores, version, gate; empty where nothing is there yet.

        Raises:
            UsageError: there are bots, and none of them is chosen.
            StoreError: a table is damaged.
        """
        from mlpipeline.orders.bot_rows import bot_rows, partitions_in
        from mlpipeline.orders.known_bots import chosen_bots

        chosen = chosen_bots(partitions_in(self.store), select, exclude)
        return bot_rows(self.store, sorted(bot for bot in chosen if not bot.startswith("*/")))

    def table(
        self, name: str, bots: str | Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """The newest rows of a dataset as an Arrow table; without a JVM.

        Args:
            name: of the dataset, such as `cleaned`: docs/store.md has them all with their columns.
            bots: DOMAIN/LANG, or several of them; None: every bot's rows.
            columns: those to read; None: all.

        Raises:
            UsageError: no such dataset or bot.
            InputError: a bot has no rows there.
            StoreError: the dataset is not there yet, has no such column, or is damaged.
        """
        from mlpipeline.orders.dataset_rows import check_dataset, read_table

        check_dataset(name)
        named = [bots] if isinstance(bots, str) else bots
        found = None if named is None else [self._bot(bot) for bot in named]
        return read_table(self.store, name, found, columns)

    def answerer(self, bot: str, version: int | str | None = None, *, nearest: int = 3) -> Answerer:
        """What answers for a bot: `answerer.answer(["where is my order?"])`; no JVM, and several threads may ask.

        Args:
            bot: DOMAIN/LANG.
            version: of the registry; None: the champion.
            nearest: how many known questions an answer names.

        Raises:
            UsageError: no such bot or version.
            StoreError: nothing was released, or the bundle is damaged.
        """
        from mlpipeline.serving.champion import open_answerer

        return open_answerer(self.store, self._bot(bot), None if version is None else str(version), nearest)

    def evaluate(
        self, bot: str, rows: object, *, version: int | str | None = None, recipe: Mapping[str, object] | None = None
    ) -> Evaluation:
        """How good a bot is on labelled rows, and on those of them that are new to it.

        Args:
            bot: DOMAIN/LANG.
            rows: (text, intent) pairs, or an Arrow table or pandas frame with the columns `text` and `intent`.
            version: of the registry; None: the champion.
            recipe: values over the recipe's: `{"evaluate.bootstrap": 0}`.

        Raises:
            UsageError: no such bot or version, or a row that is none.
            InputError: there is no row, or the bot knows none of their intents.
            RecipeError: the bot's recipe is wrong.
            StoreError: nothing was released, or the bundle is damaged.
        """
        from mlpipeline.orders.array_inputs import checked_pairs
        from mlpipeline.orders.evaluation import evaluate_rows
        from mlpipeline.recipe.choose import as_sets, recipe_of

        pairs = checked_pairs(rows)
        answerer = self.answerer(bot, version, nearest=0)
        own = recipe_of(self.conf, answerer.bundle.bot, sets=as_sets(recipe)).recipe
        return evaluate_rows(self.store, answerer, pairs, own, where="rows")

    def _bot(self, bot: str) -> str:
        from mlpipeline.orders.known_bots import find_bot

        return find_bot(self.store, self.conf, bot)

    def _request(
        self,
        select: str | Sequence[str] | None,
        *,
        exclude: Sequence[str],
        recipe: Mapping[str, object] | None,
        **fields: Unpack[_Fields],
    ) -> RunRequest:
        from mlpipeline.orders.request import RunRequest
        from mlpipeline.recipe.choose import as_sets, choose_recipes

        bots = choose_recipes(self.conf, select=select, exclude=exclude, sets=as_sets(recipe))
        return RunRequest(self.store, bots, **fields)

    @contextmanager
    def _watch(self, plan: Plan) -> Iterator[None]:
        """Where there is work, and before it begins."""
        _check_no_session()
        yield


def _check_no_session() -> None:
    """Raises SetupError where this process has a session that is not ours: a run would use and end it."""
    from mlpipeline.cluster.environment import is_submitted

    sql = sys.modules.get("pyspark.sql")
    if sql is not None and sql.SparkSession.getActiveSession() is not None and not is_submitted():
        what = "a Spark session is open in this process, and a run starts and ends its own"
        raise SetupError(what, fix="stop it first (spark.stop()), or run in another process")
