"""What a stage may use again of its own earlier work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mlpipeline.store.fingerprint import digest
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import Entry, Manifest, load_manifest, missing_files
from mlpipeline.store.tables.provenance import Provenance

# Which earlier rows count: those made with the same recipe part, or with the same part by the same code as well.
Recall = Literal["part", "code"]


def recallable(
    store: Store, recalls: Mapping[str, Recall], planned: Mapping[str, Provenance]
) -> dict[str, tuple[int, list[str]]]:
    """For each dataset of `recalls`: the version to read, and the bots whose rows there count.

    A run may have been killed between the commits of two datasets. Rows that do not stem from one and the same work
    do not fit together, so a bot counts in all datasets or in none.

    Args:
        store: where the datasets are.
        recalls: dataset -> which earlier rows count.
        planned: of the work to be done now, by bot.
    """
    manifests = {dataset: load_manifest(store, dataset) for dataset in recalls}
    bots = [bot for bot, provenance in planned.items() if _fits(store, bot, provenance, recalls, manifests)]
    return {dataset: (manifest.version, bots) for dataset, manifest in manifests.items()}


def _fits(
    store: Store, bot: str, provenance: Provenance, recalls: Mapping[str, Recall], manifests: Mapping[str, Manifest]
) -> bool:
    entries = {dataset: manifest.entries.get(bot) for dataset, manifest in manifests.items()}
    kept = [entry for entry in entries.values() if entry is not None]
    if len(kept) < len(entries) or len({entry.provenance.fingerprint for entry in kept}) != 1:
        return False
    if any(missing_files(store, manifest, bot) for manifest in manifests.values()):
        return False
    return all(_same(entry, provenance, recalls[dataset]) for dataset, entry in entries.items() if entry is not None)


def _same(entry: Entry, provenance: Provenance, by: Recall) -> bool:
    old = entry.provenance
    # Compared as digests, as the planner does: what was stored as JSON has lists where a recipe has tuples.
    same_part = digest(old.settings) == digest(provenance.settings)
    return same_part and (by == "part" or (old.code, old.libraries) == (provenance.code, provenance.libraries))
