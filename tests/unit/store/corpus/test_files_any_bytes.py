"""Whatever bytes a file holds, each line becomes a row or a rejected row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import InputError
from mlpipeline.inputs import packed_as
from mlpipeline.store.corpus.files import Note, Reject, Row, read_document


def _read(data: bytes, kind="jsonl") -> list[Row | Reject | Note]:
    return list(read_document(data, kind, {}, "shop.txt"))


BYTES = [
    b'{"text": "a"}',
    b'{"text": "',
    b'"intent": "x"}',
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff\xfe",
    b'"',
    b",",
    b"a",
    b"\t",
]
BYTES += [b"\xef\xbb\xbf", b"nlu:\n", b"- intent: a\n", b"  examples: |\n", b"    - x\n", b"*a", b"&a ", b": ", b"["]
BYTES += [b"\x85", "배송".encode(), "\u2028".encode(), b"text,intent\n"]
PIECES = st.sampled_from(BYTES)
DOCUMENTS = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(b"".join))


@given(DOCUMENTS)
def test_jsonl_never_raises_and_every_line_is_a_row_or_a_reject(data: bytes):
    if data.startswith(b"\x1f\x8b") or packed_as(data):
        with pytest.raises(InputError):
            _read(data)
        return
    found = _read(data)
    numbered = enumerate(data.split(b"\n"), start=1)
    expected = [number for number, line in numbered if line.strip().removeprefix(b"\xef\xbb\xbf").strip()]
    assert [item.line for item in found] == expected
    _check_items(found)


@given(DOCUMENTS, st.sampled_from(["csv", "tsv"]))
def test_csv_below_its_header_never_raises(data: bytes, kind: str):
    found = _read(b"text,intent\n".replace(b",", b"\t" if kind == "tsv" else b",") + b"a" * 400 + b"\n" + data, kind)
    assert [item.line for item in found] == sorted({item.line for item in found})
    assert len(found) >= 1
    _check_items(found)


@given(DOCUMENTS)
def test_rasa_raises_nothing_but_input_errors(data: bytes):
    try:
        found = _read(b"nlu:\n- intent: a\n  examples: |\n" + data, "rasa")
    except InputError as error:
        assert error.fix
    else:
        _check_items(found)


def _check_items(found: list[Row | Reject | Note]) -> None:
    for item in found:
        if isinstance(item, Row):
            assert item.text.strip()
            item.text.encode("utf-8")
        else:
            assert item.reason
            assert len(item.raw) <= 200
            item.raw.encode("utf-8")
