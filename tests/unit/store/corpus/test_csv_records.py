"""Records of a CSV: what `csv.writer` wrote comes back, and a damaged quote costs no more than its own row."""

from __future__ import annotations

import csv
import io
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.store.corpus.files import Note, Reject, Row, read_document

LETTERS = st.sampled_from(list("ab ,;\t|\"'\\\r\n배€\u2028\x85=+1"))
TEXTS = st.text(LETTERS, min_size=1, max_size=12).filter(str.strip)
LABELS = st.sampled_from(["greet", "bye", "a,b", 'say "x"'])
TABLES = st.lists(st.tuples(TEXTS, LABELS), min_size=1, max_size=6)
# lines end with both: of "\n" alone a writer before Python 3.13 quotes no "\r", and nobody could tell it from an end
DIALECTS = st.sampled_from([(",", "\r\n"), (";", "\r\n"), ("\t", "\r\n"), ("|", "\r\n")])


def _read(data: str | bytes, kind="csv", mapping=None) -> list[Row | Reject | Note]:
    raw = data.encode() if isinstance(data, str) else data
    return list(read_document(raw, kind, mapping or {}, "shop.csv"))


def _short(found: list[Row | Reject | Note]) -> list[tuple[int, str, str | None]]:
    return [(one.line, one.text, one.intent) if isinstance(one, Row) else (one.line, "!", one.reason) for one in found]


def _written(rows: list[tuple[str, str]], delimiter: str, end: str, quoting: Literal[0, 1]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([("text", "intent"), *rows])
    return out.getvalue()


@given(TABLES, DIALECTS, st.sampled_from([0, 1]), st.booleans())
def test_what_a_writer_wrote_is_read_back(rows, dialect, quoting, marked: bool):
    found = _read(("\ufeff" if marked else "") + _written(rows, dialect[0], dialect[1], quoting))
    assert [(one.text, one.intent) if isinstance(one, Row) else one for one in found] == rows


@given(
    st.lists(st.text("ab 배,;", min_size=1, max_size=8).filter(str.strip), min_size=2, max_size=8),
    st.data(),
)
def test_a_stray_quote_costs_the_damaged_rows_at_most(texts: list[str], data):
    """Rows of one line each; into some of them a quote is put, in front of a text or into it."""
    lines = [f'"{text}",label{at}' for at, text in enumerate(texts)]
    plain = [f"{text.replace(',', '-')},label{at}" for at, text in enumerate(texts)]
    hit = data.draw(st.sets(st.integers(0, len(texts) - 1), max_size=2))
    place = {at: data.draw(st.integers(0, len(texts[at]) - 1)) for at in sorted(hit)}
    quoted = data.draw(st.booleans())
    rows = list(lines if quoted else plain)
    for at in hit:
        rows[at] = f'{rows[at][: place[at]]}"{rows[at][place[at] :]}'
    found = _read("\n".join(["text,intent", *rows]) + "\n")
    whole = {at: text if quoted else text.replace(",", "-") for at, text in enumerate(texts) if at not in hit}
    kept = {int(one.intent[5:]): one.text for one in found if isinstance(one, Row) and one.intent}
    assert {at: text for at, text in kept.items() if at in whole} == whole
    lines_found = [one.line for one in found]
    assert lines_found == sorted(set(lines_found)) and len(found) >= len(texts) - len(hit)


STRAY = 'text,intent\nhello,greet\n"hi there,greet\nbye now,bye\nsee you,bye\n"good evening" he said,greet\nok,affirm\n'


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_two_stray_quotes_take_nothing_with_them(mark: str, end: str):
    found = _short(_read(STRAY.replace(",", mark).replace("\n", end), "tsv" if mark == "\t" else "csv"))
    assert found == [
        (2, "hello", "greet"),
        (3, "!", "unclosed_quote"),
        (4, "bye now", "bye"),
        (5, "see you", "bye"),
        (6, "!", "unclosed_quote"),
        (7, "ok", "affirm"),
    ]


def test_a_quote_within_a_plain_text_is_a_plain_text():
    found = _read('text,intent\n5" tv,buy\nbig tv 6",buy\nsay "hi",greet\nend,bye\n')
    assert [text for _, text, _ in _short(found)] == ['5" tv', 'big tv 6"', 'say "hi"', "end"]


def test_a_stray_quote_that_another_one_closes_at_a_line_end_costs_its_row():
    found = _read('text,intent\n"hi there,greet\nbye now,bye\nsee you,"bye"\nlast,x"\nok,affirm\n')
    assert _short(found) == [
        (2, "!", "unclosed_quote"),
        (3, "bye now", "bye"),
        (4, "see you", "bye"),
        (5, "last", 'x"'),
        (6, "ok", "affirm"),
    ]


def test_a_text_of_several_lines_is_one_record_with_its_first_line():
    found = _read('text,intent\r\n"one,\r\ntwo ""2""\r\n\r\nthree",a\r\nnext,b\r\n')
    assert _short(found) == [(2, 'one,\r\ntwo "2"\r\n\r\nthree', "a"), (6, "next", "b")]


def test_a_carriage_return_within_a_text_ends_no_line():
    assert _short(_read("text,intent\na\rb,x\nc,y\n")) == [(2, "a\rb", "x"), (3, "c", "y")]
    assert _short(_read("text,intent\ra,x\rc,y\n")) == [(2, "a", "x"), (3, "c", "y")], "lines of an old Macintosh"


ESCAPED = r"""text,intent
'hi there',greet
\"esc\" one,greet
"he said \"hi\" ok",greet
"ends with \"x\"",greet
"a slash \\",greet
"two
lines, \"both\"",greet
C:\temp\new,path
"a ""b"" \c",mixed
bye,bye
"""


def test_backslash_escaped_quotes_are_read_as_spark_and_mysql_write_them():
    found = _short(_read(ESCAPED))
    assert [text for _, text, _ in found] == [
        "'hi there'",
        '"esc" one',
        'he said "hi" ok',
        'ends with "x"',
        "a slash \\\\",
        'two\nlines, "both"',
        r"C:\temp\new",
        r'a "b" \c',
        "bye",
    ]


def test_one_quote_that_never_closes_in_each_of_many_rows_is_read_in_a_moment():
    rows = 5_000
    found = _read("text,intent\n" + 'plain,a\n"open ""x"",b\n' * rows)
    assert sum(isinstance(one, Row) for one in found) == rows and len(found) == 2 * rows


def test_rows_that_two_quotes_may_have_made_one_text_are_noted():
    found = _read('text,intent\n"wide tv,buy\nbig tv 6",buy\nok,buy\n')
    assert _short(found)[:2] == [(2, "wide tv,buy\nbig tv 6", "buy"), (4, "ok", "buy")], "well closed: one record"
    assert isinstance(found[2], Note) and "lines 2 to 3 are one quoted text" in found[2].detail
    plain = _read('text,intent\n"hello, sir\nand, well",greet\nok,buy\n')
    assert all(isinstance(one, Row) for one in plain), "a comma in each line alone is no sign of rows"
