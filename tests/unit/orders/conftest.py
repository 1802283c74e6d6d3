"""A store whose tables are written without Spark: each stage's marks, and rows where the planner reads rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake

from mlpipeline.catalog import STAGES
from mlpipeline.orders.plan import Order, Plan, Planner
from mlpipeline.recipe.load import load_recipes
from mlpipeline.recipe.select import parse_selection
from mlpipeline.stages.contract import Stage
from mlpipeline.store.corpus.files import Row, read_file
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.provenance import Provenance, as_metadata


def causes(plan: Plan) -> dict[str, dict[str, str]]:
    """bot -> stage -> cause of all that is to run."""
    found: dict[str, dict[str, str]] = {}
    for stage in plan.orders:
        for bot, order in plan.to_run(stage).items():
            found.setdefault(bot, {})[stage] = "; ".join(order.causes)
    return found


class World:
    """Two domains in two languages, a store, and `finish`, which pretends that a plan was carried out."""

    def __init__(self, home: Path, like: Path | None = None) -> None:
        self.shared_texts = False  # whether bots of one language have the same texts
        self.home = home
        self.store = Store(str(home / "store"))
        if like is not None:
            shutil.copytree(like, home, dirs_exist_ok=True)
            return
        for domain in ("shop", "bank"):
            folder = home / "conf" / "domains" / domain
            folder.mkdir(parents=True)
            text = "languages: [en, ko]\ningest:\n  files: ['corpora/{domain}.{lang}.jsonl']\n"
            text += "embed:\n  encoder: ngram-lsa\n"  # which no machine lacks, and which grows
            (folder / "domain.yaml").write_text(text, "utf-8")
            for lang in ("en", "ko"):
                self.put(f"{domain}/{lang}", [f"text {number}" for number in range(10)])

    def file(self, bot: str) -> Path:
        return self.home / "corpora" / f"{bot.replace('/', '.')}.jsonl"

    def put(self, bot: str, texts: Sequence[str]) -> None:
        self.file(bot).parent.mkdir(exist_ok=True)
        rows = [json.dumps({"text": text, "intent": f"i{number % 2}"}) for number, text in enumerate(texts)]
        self.file(bot).write_text("\n".join(rows) + "\n", "utf-8")

    def plan(
        self,
        *sets: str,
        stages: Sequence[Stage] = STAGES,
        select: str | None = None,
        renew: bool = False,
        force: Sequence[str] = (),
    ) -> Plan:
        bots = load_recipes(self.home / "conf", select=parse_selection(select), sets=sets)
        return Planner(self.store, renew_encoder=renew, force=force).plan(bots, stages)

    def finish(self, plan: Plan, *, stop_after: str | None = None, rows: int = 10) -> None:
        """Commits the marks of what the plan asks for, as the stages would."""
        for stage in STAGES:
            orders = plan.to_run(stage.name)
            shared = {f"*/{o.job.recipe.lang}": o.job.shared for o in orders.values() if o.job.shared is not None}
            if shared and stage.shared is not None:
                texts = rows if self.shared_texts else 2 * rows
                self.commit(stage.shared.gives, shared, {unit: [{"rows": texts}] for unit in shared})
            if orders:
                marks = {bot: order.job.provenance for bot, order in orders.items()}
                for dataset in stage.gives:
                    self.commit(dataset, marks, {bot: self._rows(dataset, orders[bot], rows) for bot in orders})
            if stage.name == stop_after:
                return

    def _rows(self, dataset: str, order: Order, rows: int) -> list[dict[str, Any]]:
        if dataset != "utterance":
            names = ("*" if self.shared_texts else order.job.bot for _ in range(rows))
            found = [{"rows": 1, "content_id": f"{name} {number}"} for number, name in enumerate(names)]
            return [] if dataset.endswith(("_rejected", "_dropped")) else found
        return [
            {"intent": record.intent, "text": record.text, "origin_file": file.name}
            for file in order.job.sources
            for record in read_file(file.path)
            if isinstance(record, Row)
        ]

    def commit(self, dataset: str, marks: Mapping[str, Provenance], rows: Mapping[str, list[dict[str, Any]]]) -> None:
        """One commit with the marks in its metadata, as `write_dataset` makes it."""
        texts = ("intent", "text", "origin_file", "content_id")
        known = {**dict.fromkeys(texts, pa.string()), "rows": pa.int64()}
        schema = pa.schema([("domain", pa.string()), ("lang", pa.string()), *known.items()])
        split = [(bot.split("/"), row) for bot, found in rows.items() for row in found]
        table = pa.Table.from_pylist([{"domain": d, "lang": lang, **row} for (d, lang), row in split], schema=schema)
        where = " OR ".join("(domain = '{}' AND lang = '{}')".format(*bot.split("/")) for bot in marks)
        made = Path(self.store.table_path(dataset)) / "_delta_log"
        write_deltalake(
            self.store.table_path(dataset),
            table,
            mode="overwrite",
            partition_by=["domain", "lang"],
            predicate=where if made.exists() else None,
            commit_properties=CommitProperties(custom_metadata={"userMetadata": as_metadata("t", "r", marks)}),
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture(scope="session")
def _run_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World(tmp_path_factory.mktemp("done"))
    world.finish(world.plan())
    return world.home


@pytest.fixture
def done(tmp_path: Path, _run_once: Path) -> World:
    """A world in which everything was run once: a copy, which costs a fifth of the run."""
    return World(tmp_path, like=_run_once)
