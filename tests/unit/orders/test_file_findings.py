"""What is told of the rows of a labelled file."""

from __future__ import annotations

from mlpipeline.orders.file_findings import FileFindings, Unlabelled


def _line(intents: list[str | None]) -> str | None:
    found = Unlabelled()
    for number, intent in enumerate(intents, start=2):
        found.add(f"line {number}", intent)
    return found.line()


def test_rows_without_an_intent_are_counted_and_merged_cells_are_guessed_where_they_look_so():
    merged = _line(["a", None, None, "b", None, "c", None, None])
    assert merged is not None and merged.startswith("5 of 8 rows have no intent, the first in line 3: cells of")
    for scattered in (["a", None, "b", "a", None, "b"], ["a", "b", "c", "d", None], [None, "a", "a"]):
        line = _line(scattered)
        assert line is not None and "merged" not in line
    assert _line(["a", "b"]) is None and _line([None, None]) is None, "all have one, or the file is one of logs"


def test_labels_in_two_spellings_and_misread_texts_are_named():
    found = FileFindings()
    for number, (text, intent) in enumerate(
        [("hi", "1"), ("hey", "1.0"), ("ì•ˆë…•", "x"), ("yo", "Greet"), ("a", "greet")]
    ):
        found.add(f"line {number}", text, intent)
    misread, spelling = found.lines()
    assert (
        "1 text was saved in a wrong encoding (UTF-8 read as cp1252), the first in line 2: 'ì•ˆë…•' is '안녕'"
        in misread
    )
    assert "1 | 1.0" in spelling and "Greet | greet" in spelling
