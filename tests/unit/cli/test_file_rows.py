"""What every verb that reads a labelled file is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.cli.file_rows import FileRows, read_rows
from mlpipeline.errors import UsageError
from mlpipeline.store.corpus.files import parse_map


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _read(text: str | bytes, name: str = "faq.csv", mapping: str = "") -> FileRows:
    Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
    return read_rows(name, parse_map(mapping))


def test_rows_whose_intent_is_in_a_merged_cell_are_counted_with_the_first_and_the_cause():
    found = _read("intent,text\n배송,언제 와요\n,조회해 주세요\n,얼마예요\n환불,환불해 주세요\n,돈 돌려줘\n")
    assert found.warnings == [
        "3 of 5 rows have no intent, the first in line 3: cells of a spreadsheet were merged? write the intent into "
        "every row"
    ]
    assert len(found.labelled()) == 2 and found.left_out.counts == {"no_intent": 3}


def test_labels_alike_a_column_left_out_and_misread_texts_are_told():
    found = _read("text,label,ts\nhi,0,5 Jan\nhello,0.0,6 Jan\nì•ˆë…•,Bye,x\nyo,bye,y\n")
    left_out, misread, alike = found.warnings
    assert "all 4 rows have a ts that cannot be read" in left_out and "--map ts=" in left_out
    assert "'안녕'" in misread and "0 | 0.0" in alike and "Bye | bye" in alike
    assert len(found.labelled()) == 4


@pytest.mark.parametrize(
    ("name", "text", "mapping", "hint"),
    [
        (
            "a.csv",
            "text,split\nbig tv,train\nsmall tv,test\nbig,train\n",
            "",
            "columns are text, split: none looks like",
        ),
        ("a.csv", "text,klass,n\nbig tv,x1,1\nsmall tv,x2,2\nwide tv,x1,3\n", "", "--map text=text,intent=klass names"),
        ("a.jsonl", '{"q": "hi you", "k": "x1"}\n{"q": "so long", "k": "x1"}\n', "", "--map text=q,intent=k names"),
        ("a.csv", "q,k,intent\nhi you,x1,\nso long,x1,\n", "text=q", "--map text=q,intent=k names"),
    ],
)
def test_a_file_without_labels_is_told_which_column_may_hold_them(name: str, text: str, mapping: str, hint: str):
    with pytest.raises(UsageError) as caught:
        _read(text, name, mapping).labelled()
    assert hint in caught.value.fix and caught.value.where == name
    if "names" in hint:
        words = caught.value.fix.split()[1]
        assert read_rows(name, parse_map(words)).labelled(), "the hint works as it stands"


def test_a_file_in_another_encoding_names_it_and_no_column():
    with pytest.raises(UsageError) as caught:
        _read("text,intent\n내일 알람 맞춰줘,alarm_set\n".encode("cp949")).labelled()
    assert "cp949" in caught.value.what and "--map" not in str(caught.value)
    assert caught.value.fix == "save it as UTF-8: iconv -f CP949 -t UTF-8 faq.csv > faq.utf8.csv"
