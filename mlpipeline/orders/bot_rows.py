"""How the bots of a store stand: their rows, what the models learnt from, scores, the version that answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from mlpipeline.catalog import DATASETS
from mlpipeline.orders.outcome import Tables
from mlpipeline.orders.standing import champions
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.moves import is_retired
from mlpipeline.store.registry.pointers import ALIAS
from mlpipeline.store.tables.datasets import damaged_table
from mlpipeline.store.tables.manifests import load_manifest
from mlpipeline.store.tables.row_counts import count_filled

_SCORES = ("accuracy", "macro_f1", "ece", "test_rows", "report")


@dataclass(frozen=True)
class BotRow:
    """One bot; None is what is not known yet.

    Attributes:
        bot: DOMAIN/LANG.
        rows: utterances that were delivered.
        labelled: those of them that have an intent.
        distinct: texts that are left of these without repeats and near repeats.
        learnt: those that the model was fitted on.
        test_rows: those that the scores are of.
        accuracy: of the test rows, 0 to 1.
        low: lower end of the interval of `accuracy`.
        high: upper end.
        macro_f1: the mean of the intents' F1, 0 to 1.
        ece: the expected calibration error, 0 to 1.
        version: of the registry, of the model that was made last.
        alias: `champion` where that version answers.
        live: the version that answers, where somebody let another one do so; None where none does.
        gate: `passed`, or `refused: ` and the conditions that it missed; empty where nothing was released.
    """

    bot: str
    rows: int | None
    labelled: int | None
    distinct: int | None
    learnt: int | None
    test_rows: int | None
    accuracy: float | None
    low: float | None
    high: float | None
    macro_f1: float | None
    ece: float | None
    version: int | None
    alias: str | None
    live: int | None
    gate: str


def partitions_in(store: Store) -> set[str]:
    """The bots that a store has rows of, and `*/ko` for what all bots of a language share.

    Raises:
        StoreError: a table is damaged.
    """
    manifests = {name: load_manifest(store, name) for name in DATASETS}
    for name, manifest in manifests.items():
        if manifest.damage:
            raise damaged_table(store, name, manifest.damage)
    return {bot for manifest in manifests.values() for bot in manifest.entries}


def bot_rows(store: Store, bots: Sequence[str]) -> list[BotRow]:
    """One row a bot, in their order; read without a JVM."""
    tables = Tables(store, bots)
    evaluated = {row["bot"]: row for row in tables.rows("evaluation", _SCORES)}
    released = {row["bot"]: row for row in tables.rows("released", ["version", "alias", "gate"])}
    rows_of = {name: load_manifest(store, name).entries for name in ("utterance", "splits")}
    answering = champions(store, bots)
    labelled = count_filled(store, "utterance", "intent", bots)
    rows = []
    for bot in bots:
        score, out = evaluated.get(bot, {}), released.get(bot, {})
        report = orjson.loads(score.get("report") or "{}")
        delivered, distinct = (entries[bot].rows if bot in entries else None for entries in rows_of.values())
        low, high = report.get("accuracy_interval") or (None, None)
        rows.append(
            BotRow(
                bot=bot,
                rows=delivered,
                labelled=labelled.get(bot),
                distinct=distinct,
                learnt=report.get("train_rows"),
                test_rows=score.get("test_rows"),
                accuracy=score.get("accuracy"),
                low=low,
                high=high,
                macro_f1=score.get("macro_f1"),
                ece=score.get("ece"),
                version=out.get("version"),
                alias=_alias(store, bot, out, answering.get(bot)),
                live=_version(answering.get(bot)),
                gate=_gate(out.get("gate"), is_released=bool(out)),
            )
        )
    return rows


def _alias(store: Store, bot: str, out: Mapping[str, object], live: Mapping[str, object] | None) -> str | None:
    """`champion` where the version that was made last answers; a person may have let another one do so, or none."""
    if live is not None:
        return ALIAS if live["version"] == out.get("version") else None
    alias = out.get("alias")
    return None if alias is None or (store.is_local and is_retired(store, bot)) else str(alias)


def _version(live: Mapping[str, object] | None) -> int | None:
    return None if live is None else int(str(live["version"]))


def _gate(gate: str | None, *, is_released: bool) -> str:
    checks = orjson.loads(gate or "[]")
    missed = [check["name"] for check in checks if not check["passed"]]
    return f"refused: {', '.join(missed)}" if missed else "passed" if is_released else ""
