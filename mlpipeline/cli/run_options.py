"""What `run` and `plan` are asked for: options, the request, and the arguments of a job that does the same."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from mlpipeline.catalog import STAGES
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.log_output import log_words
from mlpipeline.cli.options import (
    forcing_option,
    renamed_option,
    repeated_words,
    selecting_options,
    spark_settings,
)
from mlpipeline.cluster.redaction import redacted_words
from mlpipeline.orders.request import RunRequest, stages_of
from mlpipeline.recipe.select import parse_selection

if TYPE_CHECKING:
    from mlpipeline.cluster.submission.compose import Submission


def planning_options(parser: argparse.ArgumentParser) -> None:
    """Adds which bots and stages are meant, and what is done anew."""
    selecting_options(parser)
    forcing_option(parser)
    names = [stage.name for stage in STAGES]
    parser.add_argument("--from-stage", dest="first", metavar="STAGE", help=f"begin at: {', '.join(names)}")
    parser.add_argument("--to-stage", dest="last", metavar="STAGE", help="end with this stage")
    renamed_option(parser, "--from", "--from-stage")
    renamed_option(parser, "--to", "--to-stage")
    parser.add_argument(
        "--renew-encoder", action="store_true", help="train the encoders of the selected languages anew"
    )


def request_of(context: CommandContext, *, command: bool = False) -> RunRequest:
    """What is asked for. Raises UsageError where a stage is forced that is not among those that run."""
    options = context.options
    return RunRequest(
        context.store,
        context.recipes(),
        first=options.first,
        last=options.last,
        force=options.force,
        renew_encoder=options.renew_encoder,
        master=getattr(options, "master", None),
        cluster=getattr(options, "cluster", None),
        settings=spark_settings(options),
        command=shlex.join(["mlpipeline", *redacted_words(sys.argv[1:])]) if command else "",
    )


def same_submission(options: argparse.Namespace) -> Submission:
    """The job for spark-submit that does the same as these options."""
    from mlpipeline.cluster.submission.compose import compose

    stages_of(options.first, options.last, options.force)
    stage = options.first if options.first and options.first == options.last else None
    arguments = job_arguments(options, stages=stage is None)
    script = f"jobs/{stage or 'pipeline'}.py"
    settings = spark_settings(options)
    return compose(script, arguments, master=options.master or "local[*]", stage=stage, settings=settings)


def job_arguments(options: argparse.Namespace, *, stages: bool) -> list[str]:
    """What a job has to be told to do the same as these options.

    Args:
        options: of `run`.
        stages: say where to begin and to end; a stage's own job knows.
    """
    arguments = ["--store", options.store, "--conf", options.conf]
    chosen = parse_selection(options.select)  # an empty word chooses nothing: it must not get lost
    arguments += ["--select", options.select] if chosen else []
    arguments += repeated_words(options)
    arguments += ["--renew-encoder"] if options.renew_encoder else []
    arguments += telling(options)
    if stages:
        arguments += ["--from-stage", options.first] if options.first else []
        arguments += ["--to-stage", options.last] if options.last else []
    return arguments


def telling(options: argparse.Namespace) -> list[str]:
    """The options that say how much is told."""
    return (["--json"] if options.json else []) + log_words(options)
