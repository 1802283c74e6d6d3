"""`mlpipeline submit`: a stage, all stages or a script of yours, on any master, with a true exit code."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.catalog import STAGES
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.log_output import form_of, line_handler
from mlpipeline.cli.manifests import manifest_options, runs_from_image, write_for
from mlpipeline.cli.options import is_setting, refuse_ignored, repeated_words, spark_settings
from mlpipeline.errors import UsageError, did_you_mean
from mlpipeline.orders.request import stages_of

if TYPE_CHECKING:
    from mlpipeline.cluster.submission.compose import Submission
    from mlpipeline.cluster.submission.job_end import Monitor

_STAGES = [stage.name for stage in STAGES]
_ALL = ("run", "pipeline")


def add_submit(parser: argparse.ArgumentParser) -> None:
    """The arguments of `submit`."""
    submit_options(parser)
    parser.add_argument("script", metavar="SCRIPT|STAGE", help=f"a .py file, or: run, {', '.join(_STAGES)}")
    parser.add_argument(
        "arguments",
        nargs=argparse.REMAINDER,
        metavar="ARGUMENT",
        help="of the script; submit's own options are taken out of them, up to `--`",
    )
    parser.set_defaults(verb=submit_verb)


def submit_options(parser: argparse.ArgumentParser) -> None:
    """What may stand before the script as well as after it."""
    # Not given is not there: the parser of what stands after the script must not undo what stood before it.
    add = partial(parser.add_argument, default=argparse.SUPPRESS)
    add("--master", metavar="MASTER", help="yarn, k8s://..., spark://..., local[2] (default: local[*])")
    add("--deploy-mode", choices=("client", "cluster"), help="where the driver runs (default: client, here)")
    add("--name", metavar="NAME", help="of the application (default: the script's)")
    add("--queue", metavar="QUEUE", help="of YARN")
    add("--properties-file", metavar="FILE", help="settings of Spark, as in spark-defaults.conf")
    add("--env", metavar="ARCHIVE", help="packed Python environment (venv-pack, conda-pack) to run with")
    add("--pack-env", action="store_true", help="pack the running environment and send it")
    add("--image", metavar="IMAGE", help="container image (Kubernetes)")
    add("--py-files", metavar="LIST", help=".py and .zip files to import from, with commas")
    add("--files", metavar="LIST", help="files to send along, with commas")
    add("--archives", metavar="LIST", help="archives to unpack there, FILE#NAME, with commas")
    add("--jars", metavar="LIST", help="jars beside Delta's, with commas")
    add("--send-conf", action="store_true", help="send the conf folder along (cluster mode)")
    add(
        "--accepted-timeout",
        type=float,
        metavar="S",
        help="kill it when the cluster has not started it after S seconds",
    )
    add("--print-submit", action="store_true", help="print the spark-submit line and do nothing")
    add("--dry-run", action="store_true", help="check all that can be known, submit nothing")
    manifest_options(add)


def submit_verb(context: CommandContext) -> int:
    """Composes, checks, submits, and gives the job's own exit code."""
    options = sorted_out(context.options)
    from mlpipeline.cluster.lint.settings import check_settings

    _check_ignored(options)
    submission = submission_of(options)
    if submission.kind not in ("yarn", "k8s"):
        refuse_ignored(options, ("accepted_timeout",), "is for --master yarn and k8s://")
    if submission.kind != "yarn":
        refuse_ignored(options, ("queue",), "is for --master yarn")
    if submission.kind != "k8s":
        refuse_ignored(options, ("image",), "is for --master k8s://")
    if submission.deploy_mode == "client":
        refuse_ignored(options, ("send_conf",), "is for --deploy-mode cluster: a driver here reads the folder itself")
    if getattr(options, "manifests", None):
        for finding in check_settings(
            settings_of(options), master=submission.master, under=submission.settings, here=False
        ):
            context.say(f"warning: {finding.what} -> {finding.fix}")
        return write_for(context, options, submission, tuple(_STAGES))
    if submission.kind == "yarn":
        from mlpipeline.cluster.submission.yarn_checks import with_spark_jars

        submission = with_spark_jars(submission, os.environ)
    if getattr(options, "print_submit", False):
        _print_line(context, submission)
        return 0
    from mlpipeline.cluster.submission.check import check_submission

    wrong = check_submission(submission, os.environ)
    for error in wrong:
        context.say_error(f"error: {error}")
    if wrong:
        return max(error.exit_code for error in wrong)
    for note in notes(options, submission):
        context.say(f"note: {note}")
    if getattr(options, "dry_run", False):
        context.say("nothing found that would stop it; nothing submitted")
        _print_line(context, submission)
        return 0
    from mlpipeline.cluster.submission.run import run_submission

    tell, fail, relay = context.say, context.say_error, line_handler().relay
    monitor, verbose = monitor_of(submission, options), options.verbose
    return run_submission(submission, monitor=monitor, verbose=verbose, tell=tell, fail=fail, relay=relay)


