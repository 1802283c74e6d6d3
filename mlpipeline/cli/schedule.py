"""`mlpipeline schedule` writes when to run again; `mlpipeline turn` is what cron starts."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from shlex import quote

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.files import check_target
from mlpipeline.cli.options import forcing_option, repeated_words, selecting_options, spark_settings
from mlpipeline.errors import SetupError, UsageError
from mlpipeline.orders.schedule.airflow import as_airflow
from mlpipeline.orders.schedule.cron_times import parse_time
from mlpipeline.orders.schedule.crontab import Schedule, as_crontab, cron_environment, own_program, selections_of
from mlpipeline.orders.schedule.scheduled_runs import TurnRules, take_turn
from mlpipeline.pipeline import stage_named
from mlpipeline.recipe.select import parse_selection

_NIGHTLY = "30 2 * * *"
_RULES = TurnRules(Path("logs"))


def add_turn(parser: argparse.ArgumentParser) -> None:
    """The arguments of `turn`."""
    selecting_options(parser)
    forcing_option(parser)
    parser.add_argument("--master", metavar="MASTER", help="for the run: local[2], spark://..., yarn")
    _turn_options(parser)
    parser.set_defaults(verb=turn_verb)


def add_schedule(parser: argparse.ArgumentParser) -> None:
    """The arguments of `schedule`."""
    selecting_options(parser)
    forcing_option(parser)
    parser.add_argument(
        "--at", default=_NIGHTLY, metavar="TIME", help=f'when, as cron writes it (default "{_NIGHTLY}")'
    )
    parser.add_argument("--as", dest="form", choices=("crontab", "airflow", "k8s"), default="crontab", help="for whom")
    parser.add_argument(
        "--by", choices=("bot", "domain", "lang", "all"), default="bot", help="what makes a turn (default bot)"
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
    _turn_options(parser)
    parser.set_defaults(verb=schedule_verb, takes_settings=True)


def _turn_options(parser: argparse.ArgumentParser) -> None:
    usual = _RULES
    parser.add_argument("--logs", default=str(usual.logs), metavar="DIR", help="dated logs and locks (default ./logs)")
    parser.add_argument(
        "--keep-logs", type=int, default=usual.keep, metavar="DAYS", help="older logs are removed (default 30)"
    )
    parser.add_argument(
        "--at-once", type=int, default=usual.at_once, metavar="N", help="turns that may work at once (default 1)"
    )
    parser.add_argument(
        "--wait", type=float, default=usual.wait, metavar="MINUTES", help="how long to wait for a place (default 240)"
    )
    parser.add_argument(
        "--hook", default=usual.hook, metavar="LINE", help="a line for sh, called when a turn did not end well"
    )


def turn_verb(context: CommandContext) -> int:
    """Runs what is missing, with lock and log; says nothing when all went well."""
    options = context.options
    began = time.monotonic()
    rules = TurnRules(Path(options.logs), options.keep_logs, options.at_once, options.wait, options.hook)
    for name in options.force:
        stage_named(name)
    selection = options.select if parse_selection(options.select) else ""
    end = take_turn(selection, _command(context, selection), rules)
    name = selection or "all bots"
    told = f"{name}: {end.told}" if end.told else ""
    if context.options.json or told:
        record = {"turn": selection, "exit": end.code, "word": end.word, "log": end.log, "told": end.told}
        context.print_result({**record, "seconds": round(time.monotonic() - began, 1)}, told)
    return end.code


def _command(context: CommandContext, selection: str) -> list[str]:
    chosen = ["--select", selection] if selection else []
    return [
        *own_program(),
        "run",
        *chosen,
        *_run_words(context),
        "--store",
        context.options.store,
        "--conf",
        str(context.conf),
    ]


def _run_words(context: CommandContext) -> list[str]:
    options = context.options
    return [*repeated_words(options), *(["--master", options.master] if options.master else [])]


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
        context.print_result({"text": text, "turns": count}, text.rstrip("\n"))
        return 0
    _write(Path(options.to), text)
    file = quote(options.to)
    advice = {
        "crontab": f"crontab {file}",
        "airflow": "put it into Airflow's dags folder",
        "k8s": f"kubectl apply -f {file}",
    }[options.form]
    context.print_result({"file": options.to, "turns": count}, f"{options.to}: {count} turns; next: {advice}")
    return 0


def _check_form(options: argparse.Namespace) -> None:
    """Refuses what only CronJobs have where nobody would read it."""
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
            ("--keep-logs", options.keep_logs, _RULES.keep),
            ("--at-once", options.at_once, _RULES.at_once),
            ("--wait", options.wait, _RULES.wait),
            ("--hook", options.hook, _RULES.hook),
        )
        if value != usual
    ]
    turn = ["--logs", os.path.abspath(options.logs), *(word for pair in given for word in pair)]
    return Schedule(
        selections_of(bots, options.by, named=bool(options.select)),
        options.at,
        options.spread,
        home,
        own_program(),
        cron_environment(os.environ, store=store, conf=context.conf),
        tuple(_run_words(context)),
        tuple(turn),
        options.mail,
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SetupError(f"cannot be written: {error.strerror}", where=str(path), fix="give another --to") from error
