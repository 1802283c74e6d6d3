"""The runs of a store: their folders, and the one that `latest` stands for."""

from __future__ import annotations

import html
import os
from pathlib import Path

from mlpipeline.store.layout import Store

LATEST = "latest"
INDEX = "index.html"
KNOWN = "index.json"
_NO_RUNS = frozenset((LATEST, f"{LATEST}.html", INDEX, KNOWN))
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={target}">
<title>The newest report</title><p><a href="{target}">The newest report: {run}</a></p></html>
"""


def run_names(store: Store) -> list[str]:
    """The runs that there are, the oldest first; a run that was killed, or is at work, has a folder too."""
    names = store.names(store.path("runs"))
    return [
        name for name in names if name not in _NO_RUNS and not name.startswith(".") and not name.endswith(".partial")
    ]


def last_report(store: Store) -> str | None:
    """The path of the newest report, None where no run has left one."""
    for name in reversed(run_names(store)):
        path = store.path("runs", name, "report.html")
        if store.exists(path):
            return path
    return None


def point_to_latest(store: Store, run: str) -> None:
    """Lets `runs/latest` be the folder of a run; where there are no links, `runs/latest.html` leads to its report.

    Raises:
        StoreError: neither can be written.
    """
    if store.is_local and _linked(Path(store.path("runs", LATEST)), run):
        return
    target = html.escape(f"{run}/report.html", quote=True)
    page = _PAGE.format(target=target, run=html.escape(run))
    store.write(store.path("runs", f"{LATEST}.html"), page.encode())


def _linked(place: Path, run: str) -> bool:
    """Relative, so that a store may be moved; in one step, so that there is always one."""
    spare = place.with_name(f".{place.name}-{os.getpid()}")
    try:
        spare.symlink_to(run, target_is_directory=True)
        os.replace(spare, place)
    except OSError:
        spare.unlink(missing_ok=True)
        return False
    return True
