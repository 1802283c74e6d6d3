"""Tables of messages: one broken record costs one row, and columns are found as people name them."""

from __future__ import annotations

import unicodedata

import pytest

from mlpipeline.errors import InputError
from mlpipeline.store.corpus.message_tables import read_message_table
from mlpipeline.store.corpus.rows import Reject


def told(text: str, column: str = "text", keep: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
    found = read_message_table(text.encode(), "m.csv", column, keep)
    return [(row.line, row.reason) if isinstance(row, Reject) else (row.line, *row.cells) for row in found]


def test_one_quote_that_never_closes_costs_its_row():
    rest = "".join(f"m{number}\n" for number in range(50))
    found = told(f'text\nfirst\n"open\n{rest}')
    assert found[:2] == [(2, "first"), (3, "unclosed_quote")] and found[2:] == [(n + 4, f"m{n}") for n in range(50)]
    assert told('text,id\n"say "hi" now",1\nb,2\n') == [(2, "unclosed_quote"), (3, "b")]


def test_columns_and_what_stands_beside_them():
    text = 'id;질문;note\n1;"a;\nb";x\n2;;\n3;c\u2028d;y;\n4;e\nid;질문;note\n5;f;z\n'
    assert told(text, "질문", ("note", "id")) == [
        *((2, "a;\nb", "x", "1"), (4, "", "", "2"), (5, "c\u2028d", "y", "3")),
        *((6, "wrong_column_count"), (7, "repeated_header"), (8, "f", "z", "5")),
    ]
    assert told(text, unicodedata.normalize("NFD", "질문"))[0] == (2, "a;\nb")
    assert told("") == []


@pytest.mark.parametrize(
    ("column", "keep", "said"),
    [
        ("text", (), "m.csv:1: no column 'text'; it has: question, id -> name it by --column"),
        ("question", ("gone",), "m.csv:1: no column 'gone'; it has: question, id -> name it by --keep"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_those_that_are(column: str, keep: tuple[str, ...], said: str):
    with pytest.raises(InputError) as refused:
        told("question,id\nhi there,1\nand you,2\n", column, keep)
    assert str(refused.value) == said
