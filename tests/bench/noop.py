"""What the house itself costs: stages that do nothing, over eighty bots, in a session that is warm.

    python -m tests.bench.noop [--domains 10] [--runs 3]

`frame` reads a dataset and gives it back as one frame; `by_bot` does it in a task a bot, as `train` does. Beside them
plain Spark: the same table read and written to Delta once, without marks, checks and partitions of bots.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from mlpipeline.pipeline import run_stage
from mlpipeline.recipe.fields import CleanSection
from mlpipeline.recipe.load import load_recipes
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.session import open_session
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Job, Run, RunContext, Stage
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import write_dataset
from mlpipeline.store.tables.provenance import make_provenance
from tests.bench.bots import make_domains

_CORES = 2
_ROWS = 20
_SCHEMA = StructType([StructField(name, StringType()) for name in ("domain", "lang", "text")])


@dataclass(frozen=True)
class _Settings:
    clean: CleanSection


def _same(settings: _Settings, frames: Mapping[str, DataFrame], counters: Counters) -> Mapping[str, DataFrame]:
    return {"same": frames["planted"]}


def _each(settings: _Settings, frames: Mapping[str, DataFrame], counters: Counters) -> Mapping[str, DataFrame]:
    return {"each": run_tasks(frames["planted"], _work, schema=_SCHEMA, counters=counters)}


def _work(bot: str, rows: pa.Table) -> pa.Table:
    return rows


def _stage(name: str, run: Run[_Settings], *, by_bot: bool = False) -> Stage[_Settings]:
    needs = {"planted": _SCHEMA}
    return Stage(name, _Settings, needs, {name: _SCHEMA}, libraries=(), run=run, by_bot=by_bot)


STAGES = {"frame": _stage("same", _same), "by_bot": _stage("each", _each, by_bot=True)}


def time_stage(place: RunContext, stage: Stage, jobs: list[Job]) -> float:
    """Seconds of one stage for all bots."""
    began = time.monotonic()
    outcome = run_stage(place, stage, jobs)
    seconds = time.monotonic() - began
    assert len(outcome.done) == len(jobs), outcome.failed
    return seconds


def time_plain(spark: SparkSession, store: Store) -> float:
    """Seconds of plain Spark for the same rows."""
    began = time.monotonic()
    rows = spark.read.format("delta").load(store.table_path("planted"))
    rows.write.format("delta").mode("overwrite").save(store.table_path("plain"))
    return time.monotonic() - began


def main() -> int:
    """Prints the medians; the first round only warms up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        make_domains(Path(made), options.domains)
        recipes = load_recipes(Path(made) / "conf")
        store = Store(f"{made}/store")
        with open_session("bench", master=f"local[{_CORES}]") as spark:
            names = [f"{one.domain}/{one.lang}" for one in recipes]
            rows = [(*name.split("/"), f"text {number}") for name in names for number in range(_ROWS)]
            write_dataset(store, "planted", spark.createDataFrame(rows, _SCHEMA), names, "{}")
            provenance = make_provenance("0", {}, {}, {})
            jobs = [Job(name, one.recipe, provenance) for name, one in zip(names, recipes, strict=True)]
            place = RunContext(store, lambda: spark, "bench")
            times: dict[str, list[float]] = {"plain": [], **{name: [] for name in STAGES}}
            for round_ in range(options.runs + 1):
                taken = {"plain": time_plain(spark, store)}
                taken |= {name: time_stage(place, stage, jobs) for name, stage in STAGES.items()}
                print({name: round(seconds, 2) for name, seconds in taken.items()}, file=sys.stderr)
                for name, seconds in taken.items():
                    times[name] += [seconds] if round_ else []
    middle = {name: statistics.median(found) for name, found in times.items()}
    told = " | ".join(f"{name} {seconds:.1f} s" for name, seconds in middle.items())
    print(f"| no-op over {len(jobs)} bots | {told} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
