"""`pii audit`: which file holds which kind of personal data, and never the value."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile

import pyarrow as pa
import pytest
from pyarrow import parquet

from mlpipeline.cli.main import main
from mlpipeline.orders.personal_data import Finding, audit

_PHONE = "010-2345-6789"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "clean.txt").write_text("주문번호 20241201123456은 1,234,567원", "utf-8")
    (tmp_path / "a.txt").write_text(f"전화 {_PHONE}\n메일 me@mail.example\n", "utf-8")
    (tmp_path / "b.jsonl").write_text(
        "".join(json.dumps({"text": f"전화 {one}"}) + "\n" for one in (_PHONE, "없음")), "utf-8"
    )
    (tmp_path / "c.html").write_text(
        f"<p title='0'>전화 <b>{_PHONE}</b></p><script>var a=4111111111111111</script>", "utf-8"
    )
    (tmp_path / "d.txt.gz").write_bytes(gzip.compress(_PHONE.encode()))
    table = {"domain": ["shop"] * 2, "text": [_PHONE, _PHONE], "more": [[json.dumps({"raw": _PHONE})], None]}
    parquet.write_table(pa.table(table), tmp_path / "e.parquet")
    with sqlite3.connect(tmp_path / "f.db") as database:
        database.execute("create table tags (key text, value text)")
        database.execute("insert into tags values ('note', ?)", [_PHONE])
    database.close()
    with zipfile.ZipFile(tmp_path / "g.xlsx", "w") as archive:
        archive.writestr("xl/sharedStrings.xml", f"<si><t>{_PHONE}</t></si>")
    (tmp_path / "log").mkdir()
    stats = json.dumps({"add": {"stats": json.dumps({"minValues": {"text": _PHONE}})}})
    (tmp_path / "log" / "0.json").write_text(stats, "utf-8")
    (tmp_path / "weights.npz").write_bytes(b"PK\x03\x04\0\0")
    return tmp_path


def test_every_kind_of_file_is_looked_at(folder):
    found = audit(str(folder))
    assert found.findings == [
        Finding("a.txt", "EMAIL", 1),
        Finding("a.txt", "PHONE", 1),
        Finding("b.jsonl", "PHONE", 1),
        Finding("c.html", "PHONE", 1),
        Finding("d.txt.gz", "PHONE", 1),
        Finding("e.parquet", "PHONE", 3),
        Finding("f.db", "PHONE", 1),
        Finding("g.xlsx", "PHONE", 1),
        Finding("log/0.json", "PHONE", 1),
    ]
    assert (found.files, found.skipped) == (9, 1)


def test_the_verb_names_file_kind_and_count_and_no_value(folder, capsys):
    assert main(["pii", "audit", str(folder)]) == 1
    out = capsys.readouterr().out
    assert "e.parquet" in out and "PHONE 10" in out
    assert _PHONE not in out and "me@mail.example" not in out
    assert main(["pii", "audit", str(folder / "clean.txt")]) == 0
    assert main(["pii", "audit", str(folder), "--json"]) == 1
    assert json.loads(capsys.readouterr().out.split("\n", 1)[1])["findings"][0]["kind"] == "EMAIL"


def test_what_programs_write_of_themselves_is_nobodys(tmp_path):
    log = {
        "time": "1796083600447", "digest": "0f9b4e03c610117a4294967296123456", "host": "127.0.0.1",
        "schema": "struct<id:string,name:string>", "seconds": "0.12345678901234",
        "buckets": "1, 4294967296, 8589934592, 17179869184",
    }  # fmt: skip
    (tmp_path / "run.json").write_text(json.dumps(log), "utf-8")
    (tmp_path / "recipe.yaml").write_text("language:\n  name: Korean\n", "utf-8")
    assert audit(str(tmp_path)).findings == []


def test_a_file_that_cannot_be_read_is_named(tmp_path, capsys):
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 torn")
    assert main(["pii", "audit", str(tmp_path)]) == 1
    assert "unreadable" in capsys.readouterr().out


def test_a_path_that_is_not_there_is_a_mistake(capsys):
    assert main(["pii", "audit", "gone"]) == 2
    assert "gone: no such file or folder" in capsys.readouterr().err


def test_a_piece_of_a_long_line_is_counted_once(tmp_path):
    line = ("a" * 99_990 + f" {_PHONE} ") * 3
    (tmp_path / "long.txt").write_text(line, "utf-8")
    assert audit(str(tmp_path)).findings == [Finding("long.txt", "PHONE", 3)]
