"""The runs of a store: which there are, which is the newest, what `latest` leads to."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mlpipeline.store.layout import Store
from mlpipeline.store.runs import last_report, point_to_latest, run_names

FIRST, SECOND = "20261121T110519-2359", "20261122T110519-7"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    for name in (SECOND, FIRST):
        (tmp_path / "store" / "runs" / name).mkdir(parents=True)
    (tmp_path / "store" / "runs" / FIRST / "report.html").write_text("first")
    return Store(str(tmp_path / "store"))


def test_pages_and_links_are_no_runs(store: Store):
    point_to_latest(store, FIRST)
    for name in ("index.html", "index.json", "latest.html", "index.html.77.partial"):
        store.write(store.path("runs", name), b"")
    assert run_names(store) == [FIRST, SECOND]
    assert run_names(Store(f"{store.root}-none")) == []


def test_the_last_report_is_the_newest_that_there_is(store: Store):
    assert last_report(store) == store.path("runs", FIRST, "report.html")
    store.write(store.path("runs", SECOND, "report.html"), b"second")
    assert last_report(store) == store.path("runs", SECOND, "report.html")
    assert last_report(Store(f"{store.root}-none")) is None


def test_latest_is_a_link_that_moves_with_the_store(store: Store, tmp_path: Path):
    point_to_latest(store, SECOND)
    point_to_latest(store, FIRST)
    moved = shutil.move(store.root, tmp_path / "moved")
    latest = Path(moved) / "runs" / "latest"
    assert os.readlink(latest) == FIRST and (latest / "report.html").read_text() == "first"
    assert sorted(path.name for path in latest.parent.iterdir()) == [FIRST, SECOND, "latest"]


def test_latest_is_a_page_where_there_are_no_links(store: Store, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    point_to_latest(store, FIRST)
    page = Path(store.path("runs", "latest.html")).read_text("utf-8")
    assert f'content="0; url={FIRST}/report.html"' in page and f'href="{FIRST}/report.html"' in page
    assert not os.path.lexists(store.path("runs", "latest"))
