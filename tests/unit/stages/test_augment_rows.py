"""The rows of a bot as `augment` sees them: labelled ones by their split, and what the logs say."""

from __future__ import annotations

from random import Random

import pyarrow as pa
import pytest

from mlpipeline.stages.augment import corpus_of, work_on
from tests.unit.methods.augmentation.augment_rows import ENGLISH, ROWS, rules

Row = tuple[str | None, str, str | None]
LABELLED: list[Row] = [(intent, text, "train") for intent, texts in ROWS.items() for text in texts]


def table(rows: list[Row]) -> pa.Table:
    """Rows as `as_rows` joins them: equal texts have one content, and its split, with an intent or without."""
    contents = {text: f"c{number:02d}" for number, text in enumerate(dict.fromkeys(text for _, text, _ in rows))}
    return pa.Table.from_pylist(
        [
            {
                "domain": "shop",
                "lang": "en",
                "id": f"u{number:02d}",
                "intent": intent,
                "normalized": text,
                "content_id": contents[text],
                "split": split,
            }
            for number, (intent, text, split) in enumerate(rows)
        ],
        schema=pa.schema(
            [(name, pa.string()) for name in ("domain", "lang", "id", "intent", "normalized", "content_id", "split")]
        ),
    )


LOGS: dict[str, list[Row]] = {
    "one that repeats a training row": [(None, LABELLED[0][1], "train")],
    "those that repeat every row": [(None, text, split) for _, text, split in LABELLED],
    "one that repeats a test row": [("hours", "when do you close", "test"), (None, "when do you close", "test")],
    "one that says something else": [(None, "where is my parcel now", None)],
}


@pytest.mark.parametrize("logs", LOGS.values(), ids=LOGS)
def test_a_message_that_says_the_same_as_a_labelled_row_teaches_nothing(logs: list[Row]):
    rows = [*LABELLED, *logs]
    found = corpus_of(table(rows), ENGLISH)
    assert len(found.texts) == len(LABELLED) and None not in found.intents
    assert sorted(found.logs) == sorted(text for intent, text, _ in logs if intent is None)
    assert found.held_out == [text for intent, text, split in rows if split == "test" and intent]
    Random(3).shuffle(rows)
    made = work_on("shop/en", table(rows), ENGLISH, rules(retrieve_to=20), 5).to_pylist()
    assert made[0]["rows"] == len(LABELLED)
    assert {row["intent"] for row in made[0]["texts"]} <= set(ROWS)
    held_out = {*found.held_out, *found.texts}
    assert not {row["normalized"] for row in made[0]["texts"]} & held_out


def test_a_bot_of_nothing_but_logs_has_nothing_to_say_another_way():
    rows = table([(None, text, None) for _, text, _ in LABELLED])
    (made,) = work_on("shop/en", rows, ENGLISH, rules(retrieve_to=20), 5).to_pylist()
    assert (made["rows"], made["made"], made["texts"]) == (0, 0, [])
