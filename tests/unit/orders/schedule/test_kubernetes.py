"""`mlpipeline schedule --as k8s`: a CronJob a scheduled run, checked, with the folders that pods see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mlpipeline.cluster.kubernetes.schema import check_manifest
from mlpipeline.errors import UsageError
from mlpipeline.orders.schedule.crontab import Schedule
from mlpipeline.orders.schedule.kubernetes import as_cron_jobs

SETTINGS = {"spark.kubernetes.container.image": "registry.example/x:1", "spark.kubernetes.namespace": "ml"}
ENVIRON = {"MLPIPELINE_STORE": "/data/store", "MLPIPELINE_CONF": "/srv/bots/conf"}


def schedule(*selections: str, run: tuple[str, ...] = ()) -> Schedule:
    return Schedule(selections, "30 2 * * *", 60, Path("/srv/bots"), ("mlpipeline",), ENVIRON, run)


def cron_jobs(*selections: str, run: tuple[str, ...] = (), **more: Any) -> dict[str, dict[str, Any]]:
    found = list(yaml.safe_load_all(as_cron_jobs(schedule(*selections, run=run), SETTINGS, **more)))
    for manifest in found:
        check_manifest(manifest)
    return {row["metadata"]["name"]: row["spec"] for row in found if row["kind"] == "CronJob"}


def words(spec: dict[str, Any]) -> list[str]:
    return spec["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"]


def test_each_turn_is_a_cron_job_and_their_starts_are_spread() -> None:
    found = cron_jobs("shop/ko", "shop/ja", time_zone="Asia/Seoul")
    assert {name: spec["schedule"] for name, spec in found.items()} == {
        "mlpipeline-shop-ko": "30 2 * * *",
        "mlpipeline-shop-ja": "0 3 * * *",
    }
    assert {spec["timeZone"] for spec in found.values()} == {"Asia/Seoul"}


def test_a_turn_runs_its_bots_on_the_folders_that_pods_see() -> None:
    (spec,) = cron_jobs("shop/ko", conf="/data/conf").values()
    end = ["run", "--select", "shop/ko", "--store", "/data/store", "--conf", "/data/conf"]
    assert words(spec)[-len(end) :] == end


def test_the_whole_is_one_turn_without_a_selection() -> None:
    found = cron_jobs("")
    assert list(found) == ["mlpipeline-all"]
    assert "--select" not in words(found["mlpipeline-all"])


def test_another_master_is_left_out_and_the_rest_of_a_run_kept() -> None:
    (spec,) = cron_jobs("shop/ko", run=("--set", "train.epochs=3", "--master", "yarn")).values()
    assert words(spec)[-2:] == ["--set", "train.epochs=3"]
    assert "yarn" not in words(spec)


def test_without_an_image_nothing_is_written() -> None:
    with pytest.raises(UsageError, match="no container image"):
        as_cron_jobs(schedule("shop/ko"), {})
