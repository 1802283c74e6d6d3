"""Which files a bot reads, and digests that are computed once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlpipeline.errors import InputError
from mlpipeline.store.layout import Store
from mlpipeline.store.sources import SourceDigests, list_sources


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
    store = Store(str(tmp_path / "store"))
    (file,) = sources(tmp_path, "a.jsonl")
    first = SourceDigests(store)
    wanted = first.digest(file)
    first.keep()
    monkeypatch.setattr("mlpipeline.store.sources.file_digest", lambda path: pytest.fail("read again"))
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
