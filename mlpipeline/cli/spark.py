"""`mlpipeline spark lint`: what is wrong with files of Spark settings."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from mlpipeline.catalog import NEEDS
from mlpipeline.cli.context import CommandContext
from mlpipeline.cluster.lint.settings import Finding, lint_files, node_of
from mlpipeline.errors import UsageError


def add_lint(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="in the syntax of spark-defaults; later ones over earlier"
    )
    parser.add_argument("--master", metavar="MASTER", help="local, standalone, yarn, k8s, or an address")
    parser.add_argument("--node", metavar="CORES,SIZE", help="a worker node, such as 16c,64g")
    parser.add_argument("--stage", metavar="NAME", help="whose Python workers must fit (default: by the file's name)")
    parser.add_argument("--lang", metavar="TAG", help="language of the bots")
    parser.add_argument("--profile", choices=["task", "full"], help="the job uses stage-level resource profiles")
    parser.add_argument("--running", action="store_true", help="the settings are for a session that runs already")
    parser.set_defaults(verb=lint_verb)


def lint_verb(context: CommandContext) -> int:
    """Prints the findings; 1 when one of them is an error."""
    options = context.options
    found = lint_files(
        [(name, _text(name)) for name in options.files],
        master=options.master,
        node=node_of(options.node) if options.node else None,
        stage=options.stage,
        lang=options.lang,
        profile=options.profile,
        running=options.running,
        stages=NEEDS,
    )
    errors = sum(each.severity == "error" for each in found)
    counted = f"{_many(errors, 'error')}, {_many(len(found) - errors, 'warning')}" if found else "nothing found"
    context.print_result(
        [{**asdict(each), "where": each.where} for each in found], "\n".join([*map(_line, found), counted])
    )
    return 1 if errors else 0


def _line(found: Finding) -> str:
    place = f"{found.where}: " if found.where else ""
    return f"{place}{found.severity}: {found.what} -> {found.fix}"


def _many(count: int, word: str) -> str:
    return f"{count} {word}" + "s" * (count != 1)


def _text(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "is no text in UTF-8"
        raise UsageError(f"cannot be read: {what}", where=name, fix="name files of Spark settings") from error
