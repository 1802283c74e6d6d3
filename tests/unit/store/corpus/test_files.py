"""Rows and rejected rows of JSONL, CSV, TSV and Rasa files."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mlpipeline.errors import InputError
from mlpipeline.store.corpus.files import Note, Reject, Row, read_document, read_file, read_jsonl_lines


def _read(document: str | bytes, kind="jsonl", mapping=None, name="shop.txt") -> list[Row | Reject | Note]:
    data = document.encode() if isinstance(document, str) else document
    return list(read_document(data, kind, mapping or {}, name))


def _pairs(found: list[Row | Reject | Note]) -> list[tuple[int, str, str | None]]:
    return [
        (item.line, item.text, item.intent) if isinstance(item, Row) else (item.line, "!", item.reason)
        for item in found
    ]


def test_jsonl_reads_text_intent_time_and_source():
    found = _read(
        '\ufeff{"text": "배송 언제 와요?", "intent": "delivery", "ts": "2026-11-21 09:30:00+09:00", "source": "web"}\n'
        "\n   \r\n"
        '{"utterance": " 返品したい ", "label": "返品", "timestamp": 1700000000}\r\n'
        '{"question": "ok"}'
    )
    assert found == [
        Row("배송 언제 와요?", "delivery", "2026-11-21T00:30:00+00:00", "web", 1),
        Row(" 返品したい ", "返品", "2023-11-14T22:13:20+00:00", None, 4),
        Row("ok", None, None, None, 5),
    ]


# ten kinds of bad line, each with the word that must stand in the dead-letter table
BAD_LINES: dict[str, bytes] = {
    "not_json": b'{"text": "a",}',
    "not_an_object": b'["text", "a"]',
    "no_text": b'{"txt": "a", "intent": "b"}',
    "empty_text": '{"text": " \u3000\u00a0", "intent": "b"}'.encode(),
    "text_not_a_string": b'{"text": 12, "intent": "b"}',
    "intent_not_a_string": b'{"text": "a", "intent": ["b"]}',
    "invalid_utf8": '{"text": "배송", "intent": "b"}'.encode("cp949"),
    "utf16": '{"text": "a", "intent": "b"}'.encode("utf-16"),
    "nul_character": b'{"text": "a\\u0000b", "intent": "b"}',
    "too_long": b'{"text": "' + b"a" * 10_001 + b'", "intent": "b"}',
    "bad_timestamp": b'{"text": "a", "ts": "yesterday"}',
    "bad_intent": b'{"text": "a", "intent": "b\\nc"}',
    "bad_source": b'{"text": "a", "source": []}',
}


@pytest.mark.parametrize("reason", BAD_LINES)
def test_a_bad_line_is_rejected_with_its_reason_and_the_next_one_is_read(reason: str):
    lines = [(7, BAD_LINES[reason]), (8, b'{"text": "fine"}\n')]
    bad, good = read_jsonl_lines(lines, {})
    assert isinstance(bad, Reject)
    assert (bad.line, bad.reason) == (7, reason)
    assert bad.detail
    assert 0 < len(bad.raw) <= 200
    assert good == Row("fine", None, None, None, 8)


def test_other_shapes_of_bad_lines():
    assert _pairs(_read(b'{"text": "a\0b"}')) == [(1, "!", "nul_character")]
    assert _pairs(_read('{"text": "a"}\n{"text": "b"}\n'.encode("utf-16")))[0] == (1, "!", "utf16")
    assert _pairs(_read(b'{"text": "' + b"x" * 1_000_000 + b'"}\n{"text": "b"}')) == [
        (1, "!", "too_long"),
        (2, "b", None),
    ]
    assert _pairs(_read(b'{"text": "a", "html": "' + b"x" * 1_000_000 + b'"}')) == [(1, "!", "too_long")]
    assert _pairs(_read(b"[" * 5000)) == [(1, "!", "not_json")]
    assert _pairs(_read(b'{"text": null, "intent": "a"}')) == [(1, "!", "no_text")]
    assert _pairs(_read(b'{"text": "a", "intent": null}')) == [(1, "a", None)]
    assert _pairs(_read(rb'{"text": "\ud800"}')) == [(1, "!", "not_json")]
    assert "save the file as UTF-8" in str(_read(BAD_LINES["invalid_utf8"])[0])


@pytest.mark.parametrize(
    ("given_ts", "wanted"),
    [
        ('"2026-11-21T09:30:00Z"', "2026-11-21T09:30:00+00:00"),
        ('"2026-11-21 09:30:00"', "2026-11-21T09:30:00+00:00"),
        ('"2026-11-21"', "2026-11-21T00:00:00+00:00"),
        ('"2026-11-21T09:30:00.25+0900"', "2026-11-21T00:30:00.250000+00:00"),
        ('"2026-11-21T09:30-05:00"', "2026-11-21T14:30:00+00:00"),
        ("1700000000", "2023-11-14T22:13:20+00:00"),
        ("1700000000500", "2023-11-14T22:13:20.500000+00:00"),
        ('""', None),
        ('"2026-02-30T00:00:00Z"', "!"),
        ('"0026-02-03"', "!"),
        ("1e300", "!"),
        ("true", "!"),
    ],
)
def test_times_are_iso_8601_in_utc(given_ts: str, wanted: str | None):
    found, _ = _read(f'{{"text": "a", "ts": {given_ts}}}\n{{"text": "b"}}')
    assert (found.ts if isinstance(found, Row) else "!") == wanted


def test_the_same_intent_in_two_unicode_forms_is_one():
    nfd = "\u1107\u1162\u1109\u1169\u11bc"
    assert [
        getattr(row, "intent", "")
        for row in _read(f'{{"text": "a", "intent": "배송"}}\n{{"text": "b", "intent": "{nfd}"}}')
    ] == [
        "배송",
        "배송",
    ]


def test_a_mapping_wins_over_the_usual_names():
    line = '{"text": "no", "질문": "yes", "label": "l", "topic": "t"}'
    assert _pairs(_read(line, mapping={"text": "질문", "intent": "topic"})) == [(1, "yes", "t")]
    with pytest.raises(InputError, match="no such field"):
        _read(line, mapping={"texts": "질문"})


def test_csv_with_bom_quoted_line_breaks_and_any_of_three_delimiters():
    for delimiter in ",;\t":
        rows = ["question,label", '"one, two; three",a', '"line\r\nbreak ""quoted""",b', "", "plain,c"]
        document = "\ufeff" + "\r\n".join(row.replace(",", delimiter) for row in rows)
        found = _pairs(_read(document, "csv"))
        assert found == [
            (2, f"one{delimiter} two; three", "a"),
            (3, 'line\r\nbreak "quoted"', "b"),
            (6, "plain", "c"),
        ]