def _check_ignored(options: argparse.Namespace) -> None:
    """Refuses what only some submissions read, and a word that is neither a stage nor a script."""
    if options.script.isidentifier() and options.script not in (*_STAGES, *_ALL) and not os.path.exists(options.script):
        what = f"no stage {options.script!r}{did_you_mean(options.script, [*_STAGES, *_ALL])}"
        raise UsageError(what, fix=f"name a .py file, or one of {', '.join(['run', *_STAGES])}")
    if not getattr(options, "manifests", None):
        refuse_ignored(options, ("at", "time_zone", "tolerate"), "is for --manifests")
    else:
        starts_nothing = ("print_submit", "dry_run", "accepted_timeout", "deploy_mode")
        refuse_ignored(
            options, starts_nothing, "is for a submission, and --manifests writes files for one in a cluster"
        )
    if getattr(options, "print_submit", False):
        refuse_ignored(options, ("dry_run", "accepted_timeout"), "is for a submission, and --print-submit starts none")
    if getattr(options, "dry_run", False):
        refuse_ignored(options, ("accepted_timeout",), "is for a submission, and --dry-run starts none")
    if getattr(options, "pack_env", False):
        refuse_ignored(options, ("env",), "is another environment than the one that --pack-env packs")
    if options.script not in (*_STAGES, *_ALL):
        why = "is for stages: a script of yours takes its own options behind its name"
        refuse_ignored(options, ("store", "conf", "json", "seed", "send_conf"), why)


def _print_line(context: CommandContext, submission: Submission) -> None:
    from mlpipeline.cluster.submission.compose import as_line, hidden_note

    if note := hidden_note(submission):
        context.say(note)
    print(as_line(submission))


def sorted_out(options: argparse.Namespace) -> argparse.Namespace:
    """The options with those that stand behind the script taken out of its arguments."""
    words = list(options.arguments)
    end = words.index("--") if "--" in words else len(words)
    ours, rest = _settings_out(words[:end])
    options.settings = [*options.settings, *ours]
    parser = argparse.ArgumentParser(prog="mlpipeline submit", add_help=False, allow_abbrev=False)
    submit_options(parser)
    _, left = parser.parse_known_args(rest, namespace=options)
    options.arguments = [*left, *words[end + 1 :]]
    return options


def _settings_out(words: Sequence[str]) -> tuple[list[str], list[str]]:
    settings: list[str] = []
    rest: list[str] = []
    held = iter(words)
    for word in held:
        value = next(held, "") if word == "--conf" else word.removeprefix("--conf=")
        if word.partition("=")[0] != "--conf":
            rest.append(word)
        elif is_setting(value):
            settings.append(value)
        else:
            rest += ["--conf", value]
    return settings, rest


