"""What the size of a bot changes: steps of training, n-grams of a model, rows that an export is asked at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from mlpipeline.networks.classifier import most_ngrams
from mlpipeline.networks.fitting import plan_steps
from mlpipeline.networks.inputs import blocks
from mlpipeline.networks.runtime import core_logits
from mlpipeline.networks.settings import FitSettings
from mlpipeline.recipe.model_fields import TrainSection
from mlpipeline.stages.train import classifier_settings
from tests.sections import section


def fit_settings(**changed: int | None) -> FitSettings:
    usual = section(TrainSection, epochs=10, min_steps=600, max_steps=2000, batch_size=128)
    return replace(classifier_settings(usual), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "changed", "planned"),
    [
        (1_000, {}, (19, 33)),
        (15_000, {}, (10, 118)),
        (25_600, {}, (10, 200)),
        (48_000, {}, (5, 375)),
        (400_000, {}, (3, 3_125)),
        (400_000, {"epochs": 2}, (2, 3_125)),
        (48_000, {"max_steps": 1_000_000}, (10, 375)),
    ],
)
def test_small_corpora_are_passed_more_often_and_large_ones_less(
    rows: int, changed: dict[str, int], planned: tuple[int, int]
) -> None:
    assert plan_steps(rows, fit_settings(**changed)) == planned
    if "max_steps" not in changed and rows <= 25_600:
        assert plan_steps(rows, fit_settings(max_steps=None)) == planned


@pytest.mark.parametrize(
    ("intents", "asked", "kept"), [(150, 60_000, 60_000), (500, 60_000, 28_368), (2_000, 60_000, 20_000), (500, 9, 9)]
)
def test_a_model_of_very_many_intents_keeps_fewer_ngrams(intents: int, asked: int, kept: int) -> None:
    assert most_ngrams(intents, classifier_settings(section(TrainSection, max_vocabulary=asked, dims=64))) == kept


def test_an_export_of_very_many_intents_is_asked_fewer_rows_at_a_time() -> None:
    ids = np.arange(600 * 256, dtype=np.int32).reshape(600, 256)
    assert [len(block["ids"]) for block in blocks({"ids": ids}, 40)] == [256, 256, 88]
    found = [block["ids"] for block in blocks({"ids": ids}, 500)]
    assert max(map(len, found)) == 32 and np.array_equal(np.concatenate(found), ids)
    assert [len(block["ids"]) for block in blocks({"ids": ids[:2]}, 10**9)] == [1, 1]


class Doubling:
    """A session that answers each row with twice its first two ids, and remembers how many rows it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def run(self, names: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.asked.append(len(given["ids"]))
        return [2.0 * given["ids"][:, :2].astype(np.float32)]


def test_a_core_is_asked_in_blocks_and_answers_in_order() -> None:
    ids, session = np.arange(70 * 256, dtype=np.int32).reshape(70, 256), Doubling()
    assert np.array_equal(core_logits(cast("Any", session), {"ids": ids}, 500), 2.0 * ids[:, :2])
    assert session.asked == [32, 32, 6]
    assert core_logits(cast("Any", session), {"ids": ids[:0]}, 5).shape == (0, 5)
