"""Columns about a row: who gave its intent, whether it was checked, what it was made from."""

from __future__ import annotations

import pytest

from mlpipeline.store.corpus.files import Note, Reject, Row, read_document


def _read(document: str, kind="jsonl", mapping=None) -> list[Row | Reject | Note]:
    return list(read_document(document.encode(), kind, mapping or {}, "shop.txt"))


def test_who_gave_the_intent_whether_it_was_checked_and_what_a_row_was_made_from():
    rows = [
        '{"text": "배송", "intent": "a", "annotator": " 김 ", "verified": true, "parent": "배송 언제 와요?"}',
        '{"text": "b", "intent": "a", "annotator": 7, "verified": 0, "parent": 12}',
        '{"text": "c", "intent": "a", "annotator": "", "verified": "", "parent": null}',
    ]
    told = [row[5:] for row in _read("\n".join(rows))]
    assert told == [("김", True, "배송 언제 와요?"), ("7", False, "12"), (None, None, None)]


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_a_csv_says_verified_in_words(kind: str):
    words = ["true", "TRUE", "Yes", "y", "1", "false", "No", "n", "0", ""]
    lines = ["text,verified,worker,parent", *(f"t{n},{word},w{n % 2},p" for n, word in enumerate(words))]
    found = _read("\n".join(lines).replace(",", "," if kind == "csv" else "\t"), kind, {"annotator": "worker"})
    assert [row.verified for row in found if isinstance(row, Row)] == [True] * 5 + [False] * 4 + [None]
    assert {(row.annotator, row.parent) for row in found if isinstance(row, Row)} == {("w0", "p"), ("w1", "p")}


@pytest.mark.parametrize(
    ("field", "value"),
    [("verified", '"maybe"'), ("verified", "2"), ("verified", "[true]"), ("verified", '"실제"'), ("verified", "1.5")]
    + [(field, value) for field in ("annotator", "parent") for value in ("[]", "{}", "true", '"a\\u0000b"')]
    + [("annotator", f'"{"a" * 201}"'), ("parent", f'"{"a" * 10_001}"')],
)
def test_what_cannot_be_read_about_a_row_is_rejected_with_a_word(field: str, value: str):
    bad, good = _read(f'{{"text": "a", "{field}": {value}}}\n{{"text": "b", "{field}": ""}}')
    assert isinstance(bad, Reject) and bad.reason == f"bad_{field}" and field in bad.detail and "'a " not in bad.detail
    assert good == Row("b", None, None, None, 2)


def test_a_long_corpus_without_such_columns_takes_the_short_way(monkeypatch):
    monkeypatch.setattr("mlpipeline.store.corpus.files._row_of", lambda *_: pytest.fail("a call for each row"))
    plain = '{"text": "배송 언제", "intent": "a", "ts": "2026-11-21T09:30:00Z", "weight": 1}'
    assert [type(row) for row in _read("\n".join([plain] * 3))] == [Row] * 3


def test_rasa_says_it_in_the_metadata_of_an_example_or_of_its_intent():
    document = """nlu:
- intent: greet
  metadata: {annotator: kim, verified: yes, sentiment: good}
  examples:
  - text: hi
    metadata: {verified: no, parent: hello}
  - text: |
      hello
  - text: hey
    metadata: {verified: maybe}
- intent: bye
  metadata: {annotator: lee}
  examples: |
    - bye
"""
    hi, hello, hey, bye = _read(document, "rasa")
    assert hi[5:] == ("kim", False, "hello") and hello[5:] == ("kim", True, None) and bye[5:] == ("lee", None, None)
    assert isinstance(hey, Reject) and hey.reason == "bad_verified"
