"""One Spark session for all tests below, with a Delta store for each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from mlpipeline.catalog import stage_named
from mlpipeline.pipeline import settings_of
from mlpipeline.recipe.load import Resolved, load_recipes
from mlpipeline.schemas import SOURCE_FILE
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.frames import union_all
from mlpipeline.spark.session import open_session
from mlpipeline.store.corpus.files import format_of
from mlpipeline.store.layout import Store


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.spark)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    with open_session("tests", master="local[2]") as session:
        yield session


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def counters(spark: SparkSession) -> Counters:
    return Counters(spark)


def recipe(home: Path, domain: str = "shop", lang: str = "ko", sets: tuple[str, ...] = ()) -> Resolved:
    """The recipe of a bot that has nothing of its own but what `sets` says."""
    folder = home / "conf" / "domains" / domain
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "domain.yaml").write_text(f"languages: [{lang}]\n", "utf-8")
    return load_recipes(home / "conf", sets=sets)[0]


@pytest.fixture
def run(spark: SparkSession, counters: Counters, tmp_path: Path) -> Callable[..., dict[str, DataFrame]]:
    """Runs one stage alone: run("clean", utterance=frame, sets=("clean.min_chars=2",)); other inputs are empty."""

    def start(stage: str, sets: tuple[str, ...] = (), lang: str = "ko", **inputs: DataFrame) -> dict[str, DataFrame]:
        chosen = stage_named(stage)
        assert chosen.run is not None
        resolved = recipe(tmp_path, lang=lang, sets=sets)
        empty = {**chosen.needs, **{f"last_{name}": chosen.gives[name] for name in chosen.recalls}}
        missing = {name: spark.createDataFrame([], schema) for name, schema in empty.items() if name not in inputs}
        settings, given = settings_of(chosen, resolved.recipe), {**missing, **inputs}
        if chosen.kept is not None and chosen.kept.gives not in inputs:
            nothing = spark.createDataFrame([], chosen.kept.schema)
            kept = chosen.kept.run(settings, {**given, chosen.kept.gives: nothing}, counters)
            given[chosen.kept.gives] = union_all([nothing, *(made.persist() for made in kept)])
        return dict(chosen.run(settings, given, counters))

    return start


@pytest.fixture
def sources(spark: SparkSession) -> Callable[..., DataFrame]:
    """Files as `source_file` rows; each of them a path, or (path, bot, mapping)."""

    def frame(*files: Any) -> DataFrame:
        rows = []
        for file in files:
            path, bot, mapping = file if isinstance(file, tuple) else (file, "shop/ko", {})
            domain, lang = bot.split("/")
            rows.append((domain, lang, str(path), path.name, format_of(str(path)), "corpus", json.dumps(mapping)))
        return spark.createDataFrame(rows, SOURCE_FILE)

    return frame


def as_rows(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a frame, sorted, as tuples."""
    chosen = frame.select(*columns) if columns else frame
    return sorted((tuple(row) for row in chosen.collect()), key=repr)
