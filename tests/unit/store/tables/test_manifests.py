"""Manifests against made-up Delta logs: the log is the truth, the manifest a cache of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import Manifest, load_manifest, missing_files
from mlpipeline.store.tables.provenance import Provenance, as_metadata, make_provenance
from tests.properties import examples


class Log:
    """A `_delta_log` written by hand; also the parquet files that it names, empty."""

    def __init__(self, root: Path, dataset: str = "cleaned") -> None:
        self.store = Store(str(root))
        self.dataset = dataset
        self.table = root / "datasets" / dataset
        self.folder = self.table / "_delta_log"
        self.folder.mkdir(parents=True)
        self.version = -1
        self.live: dict[str, list[str]] = {}

    def commit(self, *actions: dict[str, Any], metadata: str | None = None) -> int:
        self.version += 1
        info: dict[str, Any] = {"operation": "WRITE"} | ({"userMetadata": metadata} if metadata else {})
        lines = [{"commitInfo": info}, *actions]
        text = "\n".join(json.dumps(line) for line in lines)
        (self.folder / f"{self.version:020d}.json").write_text(text, "utf-8")
        return self.version

    def write(self, marks: dict[str, Provenance], rows: int = 10) -> int:
        """What `write_dataset` does: replace the rows of these bots."""
        actions = []
        for bot in marks:
            actions += [self.removed(path, bot) for path in self.live.get(bot, [])]
            name = f"part-{self.version + 1}-{bot.replace('/', '-')}.parquet"
            actions.append(self.added(name, bot, rows))
            self.live[bot] = [name]
        return self.commit(*actions, metadata=as_metadata("clean", "run-1", marks))

    def added(self, name: str, bot: str, rows: int, data: bool = True) -> dict[str, Any]:
        (self.table / name).write_bytes(b"")
        domain, lang = bot.split("/")
        values = {"domain": domain, "lang": lang}
        stats = json.dumps({"numRecords": rows})
        return {"add": {"path": name, "partitionValues": values, "dataChange": data, "stats": stats}}

    def removed(self, name: str, bot: str, data: bool = True) -> dict[str, Any]:
        domain, lang = bot.split("/")
        return {"remove": {"path": name, "partitionValues": {"domain": domain, "lang": lang}, "dataChange": data}}

    def load(self) -> Manifest:
        return load_manifest(self.store, self.dataset)

    def load_without_cache(self) -> Manifest:
        self.table.with_name(f"{self.dataset}.manifest.json").unlink(missing_ok=True)
        return self.load()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def provenance(part: Any = 1, code: str = "c") -> Provenance:
    return make_provenance(code, {"clean": {"min_chars": part}}, {"utterance": "u"}, {"python": "3.11"})


def same(left: Manifest, right: Manifest) -> bool:
    return (left.version, left.entries) == (right.version, right.entries)


def test_no_table_is_an_empty_manifest(tmp_path: Path):
    found = load_manifest(Store(str(tmp_path)), "cleaned")
    assert (found.version, found.entries) == (-1, {})


def test_marks_come_back_as_they_were_written(log: Log):
    marks = {"shop/ko": provenance(1), "shop/en": provenance(1), "bank/ko": provenance(2)}
    log.write(marks, rows=7)
    found = log.load()
    assert {bot: entry.provenance for bot, entry in found.entries.items()} == marks
    assert {entry.rows for entry in found.entries.values()} == {7}
    assert found.entries["bank/ko"].files == ["part-0-bank-ko.parquet"]


def test_equal_parts_are_written_once_in_a_commit():
    text = as_metadata("clean", "r", {f"d{number}/ko": provenance(1) for number in range(50)})
    assert text.count("min_chars") == 1


def test_a_cache_behind_the_log_catches_up(log: Log):
    log.write({"shop/ko": provenance(1)})
    log.load()
    log.write({"shop/ko": provenance(2)}, rows=3)
    log.write({"bank/ko": provenance(3)})
    found = log.load()
    assert found.version == 2
    assert found.entries["shop/ko"].provenance == provenance(2)
    assert found.entries["shop/ko"].rows == 3
    assert same(found, log.load_without_cache())


@pytest.mark.parametrize("damage", ["gone", "half", "empty", "other"])
def test_a_lost_or_damaged_cache_is_made_anew(log: Log, damage: str):
    log.write({"shop/ko": provenance(1)})
    before = log.load()
    cache = log.table.with_name("cleaned.manifest.json")
    if damage == "gone":
        cache.unlink()
    else:
        cache.write_bytes({"half": cache.read_bytes()[:40], "empty": b"", "other": b'{"version": 0}'}[damage])
    assert same(log.load(), before)


def test_a_cache_that_cannot_be_written_stops_no_reader(log: Log, monkeypatch: pytest.MonkeyPatch):
    from mlpipeline.store.layout import cannot_write

    def refuse(self: Store, path: str, data: bytes) -> None:
        raise cannot_write(path, OSError(30, "Read-only file system"))

    log.write({"shop/ko": provenance(1)})
    monkeypatch.setattr(Store, "write", refuse)
    assert list(log.load().entries) == ["shop/ko"]


def test_optimize_keeps_the_mark_and_follows_the_files(log: Log):
    log.write({"shop/ko": provenance(1)}, rows=5)
    log.load()
    old = log.live["shop/ko"][0]
    log.commit(log.removed(old, "shop/ko", data=False), log.added("compact.parquet", "shop/ko", 5, data=False))
    (log.table / old).unlink()
    found = log.load()
    assert found.entries["shop/ko"].provenance == provenance(1)
    assert found.entries["shop/ko"].files == ["compact.parquet"]
    assert missing_files(log.store, found, "shop/ko") == []


@pytest.mark.parametrize("metadata", [None, "a note by hand", '{"other": "tool"}', "[1]"])
def test_a_foreign_change_of_data_voids_the_marks_of_its_bots_only(log: Log, metadata: str | None):
    log.write({"shop/ko": provenance(1), "shop/en": provenance(1)})
    log.load()
    log.commit(log.added("by-hand.parquet", "shop/ko", 1), metadata=metadata)
    assert list(log.load().entries) == ["shop/en"]


def test_a_table_deleted_leaves_no_entry(log: Log):
    import shutil

    log.write({"shop/ko": provenance(1)})
    log.load()
    shutil.rmtree(log.table)
    assert log.load().entries == {}


def test_a_table_made_anew_with_fewer_commits_leaves_no_old_entry(log: Log):
    import shutil

    log.write({"shop/ko": provenance(1)})
    log.write({"bank/ko": provenance(1)})
    log.load()
    shutil.rmtree(log.folder)
    log.folder.mkdir()
    log.version = -1
    log.write({"shop/en": provenance(1)})
    assert list(log.load().entries) == ["shop/en"]


def test_a_log_that_was_cleaned_up_to_a_checkpoint_keeps_what_is_there(log: Log):
    log.write({"shop/ko": provenance(1)})
    log.write({"bank/ko": provenance(1)})
    (log.folder / f"{0:020d}.checkpoint.parquet").write_bytes(b"PAR1 what it held PAR1")
    (log.folder / f"{0:020d}.json").unlink()
    assert list(log.load().entries) == ["bank/ko"]


def test_files_that_are_gone_are_named(log: Log):
    log.write({"shop/ko": provenance(1)})
    name = log.live["shop/ko"][0]
    (log.table / name).unlink()
    assert missing_files(log.store, log.load(), "shop/ko") == [name]
    assert missing_files(log.store, log.load(), "nobody/ko") == []


BOTS = st.sampled_from(["shop/ko", "shop/en", "bank/ko"])


@examples(40)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["ours", "foreign", "optimize"]), st.sets(BOTS, min_size=1), st.booleans()),
        max_size=8,
    )
)
def test_whenever_the_cache_is_read_it_says_what_the_whole_log_says(steps: Any, tmp_path_factory: Any):
    log = Log(tmp_path_factory.mktemp("log"))
    for number, (kind, bots, read) in enumerate(steps):
        if kind == "ours":
            log.write({bot: provenance(number) for bot in bots}, rows=number)
        else:
            own = kind == "foreign"
            log.commit(*[log.added(f"x{number}-{bot.replace('/', '-')}", bot, 1, data=own) for bot in sorted(bots)])
        if read:
            log.load()
    cached = log.load()
    assert same(cached, log.load_without_cache())
