"""Which rows of a file a bot has seen: by its bundle, by the store, and nearly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlpipeline.orders.seen import LEARNT, NEAR, UNSEEN, Known, as_seen, known_texts, seen_line
from mlpipeline.store.layout import Store
from tests.unit.orders.test_outcome import put

KNOWN = Known(["where is my parcel now", "i want my money back", "when do you open on sunday"])


def test_rows_are_told_apart_by_what_the_bot_knows():
    texts = ["i want my money back", "when do you open on sunday", "where is my parcel now?", "cancel it", "cancel it"]
    assert as_seen(texts, KNOWN, (), 0.8) == [LEARNT, LEARNT, NEAR, UNSEEN, UNSEEN]
    assert as_seen([], KNOWN, (), 0.8) == []
    assert as_seen(["cancel it"], Known([]), (), 0.8) == [UNSEEN]


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (None, "what the bot learnt from is not in the store: whether it has seen these rows is not known"),
        ([UNSEEN], "of this row the bot has seen none before"),
        ([UNSEEN] * 1200, "of these 1,200 rows the bot has seen none before"),
        (
            [LEARNT] * 7 + [NEAR, UNSEEN],
            "of these 9 rows the bot learnt from 7, and has seen nearly so 1; 1 is new to it",
        ),
        (
            [LEARNT, LEARNT],
            "of these 2 rows the bot learnt from 2; none is new to it, and the figures tell how well it remembers",
        ),
    ],
)
def test_how_many_rows_are_no_test_in_words(seen: list[str] | None, line: str):
    assert seen_line(seen) == line


class _Bundle:
    """What `known_texts` asks of a bundle."""

    def __init__(self, *questions: str) -> None:
        lines = tuple(question.encode() for question in questions)
        self.index: Any = None
        if questions:
            self.index = type("Index", (), {"lines": lines, "question": lambda _, at: questions[at]})()

    def normalize(self, text: str) -> str:
        return text.lower()


def test_a_bundle_knows_its_own_questions_and_the_store_the_rest(tmp_path: Path):
    store = Store(str(tmp_path / "store"))
    bundle: Any = _Bundle("Where is it", "Hello")
    assert known_texts(store, "shop/ko", bundle) == Known(["where is it", "hello"])
    bare: Any = _Bundle()
    assert known_texts(store, "shop/ko", bare) is None
    rows = [(f"c{number}", split) for number, split in enumerate(["train", "validation", "test", "test"])]
    put(store, "splits", [{"content_id": one, "split": split, "fixed": one == "c3"} for one, split in rows])
    put(store, "cleaned", [{"content_id": f"c{number}", "normalized": f"text {number}"} for number in range(5)])
    put(store, "augmented", [{"normalized": "from a log", "source": "augment"}])
    assert known_texts(store, "shop/ko", bare) == Known(["text 0", "text 1", "text 2", "from a log"])
    assert known_texts(store, "shop/ko", bundle) == Known(["where is it", "hello", "from a log"])
