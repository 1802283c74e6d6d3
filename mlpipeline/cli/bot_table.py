"""The table of bots: how many rows, how good, which version answers; in full where there is room, else short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from mlpipeline.cli.tables import fit, terminal_cells, width
from mlpipeline.orders.bot_rows import bot_rows as rows_of_bots
from mlpipeline.store.layout import Store

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
    "live",
    "gate",
)
# In 80 cells: the alias stands with what passed the gate, and figures lose their leading zero.
_SHORT = {"test_rows": "test", "macro_f1": "f1", "version": "v"}
_TEXTS = ("bot", "alias", "gate")


def draw_bots(rows: Iterable[Mapping[str, object]], *, wide: bool = False) -> str:
    """The table for a terminal.

    Args:
        rows: one a bot; a figure may be missing. `low` and `high` are the interval of `accuracy`.
        wide: in full, however wide the terminal is.
    """
    listed = list(rows)
    names = [name for name in _FULL if name in _TEXTS or any(name in row for row in listed)]
    if all(row.get("labelled") in (None, row.get("rows")) for row in listed) and "labelled" in names:
        names.remove("labelled")  # without logs all rows are, and the column says nothing
    if all(row.get("live") in (None, row.get("version")) for row in listed) and "live" in names:
        names.remove("live")  # nobody let another version answer than the one made last
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
    missed = [f"{row['bot']} {row['gate']}" for row in listed if ": " in str(row.get("gate") or "")]
    more = [f"(no room for: {', '.join(short.left_out)}; `mlpipeline ls --wide` shows them)"] if short.left_out else []
    return "\n".join([short.text, *([""] if missed or more else []), *missed, *more])


def _numbers(names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in _TEXTS]


def _full(name: str, row: Mapping[str, object]) -> str:
    value, low, high = row.get(name), row.get("low"), row.get("high")
    if name == "accuracy" and None not in (value, low, high):
        return f"{value:.3f} [{_share(low, 2)}, {_share(high, 2)}]"
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _short(name: str, row: Mapping[str, object]) -> str:
    value, low, high = row.get(name), row.get("low"), row.get("high")
    if name == "accuracy" and None not in (value, low, high):
        return f"{_share(value, 3)} [{_share(low, 2)} {_share(high, 2)}]"
    if name == "gate":
        return str(value or "").split(":")[0]
    return "" if value is None else _share(value, 3) if isinstance(value, float) else str(value)


def _share(value: object, digits: int) -> str:
    """.81 for 0.81, 1.0 for 1: as many cells either way."""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("0") else text[: digits + 1]


def bot_rows(store: Store, bots: Sequence[str]) -> list[dict[str, object]]:
    """The rows of `orders.bot_rows`, for `draw_bots` and for JSON."""
    return [asdict(row) for row in rows_of_bots(store, bots)]
