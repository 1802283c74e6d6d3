"""Rows of a bot as `denoise` gets them, with mistakes that are known."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from mlpipeline.recipe.fields import DenoiseSection
from mlpipeline.recipe.folder import ConfFolder
from mlpipeline.recipe.merge import Merger
from tests.unit.methods.label_noise.noise_corpus import NAMES, corpus

COUNT = 576
# 58 rows of all intents. Drawn, not every tenth: each phrase has the same endings in the same order, so an ending would
# tell which rows are wrong, and the views would learn that.
WRONG = tuple(sorted(Random(20).sample(range(COUNT), COUNT // 10 + 1)))
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("content_id", "intent", "text", "normalized", "component", "split")),
        ("annotator", pa.string()),
        ("verified", pa.bool_()),
        ("parent", pa.string()),
        ("vector", pa.binary()),
        ("kept", pa.bool_()),
    ]
)


def rows(wrong: Iterable[int] = (), test: Iterable[int] = ()) -> list[dict[str, Any]]:
    """576 rows of twelve intents; those numbered in `wrong` carry another intent, those in `test` are test rows."""
    wrong, test = set(wrong), set(test)
    made = []
    for number, (text, label) in enumerate(zip(*corpus(), strict=True)):
        intent = NAMES[(int(label) + (1 + number % 11 if number in wrong else 0)) % len(NAMES)]
        split = "test" if number in test else "train"
        made.append({"content_id": f"{number:04d}", "intent": intent, "text": text, "normalized": text, "split": split})
    return made


def table(made: Iterable[dict[str, Any]]) -> pa.Table:
    """The rows as one table; what they do not say is null, and all of them are kept."""
    return pa.Table.from_pylist([{"kept": True, **row} for row in made], schema=_SCHEMA)


def rules(**changed: Any) -> DenoiseSection:
    """The `denoise` part of base.yaml, with three folds and without the audit, and what is changed."""
    part, _ = Merger().section("denoise", ConfFolder(Path("conf")).base(), {"domain": "shop", "lang": "ko"})
    assert isinstance(part, DenoiseSection)
    return part.model_copy(update={"folds": 3, "audit": 0.0, **changed})
