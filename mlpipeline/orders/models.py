"""The versions of bots' models: which there are, what each is, and in what two of them differ; without MLflow."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlpipeline.errors import StoreError
from mlpipeline.store.bundles.content import BundleFiles, open_bundle
from mlpipeline.store.bundles.seals import find_damage
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.move_log import read_moves
from mlpipeline.store.registry.moves import bundles_of, database_of, follow
from mlpipeline.store.registry.pointers import DIGEST_TAG, Released, model_name
from mlpipeline.store.registry.rows import read_registry
from mlpipeline.store.registry.versions import Version, logged_gate, read_params, read_versions

_SHOWN = 10  # moves


@dataclass(frozen=True)
class ModelRow:
    """One registered version: its aliases, the figures of its release, its bundle and how that is.

    `created` is the time in UTC; `bundle` the first digits of its digest; `size` its bytes; `state` is `whole`, or what
    is wrong with it by names, sizes and times.
    """

    bot: str
    version: int
    aliases: str
    accuracy: float | None
    macro_f1: float | None
    gate: str
    created: str
    bundle: str
    size: int
    state: str


def model_rows(store: Store, bots: Sequence[str]) -> list[ModelRow]:
    """The versions of bots, in their order, the newest of each first; an alias that was moved in MLflow is followed.

    Raises:
        StoreError: the registry is damaged.
    """
    registry = read_registry(database_of(store), DIGEST_TAG)
    rows = []
    for bot in bots:
        names = {} if registry is None else registry.aliases.get(model_name(bot), {})
        with suppress(StoreError):  # its version is listed with what is wrong with it
            follow(store, bot)
        for version in reversed(read_versions(database_of(store), model_name(bot))):
            own = sorted(alias for alias, number in names.items() if number == version.number)
            folder = bundles_of(store, bot) / version.folder
            damage = find_damage(folder, version.digest, thorough=False)
            rows.append(
                ModelRow(
                    bot=bot,
                    version=version.number,
                    aliases=", ".join(own),
                    accuracy=version.metrics.get("accuracy"),
                    macro_f1=version.metrics.get("macro_f1"),
                    gate=logged_gate(version),
                    created=version.created,
                    bundle=version.digest[:16],
                    size=folder_bytes(folder),
                    state=damage or "whole",
                )
            )
    return rows


def describe_model(store: Store, released: Released) -> dict[str, object]:
    """All that is known of one version, for people and for JSON.

    Raises:
        StoreError: its bundle is missing or damaged.
    """
    opened = open_bundle(Path(released.folder), digest=released.digest or None)
    registry = read_registry(database_of(store), DIGEST_TAG)
    names = {} if registry is None else registry.aliases.get(model_name(released.bot), {})
    version = _version(store, released)
    return {
        "bot": released.bot,
        "version": released.version,
        "aliases": sorted(alias for alias, number in names.items() if number == released.version),
        "created": version.created,
        "gate": logged_gate(version),
        "metrics": dict(released.metrics),
        "bundle_digest": released.digest,
        "folder": released.folder,
        "size": folder_bytes(Path(released.folder)),
        "intents": len(_labels(opened)),
        "thresholds": opened.read_json("thresholds.json"),
        "tags": {key: value for key, value in version.tags.items() if key not in (DIGEST_TAG, "bot", "gate")},
        "moves": [
            {"when": move.when, "who": move.who, "alias": move.alias, "from": move.old, "to": move.new, "how": move.how,
             "why": move.why}
            for move in read_moves(bundles_of(store, released.bot))[-_SHOWN:]
        ],
    }  # fmt: skip


def diff_models(store: Store, before: Released, after: Released) -> dict[str, object]:
    """In what two versions differ: rows, recipe, intents, limits, figures, answers; `compare` says which rows change.

    Raises:
        StoreError: a bundle is missing or damaged.
    """
    old, new = (open_bundle(Path(one.folder), digest=one.digest or None) for one in (before, after))
    first, second = (_version(store, one) for one in (before, after))
    recipes = [read_params(database_of(store), one.run) if one.run else {} for one in (first, second)]
    labels = [set(_labels(one)) for one in (old, new)]
    return {
        "before": f"{before.bot}@{before.version}",
        "after": f"{after.bot}@{after.version}",
        "same_bundle": before.digest == after.digest,
        "same_data": old.manifest.get("data_digest") == new.manifest.get("data_digest"),
        "same_weights": old.manifest.get("weights_digest") == new.manifest.get("weights_digest"),
        "intents_added": sorted(labels[1] - labels[0]),
        "intents_removed": sorted(labels[0] - labels[1]),
        "metrics": _changes(before.metrics, after.metrics),
        "recipe": _changes(*recipes),
        "thresholds": _changes(old.read_json("thresholds.json"), new.read_json("thresholds.json")),
        "answers_changed": sorted(_changes(old.read_json("answers.json"), new.read_json("answers.json"))),
        "files_changed": sorted(_changes(old.manifest["files"], new.manifest["files"])),
    }


def folder_bytes(folder: Path) -> int:
    """The bytes of all files below a folder; 0 where there is none."""
    return sum(os.lstat(os.path.join(place, name)).st_size for place, _, names in os.walk(folder) for name in names)


def _version(store: Store, released: Released) -> Version:
    found = [
        one for one in read_versions(database_of(store), model_name(released.bot)) if one.number == released.version
    ]
    return found[0] if found else Version(released.version, released.digest, Path(released.folder).name, "", "")


def _labels(opened: BundleFiles) -> list[str]:
    return opened.read("labels.txt").decode().splitlines()


def _changes(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, list[object]]:
    """What differs: key -> [before, after], None where it is not there."""
    keys = sorted({*old, *new})
    return {key: [old.get(key), new.get(key)] for key in keys if old.get(key) != new.get(key)}
