"""All runs on one page: the newest first, whatever an old `run.json` looks like, each read once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.orders.history import add_history, entry_of
from mlpipeline.store.layout import Store
from mlpipeline.views.report.runs import render_index, write_index

NAMES = ["20261121T110519-1", "20261122T110519-2", "20261123T110519-3"]


def run(name: str, *bots: tuple[str, str, int | None], status: str = "ok") -> dict[str, Any]:
    told = [
        {"bot": bot, "status": state, "version": version, "accuracy": 0.8, "accuracy_interval": [0.7, 0.9]}
        for bot, state, version in bots
    ]
    return {"run": name, "started": "2026-11-21T11:05:19+00:00", "seconds": 61.0, "status": status,
            "command": "mlpipeline run", "bots": told}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def keep(store: Store, told: Any, name: str) -> None:
    text = told if isinstance(told, bytes) else json.dumps(told).encode()
    store.write(store.path("runs", name, "run.json"), text)


def page_of(store: Store) -> str:
    return Path(store.path("runs", "index.html")).read_text("utf-8")


def test_the_newest_run_stands_first_with_its_state_and_its_report(store: Store):
    keep(store, run(NAMES[0], ("shop/ko", "released", 1)), NAMES[0])
    Path(store.path("runs", NAMES[1])).mkdir()
    last = run(NAMES[2], ("shop/ko", "refused", 2), ("shop/ja", "skipped", 1), status="1 refused by a gate")
    keep(store, last, NAMES[2])
    assert write_index(store, last) == store.path("runs", "index.html")
    page = page_of(store)
    assert re.findall(r'href="([^"]+)"', page) == [f"{NAMES[2]}/report.html", f"{NAMES[0]}/report.html"]
    assert page.index(NAMES[2]) < page.index(NAMES[1]) < page.index(NAMES[0])
    assert "1 refused by the gate" in page and "killed, or still at work" in page and "1 min 01 s" in page
    assert Path(store.path("runs", "latest")).resolve().name == NAMES[2]


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"7", b'{"bots": 3, "seconds": "long"}', b'{"bots": [3, {"bot": 4}]}', b"[" * 100_000, b"\xff"],
)
def test_an_old_record_breaks_nothing(store: Store, text: bytes):
    keep(store, text, NAMES[0])
    last = run(NAMES[1], ("shop/ko", "released", 1))
    keep(store, last, NAMES[1])
    write_index(store, last)
    assert NAMES[0] in page_of(store) and NAMES[1] in page_of(store)


@pytest.mark.parametrize("kept", [b"{", b"[]", b'{"20261121T110519-1": {"states": 1}}', b"[" * 100_000])
def test_what_was_kept_and_is_damaged_is_read_anew(store: Store, kept: bytes):
    keep(store, run(NAMES[0], ("shop/ko", "released", 1)), NAMES[0])
    store.write(store.path("runs", "index.json"), kept)
    write_index(store, run(NAMES[1]))
    assert "1 released" in page_of(store)


def test_a_run_is_read_once_and_one_that_is_gone_is_gone(store: Store):
    for name in NAMES[:2]:
        keep(store, run(name, ("shop/ko", "released", 1)), name)
    write_index(store, run(NAMES[1]))
    Path(store.path("runs", NAMES[0], "run.json")).write_text("damaged since")
    write_index(store, run(NAMES[2]))
    assert page_of(store).count("1 released") == 1 and "cannot be read" not in page_of(store)
    Path(store.path("runs", NAMES[0], "run.json")).unlink()
    Path(store.path("runs", NAMES[0])).rmdir()
    write_index(store, run(NAMES[2]))
    assert NAMES[0] not in page_of(store)


def test_texts_of_strangers_are_escaped():
    evil = '<script>alert("x")</script>'
    page = render_index({evil: entry_of({**run(evil, (evil, evil, 1), status=evil), "started": evil, "command": evil})})
    assert "<script" not in page and "alert(&#34;x&#34;)" in page


def test_eighty_bots_in_a_thousand_runs_are_a_small_page():
    entry = entry_of(run(NAMES[0], *[(f"d{n}/ko", "released", n) for n in range(80)]))
    page = render_index({f"20261121T110519-{n}": entry for n in range(1000)})
    assert len(page) < 500_000 and "500 older runs" in page and "and 76 more" in page


def test_when_a_champion_was_released_is_told_by_the_run_that_did_it(store: Store):
    keep(store, run(NAMES[0], ("shop/ko", "released", 1)), NAMES[0])
    keep(store, run(NAMES[1], ("shop/ko", "refused", 2)), NAMES[1])
    keep(store, run(NAMES[2], ("shop/ko", "released", 1)), NAMES[2])
    bots: list[dict[str, Any]] = [
        {"bot": "shop/ko", "champion": {"version": 1, "accuracy": 0.81}, "champion_before": None},
        {"bot": "shop/ja", "champion": {"version": 1}},
    ]
    add_history(store, bots)
    told = {"started": "2026-11-21T11:05:19+00:00", "interval": [0.7, 0.9]}
    assert bots[0] == {
        "bot": "shop/ko",
        "champion": {"version": 1, "accuracy": 0.81, "run": NAMES[0], **told},
        "champion_before": None,
    }
    assert bots[1]["champion"] == {"version": 1}
