"""Sheets that people mark: written as texts, read back whatever stands in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from mlpipeline.errors import InputError
from mlpipeline.orders.review_sheet import (
    HEAD,
    NATURAL,
    SAME,
    Marks,
    Share,
    SheetRow,
    drawn_evenly,
    read_marks,
    write_sheet,
)

HOSTILE = [
    "=1+1",
    "+82 10",
    "-5",
    "@user",
    '=HYPERLINK("http://x")',
    "\t=1",
    "a\x00b\x1bc",
    "\ud800",
    "점심 먹었니?",
    "",
]


def filled(place: Path, marks: dict[int, tuple[Any, Any]]) -> None:
    """Writes marks into rows of a sheet, as a person does."""
    book = load_workbook(place)
    for row, both in marks.items():
        for column, provenance in zip((5, 6), both, strict=True):
            book.active.cell(row, column).value = provenance
    book.save(place)


def rows_of(*names: str) -> list[SheetRow]:
    return [SheetRow(f"parent {at}", f"made {at}", (name,), "intent") for at, name in enumerate(names)]


def test_no_text_becomes_a_formula_and_all_are_read_back(tmp_path: Path) -> None:
    place = tmp_path / "review.xlsx"
    write_sheet([SheetRow(text, text, ("typo_swap", "mark_drop"), text) for text in HOSTILE], place)
    sheet = load_workbook(place).active
    assert [cell.value for cell in sheet[1]] == list(HEAD)
    assert sheet.freeze_panes == "A2"
    for row, text in zip(sheet.iter_rows(min_row=2), HOSTILE, strict=True):
        assert all(cell.data_type != "f" for cell in row)
        if text.isprintable() and text:
            assert row[0].value == row[1].value == row[3].value == text
        assert row[2].value == "typo_swap>mark_drop"
    assert sheet["A2"].quotePrefix and not sheet["A10"].quotePrefix
    choices = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert choices == {f"E2:E{len(HOSTILE) + 1}": '"y,n"', f"F2:F{len(HOSTILE) + 1}": '"y,n"'}


def test_an_empty_sheet_is_one_too(tmp_path: Path) -> None:
    place = tmp_path / "review.xlsx"
    write_sheet([], place)
    assert read_marks(place) == ({}, 0, 0, [])


def test_rows_are_drawn_evenly_and_single_operators_first() -> None:
    many = [SheetRow("p", f"m{at}", ("common",), "i") for at in range(90)]
    few = [SheetRow("p", f"few{at}", ("rare",), "i") for at in range(3)]
    chain = [SheetRow("p", f"chain{at}", ("common", "rare"), "i") for at in range(9)]
    drawn = drawn_evenly([*many, *chain, *few], 12)
    assert len(drawn) == len(set(drawn)) == 12
    assert sum("rare" in row.operators for row in drawn) >= 5 and set(few) <= set(drawn)
    assert drawn == drawn_evenly([*many, *chain, *few], 12)
    assert len(drawn_evenly(few, 12)) == 3 and drawn_evenly([], 5) == []


def test_marks_are_counted_and_condemn_only_beyond_doubt(tmp_path: Path) -> None:
    place = tmp_path / "review.xlsx"
    write_sheet(rows_of(*["bad"] * 10, *["good"] * 10, *["few"] * 2), place)
    said = dict.fromkeys(range(2, 12), ("n", "Y")) | dict.fromkeys(range(12, 22), (" yes ", True))
    filled(place, said | {22: ("n", "n"), 23: (None, None)})
    found = read_marks(place)
    assert (found.rated, found.rows, found.bad) == (21, 22, [])
    bad, good, few = (found.operators[name] for name in ("bad", "good", "few"))
    assert (bad.natural.yes, bad.natural.rows) == (0, 10) and bad.natural.high < 0.3 and bad.same.yes == 10
    assert "0 of 10 marked natural" in bad.condemned() and not bad.is_natural
    assert good.condemned() == "" and good.is_natural and good.natural == Share(10, 10, good.natural.low, 1.0)
    assert few.condemned() == ""
    assert Marks(Share.of(9, 10), Share.of(1, 20)).condemned().startswith("1 of 20 marked of the same meaning")
    assert Share.of(0, 0) == (0, 0, 0.0, 1.0)


def test_a_chain_counts_for_each_of_its_operators(tmp_path: Path) -> None:
    place = tmp_path / "review.xlsx"
    write_sheet([SheetRow("p", "m", ("one", "two", "one"), "i")], place)
    filled(place, {2: ("y", None)})
    found = read_marks(place).operators
    assert {name: (marks.natural.rows, marks.same.rows) for name, marks in found.items()} == {
        "one": (1, 0),
        "two": (1, 0),
    }


def test_bad_rows_are_named_by_their_number_and_left_out(tmp_path: Path) -> None:
    place = tmp_path / "review.xlsx"
    write_sheet(rows_of("a", "a", "a", "a", "b"), place)
    filled(place, {2: ("maybe", "y"), 3: ("y", 7), 4: ("y", "y"), 6: ("y", "n")})
    book = load_workbook(place)
    book.active["C5"].value = "a>"
    book.active["E9"].value = "y"
    book.save(place)
    found = read_marks(place, known=("a",))
    assert found.operators["a"].natural.rows == 1 and "b" not in found.operators
    assert [one.split(":")[0] for one in found.bad] == ["row 2", "row 3", "row 5", "row 6", "row 9"]
    assert "'maybe'" in found.bad[0] and "'7'" in found.bad[1] and "'b'" in found.bad[3]


def test_columns_may_be_moved_and_lines_inserted(tmp_path: Path) -> None:
    book = Workbook()
    for line in ([NATURAL.upper(), "note", SAME, "operators"], [], ["y", None, "n", "swap"], ["y"]):
        book.active.append(line)
    book.save(tmp_path / "own.xlsx")
    found = read_marks(tmp_path / "own.xlsx")
    assert found.operators["swap"].natural.yes == 1 and found.operators["swap"].same.yes == 0
    assert found.bad == ["row 4: no operator"]


def test_what_is_no_sheet_is_said_in_one_line(tmp_path: Path) -> None:
    for name, content in (
        ("text.xlsx", b"parent,made\n"),
        ("zip.xlsx", b"PK\x05\x06" + bytes(18)),
        ("none.xlsx", None),
    ):
        place = tmp_path / name
        if content is not None:
            place.write_bytes(content)
        with pytest.raises(InputError) as caught:
            read_marks(place)
        assert caught.value.fix and "\n" not in str(caught.value) and name in str(caught.value)
    book = Workbook()
    book.active.append(["parent", "made", "intent"])
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(InputError, match="no column 'operators'"):
        read_marks(tmp_path / "other.xlsx")
    with pytest.raises(InputError):
        read_marks(tmp_path)
