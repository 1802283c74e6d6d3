"""What a manifest knows of rows that were replaced, and how little it reads again."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import keep_manifest, missing_files, version_holding
from mlpipeline.store.tables.provenance import Provenance
from tests.unit.store.tables.test_manifests import Log, provenance

BOT, OTHER = "shop/ko", "bank/en"


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def holding(log: Log, *marks: Provenance, bot: str = BOT) -> list[int | None]:
    manifest = log.load()
    return [version_holding(log.store, manifest, bot, one.fingerprint) for one in marks]


def test_the_version_that_holds_rows_is_found_while_their_files_are_there(log: Log):
    first, second, third = provenance(1), provenance(2), provenance(3)
    log.write({BOT: first, OTHER: first})
    (old,) = log.live[BOT]
    log.write({BOT: second})
    assert holding(log, first, second, third) == [0, 1, None]
    assert holding(log, first, second, bot=OTHER) == [0, None] and holding(log, first, bot="shop/th") == [None]
    (log.table / old).unlink()
    assert holding(log, first, second) == [None, 1]
    assert holding(log, first, bot=OTHER) == [0], "the files of another bot are its own"


def test_rows_that_come_anew_are_held_once_where_they_stand_now(log: Log):
    first, second = provenance(1), provenance(2)
    for one in (first, second, first):
        log.write({BOT: one})
    assert holding(log, first, second) == [2, 1]
    assert [rows.fingerprint for rows in log.load().earlier[BOT]] == [second.fingerprint]
    log.write({BOT: first})
    assert holding(log, first, second) == [3, 1], "the same again replaces itself"


def test_only_the_newest_of_many_earlier_rows_are_remembered(log: Log):
    marks = [provenance(number) for number in range(12)]
    for one in marks:
        log.write({BOT: one})
    found = holding(log, *marks)
    kept = [version for version in found if version is not None]
    assert kept == list(range(12))[-len(kept) :] and 2 <= len(kept) < 12


def test_what_is_known_of_earlier_rows_outlives_the_cache(log: Log):
    first, second = provenance(1), provenance(2)
    log.write({BOT: first})
    log.load()
    log.write({BOT: second})
    seen = log.load()
    again = log.load()
    assert (again.earlier, again.entries, again.version) == (seen.earlier, seen.entries, 1)
    assert set(again.written) == {path for rows in seen.earlier[BOT] for path in rows.files} | set(log.live[BOT])


def test_the_log_is_read_once_and_then_only_what_is_new(log: Log, monkeypatch: pytest.MonkeyPatch):
    log.write({BOT: provenance(1)})
    log.write({OTHER: provenance(1)})
    read: list[str] = []
    plain, names = Store.read, Store.names
    monkeypatch.setattr(Store, "read", lambda self, path: read.append(Path(path).name) or plain(self, path))  # type: ignore[func-returns-value]
    monkeypatch.setattr(Store, "names", lambda self, path: read.append("a listing") or names(self, path))  # type: ignore[func-returns-value]

    def entries_read() -> list[str]:
        read.clear()
        log.load()
        return [name.lstrip("0") for name in read if not name.endswith(".manifest.json")]

    assert entries_read() == ["a listing", ".json", "1.json"]
    assert entries_read() == []
    log.write({BOT: provenance(2)})
    assert entries_read() == ["2.json"] and entries_read() == []


def test_what_was_learnt_of_touched_files_is_kept_once(log: Log, monkeypatch: pytest.MonkeyPatch):
    log.write({BOT: provenance(1)})
    manifest = log.load()
    written: list[str] = []
    plain = Store.write
    monkeypatch.setattr(
        Store,
        "write",
        lambda self, path, data: written.append(Path(path).name) or plain(self, path, data),  # type: ignore[func-returns-value]
    )
    assert missing_files(log.store, manifest, BOT) == []
    keep_manifest(log.store, manifest)
    assert written == [], "nothing was learnt"
    manifest.changed = True
    keep_manifest(log.store, manifest)
    keep_manifest(log.store, manifest)
    assert written == ["cleaned.manifest.json"]
