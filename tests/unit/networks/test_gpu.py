"""A GPU that is pretended: what onnxruntime and torch are told, batches that do not fit, and a GPU that is gone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

from mlpipeline.cluster.device import CPU, Device
from mlpipeline.errors import SetupError, StageError
from mlpipeline.networks.batches import encode_texts
from mlpipeline.networks.encoders.folder import load_folder
from mlpipeline.networks.gpu import Vectors, in_halves, on_device, open_session, providers_for, torch_device
from tests.unit.networks.encoders.test_folder import folder

SECOND = Device("3", 1)
ALL = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
NO_MEMORY = [
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : bfc_arena.cc:376 Failed to allocate memory for requested buffer of "
    "size 805306368",
    "CUDA out of memory. Tried to allocate 2.00 GiB",
    "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0",
]
GONE = [
    "CUDA failure 100: no CUDA-capable device is detected ; GPU=0",
    "CUDA error: unspecified launch failure",
    "cudaErrorDevicesUnavailable",
]
__all__ = ["folder"]  # the fixture


@pytest.mark.parametrize(
    ("device", "available", "expected"),
    [
        (CPU, ALL, ["CPUExecutionProvider"]),
        (SECOND, ALL, ["CUDAExecutionProvider", "CPUExecutionProvider"]),
        (SECOND, ["AzureExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]),
    ],
)
def test_cuda_computes_where_there_is_a_gpu_and_cuda(device: Device, available: list[str], expected: list[str]):
    providers = providers_for(device, available)
    assert [name for name, _ in providers] == expected
    if len(expected) == 2:
        assert providers[0][1]["device_id"] == 1, "CUDA's number, not Spark's address"


class Runtime:
    """onnxruntime as far as a session is opened: records the providers, and takes those that it can open."""

    def __init__(self, opens: Sequence[str]) -> None:
        self.opens = opens
        self.providers: list[tuple[str, dict[str, object]]] = []

    def __call__(self, path: str, options: object, providers: list[tuple[str, dict[str, object]]]) -> Any:
        self.providers = providers
        real = SESSION(path, options, providers=["CPUExecutionProvider"])
        taken = [name for name, _ in providers if name in self.opens]
        return SimpleNamespace(
            get_providers=lambda: taken, get_inputs=real.get_inputs, get_outputs=real.get_outputs, run=real.run
        )


SESSION = onnxruntime.InferenceSession


def pretend_cuda(monkeypatch: pytest.MonkeyPatch, opens: Sequence[str] = ALL) -> Runtime:
    runtime = Runtime(opens)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ALL)
    monkeypatch.setattr(onnxruntime, "InferenceSession", runtime)
    return runtime


def test_a_folder_computes_on_the_gpu_of_the_task(folder: Path, monkeypatch: pytest.MonkeyPatch):
    expected = load_folder(folder).encode(["play music", "stop"])
    runtime = pretend_cuda(monkeypatch)
    encoder = load_folder(folder, SECOND)
    assert encoder.device == SECOND and str(encoder.device) == "GPU 3 of this executor"
    assert runtime.providers[0] == (
        "CUDAExecutionProvider",
        {"device_id": 1, "arena_extend_strategy": "kSameAsRequested", "use_tf32": 0},
    )
    np.testing.assert_array_equal(encoder.encode(["play music", "stop"]), expected)


@pytest.mark.parametrize("message", [GONE[0], NO_MEMORY[1]])
def test_a_gpu_that_is_gone_or_full_when_a_folder_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch, message: str
):
    def refuse(path: str, options: object, providers: object) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    with pytest.raises(StageError, match="GPU 3 of this executor"):
        load_folder(folder, SECOND)
    with pytest.raises(SetupError, match="export it anew"):
        load_folder(folder)


def test_why_it_is_the_cpu_after_all_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch):
    assert str(load_folder(folder).device) == "CPU: no GPU was given to this task"
    told = str(load_folder(folder, SECOND).device)
    assert told.startswith("CPU: onnxruntime has no CUDA here -> pip install onnxruntime-gpu")
    pretend_cuda(monkeypatch, opens=["CPUExecutionProvider"])
    session, device = open_session(folder / "model.onnx", SECOND)
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert device.number is None and "cannot open CUDA here -> look at the driver" in str(device)


@pytest.mark.parametrize(("there", "name"), [(True, "cuda:1"), (False, "cpu")])
def test_torch_is_told_the_number_of_cuda(monkeypatch: pytest.MonkeyPatch, there: bool, name: str):
    torch = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: there))
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert torch_device(CPU) == ("cpu", CPU)
    called, device = torch_device(SECOND)
    assert called == name and (device == SECOND) is there


class Small:
    """A GPU with room for so many texts at a time."""

    dims = 1

    def __init__(self, room: int, message: str = NO_MEMORY[0]) -> None:
        self.room, self.message, self.sizes = room, message, list[int]()

    def predict(self, texts: list[str]) -> Vectors:
        self.sizes.append(len(texts))
        if len(texts) > self.room:
            raise RuntimeError(self.message)
        return np.array([[len(text)] for text in texts], np.float32)

    def encode(self, texts: Sequence[str]) -> Vectors:
        return on_device(self.predict, SECOND)(list(texts))


@pytest.mark.parametrize("message", NO_MEMORY)
def test_a_batch_that_does_not_fit_is_halved(message: str):
    small = Small(3, message)
    texts = ["x" * n for n in range(1, 12)]
    assert in_halves(small.predict, texts)[:, 0].tolist() == list(range(1, 12))
    assert small.sizes == [11, 5, 2, 3, 6, 3, 3]


def test_another_error_is_not_a_matter_of_size():
    small = Small(3, "no such token")
    with pytest.raises(RuntimeError, match="no such token"):
        in_halves(small.predict, ["x"] * 8)
    assert small.sizes == [8]
    with pytest.raises(RuntimeError, match="no such token"):
        on_device(small.predict, SECOND)(["x"] * 8)


@pytest.mark.parametrize("message", GONE)
def test_a_gpu_that_is_gone_fails_the_task_and_blames_no_text(message: str):
    with pytest.raises(StageError, match=r"GPU 3 of this executor does not compute any more: .*Spark tries"):
        encode_texts(Small(0, message), ["a", "b"], rows=8, chars=100)


def test_a_gpu_that_is_full_fails_the_task():
    with pytest.raises(StageError, match=r"no memory left: .*spark\.task\.resource\.gpu\.amount"):
        encode_texts(Small(0), ["a", "b"], rows=8, chars=100)


def test_on_the_cpu_nothing_is_wrapped():
    predict = Small(1).predict
    assert on_device(predict, CPU) == predict