def test_tsv_keeps_commas_and_header_names_are_read_without_case():
    assert _pairs(_read("Text \t Intent\na, b; c\tx\n", "tsv")) == [(2, "a, b; c", "x")]


def test_bad_csv_rows():
    document = b"text,intent\na,b,c\nonly\n,x\nfine,y,,\n\xb9\xe8,x\nnul\0,x\n" + b"z" * 10_001 + b",x\nlast,z\n"
    assert _pairs(_read(document, "csv")) == [
        (2, "!", "wrong_column_count"),
        (3, "!", "wrong_column_count"),
        (4, "!", "empty_text"),
        (5, "fine", "y"),
        (6, "!", "invalid_utf8"),
        (7, "!", "nul_character"),
        (8, "!", "too_long"),
        (9, "last", "z"),
    ]


@pytest.mark.parametrize("rows", [3, 30_000], ids=["at the end of the file", "in a long file"])
def test_a_quote_that_never_closes_costs_one_row_not_the_rest(rows: int):
    document = 'text,intent\n"open,a\n' + "fine row,b\n" * rows
    found = _pairs(_read(document, "csv"))
    assert found[0] == (2, "!", "unclosed_quote")
    assert found[1:] == [(3 + number, "fine row", "b") for number in range(rows)]


def test_a_csv_row_of_one_megabyte_is_one_reject():
    document = "text,intent\n" + "x" * 1_000_000 + ",a\nb,b\n"
    assert _pairs(_read(document, "csv")) == [(2, "!", "too_long"), (3, "b", "b")]


def test_csv_without_the_needed_columns_says_what_is_there_and_how_to_map_it():
    with pytest.raises(InputError) as caught:
        _read("\n질문,의도\na,b\n", "csv", name="shop.csv")
    assert caught.value.where == "shop.csv:2"
    assert "columns here: 질문, 의도" in caught.value.what
    assert "--map text=질문,intent=의도" in caught.value.fix
    assert _pairs(_read("질문,의도\na,b\n", "csv", {"text": "질문", "intent": "의도"})) == [(2, "a", "b")]
    with pytest.raises(InputError, match="no column topic for the intent"):
        _read("text,label\na,b\n", "csv", {"intent": "topic"})


