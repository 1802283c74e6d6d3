"""Which files a bot reads, and digests that are computed once."""

from __future__ import annotations

import os
import socket
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pyarrow.fs as pafs
import pytest

from mlpipeline.errors import InputError
from mlpipeline.inputs import matching
from mlpipeline.store.corpus.sources import SourceDigests, SourceFile, list_sources
from mlpipeline.store.layout import Store


def sources(tmp_path: Path, *names: str, kind: str = "auto"):
    named = [(name, str(tmp_path / name), "corpus") for name in names]
    return list_sources("shop/ko", named, kind=kind, mapping={"text": "q"})


def test_a_named_file_keeps_its_name(tmp_path: Path):
    (tmp_path / "a [1] 한국어.jsonl").write_text("{}\n")
    (found,) = sources(tmp_path, "a [1] 한국어.jsonl")
    assert (found.bot, found.name, found.kind) == ("shop/ko", "a [1] 한국어.jsonl", "jsonl")


def test_a_pattern_finds_files_in_order(tmp_path: Path):
    for name in ("b.csv", "a.jsonl", "c.txt"):
        (tmp_path / name).write_text("x")
    assert [file.name for file in sources(tmp_path, "[ab].*")] == ["a.jsonl", "b.csv"]


@pytest.mark.parametrize("name", ["nothing.jsonl", "folder", "*.nothing"])
def test_what_cannot_be_read_is_named_with_the_bot(tmp_path: Path, name: str):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError) as caught:
        sources(tmp_path, name)
    assert caught.value.where == "shop/ko" and caught.value.fix


@pytest.mark.parametrize("name", ["_faq.jsonl", ".faq.jsonl"])
def test_a_file_that_spark_would_pass_over_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_text("{}")
    with pytest.raises(InputError, match="rename"):
        sources(tmp_path, name)


def test_an_unknown_suffix_says_what_is_read(tmp_path: Path):
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(InputError, match=r"\.jsonl"):
        sources(tmp_path, "a.docx")
    assert sources(tmp_path, "a.docx", kind="csv")[0].kind == "csv"


def test_no_file_at_all():
    with pytest.raises(InputError, match="no input file"):
        list_sources("shop/ko", [], kind="auto", mapping={})


def test_an_unchanged_file_is_digested_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.jsonl").write_text("one")
    (tmp_path / "store" / "datasets").mkdir(parents=True)
    store = Store(str(tmp_path / "store"))
    (file,) = sources(tmp_path, "a.jsonl")
    first = SourceDigests(store)
    wanted = first.digest(file)
    first.keep()
    monkeypatch.setattr("mlpipeline.store.corpus.sources.file_digest", lambda path: pytest.fail("read again"))
    assert SourceDigests(store).digest(file) == wanted


