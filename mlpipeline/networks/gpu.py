"""Networks on a GPU: who computes there, batches that do not fit, and a GPU that is gone."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpipeline.cluster.device import Device
from mlpipeline.errors import StageError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Vectors = NDArray[np.float32]
Predict = Callable[[list[str]], Vectors]
Provider = tuple[str, Mapping[str, object]]

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_WITHOUT_CUDA = "onnxruntime has no CUDA here -> pip install onnxruntime-gpu, which is the extra `gpu`"
_NOT_OPENED = "onnxruntime cannot open CUDA here -> look at the driver, CUDA and cuDNN of this machine"
_TORCH_WITHOUT_CUDA = "torch has no CUDA here -> pip install a torch with CUDA, and look at the driver"
# What onnxruntime, cuBLAS, cuDNN and torch say.
_NO_MEMORY = re.compile(r"out of memory|failed to allocate memory|_ALLOC_FAILED|bad allocation", re.IGNORECASE)
_GONE = re.compile(r"\bCUDA (error|failure)|cudaError|CUBLAS|CUDNN|no CUDA-capable|fallen off the bus", re.IGNORECASE)


def providers_for(device: Device, available: Sequence[str]) -> list[Provider]:
    """What onnxruntime is to compute with: CUDA on this GPU where there is both, and the CPU.

    TensorRT is left out: it builds an engine for each new shape, and texts have hundreds.

    Args:
        device: of the task.
        available: what `onnxruntime.get_available_providers` says.
    """
    if device.number is None or _CUDA not in available:
        return [(_CPU, {})]
    # As much as is asked for: the default doubles what it holds, and another task has the other half of the GPU.
    # And with all digits: by default a card rounds what it multiplies to ten bits (TF32).
    options = {"device_id": device.number, "arena_extend_strategy": "kSameAsRequested", "use_tf32": 0}
    return [(_CUDA, options), (_CPU, {})]


def open_session(model: Path, device: Device) -> tuple[InferenceSession, Device]:
    """A session of onnxruntime on one thread, and what it computes on: the CPU and why, where CUDA cannot be had.

    Raises:
        Exception: one of onnxruntime's own classes when the graph cannot be loaded.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    available = onnxruntime.get_available_providers()
    if device.number is not None and _CUDA in available and hasattr(onnxruntime, "preload_dlls"):
        with suppress(Exception):  # the wheels of CUDA and cuDNN, where pip has brought them
            onnxruntime.preload_dlls()
    providers = providers_for(device, available)
    session = onnxruntime.InferenceSession(str(model), options, providers=providers)
    if _CUDA not in available:
        return session, device.as_cpu(_WITHOUT_CUDA)
    # Where it cannot open CUDA, it says so in its log only and takes the CPU.
    return session, device if _CUDA in session.get_providers() else device.as_cpu(_NOT_OPENED)


def torch_device(device: Device) -> tuple[str, Device]:
    """What torch calls the device, and what it is: the CPU and why, where torch has no CUDA."""
    if device.number is None:
        return "cpu", device
    import torch

    if not torch.cuda.is_available():
        return "cpu", device.as_cpu(_TORCH_WITHOUT_CUDA)
    return f"cuda:{device.number}", device


def in_halves(predict: Predict, batch: list[str]) -> Vectors:
    """`predict(batch)`; where the memory of the GPU is too small for it, of its halves, one after the other.

    Args:
        predict: texts -> float32 (n, dims).
        batch: at least one text.

    Raises:
        Exception: what `predict` raises for another reason, or for one text alone.
    """
    try:
        return predict(batch)
    except Exception as error:  # each library has its own kinds
        if len(batch) == 1 or not _NO_MEMORY.search(str(error)):
            raise
    # Behind the `except`: the error holds the frames, and with them the memory, of what failed.
    _give_memory_back()
    half = len(batch) // 2
    return np.concatenate([in_halves(predict, batch[:half]), in_halves(predict, batch[half:])])


def fault_of(device: Device, error: Exception) -> StageError | None:
    """What to say of an error that is the GPU's fault; None where it is another's, or on the CPU."""
    why = " ".join(str(error).split())[:200]
    if device.number is not None and _NO_MEMORY.search(why):
        fix = "let fewer tasks share a GPU: a larger spark.task.resource.gpu.amount"
        return StageError(f"{device} has no memory left: {why}", fix=fix)
    if device.number is not None and _GONE.search(why):
        fix = "Spark tries the task again; look at that GPU (nvidia-smi) where this is said more than once"
        return StageError(f"{device} does not compute any more: {why}", fix=fix)
    return None


def on_device(predict: Predict, device: Device) -> Predict:
    """`predict` as it is on the CPU; on a GPU in halves, and what is the GPU's fault is no text's.

    Raises:
        StageError: (the function that is returned) the GPU is gone or full: the task has failed, and is tried again.
    """
    if device.number is None:
        return predict

    def guarded(batch: list[str]) -> Vectors:
        try:
            return in_halves(predict, batch)
        except Exception as error:
            fault = fault_of(device, error)
            if fault is None:
                raise
            raise fault from error

    return guarded


def _give_memory_back() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
