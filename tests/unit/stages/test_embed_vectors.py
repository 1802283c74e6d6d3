"""How `embed` packs vectors."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import SetupError
from mlpipeline.networks.encoders.opening import Corpus
from mlpipeline.networks.precision import Precision, Vectors, unpack_vectors
from mlpipeline.recipe.model_fields import EmbedSection
from mlpipeline.spark.profiles import NO_GPUS
from mlpipeline.stages import embed
from tests.sections import section


class FakeEncoder:
    dims = 3
    digest = "d"

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.array([[len(text), 1.0, -1.0] for text in texts], np.float32).reshape(-1, 3)


@given(texts=st.lists(st.text(max_size=5), max_size=5), precision=st.sampled_from(["float32", "float16", "int8"]))
def test_vectors_travel_as_what_the_recipe_says(texts: list[str], precision: Precision):
    columns = {"lang": ["ko"] * len(texts), "content_id": texts, "normalized": texts}
    schema = pa.schema([(name, pa.string()) for name in columns])
    batch = pa.RecordBatch.from_pydict(columns, schema=schema)
    rules = section(EmbedSection, precision=precision)
    names = {"maker": "m", "encoder": "d", "precision": precision}
    made = embed.as_features(FakeEncoder(), batch, rules, names)
    packed = [np.frombuffer(vector, np.uint8) for vector in made["vector"].to_pylist()]
    wanted = FakeEncoder().encode(texts)
    if packed and precision == "float32":
        np.testing.assert_array_equal(unpack_vectors(np.stack(packed), precision), wanted)
    elif packed:
        unit = wanted / np.linalg.norm(wanted, axis=1, keepdims=True)
        np.testing.assert_allclose(unpack_vectors(np.stack(packed), precision), unit, atol=0.01)
    assert made["content_id"].to_pylist() == texts and set(made["maker"].to_pylist()) <= {"m"}
    assert made["error"].null_count == len(texts)


def test_a_text_that_breaks_the_encoder_is_an_error_row():
    class Fussy(FakeEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            if "깨짐" in texts:
                raise RuntimeError("no such token")
            return super().encode(texts)

    columns = {"lang": ["ko"] * 3, "content_id": ["a", "b", "c"], "normalized": ["하나", "깨짐", "셋"]}
    made = embed.as_features(
        Fussy(),
        pa.RecordBatch.from_pydict(columns),
        section(EmbedSection),
        dict.fromkeys(("maker", "encoder", "precision"), "x"),
    )
    assert made["error"].to_pylist() == [None, "RuntimeError: no such token", None]
    assert [vector is None for vector in made["vector"].to_pylist()] == [False, True, False]


def test_an_executor_with_other_files_in_the_folder_is_told():
    embed.check_same("d", "d", "/models/e5")
    with pytest.raises(SetupError, match="/models/e5: its files are others on this executor"):
        embed.check_same("d", "e", "/models/e5")


def test_an_encoder_learns_from_all_texts_or_from_labelled_ones_in_one_order():
    rows = {"content_id": ["c2", "c1", "c3"], "normalized": ["two", "one", "three"]}
    assert embed.as_corpus(pa.table(rows), 2) == Corpus(["one", "two"])
    known = pa.table({**rows, "intent": ["shop/b", "shop/a", None]})
    assert embed.as_corpus(known, 9) == Corpus((), ["one", "two"], ["shop/a", "shop/b"])
    assert embed.as_corpus(known.slice(0, 1), 9) == Corpus((), ["two"], ["shop/b"])


@pytest.mark.parametrize(
    ("texts", "tasks", "why"),
    [
        (1, 1, "1 text in 1 task, a task a text"),
        (3, 3, "3 texts in 3 tasks, a task a text"),
        (4, 4, "4 texts in 4 tasks, as spark.sql.shuffle.partitions says"),
        (40_000, 4, "40,000 texts in 4 tasks, as spark"),
        (40_001, 8, "40,001 texts in 8 tasks, so that none has more than 10,000"),
    ],
)
def test_as_many_tasks_as_run_at_once_and_more_where_each_would_take_long(texts: int, tasks: int, why: str):
    spark: Any = SimpleNamespace(conf={"spark.sql.shuffle.partitions": "4"})
    counters = Mock()
    assert embed._tasks(spark, texts) == tasks
    embed.explain_tasks(spark, {"ko": texts}, NO_GPUS, counters)
    assert counters.reason.call_args.args[0].startswith(f"ko: {why}")
