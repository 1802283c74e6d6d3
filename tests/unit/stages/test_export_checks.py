"""What `export` lets through: models that say what their trainer said, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlpipeline.errors import StageError
from mlpipeline.networks.parity import Parity
from mlpipeline.stages import export


def check(monkeypatch: pytest.MonkeyPatch, **found: Any) -> Parity:
    told = {"rows": 10, "max_probability_difference": 0.0, "changed_decisions": 0, **found}
    monkeypatch.setattr(export, "ask_parity", lambda *words, **settings: told)
    return export.check_parity("onnx", Path("model"), Path("held_out.npz"), 1.0, 1e-4, ("onnx",))


def test_equal_models_pass_with_their_figures(monkeypatch: pytest.MonkeyPatch):
    assert check(monkeypatch, max_probability_difference=1e-4)["rows"] == 10


@pytest.mark.parametrize("found", [{"max_probability_difference": 1.1e-4}, {"changed_decisions": 1}])
def test_a_model_that_differs_is_refused_with_its_figures(monkeypatch: pytest.MonkeyPatch, found: dict[str, Any]):
    with pytest.raises(StageError, match="onnx model differs from the trainer") as caught:
        check(monkeypatch, **found)
    assert "of 10 decisions" in caught.value.what and caught.value.fix
