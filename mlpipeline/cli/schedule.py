"""`mlpipeline schedule`: when to run again, as a crontab, a DAG of Airflow or CronJobs of Kubernetes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from shlex import quote

from mlpipeline.catalog import stage_named
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.files import check_target
from mlpipeline.cli.options import forcing_option, refuse_ignored, selecting_options, spark_settings
from mlpipeline.cli.schedule_options import RULES, run_words, scheduled_run_options
from mlpipeline.errors import SetupError, UsageError
from mlpipeline.orders.schedule.airflow import as_airflow
from mlpipeline.orders.schedule.cron_times import parse_time
from mlpipeline.orders.schedule.crontab import Schedule, as_crontab, cron_environment, own_program, selections_of

_NIGHTLY = "30 2 * * *"


def add_schedule(parser: argparse.ArgumentParser) -> None:
    """The arguments of `schedule`."""
    selecting_options(parser)
    forcing_option(parser)
    parser.add_argument(
        "--at", default=_NIGHTLY, metavar="TIME", help=f'when, as cron writes it (default "{_NIGHTLY}")'
    )
    parser.add_argument("--as", dest="form", choices=("crontab", "airflow", "k8s"), default="crontab", help="for whom")
    parser.add_argument(
        "--by",
        choices=("bot", "domain", "lang", "all"),
        default="bot",
        help="one scheduled run for each of these (default bot)",
    )
    parser.add_argument(
        "--spread", type=int, default=60, metavar="MINUTES", help="starts come evenly over this time (default 60)"
    )
    parser.add_argument("--mail", metavar="ADDRESS", help="MAILTO of the crontab: who reads what went wrong")
    parser.add_argument("--master", metavar="MASTER", help="for the runs: local[2], spark://..., yarn")
    parser.add_argument("--to", metavar="FILE", help="write it there instead of printing it")
    parser.add_argument("--image", metavar="IMAGE", help="with --as k8s: the container image")
    parser.add_argument("--conf-there", metavar="PATH", help="with --as k8s: where pods find conf (default: as here)")
    parser.add_argument("--time-zone", metavar="ZONE", help="with --as k8s: of --at, such as Asia/Seoul")
    scheduled_run_options(parser)
    parser.set_defaults(verb=schedule_verb)


def schedule_verb(context: CommandContext) -> int:
    """Writes a crontab, a DAG of Airflow or CronJobs of Kubernetes."""
    options = context.options
    parse_time(options.at)
    if options.to:
        check_target("--to", Path(options.to))
    _check_numbers(options)
    _check_form(options)
    schedule = _schedule(context)
    if options.form == "airflow":
        text = as_airflow(schedule, at_once=options.at_once, hook=options.hook)
    elif options.form == "k8s":
        text = _as_cron_jobs(context, schedule)
    else:
        text = as_crontab(schedule)
    count = len(schedule.selections)
    if options.to is None:
        context.print_result({"text": text, "scheduled_runs": count}, text.rstrip("\n"))
        return 0
    _write(Path(options.to), text)
    file = quote(options.to)
    advice = {
        "crontab": f"crontab {file}",
        "airflow": "put it into Airflow's dags folder",
        "k8s": f"kubectl apply -f {file}",
    }[options.form]
    context.print_result(
        {"file": options.to, "scheduled_runs": count}, f"{options.to}: {count} scheduled runs; next: {advice}"
    )
    return 0


def _check_form(options: argparse.Namespace) -> None:
    """Refuses what only another form has, as it would be ignored."""
    if options.form != "crontab":
        refuse_ignored(options, ("mail", "logs", "keep_logs", "wait"), "is for --as crontab")
    if options.form == "airflow":
        refuse_ignored(options, ("spread",), "is for --as crontab and --as k8s; --at-once limits Airflow's tasks")
    if options.form == "k8s":
        refuse_ignored(options, ("at_once", "hook"), "is for --as crontab and --as airflow")
        refuse_ignored(options, ("master",), "is for --as crontab and --as airflow: a CronJob runs in its own cluster")
    given = {"--image": options.image, "--conf-there": options.conf_there, "--time-zone": options.time_zone}
    given["--conf spark..."] = options.settings
    wrong = [flag for flag, value in given.items() if value]
    if wrong and options.form != "k8s":
        raise UsageError(f"{wrong[0]} is for --as k8s", fix="add --as k8s, or leave it out")


def _as_cron_jobs(context: CommandContext, schedule: Schedule) -> str:
    # The table of all settings, and the models of Kubernetes: only where they are asked for.
    from mlpipeline.cluster.kubernetes.cron_jobs import IN_CLUSTER, SECRET
    from mlpipeline.cluster.kubernetes.secrets import secrets_of
    from mlpipeline.cluster.lint.settings import check_settings
    from mlpipeline.orders.schedule.kubernetes import as_cron_jobs

    options = context.options
    settings = spark_settings(options)
    if options.image:
        settings["spark.kubernetes.container.image"] = options.image
    for finding in check_settings(settings, master=IN_CLUSTER, here=False):
        context.say(f"warning: {finding.what} -> {finding.fix}")
    secrets = secrets_of(settings, SECRET)
    if secrets.keys:
        command = secrets.command(settings.get("spark.kubernetes.namespace") or "default")
        context.say(f"note: the file names a Secret and holds none of its values; make it once: {command}")
    return as_cron_jobs(schedule, settings, conf=options.conf_there, time_zone=options.time_zone)


def _check_numbers(options: argparse.Namespace) -> None:
    wrong = [name for name in ("keep_logs", "at_once", "wait") if getattr(options, name) < (name == "at_once")]
    if wrong:
        flag = f"--{wrong[0].replace('_', '-')}"
        raise UsageError(f"{getattr(options, wrong[0])} makes no sense", where=flag, fix="give a positive number")


def _schedule(context: CommandContext) -> Schedule:
    options = context.options
    # Recipes are read whole, so that a mistake in one of them is found now and not at night.
    bots = [(bot.domain, bot.lang) for bot in context.recipes()]
    for name in options.force:
        stage_named(name)
    home = Path(os.path.abspath(context.conf)).parent
    store = options.store if "://" in options.store else os.path.abspath(os.path.expanduser(options.store))
    # Only what was asked for: a crontab is read by people.
    given = [
        (flag, f"{value:g}" if isinstance(value, float) else str(value))
        for flag, value, usual in (
            ("--keep-logs", options.keep_logs, RULES.keep),
            ("--at-once", options.at_once, RULES.at_once),
            ("--wait", options.wait, RULES.wait),
            ("--hook", options.hook, RULES.hook),
        )
        if value != usual
    ]
    scheduled_run = ["--logs", os.path.abspath(options.logs), *(word for pair in given for word in pair)]
    return Schedule(
        selections_of(bots, options.by, named=bool(options.select)),
        options.at,
        options.spread,
        home,
        own_program(),
        cron_environment(os.environ, store=store, conf=context.conf),
        # The log of a pod is read long after. The crontab calls `scheduled-run`, which sees to that; so does Airflow.
        tuple(run_words(context, form="timed" if options.form == "k8s" else None)),
        tuple(scheduled_run),
        options.mail,
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SetupError(f"cannot be written: {error.strerror}", where=str(path), fix="give another --to") from error
