"""What a recipe names and a run will need: files, folders, a gate. Missed when a plan is made, not hours later."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from mlpipeline.errors import InputError, RecipeError, SetupError
from mlpipeline.inputs import local_path, plain_file, spelled
from mlpipeline.recipe.fields import Recipe
from mlpipeline.recipe.load import Resolved
from mlpipeline.recipe.names import ENCODERS
from mlpipeline.recipe.release_fields import Gate
from mlpipeline.store.elsewhere import FolderElsewhere, is_elsewhere

_NONE_FIX = "correct it, or set it to null"


def check_promises(bot: Resolved, stages: Collection[str]) -> None:
    """Raises when something that the bot's recipe names is not there.

    Args:
        bot: its recipe, with the place of each value.
        stages: those of the plan: what none of them reads need not be there.

    Raises:
        InputError: a file or folder is not there, or is no plain file.
        RecipeError: a model is to be released, and nothing says when it is good enough.
    """
    recipe = bot.recipe
    named = {"release.answers": recipe.release.answers, "release.questions": recipe.release.questions}
    wanted = [(key, path) for key, path in named.items() if path is not None and "release" in stages]
    if recipe.ingest.translations is not None:
        wanted.append(("ingest.translations", recipe.ingest.translations))
    for key, path in wanted:
        plain_file(bot.locate(path), where=_place(bot, key), name=path, fix=_NONE_FIX)
    for key, folder in _folders(recipe, stages):
        _check_folder(folder, _place(bot, key))
    if "release" in stages and not _has_limits(recipe.release.gate):
        what = "no gate: nothing says when a model is good enough"
        fix = "set min_accuracy or min_macro_f1 under release.gate"
        raise RecipeError(what, where=_place(bot, "release.gate"), fix=fix)


def _folders(recipe: Recipe, stages: Collection[str]) -> Iterator[tuple[str, str]]:
    if recipe.embed.encoder not in ENCODERS and "embed" in stages:
        yield "embed.encoder", recipe.embed.encoder
    place = recipe.augment.generator
    if place is not None and "://" not in place and "augment" in stages:
        yield "augment.generator", place


def _check_folder(folder: str, where: str) -> None:
    if not is_elsewhere(folder):
        if not os.path.isdir(spelled(local_path(folder))):
            raise InputError(f"no such folder: {folder}", where=where, fix="correct it")
        return
    try:
        FolderElsewhere(folder).check()
    except SetupError as error:
        raise InputError(f"{folder} {error.what}", where=where, fix=error.fix) from error


def _has_limits(gate: Gate | None) -> bool:
    return gate is not None and any(limit is not None for limit in gate.model_dump().values())


def _place(bot: Resolved, key: str) -> str:
    # Of a section whose keys come from several layers: the place that was written last.
    below = [origin for name, origin in bot.origins.items() if name.startswith(f"{key}.")]
    return f"{bot.origin(key) or below[-1]}: {key}"
