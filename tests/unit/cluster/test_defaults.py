"""Our own settings: lint-clean, one file a master and a stage, and their memory is what sizing says."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mlpipeline.catalog import NEEDS, STAGES
from mlpipeline.cluster.defaults import defaults_file, read_defaults
from mlpipeline.cluster.lint.settings import lint_files, lint_settings
from mlpipeline.cluster.sizing.cluster import python_megabytes, stage_overhead_mb
from mlpipeline.cluster.units import as_bytes

FOLDER = Path(__file__).parents[3] / "spark-defaults"
CLUSTERS = ["standalone", "yarn", "k8s"]
OF_STAGES = sorted(stage.name for stage in STAGES if (FOLDER / f"{stage.name}.conf").is_file())


def layers(*names: str) -> list[tuple[str, str]]:
    return [(f"{name}.conf", (FOLDER / f"{name}.conf").read_text(encoding="utf-8")) for name in names]


@pytest.mark.parametrize("master", ["local", *CLUSTERS])
def test_masters_are_clean(master: str) -> None:
    assert not lint_files(layers("common", master), stages=NEEDS)


@pytest.mark.parametrize("master", ["yarn", "k8s"])
@pytest.mark.parametrize("stage", OF_STAGES)
def test_stages_are_clean_over_a_master(master: str, stage: str) -> None:
    assert not lint_files(layers("common", master, stage), lang="ko", stages=NEEDS)


@pytest.mark.parametrize("stage", OF_STAGES)
def test_stages_are_clean_alone(stage: str) -> None:
    assert not lint_files(layers(stage), stages=NEEDS)


@pytest.mark.parametrize("master", ["yarn", "k8s"])
@pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
def test_memory_is_what_sizing_says(master: str, stage: str) -> None:
    """The overhead of a stage is the JVM's share and its Python workers, Korean ones where words are looked at."""
    settings = read_defaults(["common", master, stage])
    cores, cpus = int(settings["spark.executor.cores"]), int(settings.get("spark.task.cpus", "1"))
    heap = as_bytes(settings["spark.executor.memory"], "m") // 2**20
    overhead = as_bytes(settings["spark.executor.memoryOverhead"], "m") // 2**20
    lang = NEEDS[stage].hungriest_language
    if stage in OF_STAGES:
        assert overhead == stage_overhead_mb(NEEDS, stage, lang, cores, heap, cpus)
    else:
        assert overhead >= stage_overhead_mb(NEEDS, stage, lang, cores, heap, cpus)
    if stage == "export":
        assert overhead == stage_overhead_mb(NEEDS, None, None, cores, heap, cpus), (
            "a whole run needs what export needs"
        )


@pytest.mark.parametrize("name", [*CLUSTERS, *OF_STAGES])
def test_the_reasons_name_the_right_megabytes(name: str) -> None:
    """`2 Python workers of 652 MB` in a comment is the number that sizing has today."""
    text = (FOLDER / f"{name}.conf").read_text(encoding="utf-8")
    stage, lang = (name, NEEDS[name].hungriest_language) if name in OF_STAGES else (None, None)
    told = [int(size) for size in re.findall(r"2 Python workers of (\d+) MB", text)]
    assert (
        told == [python_megabytes(NEEDS, stage, lang)[0]]
        if name != "standalone"
        else "2150 MB free for each core" in text
    )


@pytest.mark.parametrize("master", CLUSTERS)
def test_dynamic_allocation(master: str) -> None:
    settings = read_defaults(["common", master])
    least, first, most = (
        int(settings[f"spark.dynamicAllocation.{name}Executors"]) for name in ("min", "initial", "max")
    )
    assert settings["spark.dynamicAllocation.enabled"] == "true" and least <= first <= most
    slots = most * int(settings["spark.executor.cores"])
    assert int(settings["spark.sql.shuffle.partitions"]) == 3 * slots
    for name in ("executorIdleTimeout", "shuffleTracking.timeout", "cachedExecutorIdleTimeout"):
        assert f"spark.dynamicAllocation.{name}" in settings


def test_gpus_count_where_somebody_says_so() -> None:
    plain, gpus = read_defaults(["yarn", "embed"]), read_defaults(["yarn", "embed"], gpus=True)
    assert not [key for key in plain if ".resource.gpu." in key or "exclude" in key]
    assert gpus["spark.excludeOnFailure.enabled"] == "true", "a task whose GPU is gone is tried again elsewhere"
    assert gpus["spark.executor.resource.gpu.amount"] == "1"
    cores = int(gpus["spark.executor.cores"])
    assert cores == 1 / float(gpus["spark.task.resource.gpu.amount"]), "neither cores nor GPU wait"
    assert not lint_settings({**read_defaults(["common"]), **read_defaults(["k8s", "embed"], gpus=True)}, master="k8s")


def test_the_word_before_the_colon() -> None:
    assert read_defaults(["spark"]) == read_defaults(["standalone"]) != {}


def test_a_session_on_one_machine_stays_quick() -> None:
    """Nothing of the cluster files reaches a local session, and nothing that is known to cost time stands there."""
    local = read_defaults(["common", "local"])
    assert not [key for key in local if key.startswith(("spark.dynamicAllocation", "spark.executor."))]
    assert local["spark.databricks.delta.snapshotPartitions"] == "1"
    assert local["spark.ui.enabled"] == "false"


def test_pools() -> None:
    root = ElementTree.parse(defaults_file("fair.xml")).getroot()
    pools = {pool.get("name"): {part.tag: part.text for part in pool} for pool in root}
    assert set(pools) == {"train", "adhoc"}
    assert int(pools["train"]["weight"] or 0) > int(pools["adhoc"]["weight"] or 0)
    assert {pool["schedulingMode"] for pool in pools.values()} == {"FAIR"}
    assert read_defaults(["common"])["spark.scheduler.mode"] == "FAIR"


def test_every_file_stands_in_the_readme() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w.-]+\.(?:conf|xml|tsv|properties))`", text))
    assert {path.name for path in FOLDER.iterdir() if path.suffix != ".md"} <= named
