"""What Python callers hand over becomes texts, labels, vectors and pairs, or one line that names the row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlpipeline.errors import UsageError
from mlpipeline.orders.array_inputs import checked_labels, checked_pairs, checked_texts, checked_vectors

KINDS: list[Callable[[list[Any]], Any]] = [
    list, tuple, iter, np.array, pd.Series, pa.array, lambda values: pa.chunked_array([values]),
    lambda values: pd.Series(values, dtype="string", index=range(7, 7 + len(values))),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_texts_and_labels_of_every_kind_of_column(kind: Callable[[list[Any]], Any]):
    assert checked_texts(kind(["영업 시간", " ", "b"])) == ["영업 시간", " ", "b"]
    assert checked_labels(kind([" hours", "fees", "fees"]), 3) == ["hours", "fees", "fees"]


def test_whole_numbers_are_labels():
    assert checked_labels(np.array([3, 1]), 2) == checked_labels(pd.Series([3, 1]), 2) == ["3", "1"]
    assert not checked_texts([]) and not checked_labels([], 0) and not checked_pairs([])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("abc", "texts is one text -> give a list of texts"),
        (None, "texts: NoneType is no list -> give a list"),
        (["a", None], "texts[1]: the text is null"),
        ([1.5], "texts[0]: the text is a number"),
        ([["a"]], "texts[0]: the text is a list"),
        (["a\0"], "texts[0]: NUL at character 2"),
        (["a", "x" * 20_000], "texts[1]: 20,000 characters"),
        (["b\udc80"], "texts[0]: character 2 is half of one (a lone surrogate)"),
        (np.zeros((2, 2)), "texts[0]: the text is a list"),
    ],
)
def test_what_is_no_text_is_named_with_its_row(values: Any, said: str):
    with pytest.raises(UsageError) as error:
        checked_texts(values)
    assert str(error.value).startswith(said) and error.value.fix


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"], "2 texts need as many labels, got 1 -> give one label a text"),
        (["a", "b", "c"], "2 texts need as many labels, got 3"),
        (["a", None], "labels[1]: there is no label"),
        (pd.Series(["a", np.nan]), "labels[1]: there is no label"),
        (["a", pd.NA], "labels[1]: there is no label"),
        (["a", " "], "labels[1]: there is no label"),
        (["a", 1.5], "labels[1]: the label is a number"),
        (["a", True], "labels[1]: the label is"),
        (["a", "b\nc"], "labels[1]: the label holds a line break"),
    ],
)
def test_what_is_no_label_is_named_with_its_row(values: Any, said: str):
    with pytest.raises(UsageError) as error:
        checked_labels(values, 2)
    assert str(error.value).startswith(said) and error.value.fix


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[1.0, 2.0]], "vectors have the shape (1, 2), and there are 2 texts"),
        ([1.0, 2.0], "vectors have the shape (2,)"),
        (np.zeros((2, 0)), "vectors have the shape (2, 0)"),
        ([["a"], ["b"]], "vectors are no numbers"),
        ([[1.0], [np.inf]], "vectors[1]: a number is not finite"),
    ],
)
def test_vectors_of_another_shape_are_refused(values: Any, said: str):
    assert checked_vectors([[1, 2], [3, 4]], 2).dtype == np.float32
    with pytest.raises(UsageError) as error:
        checked_vectors(values, 2)
    assert str(error.value).startswith(said)


def test_pairs_frames_and_tables_are_the_same_rows():
    pairs = [("영업 시간", "hours"), ("fees?", "fees")]
    table = pa.table({"id": [1, 2], "text": [text for text, _ in pairs], "intent": [intent for _, intent in pairs]})
    for rows in (pairs, list(map(list, pairs)), iter(pairs), np.array(pairs), table, table.to_pandas()):
        assert checked_pairs(rows) == pairs


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "b"), "ab"], "rows[1]: it is no pair of a text and an intent"),
        ([("a", "b", "c")], "rows[0]: it is no pair"),
        ([("", "b")], "rows: text[0]: the text has no visible character"),
        ([("a", None)], "rows: intent[0]: there is no label"),
        (pd.DataFrame({"text": ["a"], "label": ["b"]}), "rows have no column intent -> name the columns text and"),
        (pa.table({"a": ["b"]}), "rows have no column text and no intent"),
        (7, "rows: int is no list"),
    ],
)  # fmt: skip
def test_rows_that_are_no_labelled_rows(rows: Any, said: str):
    with pytest.raises(UsageError) as error:
        checked_pairs(rows)
    assert str(error.value).startswith(said)
