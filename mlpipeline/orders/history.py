"""The runs of a store: what a list of them needs of each is kept beside them, so that no `run.json` is read twice."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypedDict

from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store
from mlpipeline.store.runs import KNOWN, run_names

_NAMED = 5  # bots that are kept by name


class Entry(TypedDict):
    """What a list shows of a run; `champions` are [version, accuracy, its interval] of the bots that it released."""

    started: str
    seconds: float | None
    status: str
    command: str
    bots: list[str]
    states: dict[str, int]
    champions: dict[str, list[object]]


def keep_entry(store: Store, run: Mapping[str, object]) -> dict[str, Entry | None]:
    """Keeps what lists need of a run that has ended; gives the same of all runs, as `all_entries` does.

    Args:
        store: where runs are kept.
        run: what its `run.json` holds.

    Raises:
        StoreError: the store cannot be written.
    """
    entries = {**all_entries(store), str(run["run"]): entry_of(run)}
    ended = {name: entry for name, entry in entries.items() if entry}
    store.write(store.path("runs", KNOWN), json.dumps(ended, ensure_ascii=False).encode())
    return entries


def all_entries(store: Store) -> dict[str, Entry | None]:
    """What a list needs of each run there is, the oldest first; None for one that has not ended."""
    known = _known(store)
    return {name: known.get(name) or _read(store, name) for name in run_names(store)}


def entry_of(run: Mapping[str, object]) -> Entry:
    """What a list shows of a run, from its `run.json`; every key may be missing or of another kind."""
    bots = [bot for bot in _listed(run.get("bots")) if isinstance(bot, Mapping)]
    states = [(str(bot.get("bot") or "?"), str(bot.get("status") or "")) for bot in bots]
    failure = run.get("failure")
    return {
        "started": str(run.get("started") or ""),
        "seconds": _number(run.get("seconds")),
        "status": str(run.get("status") or ("failed" if failure else "")),
        "command": str(run.get("command") or ""),
        "bots": [bot for bot, state in states if state != "skipped"][:_NAMED],
        "states": dict(Counter(state for _, state in states)),
        "champions": {
            str(bot.get("bot")): [bot["version"], _number(bot.get("accuracy")), _listed(bot.get("accuracy_interval"))]
            for bot in bots
            if bot.get("status") == "released" and isinstance(bot.get("version"), int)
        },
    }


def add_history(store: Store, bots: Sequence[dict[str, object]]) -> None:
    """Adds to `champion` and `champion_before` of entries of `run.json` which run released that version: `run`,
    `started`, and the `interval` of its accuracy, where an earlier run of the store tells.
    """
    if not any(bot.get("champion") or bot.get("champion_before") for bot in bots):
        return
    released: dict[tuple[object, object], dict[str, object]] = {
        (bot, found[0]): {"run": name, "started": entry["started"], "interval": found[2]}
        for name, entry in reversed(all_entries(store).items())
        if entry
        for bot, found in entry["champions"].items()
    }
    for bot in bots:
        for key in ("champion", "champion_before"):
            line = bot.get(key)
            told = released.get((bot["bot"], line["version"]), {}) if isinstance(line, dict) and line else {}
            bot[key] = {**line, **told} if isinstance(line, dict) and line else line


def _known(store: Store) -> dict[str, Entry]:
    """What was kept of earlier runs; nothing where it cannot be understood, as it can be made anew."""
    try:
        kept = json.loads(store.read(store.path("runs", KNOWN)) or b"{}")
    except (OSError, ValueError, RecursionError):
        return {}
    return {name: entry for name, entry in kept.items() if _is_entry(entry)} if isinstance(kept, dict) else {}


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or entry.keys() != _EMPTY.keys():
        return False
    kinds = all(isinstance(entry[key], type(value)) for key, value in _EMPTY.items() if value is not None)
    return (
        kinds
        and isinstance(entry["seconds"], int | float | None)
        and all(isinstance(count, int) for count in entry["states"].values())
        and all(isinstance(bot, str) for bot in entry["bots"])
        and all(isinstance(found, list) and len(found) == 3 for found in entry["champions"].values())
    )


def _read(store: Store, name: str) -> Entry | None:
    try:
        text = store.read(store.path("runs", name, "run.json"))
        run = json.loads(text) if text else None
    except (OSError, ValueError, RecursionError, StoreError):
        return entry_of({"status": "its run.json cannot be read"})
    return entry_of(run) if isinstance(run, Mapping) else None


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


_EMPTY = entry_of({})
