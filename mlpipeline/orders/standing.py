"""How bots stand after a run, in words: which champion answers, what a gate refused, what a score rests on. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.moves import follow

FEW = 30
"""Test rows under which a score is told with a warning: the interval of all right of 30 begins at 0.89."""
_REPEATED = 0.5
_FEWEST, _MOST = 3, 10  # digits of a figure: three, and more where they are needed to tell it from a limit


class _Check(TypedDict):
    """A condition of the gate."""

    name: str
    value: float | None
    limit: float
    passed: bool


def champions(store: Store, bots: Sequence[str]) -> dict[str, dict[str, object]]:
    """For each bot that has a champion: `version`, and the `accuracy`, `macro_f1`, `ece` that it was released with."""
    if not store.is_local:
        return {}
    found: dict[str, dict[str, object]] = {}
    for bot in bots:
        try:
            released = follow(store, bot)
        except StoreError:
            continue
        if released is not None:
            found[bot] = {"version": released.version, **released.metrics}
    return found


def status_line(bots: Sequence[Mapping[str, object]]) -> str:
    """`ok`, or how many bots failed and how many a gate refused, with what answers for these.

    Args:
        bots: with `status` and `champion`.
    """
    failed = sum(bot["status"] == "failed" for bot in bots)
    refused = [bot for bot in bots if bot["status"] == "refused"]
    parts = [f"{failed} of {len(bots)} bots failed"] if failed else []
    if refused:
        old = sum(bot["champion"] is not None for bot in refused)
        stays = "the old champion stays" if old == 1 else f"{old} old champions stay"
        parts.append(f"{len(refused)} refused by a gate; {stays if old else 'no champion stays'} in production")
    return "; ".join(parts) or "ok"


def refusal_line(bot: Mapping[str, Any]) -> str:
    """What a gate refused of one bot, and what answers now.

    Args:
        bot: with `bot`, `version`, `gate`, `champion`.
    """
    missed = [
        f"{check['name']} {check['limit']:g}, found {_figure(check)}" for check in bot["gate"] if not check["passed"]
    ]
    champion = bot["champion"]
    answers = f"version {champion['version']} stays in production" if champion else "nothing answers for it yet"
    return f"{bot['bot']}: the gate refused version {bot['version']} ({'; '.join(missed)}): {answers}"


def doubts(bot: Mapping[str, Any]) -> list[str]:
    """Why the scores of a bot say less than they seem to: few test rows, a gate within the interval, many repeats.

    Args:
        bot: with `rows` and, where it was evaluated, `accuracy`, `accuracy_interval`, `in_scope_rows`, `gate`.
    """
    scored = (bot.get("accuracy"), bot.get("accuracy_interval"), bot.get("in_scope_rows", 0))
    return [*_few_rows(*scored, bot.get("gate") or []), *_repeats(bot["rows"])]


def _few_rows(accuracy: float | None, interval: Sequence[float] | None, rows: int, gate: Sequence[_Check]) -> list[str]:
    if accuracy is None or interval is None:
        return []
    low, high = interval
    limits = [check["limit"] for check in gate if check["name"] == "min_accuracy" and check["passed"]]
    unsure = [limit for limit in limits if low < limit]
    if rows >= FEW and not unsure:
        return []
    spread = f"it may be anything from {low:.2f} to {high:.2f}"
    told = f"accuracy {accuracy:.3f} rests on {_counted(rows, 'judged row')}: {spread}"
    return [told + "".join(f", and the gate asks for {limit:g}" for limit in unsure)]


def _repeats(rows: Mapping[str, int | None]) -> list[str]:
    labelled, distinct = rows.get("labelled"), rows.get("distinct")
    if not labelled or distinct is None or distinct >= labelled * _REPEATED:
        return []
    told = f"{labelled - distinct:,} of {labelled:,} labelled rows say what another one says, or nearly"
    return [f"{told}: {_counted(distinct, 'distinct text')} to learn from and to test on"]


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _figure(check: _Check) -> str:
    value = check["value"]
    if value is None or is_count(check["name"]):
        return "nothing" if value is None else f"{value:,.0f}"
    return f"{value:.{digits_apart(value, check['limit'])}f}"


def is_count(condition: str) -> bool:
    """Whether a condition of a gate counts something, and has no digits behind the point."""
    return condition.endswith("_rows") or "golden" in condition


def digits_apart(value: float | None, limit: float | None) -> int:
    """Digits behind the point, 3 to 9, with which a figure and its limit do not read as equal where they are not."""
    if value is None or limit is None:
        return _FEWEST
    return next((digits for digits in range(_FEWEST, _MOST) if round(value, digits) != round(limit, digits)), _FEWEST)
