"""The entry point of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from importlib import import_module

from mlpipeline.cli.command_line import arranged, leading_options
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.log_output import LineHandler, early_form, logging_to
from mlpipeline.cli.parsers import build_parser
from mlpipeline.cli.verbs import SLOW, VERBS
from mlpipeline.errors import MLPipelineError, UsageError

_INTERRUPTED = 130
_LONGEST = 500  # characters of an error that nobody has words for


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command line.

    Raises:
        UsageError: for what no verb takes.
    """
    words = arranged(arguments, VERBS)
    parser = build_parser(words)
    options, rest = parser.parse_known_args(words)
    texts = getattr(options, "text", None)
    if isinstance(texts, list) and not any(word.startswith("-") for word in rest):
        # `answer shop/ko --version 2 "TEXT"`: argparse takes no more texts once it has met an option.
        texts += rest
    elif rest:
        options.parser.refuse_rest(rest)
    returned: argparse.Namespace = options
    returned.leading = leading_options(arguments)
    return returned


def announce(arguments: Sequence[str], handler: LineHandler) -> None:
    """Says on stderr what a slow verb is about to do, before anything large is imported."""
    words = {"--quiet", "--help", "-h"} & set(arguments)
    if arguments and arguments[0] in SLOW and not words:
        handler.put(SLOW[arguments[0]])


def print_missing_verb(arguments: Sequence[str]) -> bool:
    """Prints the help on stderr where a command line names no verb, or a group of verbs and none of them."""
    words = arranged(arguments, VERBS)
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
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    verbose, handler = False, LineHandler(early_form(arguments))
    try:
        if print_missing_verb(arguments):
            return UsageError.exit_code
        announce(arranged(arguments, VERBS), handler)
        options = parse(arguments)
        verbose = options.verbose
        with logging_to(handler, options):
            return int(options.verb(CommandContext(options)))
    except KeyboardInterrupt:
        handler.put("interrupted: run again to go on from here")
        return _INTERRUPTED
    except BrokenPipeError:
        return 1
    except Exception as error:
        known_error = _explained(error)
        handler.put(f"error: {known_error}", (type(error), error, error.__traceback__) if verbose else None)
        return known_error.exit_code


def _explained(error: Exception) -> MLPipelineError:
    if isinstance(error, MLPipelineError):
        return error
    # What explains Spark brings it along; where Spark is not loaded, it has said nothing.
    known = import_module("mlpipeline.cluster.failures").explain(error) if "pyspark" in sys.modules else None
    text = " ".join(str(error).split())[:_LONGEST]
    return known or MLPipelineError(f"{type(error).__name__}: {text}", fix="run again with -v for the trace")


if __name__ == "__main__":
    raise SystemExit(main())
