"""What decides what a stage makes, besides its recipe and its inputs: its code, its tables' columns, its libraries."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlpipeline.inputs import local_path
from mlpipeline.recipe.fields import Recipe
from mlpipeline.stages.contract import Stage
from mlpipeline.store.code import CodeReader, with_code_reader
from mlpipeline.store.elsewhere import is_elsewhere
from mlpipeline.store.fingerprint import digest, library_versions
from mlpipeline.store.layout import Store

# Imported by stages, and not what decides their rows. Neither these nor what they import counts.
OUTSIDE: Mapping[str, str] = {
    "errors": "words of messages",
    "schemas": "a stage's own tables count by their columns, those of others do not concern it",
    "stages.contract": "what a stage declares counts by itself: sections, tables, libraries",
    "_packaged": "where files lie in a wheel",
    "stages.release.lost": "tells a plan what is missing, and makes nothing",
    "stages.release.facts": "what MLflow's pages tell of a release; no bundle and no row depends on it",
    "store.registry.tracking": "the same: how it is logged",
    "store.registry.server": "where a release is told besides the store",
    "stages.release.wheel": "lays the code that runs beside a bundle; the digest of no bundle depends on it",
    "cluster.cache": "where files lie that are made once; what is in them counts by its digest",
    "spark.counters": "counts are read by people, never by a stage",
    "cluster.sizing.needs": "what a task needs of a machine, not what it makes",
    "languages.tool_memory": "what a task needs of a machine, not what it makes",
    "cluster.failures": "words of messages",
    "spark.overhead": "measures a cluster, to share out work; what is made does not depend on it",
    "spark.remote": "refuses Spark Connect, or does nothing",
    "spark.session": "where a stage runs, not what it makes",
    "spark.device": "which of an executor's GPUs is a task's own",
    "spark.profiles": "what tasks ask of executors",
}


@dataclass(frozen=True)
class StageCode:
    """What made a stage's rows: `code` is a digest, `libraries` maps distributions to versions."""

    code: str
    libraries: Mapping[str, str]


def starting_modules(stage: Stage) -> list[str]:
    """The modules of a stage's functions, and what they load by name, as names below the package."""
    functions = (stage.run, stage.driver, stage.shared.run if stage.shared is not None else None)
    own = {function.__module__.partition(".")[2] for function in functions if function is not None}
    return sorted(own | set(stage.loads))


def read_stage_code(store: Store, stages: Iterable[Stage]) -> dict[str, StageCode]:
    """The provenance of each stage by its name; sources that the store has seen before are not parsed again."""
    listed = list(stages)

    def digests(reader: CodeReader) -> dict[str, str]:
        return {stage.name: reader.code_digest(starting_modules(stage), OUTSIDE) for stage in listed}

    modules = with_code_reader(store, digests)
    return {
        stage.name: StageCode(
            digest({"modules": modules[stage.name], "tables": _columns(stage)}), library_versions(stage.libraries)
        )
        for stage in listed
    }


def folders_of(stage: Stage, recipe: Recipe) -> dict[str, str]:
    """The settings of a recipe that name a folder outside the store for the stage, such as `embed.encoder`."""
    named = {}
    for setting in stage.folders:
        section, _, key = setting.partition(".")
        value = getattr(getattr(recipe, section), key)
        if isinstance(value, str) and (is_elsewhere(value) or os.path.isdir(local_path(value))):
            named[setting] = value
    return named


def _columns(stage: Stage) -> dict[str, str]:
    """Names and types of the columns that a stage reads and writes, by table."""
    shared = {stage.shared.gives: stage.shared.schema, **stage.shared.needs} if stage.shared is not None else {}
    tables = {**stage.needs, **stage.gives, **shared}
    return {name: schema.simpleString() for name, schema in tables.items()}