def submission_of(options: argparse.Namespace) -> Submission:
    """The job that the options describe.

    Raises:
        UsageError: a setting, a file or the stage's arguments are wrong.
        SetupError: the environment cannot be packed, or there are no Delta jars.
    """
    from mlpipeline.cluster.submission.compose import compose
    from mlpipeline.cluster.submission.packing import entry_script, folder_zip, pack_environment

    given = vars(options)
    stage = options.script if options.script in (*_STAGES, *_ALL) else None
    archives = _list(given.get("archives"))
    script, arguments = options.script, list(options.arguments)
    if stage is not None:
        sent = bool(given.get("send_conf"))
        arguments = stage_arguments(stage, options, conf="conf" if sent else None)
        archives += [f"{folder_zip(Path(options.conf), 'conf')}#conf"] if sent else []
        stage = None if stage in _ALL else stage
        script = str(entry_script(stage or "pipeline"))
        if runs_from_image(options, settings_of(options)):
            script = f"local:///opt/mlpipeline/jobs/{stage or 'pipeline'}.py"
    environment = str(pack_environment()) if given.get("pack_env") else given.get("env")
    return compose(
        script,
        arguments,
        master=given.get("master", "local[*]"),
        deploy_mode="cluster" if given.get("manifests") else given.get("deploy_mode", "client"),
        stage=stage,
        settings=settings_of(options),
        name=given.get("name"),
        environment=environment,
        py_files=_list(given.get("py_files")),
        files=_list(given.get("files")),
        archives=archives,
    )


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def settings_of(options: argparse.Namespace) -> dict[str, str]:
    """Spark's settings as given: the properties file, then the flags, then each `--conf`.

    Raises:
        UsageError: the file is not there.
        SetupError: a line of it is no setting.
    """
    from mlpipeline.cluster.defaults import parse_defaults

    given = vars(options)
    found: dict[str, str] = {}
    if given.get("properties_file"):
        file = Path(given["properties_file"])
        if not file.is_file():
            raise UsageError("no such properties file", where=str(file), fix="correct --properties-file")
        found.update(parse_defaults(file.read_text(encoding="utf-8"), str(file)))
    if given.get("env") or given.get("pack_env"):
        # The flag names a Python too, and it is nearer than the file.
        for key in ("spark.pyspark.python", "spark.yarn.appMasterEnv.PYSPARK_PYTHON"):
            found.pop(key, None)
    for key, name in (("queue", "spark.yarn.queue"), ("image", "spark.kubernetes.container.image")):
        if given.get(key):
            found[name] = given[key]
    if given.get("jars"):
        found["spark.jars"] = given["jars"]
    found.update(text.split("=", 1) for text in options.settings)
    return found


def stage_arguments(stage: str, options: argparse.Namespace, *, conf: str | None = None) -> list[str]:
    """The arguments of a stage's job: checked as those of `mlpipeline run`, folders of this machine made absolute.

    Args:
        stage: or one of `run`, `pipeline`.
        options: with `arguments`, what stood behind the stage, and the global options before it.
        conf: what the job is to call the conf folder, where it travels along.
    """
    from mlpipeline.cli.parsers import build_parser
    from mlpipeline.cli.run_options import job_arguments, telling

    words = ["run", *([] if stage in _ALL else ["--from-stage", stage, "--to-stage", stage])]
    words += ["--store", options.store, "--conf", options.conf]
    words += [*repeated_words(options), *telling(options)]
    asked = build_parser(words).parse_args([*words, *options.arguments])
    stages_of(asked.first, asked.last, asked.force)
    options.store, options.conf = asked.store, asked.conf
    options.settings = [*(f"{key}={value}" for key, value in spark_settings(asked).items()), *options.settings]
    options.verbose = options.verbose or asked.verbose
    line_handler().form = form_of(asked.log_format)
    asked.store = asked.store if "://" in asked.store else os.path.abspath(asked.store)
    asked.conf = conf or os.path.abspath(asked.conf)
    return job_arguments(asked, stages=stage in _ALL)


def monitor_of(submission: Submission, options: argparse.Namespace) -> Monitor | None:
    """Who says how a job of this master ended; None where spark-submit itself tells the truth."""
    if submission.kind == "yarn":
        from mlpipeline.cluster.submission.yarn import Yarn

        timeout = getattr(options, "accepted_timeout", None)
        return Yarn(os.environ, accepted_timeout=timeout, verbose=options.verbose)
    if submission.kind == "k8s":
        from mlpipeline.cluster.submission.kubernetes import Kubernetes

        timeout = getattr(options, "accepted_timeout", None)
        return Kubernetes(submission, os.environ, verbose=options.verbose, pending_timeout=timeout)
    return None


def notes(options: argparse.Namespace, submission: Submission) -> list[str]:
    """What a person should know before it runs: of the settings that he gave himself, and of places far away."""
    from mlpipeline.cluster.submission.check import lint

    stated = settings_of(options)
    found = [f"{finding.what} -> {finding.fix}" for finding in lint(submission) if finding.key in stated]
    if submission.kind == "yarn" and not {"spark.yarn.jars", "spark.yarn.archive"} & set(submission.settings):
        found.append(
            "Spark's jars (430 MB) are uploaded at each submit; set spark.yarn.archive to a zip of them on HDFS"
        )
    far = submission.deploy_mode == "cluster" and options.script in (*_STAGES, *_ALL)
    if far and "://" not in options.store:
        found.append(f"the driver runs on a node: the store {options.store} has to be a folder there too")
    return found
