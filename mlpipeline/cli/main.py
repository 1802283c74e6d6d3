"""The entry point of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from importlib import import_module
from typing import Any, TypeAlias

from mlpipeline import __version__
from mlpipeline.cli.command_line import Parser, arranged
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import global_options
from mlpipeline.cli.terminal_text import visible
from mlpipeline.cli.verbs import SLOW, VERBS, verbs_by_task
from mlpipeline.errors import MLPipelineError, UsageError

Subparsers: TypeAlias = "argparse._SubParsersAction[Any]"  # argparse has no public name for it

_INTERRUPTED = 130
_LONGEST = 500  # characters of an error that nobody has words for

_USAGE = "mlpipeline [--store PATH] [--conf DIR] VERB [...]"
_OPTIONS = """options before any verb; behind it, those that it reads:
  --store PATH   where datasets, models and runs are: folder, hdfs:// or s3a:// (default: $MLPIPELINE_STORE or ./store)
  --conf DIR     folder with base.yaml, languages/ and domains/ (default: $MLPIPELINE_CONF or ./conf)
  --quiet        no progress on stderr
  -v, --verbose  show traces of failures
`mlpipeline VERB --help` lists the others: --json and --seed N of those that read them, and its own"""
_CODES = "exit codes: 0 ok, 1 something failed, 2 usage, 3 `plan --detailed-exitcode` has work, 4 a gate refused"


def build_parser(asked: Sequence[str]) -> Parser:
    """The parser of the verb at the beginning of `asked`, or of the group of verbs there; without one, of --help."""
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
        if words[:1] != list(asked[:1]):
            continue
        if len(words) == 1:
            add_verb(verbs, words[0], name)
        elif words[0] not in verbs.choices:
            _add_group(verbs, words[0], asked)
    return parser


def _add_group(verbs: Subparsers, group: str, asked: Sequence[str]) -> None:
    """Adds `denoise` with `denoise check` and so on; only the verb that is asked for gets its arguments."""
    names = [name for name in VERBS if name.startswith(f"{group} ")]
    about = f"the verbs of {group}: {', '.join(names)}"
    parser = verbs.add_parser(group, help=about, description=about)
    own = parser.add_subparsers(required=True, metavar="VERB")
    for name in names:
        if name.split() == list(asked[:2]):
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


def parse(asked: Sequence[str]) -> argparse.Namespace:
    """The options of a command line.

    Raises:
        UsageError: for what no verb takes.
    """
    words = arranged(asked, VERBS)
    parser = build_parser(words)
    options, rest = parser.parse_known_args(words)
    texts = getattr(options, "text", None)
    if isinstance(texts, list) and not any(word.startswith("-") for word in rest):
        # `answer shop/ko --version 2 "TEXT"`: argparse takes no more texts once it has met an option.
        texts += rest
    elif rest:
        options.parser.refuse_rest(rest)
    return options


def say_first_word(asked: Sequence[str]) -> None:
    """Says on stderr what a slow verb is about to do, before anything large is imported."""
    words = {"--quiet", "--help", "-h"} & set(asked)
    if asked and asked[0] in SLOW and not words:
        print(SLOW[asked[0]], file=sys.stderr, flush=True)


def tell_verbs(asked: Sequence[str]) -> bool:
    """Prints the help on stderr where a command line names no verb, or a group of verbs and none of them."""
    words = arranged(asked, VERBS)
    if words and (len(words) > 1 or words[0] in VERBS or words[0].startswith("-")):
        return False
    with redirect_stdout(sys.stderr), suppress(SystemExit):
        build_parser(words).parse_args([*words, "--help"])
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; gives the exit code."""
    # Texts of eight languages reach the terminal whatever LANG says.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    asked = sys.argv[1:] if arguments is None else list(arguments)
    verbose = False
    try:
        if tell_verbs(asked):
            return UsageError.exit_code
        say_first_word(arranged(asked, VERBS))
        options = parse(asked)
        verbose = options.verbose
        return int(options.verb(CommandContext(options)))
    except KeyboardInterrupt:
        print("interrupted: run again to go on from here", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        return 1
    except Exception as error:
        told = _explained(error)
        if verbose:
            import traceback

            traceback.print_exc()
        print(f"error: {visible(str(told), lines=True)}", file=sys.stderr)
        return told.exit_code


def _explained(error: Exception) -> MLPipelineError:
    if isinstance(error, MLPipelineError):
        return error
    # What explains Spark brings it along; where Spark is not loaded, it has said nothing.
    known = import_module("mlpipeline.cluster.failures").explain(error) if "pyspark" in sys.modules else None
    text = " ".join(str(error).split())[:_LONGEST]
    return known or MLPipelineError(f"{type(error).__name__}: {text}", fix="run again with -v for the trace")


if __name__ == "__main__":
    raise SystemExit(main())
