"""The parsers of the command line: of one verb with its arguments, or of all verbs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any, TypeAlias

from mlpipeline import __version__
from mlpipeline.cli.command_line import Parser
from mlpipeline.cli.options import global_options
from mlpipeline.cli.verbs import VERBS, verbs_by_task

Subparsers: TypeAlias = "argparse._SubParsersAction[Any]"  # argparse has no public name for it

_USAGE = "mlpipeline [--store PATH] [--conf DIR] VERB [...]"
_OPTIONS = """options before any verb; behind it, those that it reads:
  --store PATH   where datasets, models and runs are: folder, hdfs:// or s3a:// (default: $MLPIPELINE_STORE or ./store)
  --conf DIR     folder with base.yaml, languages/ and domains/ (default: $MLPIPELINE_CONF or ./conf)
  --quiet        no progress on stderr
  -v, --verbose  more progress, and traces of failures
  --log-format   lines on stderr: text, timed or json
`mlpipeline VERB --help` lists the others: --json and --seed N of those that read them, and its own"""
_CODES = "exit codes: 0 ok, 1 something failed, 2 usage, 3 `plan --detailed-exitcode` has work, 4 a gate refused"


def build_parser(arguments: Sequence[str]) -> Parser:
    """The parser of the verb that `arguments` begin with, or of the group of verbs; without one, of --help."""
    parser = Parser(
        prog="mlpipeline",
        usage=_USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="From files of utterances to answering bots, in many languages, on Spark.",
        epilog="\n\n".join([verbs_by_task(), _OPTIONS, _CODES]),
    )
    parser.add_argument("--version", action="version", version=f"mlpipeline {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", help=argparse.SUPPRESS, prog="mlpipeline")
    for name in VERBS:
        words = name.split()
        if words[:1] != list(arguments[:1]):
            continue
        if len(words) == 1:
            add_verb(verbs, words[0], name)
        elif words[0] not in verbs.choices:
            _add_group(verbs, words[0], arguments)
    return parser


def _add_group(verbs: Subparsers, group: str, arguments: Sequence[str]) -> None:
    """Adds `denoise` with `denoise check` and so on; only the verb that is asked for gets its arguments."""
    names = [name for name in VERBS if name.startswith(f"{group} ")]
    about = f"the verbs of {group}: {', '.join(names)}"
    parser = verbs.add_parser(group, help=about, description=about)
    own = parser.add_subparsers(required=True, metavar="VERB")
    for name in names:
        if name.split() == list(arguments[:2]):
            add_verb(own, name.split()[1], name)
        else:
            own.add_parser(name.split()[1], help=VERBS[name].purpose)


def add_verb(verbs: Subparsers, word: str, name: str) -> None:
    """Adds the parser of one verb, with its arguments; its module is imported for that.

    Args:
        verbs: of `mlpipeline`, or of the verb's group.
        word: the verb itself, without its group.
        name: its key in `VERBS`.
    """
    verb = VERBS[name]
    parents = [global_options(verb.reads)]
    parser = verbs.add_parser(word, parents=parents, help=verb.purpose, description=verb.purpose)
    module, function = verb.where.split(":")
    getattr(import_module(f"mlpipeline.cli.{module}"), function)(parser)
    parser.set_defaults(parser=parser)


def full_parser() -> Parser:
    """The parser of all verbs with their arguments; all modules of the command line are imported for it."""
    parser = Parser(prog="mlpipeline")
    verbs = parser.add_subparsers(prog="mlpipeline")
    groups: dict[str, Subparsers] = {}
    for name in VERBS:
        first, _, last = name.partition(" ")
        if last and first not in groups:
            about = ", ".join(VERBS[other].purpose for other in VERBS if other.startswith(f"{first} "))
            groups[first] = verbs.add_parser(first, help=about, description=about).add_subparsers()
        add_verb(groups[first] if last else verbs, last or first, name)
    return parser
