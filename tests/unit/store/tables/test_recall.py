"""Which earlier rows a stage gets back: never those of other work, of half a commit, or of files that are gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.store.tables.provenance import Provenance, make_provenance
from mlpipeline.store.tables.recall import Recall, recallable
from tests.unit.store.tables.test_manifests import Log

BOT = "shop/ko"


def provenance(code: str = "c", salt: str = "1", rows: str = "r", library: str = "1.0") -> Provenance:
    return make_provenance(code, {"split": {"salt": salt, "steps": ("a", "b")}}, {"ingest": rows}, {"numpy": library})


@pytest.mark.parametrize(
    ("by", "now", "counts"),
    [
        ("part", provenance(rows="new"), True),
        ("code", provenance(rows="new"), True),
        ("part", provenance(code="d"), True),
        ("code", provenance(code="d"), False),
        ("code", provenance(library="2.0"), False),
        ("part", provenance(salt="2"), False),
        ("code", provenance(salt="2"), False),
    ],
)
def test_what_changed_decides(tmp_path: Path, by: Recall, now: Provenance, counts: bool) -> None:
    log = Log(tmp_path)
    log.write({BOT: provenance(), "bank/ko": provenance()})
    assert recallable(log.store, {"cleaned": by}, {BOT: now}) == {"cleaned": (0, [BOT] if counts else [])}


def test_nothing_is_there_yet(tmp_path: Path) -> None:
    log = Log(tmp_path)
    assert recallable(log.store, {"cleaned": "part", "splits": "part"}, {BOT: provenance()}) == {
        "cleaned": (-1, []),
        "splits": (-1, []),
    }


def test_two_datasets_count_together_or_not_at_all(tmp_path: Path) -> None:
    first, second = Log(tmp_path, "near_pair"), Log(tmp_path, "signature")
    for log in (first, second):
        log.write({BOT: provenance(rows="1"), "bank/ko": provenance(rows="1")})
    # A run was killed between its two commits.
    first.write({BOT: provenance(rows="2")})
    found = recallable(
        first.store,
        {"near_pair": "code", "signature": "code"},
        {BOT: provenance(rows="3"), "bank/ko": provenance(rows="3")},
    )
    assert found == {"near_pair": (1, ["bank/ko"]), "signature": (0, ["bank/ko"])}


def test_rows_whose_files_are_gone_do_not_count(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write({BOT: provenance()})
    (log.table / log.live[BOT][0]).unlink()
    assert recallable(log.store, {"cleaned": "part"}, {BOT: provenance()}) == {"cleaned": (0, [])}
