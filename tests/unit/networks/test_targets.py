"""A model's core in files: a small one here, a large one in a process of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlpipeline.errors import StageError
from mlpipeline.networks import targets
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.networks.features import FeatureSpec, Vocabulary
from mlpipeline.networks.onnx_core import onnx_core

pytestmark = pytest.mark.slow


@pytest.fixture
def model() -> TrainedModel:
    rng = np.random.default_rng(1)
    weights = {name: rng.random(shape, np.float32) for name, shape in (("table", (9, 5)), ("out", (2, 3)))}
    vocabulary = Vocabulary(np.arange(8, dtype=np.uint64), np.ones(8, np.float32))
    return TrainedModel(["a", "b", "c"], FeatureSpec(), vocabulary, {**weights, "bias": np.zeros(3, np.float32)})


def test_a_large_model_is_written_as_a_small_one_is(
    model: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "model.npz"
    file.write_bytes(model.to_bytes())
    wanted = onnx_core(model, 17)
    for folder, large in (("here", 1 << 30), ("apart", 0)):
        monkeypatch.setattr(targets, "LARGE", large)
        (tmp_path / folder).mkdir()
        targets.write_targets(file, tmp_path / folder, ["onnx"], 17, patience=300)
        assert (tmp_path / folder / "onnx" / "model.onnx").read_bytes() == wanted
    # The folder is there already: that process fails, and says so.
    with pytest.raises(StageError, match=r"the onnx model cannot be written \(exit code 1\)"):
        targets.write_targets(file, tmp_path / "apart", ["onnx"], 17, patience=300)
