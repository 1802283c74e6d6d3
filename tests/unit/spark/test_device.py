"""Which device a task owns: Spark's addresses, CUDA's numbers, and what a process may see."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pyspark import TaskContext

from mlpipeline.cluster.device import CPU
from mlpipeline.errors import SetupError
from mlpipeline.spark.device import device_at, device_of_task

UUIDS = "GPU-8932f937-d72c,GPU-0a1b2c3d-e4f5"


@pytest.mark.parametrize(
    ("address", "of_executor", "visible", "number", "visible_then"),
    [
        ("1", 1, None, 0, "1"),  # the only one of its executor: the process sees no other
        ("1", 2, None, 1, None),  # the next task of this process may own another one
        ("1", 1, "0,1", 1, "0,1"),
        ("3", 2, "2,3", 1, "2,3"),  # counted anew within the list
        ("2", 2, " 3, 2 ", 1, " 3, 2 "),
        ("GPU-0a1b2c3d-e4f5", 2, UUIDS, 1, UUIDS),
        ("1", 2, UUIDS, 1, UUIDS),  # a container that has two: its own indices
        ("GPU-8932f937-d72c", 1, None, 0, "GPU-8932f937-d72c"),
    ],
)
def test_the_number_of_cuda(
    address: str, of_executor: int, visible: str | None, number: int, visible_then: str | None
) -> None:
    environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    for _ in range(2):  # a second task of the same process
        device = device_at([address], of_executor, environ)
        assert (device.address, device.number) == (address, number)
        assert str(device) == f"GPU {address} of this executor"
        assert environ.get("CUDA_VISIBLE_DEVICES") == visible_then
    assert environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID", "as nvidia-smi counts, which found the addresses"


@pytest.mark.parametrize("visible", ["0,1", "", "-1"])
def test_a_gpu_that_the_process_must_not_see_is_not_replaced_by_another(visible: str) -> None:
    with pytest.raises(SetupError, match=f"Spark gave GPU 2 to a task, .*{visible!r} -> unset"):
        device_at(["2"], 1, {"CUDA_VISIBLE_DEVICES": visible})


def test_a_name_without_a_number_needs_a_list() -> None:
    with pytest.raises(SetupError, match=r"GPU GPU-1 is no index.*let the discovery script list indices"):
        device_at(["GPU-1"], 2, {})


def test_a_task_without_a_gpu_says_so_and_leaves_the_environment() -> None:
    environ: dict[str, str] = {}
    assert device_at([], 0, environ) == CPU and not environ
    assert str(CPU) == "CPU: no GPU was given to this task"


def test_what_spark_says_of_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    assert device_of_task(1) == CPU, "no task at all"
    resources: dict[str, SimpleNamespace] = {}
    monkeypatch.setattr(TaskContext, "get", lambda: SimpleNamespace(resources=lambda: resources))
    assert device_of_task(2) == CPU
    resources["gpu"] = SimpleNamespace(addresses=["5"])
    assert device_of_task(2).number == 5
