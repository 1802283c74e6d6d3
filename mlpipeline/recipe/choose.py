"""The recipes that a person means: of some bots by `select` and `exclude`, or of one by its name."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlpipeline.bots import Bot
from mlpipeline.errors import UsageError
from mlpipeline.recipe.load import Resolved, load_recipes
from mlpipeline.recipe.select import parse_selection

_log = logging.getLogger(__name__)


def choose_recipes(
    conf: Path,
    *,
    select: str | Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    sets: Sequence[str] = (),
    measured: bool = True,
) -> list[Resolved]:
    """The recipes of the chosen bots, at least one. What their owner should know is logged.

    Args:
        conf: the folder of recipes.
        select: bots, as `--select` takes them; None: every bot.
        exclude: bots to leave out, each written like `select`.
        sets: `section.key=value` each, over everything else.
        measured: whether the measured layers count.

    Raises:
        RecipeError: a file, key or value is wrong.
        UsageError: there is no bot, or none is chosen.
    """
    selection = parse_selection(select)
    without = [parse_selection(word, option="--exclude") for word in exclude]
    found = load_recipes(conf, select=selection, exclude=without, sets=sets, measured=measured)
    if not found:
        what = "there are no bots" if (conf / "domains").is_dir() else "no folder domains, so no bots"
        raise UsageError(what, where=str(conf), fix="make a bot: mlpipeline new, or correct --conf")
    for message in dict.fromkeys([*selection.messages, *(text for bot in found for text in bot.messages)]):
        _log.info("note: %s", message)
    return found


def recipe_of(conf: Path, bot: str, *, sets: Sequence[str] = (), measured: bool = True) -> Resolved:
    """The recipe of one bot, given as DOMAIN/LANG; the other arguments are those of `choose_recipes`.

    Raises:
        UsageError: there is no such bot.
        RecipeError: a recipe is wrong.
    """
    Bot.parse(bot)
    try:
        return choose_recipes(conf, select=bot, sets=sets, measured=measured)[0]
    except UsageError as error:
        # Nobody has written --select.
        if error.where != "--select":
            raise
        raise UsageError(error.what, where=str(conf), fix=error.fix) from None


def as_sets(values: Mapping[str, object] | None) -> list[str]:
    """`{"train.epochs": 3}` as `--set` has it: `train.epochs=3`.

    Raises:
        UsageError: a value is nothing that a recipe can hold.
    """
    sets = []
    for key, value in (values or {}).items():
        try:
            # YAML reads JSON, but for 1e-05, which is text there.
            text = f"{value:.17f}" if isinstance(value, float) and "e-" in repr(value) else _json(value)
        except TypeError:
            what = f"{key}: {type(value).__name__} is no value of a recipe"
            raise UsageError(what, fix="give a number, text, a list or None") from None
        sets.append(f"{key}={text}")
    return sets


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
