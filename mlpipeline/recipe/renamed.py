"""Keys of a recipe that have another name now: an old one is answered with the new one, and never read silently."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping

from mlpipeline.errors import RecipeError
from mlpipeline.recipe.origins import Layer

RENAMED: dict[str, str] = {}
"""Old dotted key -> new dotted key ("train.passes": "train.epochs"); of a section, its name ("noise": "denoise").

A key that is renamed in fields.py gets its line here and stays for good: recipes are older than their readers.
"""
_MOST = 8  # shown at once


def check_renamed(layer: Layer, renamed: Mapping[str, str] = RENAMED) -> None:
    """Raise RecipeError where a file, or `--set`, holds a key by its old name: old name, new name, file and line.

    Args:
        layer: one file, as it was read.
        renamed: old dotted key -> new dotted key.
    """
    told = [_explained(layer, old, new) for old, new in _renamed_in(layer.data, renamed)]
    if not told:
        return
    first, *more = told
    lines = "".join(f"\n{one}" for one in more[: _MOST - 1])
    rest = f"\nand {len(told) - _MOST} more" if len(told) > _MOST else ""
    raise RecipeError(first.what, where=first.where, fix=f"{first.fix}{lines}{rest}")


def with_new_names(
    data: Mapping[str, object], renamed: Mapping[str, str] = RENAMED
) -> tuple[dict[str, object], list[str]]:
    """Recorded sections of a recipe under the names of today, and what was renamed in them, in words.

    Args:
        data: sections by name, as a store keeps them; it stays as it is.
        renamed: old dotted key -> new dotted key.
    """
    found = list(_renamed_in(data, renamed))
    if not found:
        return dict(data), []
    result = copy.deepcopy(dict(data))
    for old, new in found:
        above, _, word = old.rpartition(".")
        holder, into = _at(result, above), result
        value = holder.pop(word) if isinstance(holder, dict) else None
        *sections, name = new.split(".")
        for section in sections:
            held = into.setdefault(section, {})
            into = held if isinstance(held, dict) else {}
        there = into.get(name)
        into[name] = {**value, **there} if isinstance(there, dict) and isinstance(value, dict) else value
    return result, [f"{old} is called {new} now" for old, new in found]


def _renamed_in(data: Mapping[str, object], renamed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(old, new) of the old names in `data`, keys before the sections that hold them; `new` is the name of today."""
    for old in sorted(renamed, key=lambda key: (-key.count("."), key)):
        above, _, word = old.rpartition(".")
        holder = _at(data, above)
        if isinstance(holder, Mapping) and word in holder:
            new = renamed[old]
            while new in renamed:
                new = renamed[new]
            yield old, new


def _at(data: object, dotted: str) -> object:
    """What stands at a dotted key; None where nothing does."""
    for word in dotted.split(".") if dotted else ():
        if not isinstance(data, Mapping) or word not in data:
            return None
        data = data[word]
    return data


def _explained(layer: Layer, old: str, new: str) -> RecipeError:
    (old_section, _, old_word), (section, _, word) = old.rpartition("."), new.rpartition(".")
    if new in layer.lines:
        fix = f"remove it: {new} stands in line {layer.lines[new]}"
    elif not layer.lines:  # `--set`
        fix = f"write {new}=VALUE"
    elif section == old_section:
        fix = f"write `{word}:` instead of `{old_word}:`"
    else:
        fix = f"write `{word}:` below `{section}:`"
    return RecipeError(f"{old} is called {new} now", where=layer.where(old), fix=fix)
