"""Why a stage runs again, in words: what differs between what was recorded and what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from mlpipeline.recipe.renamed import with_new_names
from mlpipeline.store.tables.manifests import Entry
from mlpipeline.store.tables.provenance import Provenance

_T = TypeVar("_T")


def find_causes(
    stage: str,
    recorded: Entry | None,
    planned: Provenance,
    *,
    upstream: Sequence[str] = (),
    missing: Sequence[str] = (),
) -> list[str]:
    """Every reason to run a stage for a bot, most telling first; empty when it can be skipped.

    Args:
        stage: its name.
        recorded: what the table says it was made from; None when it was never made.
        planned: what it would be made from now.
        upstream: stages before it that are to run in the same plan; for what was made before, the makers of its inputs.
        missing: files of its table that are gone.
    """
    if missing:
        return [f"artefact missing: {missing[0]}" + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")]
    if recorded is None:
        return [f"after {upstream[-1]}"] if upstream else ["never made"]
    if recorded.provenance.fingerprint == planned.fingerprint:
        return []
    part, renamed = with_new_names(recorded.provenance.settings)
    found = [f"recipe {text}" for text in [*setting_changes(part, planned.settings), *renamed]]
    if recorded.provenance.code != planned.code:
        found.append(f"code of {stage} changed")
    libraries = _changed(recorded.provenance.libraries, planned.libraries)
    found += [f"{name} {_counted(old)} -> {_counted(new)}" for name, old, new in libraries]
    found += _input_changes(recorded.provenance.inputs, planned.inputs, upstream)
    return found or ["made from something else"]


def setting_changes(old: Mapping[str, object], new: Mapping[str, object], under: str = "") -> list[str]:
    """Changed keys of a recipe part: `train.epochs 10 -> 20`."""
    found = []
    for key, before, after in _changed(old, new):
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += setting_changes(before, after, f"{under}{key}.")
        else:
            found.append(f"{under}{key} {_shown(before)} -> {_shown(after)}")
    return found


def _changed(old: Mapping[str, _T], new: Mapping[str, _T]) -> Iterator[tuple[str, _T | None, _T | None]]:
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            yield key, old.get(key), new.get(key)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    text = "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _counted(version: str | None) -> str:
    return "not counted" if version is None else version


def _input_changes(old: Mapping[str, object], new: Mapping[str, object], upstream: Sequence[str]) -> list[str]:
    found = []
    for name, before, after in _changed(old, new):
        if isinstance(before, Mapping) or isinstance(after, Mapping):
            files = [part if isinstance(part, Mapping) else {} for part in (before, after)]
            for file, was, now in _changed(*files):
                found.append(
                    f"{file} is new" if was is None else f"{file} is gone" if now is None else f"{file} changed"
                )
        elif not upstream:
            found.append(f"{name} is new")
    return found + ([f"after {upstream[-1]}"] if upstream else [])
