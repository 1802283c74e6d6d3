"""The table of bots: how many rows, how good, which version answers; in full where there is room, else short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from mlpipeline.cli.tables import fit, terminal_cells, width
from mlpipeline.orders.outcome import Tables
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import load_manifest
from mlpipeline.store.tables.row_counts import count_filled

_FULL = (
    "bot",
    "rows",
    "labelled",
    "distinct",
    "learnt",
    "test_rows",
    "accuracy",
    "macro_f1",
    "ece",
    "version",
    "alias",
    "gate",
)
# In 80 cells: the alias stands with what passed the gate, and figures lose their leading zero.
_SHORT = {"test_rows": "test", "macro_f1": "f1", "version": "v"}
_TEXTS = ("bot", "alias", "gate")


def draw_bots(rows: Iterable[Mapping[str, Any]], *, wide: bool = False) -> str:
    """The table for a terminal.

    Args:
        rows: one a bot; a figure may be missing. `low` and `high` are the interval of `accuracy`.
        wide: in full, however wide the terminal is.
    """
    listed = list(rows)
    names = [name for name in _FULL if name in _TEXTS or any(name in row for row in listed)]
    if all(row.get("labelled") in (None, row.get("rows")) for row in listed) and "labelled" in names:
        names.remove("labelled")  # without logs all rows are, and the column says nothing
    full = fit(names, [[_full(name, row) for name in names] for row in listed], right=_numbers(names)).text
    cells = None if wide else terminal_cells()
    if cells is None or max(width(line) for line in full.splitlines()) <= cells:
        return full
    kept = [name for name in names if name != "alias"]
    head = [_SHORT.get(name, name) for name in kept]
    body = [[_short(name, row) for name in kept] for row in listed]
    short = fit(head, body, right=_numbers(head), cells=cells)
    if short.left_out:
        short = fit(head, body, right=_numbers(head), cells=cells, gap=1)
    missed = [f"{row['bot']} {row['gate']}" for row in listed if ": " in (row.get("gate") or "")]
    more = [f"(no room for: {', '.join(short.left_out)}; `mlpipeline ls --wide` shows them)"] if short.left_out else []
    return "\n".join([short.text, *([""] if missed or more else []), *missed, *more])


def _numbers(names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in _TEXTS]


def _full(name: str, row: Mapping[str, Any]) -> str:
    value, low, high = row.get(name), row.get("low"), row.get("high")
    if name == "accuracy" and None not in (value, low, high):
        return f"{value:.3f} [{_share(low, 2)}, {_share(high, 2)}]"
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _short(name: str, row: Mapping[str, Any]) -> str:
    value, low, high = row.get(name), row.get("low"), row.get("high")
    if name == "accuracy" and None not in (value, low, high):
        return f"{_share(value, 3)} [{_share(low, 2)} {_share(high, 2)}]"
    if name == "gate":
        return str(value or "").split(":")[0]
    return "" if value is None else _share(value, 3) if isinstance(value, float) else str(value)


def _share(value: Any, digits: int) -> str:
    """.81 for 0.81, 1.0 for 1: as many cells either way."""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("0") else text[: digits + 1]


_SCORES = ("accuracy", "macro_f1", "ece", "test_rows", "report")


def bot_rows(store: Store, bots: Sequence[str]) -> list[dict[str, Any]]:
    """One row a bot: what it was given, what it learnt from and was tested on, its scores, version, alias, gate.

    `rows` were delivered, `labelled` of them have an intent; `distinct` texts are left of these without repeats and
    near repeats; `learnt` of them the model was fitted on, `test_rows` the scores are of. `low` and `high` are the ends
    of the interval of `accuracy`. None is what is not known yet.
    """
    tables = Tables(store, bots)
    judged = {row["bot"]: row for row in tables.rows("evaluation", _SCORES)}
    released = {row["bot"]: row for row in tables.rows("released", ["version", "alias", "gate"])}
    rows_of = {name: load_manifest(store, name).entries for name in ("utterance", "splits")}
    labelled = count_filled(store, "utterance", "intent", bots)
    rows = []
    for bot in bots:
        score, out = judged.get(bot, {}), released.get(bot, {})
        said = orjson.loads(score.get("report") or "{}")
        delivered, distinct = (entries[bot].rows if bot in entries else None for entries in rows_of.values())
        low, high = said.get("accuracy_interval") or (None, None)
        checks = orjson.loads(out.get("gate") or "[]")
        missed = [check["name"] for check in checks if not check["passed"]]
        rows.append(
            {
                "bot": bot,
                **{"rows": delivered, "labelled": labelled.get(bot), "distinct": distinct},
                "learnt": said.get("train_rows"),
                **{name: score.get(name) for name in ("test_rows", "accuracy")},
                **{"low": low, "high": high},
                **{name: score.get(name) for name in ("macro_f1", "ece")},
                "version": out.get("version"),
                "alias": out.get("alias"),
                "gate": f"refused: {', '.join(missed)}" if missed else "passed" if out else "",
            }
        )
    return rows
