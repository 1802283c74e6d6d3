"""The door of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout, suppress
from importlib import import_module
from typing import Any

from mlpipeline import __version__
from mlpipeline.cli.command_line import Parser, arranged
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import global_options
from mlpipeline.cli.terminal_text import visible
from mlpipeline.errors import MLPipelineError, UsageError

_INTERRUPTED = 130
_LONGEST = 500  # characters of an error that nobody has words for

# verb -> (module and function that add its arguments, what it is for). Only the verb that is asked for is imported:
# `answer` must be quick, and `run` brings Spark along.
VERBS: Mapping[str, tuple[str, str]] = {
    "run": ("run:add_run", "do what is missing, from files to champions"),
    "submit": ("submit:add_submit", "run a stage, all of it or your own script on a cluster, by spark-submit"),
    "plan": ("plan:add_plan", "say what a run would do, and why"),
    "ls": ("ls:add_ls", "list bots, or the datasets of the store with their rows"),
    "check": ("check:add_check", "read every file of the store, and say what is damaged"),
    "show": ("show:add_show", "print rows of a dataset"),
    "new": ("new:add_new", "make conf and corpus of a new bot"),
    "answer": ("answer:add_answer", "ask a released bot"),
    "batch": ("batch:add_batch", "answer a file or table of messages on Spark"),
    "evaluate": ("evaluate:add_evaluate", "judge a released bot on a labelled file"),
    "denoise check": ("denoise:add_check", "say which labels of a file are probably wrong, and how many"),
    "split check": ("split:add_check", "count what leaks between the splits of a labelled file or a bot"),
    "augment try": ("augment_try:add_try", "say a sentence another way, and judge each wording"),
    "augment operators": ("augment_operators:add_operators", "list what can be done with a sentence of a language"),
    "augment report": (
        "augment_report:add_report",
        "measure what made rows bring to a bot, and switch off what does harm",
    ),
    "contradictions": ("contradictions:add_contradictions", "list texts that stand under two labels, and who says so"),
    "dataset write": ("dataset:add_write", "write a bot's rows of a dataset to a file"),
    "notebook write": ("notebook:add_write", "write the notebooks for Jupyter or Zeppelin"),
    "shell": ("shell:add_shell", "open a Python with a job's session, the store and the recipes"),
    "schedule": ("schedule:add_schedule", "write when to run again: lines for cron, a DAG for Airflow"),
    "scheduled-run": (
        "scheduled_run:add_scheduled_run",
        "run what is missing, unwatched: with a lock, a dated log and a hook",
    ),
    "size": ("size:add_size", "say how many executors of which size a cluster takes, and why"),
    "doctor run": ("doctor:add_run", "say where a run's time and memory went, why it failed, what to change first"),
    "spark lint": ("spark:add_lint", "say what is wrong with files of Spark settings"),
    "doctor env": ("doctor:add_env", "compare the driver with the executors: Python, libraries, memory, clock"),
    "config show": ("config:add_show", "print a bot's resolved recipe and where each value came from"),
    "config reference": ("config:add_reference", "explain every key that a recipe may hold, as Markdown"),
    "config schema": ("config:add_schema", "print a JSON Schema of the files under conf/, for editors"),
}

# Verbs whose libraries take seconds to load: a word is said before that.
SLOW: Mapping[str, str] = {"run": "run: reading recipes and store"}


def build_parser(asked: Sequence[str]) -> Parser:
    """The parser of all verbs; arguments are added for the verb at the beginning of `asked`."""
    parser = Parser(
        prog="mlpipeline",
        description="From files of utterances to answering bots, in many languages, on Spark.",
        epilog="exit codes: 0 ok, 1 something failed, 2 usage, 3 `plan --detailed-exitcode` has work, 4 a gate refused",
    )
    parser.add_argument("--version", action="version", version=f"mlpipeline {__version__}")
    rooms: dict[tuple[str, ...], Any] = {}  # argparse has no public name for them
    rooms[()] = parser.add_subparsers(required=True, metavar="VERB")
    parents = [global_options()]
    for name, (where, purpose) in VERBS.items():
        words = tuple(name.split())
        if words[:-1] not in rooms:
            named = " and ".join(f"`{verb}`" for verb in VERBS if verb.startswith(f"{words[0]} "))
            about = f"{named}: {purpose}" if " and " not in named else named
            room = rooms[()].add_parser(words[0], help=about, description=about)
            rooms[words[:-1]] = room.add_subparsers(required=True, metavar="VERB")
        verb = rooms[words[:-1]].add_parser(words[-1], parents=parents, help=purpose, description=purpose)
        if tuple(asked[: len(words)]) == words:
            module, function = where.split(":")
            getattr(import_module(f"mlpipeline.cli.{module}"), function)(verb)
            verb.set_defaults(parser=verb)
    return parser


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
