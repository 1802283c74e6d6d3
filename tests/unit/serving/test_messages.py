"""What can be known of a batch's messages before a session starts."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mlpipeline.errors import InputError
from mlpipeline.serving.messages import check_messages


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("m.txt", "내일 날씨\n".encode("cp949"), "m.txt:1: byte 0xb3 is not UTF-8; it seems to be cp949"),
        (
            "m.csv",
            b"text\nok\n" + "明日の天気は\n".encode("cp932"),
            "m.csv:3: byte 0x96 is not UTF-8; it seems to be Shift-JIS",
        ),
        ("m.jsonl", "{}\n".encode("utf-16"), "m.jsonl:1: byte 0xff is not UTF-8; it seems to be UTF-16"),
        ("m.txt.gz", gzip.compress(b"hello\n" * 99, mtime=0)[:-9], "m.txt.gz: this gzip file is damaged"),
        ("m.csv", b"PK\x03\x04abc", "m.csv: its content is zip"),
        ("m.xlsx", b"PK", "m.xlsx: the suffix says no format that is read here"),
        ("messages", b"hi\n", "messages: the suffix says no format that is read here"),
        ("folder", None, "folder: this folder is no Delta table"),
        ("gone.txt", ..., "gone.txt: no such file or table"),
    ],
)
def test_what_cannot_be_answered_is_refused_first(
    name: str, data: object, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    if isinstance(data, bytes):
        Path(name).write_bytes(data)
    elif data is None:
        Path(name).mkdir()
    with pytest.raises(InputError) as refused:
        check_messages(name)
    assert str(refused.value).startswith(said) and refused.value.fix


def test_what_can_be_answered_is_not(tmp_path: Path):
    for name, data in {
        "m.txt": b"hi",
        "m.csv.gz": gzip.compress(b"text\nhi\n"),
        "m.jsonl": gzip.compress(b"{}"),
    }.items():
        (tmp_path / name).write_bytes(data)
        check_messages(str(tmp_path / name))
    (tmp_path / "table" / "_delta_log").mkdir(parents=True)
    check_messages(str(tmp_path / "table"))
    check_messages("s3a://bucket/messages.csv")
