"""One message a line: lines end at a line feed only, and what is not UTF-8 is refused with its line."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import InputError
from mlpipeline.store.corpus import message_files
from mlpipeline.store.corpus.message_files import check_text_file, messages_of, read_messages

LINES = st.text(st.sampled_from("ab 한\u2028\u2029\x85\x0b\x0c\x1c\x1e\r\t'\"\ufeff"), max_size=8)


@given(st.lists(LINES), st.booleans())
def test_as_many_messages_as_lines_that_are_not_blank(lines: list[str], zipped: bool):
    data = "\n".join(lines).encode()
    found = messages_of(gzip.compress(data, 1, mtime=0) if zipped else data, "m.txt")
    told = {number: line.removesuffix("\r") for number, line in enumerate(lines, 1) if line.strip()}
    if lines and lines[0].startswith("\ufeff"):  # a byte order mark is no letter
        told[1] = told[1][1:]
        told = {number: text for number, text in told.items() if text.strip() or number > 1}
    assert dict(found) == told


def test_a_separator_of_lines_is_no_line_end():
    found = messages_of("wake me\u2028at seven\nplay\x0bjazz\r\n\n \n".encode(), "sep.txt")
    assert found == [(1, "wake me\u2028at seven"), (2, "play\x0bjazz")]


@pytest.mark.parametrize(
    ("data", "where", "said"),
    [
        ("내일 날씨 알려줘\r\n".encode("cp949"), "m.txt:1", "cp949"),
        ("내일 날씨 알려줘\r\n".encode("utf-16-le"), "m.txt:1", "UTF-16"),
        ("hi\nweather\n".encode("utf-16"), "m.txt:1", "UTF-16"),
        (b"hi\nok\n" + "明日の天気は\r\n".encode("cp932"), "m.txt:3", "Shift-JIS"),
        (b"hi\n\n" + "왜".encode()[:2], "m.txt:3", "half a letter"),
        (b"a\nb\0c\n", "m.txt:2", "NUL"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_another_encoding_is_refused_with_line_and_name(
    data: bytes, where: str, said: str, zipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("m.txt").write_bytes(gzip.compress(data) if zipped else data)
    for read in (read_messages, check_text_file):
        with pytest.raises(InputError, match=said) as refused:
            read("m.txt")
        assert refused.value.where == where and refused.value.fix


def test_letters_and_lines_that_span_pieces_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(message_files, "_CHUNK", 1000)
    place = tmp_path / "large.txt"
    data = ("가나다\n" * 4000).encode()
    for content, zipped in (
        (data, False),
        (gzip.compress(data[:20_000], 1) + gzip.compress(data[20_000:], 1), True),
    ):
        place.write_bytes(content)
        assert check_text_file(str(place)) is zipped
        assert len(read_messages(str(place))) == 4000
    place.write_bytes(data + b"\xb3\xbb\xc0\xcf\n")
    with pytest.raises(InputError) as refused:
        check_text_file(str(place))
    assert refused.value.where == f"{place}:4001"


@pytest.mark.parametrize("cut", [1, 8, 30])
def test_a_damaged_gzip_is_told(cut: int, tmp_path: Path):
    place = tmp_path / "m.txt.gz"
    whole = gzip.compress(b"hello\n" * 2000)
    for data in (whole[:-cut], whole[:-cut] + b"\xff" * cut):
        place.write_bytes(data)
        for read in (read_messages, check_text_file):
            with pytest.raises(InputError, match="damaged"):
                read(str(place))


def test_what_is_no_file_is_told_and_a_pipe_is_read(tmp_path: Path):
    for path, why in ((tmp_path, "folder"), (Path("/dev/zero"), "device"), (tmp_path / "gone", "No such file")):
        with pytest.raises(InputError, match=why):
            read_messages(str(path))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(b"one\ntwo\n")))
    writer.start()
    assert [text for _, text in read_messages(str(pipe))] == ["one", "two"]
    writer.join()