def test_a_changed_file_of_the_same_size_is_digested_again(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text("one")
    (file,) = sources(tmp_path, "a.jsonl")
    digests = SourceDigests(Store(str(tmp_path / "store")))
    before = digests.digest(file)
    (tmp_path / "a.jsonl").write_text("two")
    os.utime(tmp_path / "a.jsonl", ns=(1, 1))
    assert digests.digest(file) != before


@pytest.mark.parametrize("damage", [b"", b"{half", b"[]", b'{"%s": 3}'])
def test_a_damaged_memory_of_digests_is_forgotten(tmp_path: Path, damage: bytes):
    (tmp_path / "a.jsonl").write_text("one")
    (file,) = sources(tmp_path, "a.jsonl")
    store = Store(str(tmp_path / "store"))
    store.write(store.path("cache", "sources.json"), damage.replace(b"%s", file.path.encode()))
    assert len(SourceDigests(store).digest(file)) == 16


def test_looking_at_files_makes_no_store(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text("one")
    (file,) = sources(tmp_path, "a.jsonl")
    digests = SourceDigests(Store(str(tmp_path / "store")))
    digests.digest(file)
    digests.keep()
    assert not (tmp_path / "store").exists()


def test_a_pipe_a_socket_and_a_device_are_refused_and_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "a.jsonl")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.jsonl"))
    for name, kind in (("a.jsonl", "pipe"), ("zero.jsonl", "device"), ("s.jsonl", "socket"), ("[a].jsonl", "pipe")):
        with pytest.raises(InputError, match=kind):
            sources(tmp_path, name)


def test_a_link_is_read_and_a_link_to_nothing_named(tmp_path: Path):
    (tmp_path / "real.jsonl").write_text("{}")
    (tmp_path / "a.jsonl").symlink_to("real.jsonl")
    (tmp_path / "lost.jsonl").symlink_to("gone.jsonl")
    (tmp_path / "round.jsonl").symlink_to("round.jsonl")
    assert sources(tmp_path, "a.jsonl")[0].name == "a.jsonl"
    with pytest.raises(InputError, match=r"link to gone\.jsonl"):
        sources(tmp_path, "lost.jsonl")
    with pytest.raises(InputError, match="cannot be read"):
        sources(tmp_path, "round.jsonl")


def test_a_pattern_walks_no_circle_and_finds_what_lies_below(tmp_path: Path):
    (tmp_path / "x" / "y").mkdir(parents=True)
    for place in ("a", "x/a", "x/y/a"):
        (tmp_path / f"{place}.jsonl").write_text("{}")
    (tmp_path / "x" / "up").symlink_to(tmp_path)
    assert [file.name for file in sources(tmp_path, "**/*.jsonl")] == ["a.jsonl", "x/a.jsonl", "x/y/a.jsonl"]
    assert [file.name for file in sources(tmp_path, "x/**")] == ["x/a.jsonl", "x/y/a.jsonl"]
    assert [file.name for file in sources(tmp_path, "./?/*.jsonl")] == ["x/a.jsonl"]


def test_brackets_of_the_folder_that_holds_conf_are_no_pattern(tmp_path: Path):
    (tmp_path / "[team] a").mkdir()
    (tmp_path / "[team] a" / "a.jsonl").write_text("{}")
    assert [file.name for file in sources(tmp_path / "[team] a", "*.jsonl")] == ["a.jsonl"]


def test_a_pattern_that_looks_at_too_much_is_refused(tmp_path: Path):
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text("")
    with pytest.raises(InputError, match=r"the pattern \*\*/\*\.jsonl looks at more than 20") as caught:
        matching("**/*.jsonl", home=str(tmp_path), where="shop/ko", most=20)
    assert "corpora/*.jsonl" in caught.value.fix


def test_logs_that_are_not_there_yet_are_told_and_a_file_named_twice_is_read_once(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text("{}")
    named = [("a.jsonl", "corpus"), ("*.jsonl", "logs"), ("logs/*.jsonl", "logs")]
    notes: list[str] = []
    found = list_sources(
        "shop/ko",
        [(name, str(tmp_path / name), source) for name, source in named],
        kind="auto",
        mapping={},
        notes=notes,
    )
    assert [(file.name, file.source) for file in found] == [("a.jsonl", "corpus")]
    assert ["named twice" in notes[0], "no file matches logs/*.jsonl" in notes[1]] == [True, True]


COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "말뭉치/카페 é.jsonl") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(("here", "other"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_names_of_either_unicode_form_are_found(tmp_path: Path, here: str, other: str):
    folder, name = here.split("/")
    (tmp_path / folder).mkdir()
    (tmp_path / folder / name).write_text("{}")
    (file,) = sources(tmp_path, other)
    assert file.name == other and os.path.exists(file.path)
    (file,) = sources(tmp_path, other.replace(".jsonl", ".*"))
    assert os.path.exists(file.path)


@pytest.mark.parametrize(
    ("head", "kind"), [(b"BZh91AY", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"PK\3\4..", "zip"), (b"PAR1...", "Parquet")]
)
def test_an_archive_called_jsonl_is_refused_by_its_content(tmp_path: Path, head: bytes, kind: str):
    (tmp_path / "a.jsonl").write_bytes(head)
    with pytest.raises(InputError, match=kind):
        sources(tmp_path, "a.jsonl")


def test_a_pattern_of_a_remote_store_is_refused():
    with pytest.raises(InputError, match="not looked up there"):
        list_sources("shop/ko", [("s3a://b/*.jsonl", "s3a://b/*.jsonl", "corpus")], kind="auto", mapping={})


class Elsewhere:
    """A file system as pyarrow gives it, with one file."""

    def __init__(self, info: pafs.FileInfo) -> None:
        self.info = info

    def get_file_info(self, path: str) -> pafs.FileInfo:
        assert path == "bucket/a.jsonl"
        return self.info


def stamp_of(info: pafs.FileInfo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    asked: list[str] = []

    def from_uri(uri: str) -> tuple[Elsewhere, str]:
        asked.append(uri)
        return Elsewhere(info), "bucket/a.jsonl"

    monkeypatch.setattr(pafs, "FileSystem", SimpleNamespace(from_uri=from_uri))
    file = SourceFile("shop", "ko", "s3a://bucket/a.jsonl", "s3a://bucket/a.jsonl", "jsonl", "corpus", "{}")
    digests = SourceDigests(Store(str(tmp_path)))
    stamps = {digests.digest(file), digests.digest(file)}
    assert asked == ["s3://bucket/a.jsonl"], "asked once, as Arrow spells it"
    return stamps.pop()


def test_a_file_elsewhere_counts_by_its_length_and_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def of(size: int, time: int) -> str:
        info = pafs.FileInfo("bucket/a.jsonl", pafs.FileType.File, size=size, mtime_ns=time)
        return stamp_of(info, monkeypatch, tmp_path)

    assert of(3, 1) == of(3, 1)
    assert len({of(3, 1), of(4, 1), of(3, 2)}) == 3
    with pytest.raises(InputError, match="no such file: s3a:"):
        stamp_of(pafs.FileInfo("bucket/a.jsonl", pafs.FileType.NotFound), monkeypatch, tmp_path)


def test_what_nobody_here_can_ask_is_told(tmp_path: Path):
    file = SourceFile("shop", "ko", "nowhere://host/a.jsonl", "a", "jsonl", "corpus", "{}")
    digests = SourceDigests(Store(str(tmp_path)))
    assert digests.digest(file) == digests.digest(file) == "uri:nowhere://host/a.jsonl"
    assert digests.untold == ["nowhere://host/a.jsonl"]


@pytest.mark.parametrize("spelling", ["file://{}", "file:{}", "file://localhost{}"])
def test_a_file_uri_is_a_file_of_this_machine(tmp_path: Path, spelling: str):
    (tmp_path / "a b.jsonl").write_text("{}")
    for name in ("a%20b.jsonl", "*.jsonl"):
        uri = spelling.format(tmp_path / name)
        (file,) = list_sources("shop/ko", [(uri, uri, "corpus")], kind="auto", mapping={})
        assert file.path == str(tmp_path / "a b.jsonl")
