"""What Python callers hand over, checked: lists, numpy arrays, pandas and Arrow columns become texts and labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlpipeline.errors import UsageError
from mlpipeline.store.corpus.rows import Problem, checked_intent, checked_text

_EMPTY = "empty_text"  # no mistake of a caller's: a message may be blank


def checked_texts(values: Iterable[object], name: str = "texts", *, blank: bool = True) -> list[str]:
    """n texts, as they are.

    Args:
        values: a list, tuple, numpy array (n,), pandas Series or Arrow array of text.
        name: what a message calls them.
        blank: whether a text may have no visible character.

    Raises:
        UsageError: one of them is no text that a file might hold; names its place, counted from 0.
    """
    if isinstance(values, (str, bytes)):
        raise UsageError(f"{name} is one text", fix="give a list of texts")
    texts = []
    for at, value in enumerate(_plain(values, name)):
        try:
            texts.append(checked_text(value))
            texts[-1].encode()
        except Problem as problem:
            if not (blank and problem.reason == _EMPTY):
                raise _wrong(name, at, problem.detail, "give text in every row") from None
            texts.append(str(value))
        except UnicodeEncodeError as error:
            what = f"character {error.start + 1} is half of one (a lone surrogate)"
            raise _wrong(name, at, what, "decode the text as UTF-8") from None
    return texts


def checked_labels(values: Iterable[object], count: int, name: str = "labels") -> list[str]:
    """One label for each of `count` texts: text without outer blanks, whole numbers as their digits.

    Raises:
        UsageError: there are more or fewer, or one of them is missing or no label.
    """
    labels = []
    for at, value in enumerate(_plain(values, name)):
        if _is_missing(value):
            raise _wrong(name, at, "there is no label", "leave rows without a label out")
        named = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        try:
            label = checked_intent(named)
        except Problem as problem:
            detail = problem.detail.replace("intent", "label")
            raise _wrong(name, at, detail, "labels are text or whole numbers") from None
        if label is None:
            raise _wrong(name, at, "there is no label", "leave rows without a label out")
        labels.append(label)
    if len(labels) != count:
        raise UsageError(f"{count:,} texts need as many {name}, got {len(labels):,}", fix="give one label a text")
    return labels


def checked_vectors(values: ArrayLike, count: int) -> NDArray[np.float32]:
    """float32 (n, d), one vector for each of `count` texts. Raises UsageError for another shape, or for no number."""
    try:
        vectors = np.asarray(values, np.float32)
    except (TypeError, ValueError) as error:
        raise UsageError(f"vectors are no numbers: {error}", fix="give an array of shape (texts, dimensions)") from None
    if vectors.ndim != 2 or len(vectors) != count or not vectors.shape[1]:
        what = f"vectors have the shape {vectors.shape}, and there are {count:,} texts"
        raise UsageError(what, fix="give an array of shape (texts, dimensions)")
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise _wrong("vectors", int(bad[0]), "a number is not finite", "leave the row out, or give it zeros")
    return vectors


def checked_pairs(rows: object) -> list[tuple[str, str]]:
    """(text, label) of each labelled row.

    Args:
        rows: a sequence of pairs, or an Arrow table or pandas frame with the columns `text` and `intent`.

    Raises:
        UsageError: a column or a label is missing, or a text is none; names the row, counted from 0.
    """
    names = getattr(rows, "column_names", None) or getattr(rows, "columns", None)
    if names is None:
        given = _plain(rows, "rows")
        pairs = [(pair[0], pair[1]) if _is_pair(pair) else None for pair in given]
        strange = next((at for at, pair in enumerate(pairs) if pair is None), None)
        if strange is not None:
            raise _wrong("rows", strange, "it is no pair of a text and an intent", "write (text, intent)")
        texts, intents = [pair[0] for pair in pairs if pair], [pair[1] for pair in pairs if pair]
    else:
        missing = [name for name in ("text", "intent") if name not in list(names)]
        if missing:
            fix = f"name the columns text and intent; there are: {', '.join(map(str, names))}"
            raise UsageError(f"rows have no column {' and no '.join(missing)}", fix=fix)
        columns = cast("Mapping[str, list[object]]", rows)
        texts, intents = columns["text"], columns["intent"]
    checked = checked_texts(texts, "rows: text", blank=False)
    return list(zip(checked, checked_labels(intents, len(checked), "rows: intent"), strict=True))


def _is_missing(value: object) -> bool:
    """None, NaN, and what pandas has for it."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def _is_pair(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, (tuple, list, np.ndarray)) and len(value) == 2


def _plain(values: object, name: str) -> Sequence[object]:
    """Python's own values of a list, a numpy array, a pandas Series or an Arrow array."""
    for method in ("to_pylist", "tolist"):
        if hasattr(values, method):
            values = getattr(values, method)()
            break
    try:
        return list(cast("Iterable[object]", values))
    except TypeError:
        raise UsageError(f"{name}: {type(values).__name__} is no list", fix="give a list") from None


def _wrong(name: str, at: int, what: str, fix: str) -> UsageError:
    return UsageError(what, where=f"{name}[{at}]", fix=fix)
