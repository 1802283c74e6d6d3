"""What a verb works with: its options, the store and the recipes, and where messages and results go."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.cli.log_output import level_of, line_handler
from mlpipeline.cli.options import spark_settings
from mlpipeline.cli.terminal_text import visible, visible_json
from mlpipeline.errors import UsageError
from mlpipeline.store.layout import Store

if TYPE_CHECKING:
    from mlpipeline.recipe.load import Resolved


class CommandContext:
    """What a verb works with: the options, the store and the recipes; messages go to stderr, results to stdout."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        if not options.store or not options.conf:
            # An empty word would be this folder: a script whose variable is not set must not fill it.
            raise UsageError("--store and --conf cannot be empty", fix="name a folder, or leave the option out")
        self.store = Store(options.store)
        self.conf = Path(options.conf)
        module = str(getattr(getattr(options, "verb", None), "__module__", ""))
        # The verb's own module, so that a log says which verb speaks.
        self._log = logging.getLogger(module if module.startswith("mlpipeline.") else __name__)

    def say(self, text: str, *, level: int | None = None, bot: str = "", stage: str = "") -> None:
        """A line for the person at the terminal, or for the log that a scheduler keeps.

        Args:
            text: what is to be known.
            level: of `logging`; by the word that the text begins with when None.
            bot, stage: what it is about, for logs that programs read.
        """
        self._log.log(level_of(text) if level is None else level, "%s", text, extra={"bot": bot, "stage": stage})

    def say_error(self, text: str) -> None:
        """A line on stderr that is written however quiet the verb is to be."""
        line_handler().put(text)

    def print_result(self, result: object, text: str) -> None:
        """The result on stdout: as JSON when asked for, else as text."""
        print(visible_json(result) if self.options.json else visible(text, lines=True), flush=True)

    def recipes(self, select: str | Sequence[str] | None = None, *, measured: bool = True) -> list[Resolved]:
        """The recipes of the chosen bots, with the measured layers or without; notes about them go to stderr."""
        # Not every verb reads recipes, and those that answer a person must start quickly.
        from mlpipeline.recipe.choose import choose_recipes

        chosen = select if select is not None else getattr(self.options, "select", None)
        exclude = [] if select is not None else getattr(self.options, "exclude", [])
        return choose_recipes(self.conf, select=chosen, exclude=exclude, sets=self.sets(), measured=measured)

    def sets(self) -> list[str]:
        """What `--set` and `--seed` say, as KEY=VALUE of the recipe."""
        seed = self.options.seed
        seeds = [] if seed is None else [f"{section}.seed={seed}" for section in _seeded()]
        return [*getattr(self.options, "set", []), *seeds]

    def recipe(self, bot: str, *, measured: bool = True) -> Resolved:
        """The recipe of one bot, given as DOMAIN/LANG."""
        from mlpipeline.recipe.choose import recipe_of

        return recipe_of(self.conf, bot, sets=self.sets(), measured=measured)


def _seeded() -> list[str]:
    """The sections of the recipe that have a seed."""
    from mlpipeline.recipe.fields import SECTIONS

    return [name for name, section in SECTIONS.items() if "seed" in section.model_fields]


def checked_settings(context: CommandContext) -> dict[str, str]:
    """The settings of `--conf spark.key=value`, read as Spark will read them; what it ignores is told on stderr.

    Raises:
        UsageError: no session starts with them.
    """
    settings = spark_settings(context.options)
    if settings:
        # The table of all settings: not for a verb without any.
        from mlpipeline.cluster.lint.settings import check_settings

        for finding in check_settings(settings, master=getattr(context.options, "master", None) or "local[*]"):
            context.say(f"warning: {finding.what} -> {finding.fix}")
    return settings
