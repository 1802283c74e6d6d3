"""What a bot learns: made rows whose parents are still there; and what its size changes about its training."""

from __future__ import annotations

import pyarrow as pa
import pytest

from mlpipeline.recipe.model_fields import TrainSection
from mlpipeline.stages.train import augmented_examples, classifier_settings, say_cheaper
from tests.sections import section

LEARNT = pa.table({"id": ["a", "b"], "intent": ["pay", "go"], "normalized": ["pay now", "go home"]})


def made(intent: str, parent: str, partner: str | None = None) -> dict[str, str | None]:
    return {"normalized": f"{parent} again", "intent": intent, "parent": parent, "partner": partner}


def test_a_made_row_goes_where_its_parents_go():
    rows = [
        made("pay", "a"),
        made("go", "a"),  # its parent was given another intent since
        made("pay", "gone"),
        made("pay", "a", "gone"),
        made("pay", "a", "a"),
    ]
    found = augmented_examples(LEARNT, pa.Table.from_pylist(rows))
    assert [(row.text, row.parents) for row in found] == [
        ("a again", ("pay now",)),
        ("a again", ("pay now", "pay now")),
    ]
    assert augmented_examples(LEARNT, pa.Table.from_pylist(rows).slice(0, 0)) == []


SIZES = {"epochs": 10, "min_steps": 600, "max_steps": 2000, "batch_size": 128, "dims": 64, "max_vocabulary": 60_000}
SETTINGS = classifier_settings(section(TrainSection, **SIZES, out_of_scope_label="out"))


@pytest.mark.parametrize(
    ("rows", "intents", "said"),
    [
        (15_000, 150, ""),
        (25_600, 202, ""),
        (26_000, 202, "26,000 training rows x 202 intents: 9 passes in 1,836 steps instead of 10 (train.max_steps)"),
        (
            48_000,
            500,
            "48,000 training rows x 500 intents: 5 passes in 1,875 steps instead of 10 (train.max_steps), "
            "28,368 n-grams at most instead of 60,000, so that the model is small",
        ),
    ],
)
def test_what_size_changes_about_training_is_said(rows: int, intents: int, said: str):
    labels = ["out", *(f"i{number % intents}" for number in range(rows - 1))]
    table = pa.table({"split": ["train"] * (rows - 1) + ["augmented"], "intent": labels, "fixed": [False] * rows})
    held_out = pa.table({"split": ["test"], "intent": ["another"], "fixed": [True]})
    assert say_cheaper(pa.concat_tables([table, held_out]), SETTINGS) == said
