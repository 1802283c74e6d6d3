"""Where the header of a table stands, and what is said where its columns are not known."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Mapping
from typing import Literal

import pytest

from mlpipeline.errors import InputError
from mlpipeline.store.corpus.files import Note, Reject, Row, parse_map, read_document


def _read(document: str | bytes, kind="csv", mapping=None) -> list[Row | Reject | Note]:
    data = document.encode() if isinstance(document, str) else document
    return list(read_document(data, kind, mapping or {}, "shop.csv"))


def _short(found: list[Row | Reject | Note]) -> list[tuple[int, str, str | None]]:
    return [(one.line, one.text, one.intent) if isinstance(one, Row) else (one.line, "!", one.reason) for one in found]


def _refused(document: str | bytes, **more) -> InputError:
    with pytest.raises(InputError) as caught:
        _read(document, **more)
    return caught.value


def _hinted(error: InputError) -> dict[str, str | None]:
    """The mapping that a message proposes, read as the command line reads it."""
    words = shlex.split(error.fix.partition(" (in a recipe")[0].partition("for example ")[2])
    assert words[0] == "--map" and len(words) == 2
    return parse_map(words[1])


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("stated", ["", "sep={}\n", '"sep={}"\r\n', "\ufeffSEP={}\n\n"])
def test_the_delimiter_is_stated_or_found(mark: str, stated: str):
    lines = stated.format(mark).count("\n")
    found = _read(stated.format(mark) + f"text{mark}intent\nhi, you; there{mark}greet\n".replace(mark * 2, mark), "csv")
    if mark in ",;":
        found = _read(stated.format(mark) + f"text{mark}intent\nhi{mark}greet\n", "csv")
        assert _short(found) == [(2 + lines, "hi", "greet")]
    else:
        assert _short(found) == [(2 + lines, "hi, you; there", "greet")]


def test_a_tsv_without_a_tab_is_read_by_what_parts_it_and_one_column_by_nothing():
    assert _short(_read("text,intent\nhi,greet\n", "tsv")) == [(2, "hi", "greet")]
    assert _short(_read("text\nhello, you; there\n")) == [(2, "hello, you; there", None)]


def test_title_rows_above_the_header_are_told_and_the_header_is_found():
    table = "고객센터 FAQ 2024,,\n,,\n질문,의도,답변\n안녕하세요,인사,네\n"
    error = _refused(table)
    assert error.where == "shop.csv:3" and "columns here: 질문, 의도, 답변" in error.what
    assert _hinted(error) == {"text": "질문", "intent": "의도"}
    assert "map: {text: 질문, intent: 의도}" in error.fix
    assert _short(_read(table, mapping=_hinted(error))) == [(1, "!", "title_row"), (4, "안녕하세요", "인사")]
    known = table.replace("질문,의도", "text,intent")
    assert _short(_read(known)) == [(1, "!", "title_row"), (4, "안녕하세요", "인사")]


def test_a_row_that_names_the_columns_is_no_header_below_rows_as_full_as_itself():
    assert _refused("안녕,인사\n잘 가,인사\ntext,intent\n").where == "shop.csv:1"


@pytest.mark.parametrize(
    ("table", "put"),
    [
        ("안녕하세요,인사\n잘 가,작별\n반가워,인사\n", "text,intent"),
        ("greet;hello there\nbye;so long\ngreet;good morning\n", "intent;text"),
        ("1,hi,greet\n2,bye now,bye\n3,hello,greet\n", "column1,text,intent"),
        ("where is my order?,order\nI want my money back,refund\n", "text,intent"),
        ("오늘 뭐 해,train,잡담\n내일은 뭐 해,test,잡담\n날씨 어때,train,날씨\n", "text,split,intent"),
    ],
)
def test_a_first_line_of_data_is_told_and_the_line_to_put_above_it_works(table: str, put: str):
    error = _refused(table)
    assert "first line is data" in error.what and error.fix == f"put a line above it: {put}"
    found = [row for row in _read(f"{put}\n{table}") if isinstance(row, Row)]
    assert len(found) == len(table.splitlines()) and all(row.intent for row in found)


@pytest.mark.parametrize(
    ("table", "hinted"),
    [
        ("분류,질문\n배송,언제 와요\n배송,조회\n환불,환불\n", {"text": "질문", "intent": "분류"}),
        ("a,b\ngreet,good morning to you\nbye,see you tomorrow\ngreet,hello there\n", {"text": "b", "intent": "a"}),
        (
            "id,when,klass,utt\n7,2024/1/1,p,hello you\n8,2024/1/2,q,so long\n9,2024/1/2,p,hi\n",
            {"text": "utt", "intent": "klass"},
        ),
        (
            "질문,답변,의도\n언제 와요,내일 도착할 예정이니 조금만 기다려 주세요,배송\n환불,네,환불\n",
            {"text": "질문", "intent": "의도"},
        ),
        ("split,x y,z\ntrain,what is this,q\ntest,where is that,q\ntrain,when,w\n", {"text": "x y", "intent": "z"}),
        ("fold,sentence here\ntrain,what is this\ntest,where is that\n", {"text": "sentence here"}),
        ("말, 한 것;뜻=뭐\n언제 와요;배송\n조회요;배송\n", {"text": "말, 한 것", "intent": "뜻=뭐"}),
    ],
)
def test_columns_are_proposed_by_what_they_hold_and_the_hint_works_as_it_stands(table: str, hinted: Mapping[str, str]):
    error = _refused(table)
    assert _hinted(error) == hinted
    assert all(isinstance(row, Row) for row in _read(table, mapping=hinted))


def test_what_is_mapped_already_stays_in_the_hint():
    error = _refused("묻다,뜻,언제\n언제 와요,배송,2024\n조회요,배송,2023\n", mapping={"intent": "뜻", "ts": None})
    assert _hinted(error) == {"text": "묻다", "intent": "뜻", "ts": None}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_of_columns_are_compared_in_one_unicode_form(form: Literal["NFC", "NFD"]):
    head, mapped = unicodedata.normalize(form, "질문,의도"), {"text": "질문", "intent": "의도"}
    other = {field: unicodedata.normalize("NFD", name) for field, name in mapped.items()}
    for mapping in (mapped, other):
        assert _short(_read(f"{head}\n잘 가,작별\n", mapping=mapping)) == [(2, "잘 가", "작별")]
        line = unicodedata.normalize(form, '{"질문": "잘 가", "의도": "작별"}')
        (row,) = _read(line, "jsonl", mapping)
        assert isinstance(row, Row) and row.intent == "작별"


@pytest.mark.parametrize(
    "again", ["text,intent", "\ufefftext,intent", '"text","intent"', '\ufeff"text","intent"', "Text , INTENT"]
)
def test_a_header_that_stands_again_is_no_utterance(again: str):
    found = _read(f"text,intent\nhi,greet\n{again}\nhello,greet\n")
    assert _short(found) == [(2, "hi", "greet"), (3, "!", "repeated_header"), (4, "hello", "greet")]


def test_a_joined_file_with_its_columns_in_another_order_is_read_by_its_own_header():
    found = _read("text,intent\nhi,greet\nintent,text\nbye,see you\n")
    assert _short(found) == [(2, "hi", "greet"), (3, "!", "repeated_header"), (4, "see you", "bye")]


def test_a_text_below_a_column_without_a_name_is_told():
    found = _read("intent,text,,,\ngreet,hi,,,\nbye,so long, friend,,\nbye,bye\n")
    assert _short(found) == [(2, "hi", "greet"), (3, "!", "wrong_column_count"), (4, "bye", "bye")]
    assert isinstance(found[1], Reject) and "column 3 has no name" in found[1].detail and "friend" in found[1].detail
    assert _short(_read(",text,label\n0,hi,0\n1,bye,1\n")) == [(2, "hi", "0"), (3, "bye", "1")], "row numbers of pandas"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("질문,의도\n안녕하세요,인사\n".encode("cp949"), "cp949"),
        ("質問,意図\n明日の天気は,天気\n".encode("shift_jis"), "Shift-JIS"),
        ("问题,意图\n我要退款,退款\n".encode("gb18030"), "GB18030"),
        ("text,intent\nhi,greet\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_header_in_another_encoding_names_it_and_proposes_no_columns(data: bytes, encoding: str):
    error = _refused(data)
    assert encoding in error.what and "--map" not in error.fix
    assert f"iconv -f {encoding.upper()} -t UTF-8 shop.csv" in error.fix


def test_rows_in_another_encoding_name_it():
    for found in (
        _read("text,intent\n내일 알람 맞춰줘,alarm_set\n".encode("cp949")),
        _read('{"text": "내일 알람 맞춰줘"}'.encode("cp949"), "jsonl"),
    ):
        assert isinstance(found[0], Reject) and found[0].reason == "invalid_utf8" and "cp949" in found[0].detail


@pytest.mark.parametrize("field", ["ts", "verified"])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_optional_column_that_would_cost_all_rows_is_left_out_and_told(field: str, kind: str):
    lines = [("hi", "greet", "2023/01/05 10:22"), ("bye", "bye", "2023/01/06 10:22")]
    if kind == "csv":
        document = f"text,intent,{field}\n" + "".join(",".join(line) + "\n" for line in lines)
    else:
        document = "".join(f'{{"text": "{a}", "intent": "{b}", "{field}": "{c}"}}\n' for a, b, c in lines)
    note, *rows = _read(document, kind)
    assert isinstance(note, Note) and note.reason == "column_left_out" and f"--map {field}=" in note.detail
    assert [(row.text, row[2], row[6]) for row in rows if isinstance(row, Row)] == [
        ("hi", None, None),
        ("bye", None, None),
    ]
    assert _read(document, kind, parse_map(f"{field}=")) == rows, "what the note says works"


def test_an_optional_column_that_costs_some_rows_says_how_to_switch_it_off():
    found = _read("text,ts\nhi,2023-01-05\nbye,2023/01/05\n")
    assert isinstance(found[1], Reject) and "map: {ts: null}" in found[1].detail and "--map ts=" in found[1].detail
    with pytest.raises(InputError, match="text cannot be left out"):
        _read("text\nhi\n", mapping={"text": None})


def test_null_na_and_no_are_words_like_others():
    words = ["null", "None", "NA", "nan", "no", "true"]
    found = _read("text,intent\n" + "".join(f"{word},{word}\n" for word in words) + 'empty,\nquo,""\nspace,   \n')
    assert [(row.text, row.intent) for row in found if isinstance(row, Row)] == [
        *((word, word) for word in words),
        ("empty", None),
        ("quo", None),
        ("space", None),
    ]


@pytest.mark.parametrize(
    "label",
    ["greet\u200b", "\u200bgreet\u200b ", "greet\u00a0", "gre\u00adet", "\ufeffgreet", "gr\u200deet", "\u2060greet"],
)
def test_labels_are_read_without_what_nobody_sees(label: str):
    (row,) = _read(f"text,intent\nyo,{label}\n")
    assert isinstance(row, Row) and row.intent == "greet"
