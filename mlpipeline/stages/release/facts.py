"""What is told of a release in MLflow's pages, gathered from what the stages before left in the store."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import yaml

from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.stages.release.gate import Condition, as_rows
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.tracking import LoggedDataset, RunFacts
from mlpipeline.store.tables.manifests import Manifest, load_manifest
from mlpipeline.store.tables.pieces import read_bytes

# What a bot learnt from, what it was judged on, and all whose settings are told: in the order in which they are made.
_EVALUATION = ("prediction", "evaluation")
_LOGGED = ("utterance", "cleaned", "splits", "denoised", "augmented", "embedding", *_EVALUATION)
_MADE = (*_LOGGED, "model", "exported")


def recipe_of_all(store: Store, bot: str) -> dict[str, object]:
    """The settings by section that the stages had when they made what the bot's release is made of."""
    found: dict[str, object] = {}
    for name in _MADE:
        entry = _manifest(store, name).entries.get(bot)
        found |= {} if entry is None else dict(entry.provenance.settings)
    return found


def logged_datasets(store: Store, bot: str) -> list[LoggedDataset]:
    """The rows of a bot that a release was made from, each with its version and the fingerprint that it has in `ls`."""
    found = []
    for name in _LOGGED:
        entry = _manifest(store, name).entries.get(bot)
        if entry is None:
            continue
        context = "evaluation" if name in _EVALUATION else "training"
        label = f"{bot}/{name}@{entry.version}"
        digest = entry.provenance.fingerprint
        found.append(LoggedDataset(label, digest, f"datasets/{name}", entry.version, entry.rows, context))
    return found


def loss_curves(history: Mapping[str, object]) -> dict[str, list[float]]:
    """The lists of numbers in a model's history, such as the loss of each epoch."""
    return {
        name: [float(value) for value in values]
        for name, values in history.items()
        if isinstance(values, list) and values and all(isinstance(value, int | float) for value in values)
    }


def intervals_in(report: Mapping[str, object]) -> dict[str, tuple[float, float]]:
    """The intervals in an evaluation's report, by the name of their figure."""
    found = {}
    for name, ends in report.items():
        if name.endswith("_interval") and isinstance(ends, list | tuple) and len(ends) == 2 and None not in ends:
            found[name.removesuffix("_interval")] = (float(ends[0]), float(ends[1]))
    return found


def release_facts(
    store: Store,
    bot: str,
    own: Mapping[str, Mapping[str, object]],
    figures: Mapping[str, float | None],
    inputs: Mapping[str, pa.Table],
    conditions: Sequence[Condition],
    tags: Mapping[str, str],
) -> RunFacts:
    """What is told of the release of a bot.

    Args:
        store: that holds what the stages before made.
        bot: DOMAIN/LANG.
        own: the sections of the recipe that the release itself received.
        figures: what the gate looked at.
        inputs: of the release; the model's history and the evaluation's report are told.
        conditions: of the gate, as they were found.
        tags: digests and versions; `git_commit` among them.
    """
    recipe = {**recipe_of_all(store, bot), **own}
    report = json.loads(inputs["evaluation"]["report"][0].as_py())
    history = TrainedModel.from_bytes(read_bytes(inputs["model"], "payload")).history
    datasets, intervals = logged_datasets(store, bot), intervals_in(report)
    return RunFacts(
        params={f"{section}.{key}": value for section, keys in recipe.items() for key, value in _pairs(keys)},
        metrics=figures,
        tags=tags,
        intervals=intervals,
        curves=loss_curves(history),
        datasets=datasets,
        texts={
            "recipe.yaml": yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False),
            "evaluation.json": json.dumps(report, ensure_ascii=False, indent=1),
            "gate.json": json.dumps(as_rows(list(conditions)), indent=1),
        },
        commit=tags.get("git_commit", ""),
        description=_description(bot, figures, intervals, conditions, datasets),
    )


def _pairs(keys: object) -> Sequence[tuple[str, object]]:
    return list(keys.items()) if isinstance(keys, Mapping) else [("", keys)]


def _description(
    bot: str,
    figures: Mapping[str, float | None],
    intervals: Mapping[str, tuple[float, float]],
    conditions: Sequence[Condition],
    datasets: Sequence[LoggedDataset],
) -> str:
    """A few lines of Markdown: how good, what the gate said, from which rows."""
    told = []
    for name, value in figures.items():
        if name.endswith(("_low", "_high")):
            continue
        low, high = intervals.get(name, (None, None))
        spread = "" if low is None else f" [{low:.3f}, {high:.3f}]"
        told.append(f"{name} {'not measured' if value is None else f'{value:,.4g}'}{spread}")
    missed = [f"{one.name} {one.limit:g}, found {one.value}" for one in conditions if not one.passed]
    gate = f"refused: {'; '.join(missed)}" if missed else "passed"
    rows = ", ".join(f"`{one.name}` ({one.rows:,} rows)" for one in datasets if one.context == "training")
    return f"Bot `{bot}`: {', '.join(told)}.\n\nGate: {gate}.\n\nMade from {rows or 'rows that are not in the store'}."


def _manifest(store: Store, dataset: str) -> Manifest:
    """A dataset's manifest, read once for all bots of a run: none of these is written while bots are released."""
    log = Path(store.path("datasets", dataset, "_delta_log"))
    newest = max(os.listdir(log), default="") if log.is_dir() else ""
    written = (log / newest).stat().st_mtime_ns if newest else 0
    return _remembered(store, dataset, newest, written)


@lru_cache(maxsize=32)
def _remembered(store: Store, dataset: str, newest: str, written: int) -> Manifest:
    return load_manifest(store, dataset)
