"""The pages of runs: the report of each, and all runs of a store on one page, the newest first."""

from __future__ import annotations

from collections.abc import Mapping

from mlpipeline.orders.history import Entry, keep_entry
from mlpipeline.orders.run_record import RunRecord
from mlpipeline.store.layout import Store
from mlpipeline.store.runs import INDEX, point_to_latest
from mlpipeline.views.report.page import open_templates, render_report
from mlpipeline.views.report.run_view import status_words, words

_SHOWN = 500  # runs on the page
_NAMED = 4  # bots that a line names
_ENDED = ("released", "refused", "made", "failed", "skipped")  # the order in which a line counts them


def write_pages(store: Store, record: RunRecord) -> None:
    """Writes the report of a run that has ended beside its `run.json`, and the page of all runs; see `write_index`."""
    if not record.run:
        return
    content = record.content()
    store.write(store.path("runs", record.run, "report.html"), render_report(content).encode())
    write_index(store, content)


def write_index(store: Store, run: Mapping[str, object]) -> str:
    """Writes `runs/index.html` and `runs/latest` after a run; gives the page's path.

    Args:
        store: where runs are kept.
        run: what its `run.json` holds. Other runs are read once; one that cannot be read is named as such.

    Raises:
        StoreError: the store cannot be written.
    """
    entries = keep_entry(store, run)
    page = render_index(entries)
    store.write(store.path("runs", INDEX), page.encode())
    point_to_latest(store, str(run["run"]))
    return store.path("runs", INDEX)


def render_index(entries: Mapping[str, Entry | None]) -> str:
    """The page.

    Args:
        entries: by name of the run, the oldest first; one without entries was killed, or is still at work.

    Returns:
        One self-contained HTML page, UTF-8; its links are relative. All texts are escaped.
    """
    shown = list(entries.items())[: -_SHOWN - 1 : -1]
    rows = [{"run": name, **_row(entry)} for name, entry in shown]
    return open_templates().get_template("runs.html.j2").render(rows=rows, older=len(entries) - len(rows))


def _row(entry: Entry | None) -> dict[str, object]:
    if not entry:
        return {"is_ended": False, "started": "", "seconds": None, "status": "not ended", "command": "", "bots": "",
                "states": []}  # fmt: skip
    bots, states = entry["bots"], entry["states"]
    worked = sum(states.values()) - states.get("skipped", 0)
    named = [*bots[:_NAMED], *([f"and {worked - _NAMED} more"] if worked > _NAMED else [])]
    ordered = sorted(states, key=lambda state: _ENDED.index(state) if state in _ENDED else len(_ENDED))
    return {
        "is_ended": True,
        "started": entry["started"].replace("T", " ").replace("+00:00", " UTC"),
        "seconds": entry["seconds"],
        "status": words(entry["status"]),
        "command": entry["command"],
        "bots": ", ".join(named),
        "states": [{"name": state, "words": status_words(state), "count": states[state]} for state in ordered],
    }