def test_documents_in_the_wrong_encoding_say_so():
    for kind in ("csv", "rasa"):
        with pytest.raises(InputError, match=r"UTF-16.*save it as UTF-8"):
            _read("text,intent\na,b\n".encode("utf-16"), kind)
    with pytest.raises(InputError, match="header"):
        _read("질문,의도\na,b\n".encode("cp949"), "csv")


RASA = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hey
    - hello [Tom](name)

    - fly to [Paris]{"entity": "city", "role": "to"} from [Rome](city:roma) [now][{"entity": "time"}, {"entity": "t"}]
    no dash
- intent: faq/opening_hours
  examples: |
    - 몇 시에 열어요?
- synonym: credit
  examples: |
    - credit card
- regex: zip
  examples: |
    - \\d{5}
- lookup: country
  examples: |
    - Korea
- intent: long
  examples:
  - text: |
      - from a list
    metadata: {sentiment: neutral}
  - text: "[x](y) quoted"
- intent: none
- responses: x
responses:
  utter_greet:
  - text: not an example
"""


def test_rasa_examples_become_plain_rows_with_their_lines():
    assert _pairs(_read(RASA, "rasa")) == [
        (5, "hey", "greet"),
        (6, "hello Tom", "greet"),
        (8, "fly to Paris from Rome now", "greet"),
        (9, "!", "not_an_example"),
        (12, "몇 시에 열어요?", "faq/opening_hours"),
        (25, "from a list", "long"),
        (27, "x quoted", "long"),
        (28, "!", "no_text"),
        (29, "!", "no_intent"),
    ]
    assert _pairs(_read(RASA.replace("\n", "\r\n"), "rasa")) == _pairs(_read(RASA, "rasa"))


def test_rasa_refuses_bombs_depth_broken_yaml_and_other_documents():
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nnlu: [*b, *b]\n"
    with pytest.raises(InputError, match=r"bomb.yml:1: YAML anchors and aliases"):
        _read(bomb, "rasa", name="bomb.yml")
    with pytest.raises(InputError, match="deeper than 20"):
        _read("nlu: " + "[" * 100_000, "rasa")
    with pytest.raises(InputError, match=r"x.yml:2: this is no valid YAML"):
        _read('nlu:\n- intent: "open', "rasa", name="x.yml")
    with pytest.raises(InputError, match=r"no `nlu:` section.*stories"):
        _read("stories: []\n", "rasa")


def test_rasa_bad_bytes_cost_one_example():
    document = b"nlu:\n- intent: a\n  examples: |\n    - ok\n    - bad \0\n    - \xff\n    - \x07\n    - end\n"
    assert _pairs(_read(document, "rasa")) == [
        (4, "ok", "a"),
        (5, "!", "nul_character"),
        (6, "!", "invalid_utf8"),
        (7, "!", "control_character"),
        (8, "end", "a"),
    ]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "rasa"])
def test_an_empty_document_has_no_rows(kind: str):
    assert _read(b"", kind) == []
    assert _read("\ufeff\n \n", kind) == []


def test_read_file_unzips_and_explains_what_cannot_be_read(tmp_path: Path):
    folder = tmp_path / "상점 데이터"
    folder.mkdir()
    plain, zipped = folder / "shop.jsonl", folder / "shop.csv.gz"
    plain.write_bytes(b'{"text": "' + b"y" * 3_000_000 + b'"}\n{"text": "a"}')
    zipped.write_bytes(gzip.compress(b"text,intent\na,b\n"))
    assert _pairs(list(read_file(str(plain)))) == [(1, "!", "too_long"), (2, "a", None)]
    assert _pairs(list(read_file(str(zipped)))) == [(2, "a", "b")]
    zipped.write_bytes(gzip.compress(b"text,intent\n" + b"a,b\n" * 9999)[:-20])
    broken = folder / "shop.jsonl.gz"
    broken.write_bytes(gzip.compress(b'{"text": "a"}\n')[:-5])
    for path, message in [
        (folder / "none.csv", "no such file"),
        (folder, "suffix"),
        (zipped, "cannot be read"),
        (broken, "cannot be read"),
    ]:
        with pytest.raises(InputError, match=message):
            list(read_file(str(path)))
    with pytest.raises(InputError, match="folder"):
        list(read_file(str(folder), "csv"))
