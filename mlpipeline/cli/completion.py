"""`mlpipeline completion`: what a shell needs to complete verbs, options, stages, datasets, bots and files."""

from __future__ import annotations

import argparse

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import refuse_ignored
from mlpipeline.cli.parsers import full_parser

_SHELLS = ("bash", "zsh", "fish")
_BOTS = "mlpipeline completion bots 2>/dev/null"
# By metavar or name, what an argument takes.
_BOT_ARGUMENTS = {"BOT", "bot", "BOT|DOMAIN", "FILE|BOT", "BOT[@VERSION]", "BOT@VERSION"}
_FOLDERS = {"DIR", "DIR|spark.KEY=VALUE", "PATH"}


def add_completion(parser: argparse.ArgumentParser) -> None:
    """The arguments of `completion`."""
    parser.add_argument(
        "shell", choices=(*_SHELLS, "bots"), help="the shell; bots: the bots of the recipes, which the shells ask for"
    )
    parser.epilog = (
        'bash: eval "$(mlpipeline completion bash)" in ~/.bashrc; zsh: mlpipeline completion zsh > '
        "~/.zsh/_mlpipeline, in a folder of fpath; fish: mlpipeline completion fish > "
        "~/.config/fish/completions/mlpipeline.fish"
    )
    parser.set_defaults(verb=completion_verb)


def completion_verb(context: CommandContext) -> int:
    """Prints the completion script of a shell, or the bots."""
    if context.options.shell == "bots":
        # For a key that is pressed: nothing but the names of files is read.
        from mlpipeline.recipe.load import bots_of

        print("\n".join(str(bot) for bot in bots_of(context.conf) if bot.lang != "*"))
        return 0
    refuse_ignored(context.options, ("conf",), "is for `completion bots`: the scripts ask for the bots themselves")
    print(completion_script(context.options.shell))
    return 0


def completion_script(shell: str) -> str:
    """The script of a shell that completes all verbs and their options: bash, zsh or fish."""
    import shtab

    from mlpipeline.catalog import DATASETS, STAGES

    stages = tuple(stage.name for stage in STAGES)
    parser = full_parser()
    for action in _actions(parser):
        words = {action.dest, action.metavar} if isinstance(action.metavar, str) else {action.dest}
        if action.choices is not None:
            continue
        if words & {"STAGE", "stage"}:
            action.choices = stages
        elif "SCRIPT|STAGE" in words:
            action.choices = ("run", *stages)
        elif "dataset" in words:
            action.choices = tuple(DATASETS)
        elif words & _BOT_ARGUMENTS:
            action.complete = shtab.cmd(_BOTS)  # type: ignore[attr-defined]
        elif words & _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif isinstance(action.metavar, str) and action.metavar.split(".")[0] in ("FILE", "ISSUES", "REVIEW"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell))


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The arguments of all verbs below a parser."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [one for below in action.choices.values() for one in _actions(below)]
        else:
            found.append(action)
    return found
