"""How a stage comes to GPUs, from the settings of the session; the profile itself needs a cluster (tests/cluster)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mlpipeline.spark import profiles
from mlpipeline.spark.profiles import NO_GPUS, GpuTasks, gpu_tasks

MASTER = "spark://127.0.0.1:7077"


def session(master: str = MASTER, **settings: str) -> Any:
    """As much of a session as is asked; `executor_resource_gpu_amount` stands for the setting with dots."""
    named = {f"spark.{key.replace('_', '.')}": value for key, value in settings.items()}
    conf = SimpleNamespace(getAll=lambda: list(named.items()))
    context = SimpleNamespace(master=master, getConf=lambda: conf)
    return SimpleNamespace(sparkContext=context, conf=SimpleNamespace(get=named.get))


@pytest.mark.parametrize("master", ["local[2]", MASTER])
def test_without_gpus_nothing_is_asked(master: str) -> None:
    assert gpu_tasks(session(master)) == NO_GPUS
    assert gpu_tasks(session(master, executor_resource_gpu_amount="0")) == NO_GPUS


def test_a_local_session_has_none_to_hand_out() -> None:
    assert gpu_tasks(session("local[2]", executor_resource_gpu_amount="2")) == NO_GPUS


def test_where_settings_give_each_task_its_share_no_profile_is_asked() -> None:
    given = session(executor_resource_gpu_amount="2", task_resource_gpu_amount="0.5")
    assert gpu_tasks(given) == GpuTasks(2, 0.5)


@pytest.mark.parametrize(
    ("settings", "cpus", "share"),
    [
        ({}, 1, 0.5),  # all cores of a worker, however many
        ({"executor_cores": "4", "task_cpus": "2"}, 2, 0.5),
        ({"executor_cores": "2", "task_cpus": "2"}, 2, 1.0),  # one task at a time
    ],
)
def test_else_two_tasks_share_a_gpu_where_two_run(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], cpus: int, share: float
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(profiles, "task_profile", lambda spark, **amounts: asked.update(amounts) or "profile")
    found = gpu_tasks(session(executor_resource_gpu_amount="1", **settings))
    assert (found.of_executor, found.share, found.profile) == (1, share, "profile")
    assert asked == {"cpus": cpus, "gpus": share}


@pytest.mark.parametrize(
    ("master", "dynamic", "why"),
    [(MASTER, "true", "with dynamic allocation"), ("local-cluster[2,1,1024]", "false", "needs standalone, YARN")],
)
def test_where_no_profile_can_be_had_what_to_add_is_told(master: str, dynamic: str, why: str) -> None:
    found = gpu_tasks(session(master, executor_resource_gpu_amount="1", dynamicAllocation_enabled=dynamic))
    assert found.of_executor == 0 and found.profile is None
    assert found.note.startswith("the GPUs of executors are not used: ") and why in found.note
    assert found.note.endswith("-> add --conf spark.task.resource.gpu.amount=0.5")
