"""The same schedule as the text of an Airflow DAG: one task a scheduled run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlpipeline.orders.schedule.cron_times import parse_time
from mlpipeline.orders.schedule.crontab import Schedule
from mlpipeline.orders.schedule.scheduled_runs import run_name

# Names of Airflow 2.4 to 3.x: where a name has moved, both places are tried. Airflow writes the log, so `run` is called
# and not `scheduled-run`; the run's own locks keep two runs of one bot apart.
_TEXT = '''"""Written by `mlpipeline schedule --as airflow`; write it anew after a change of the bots."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta, timezone

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
except ImportError:  # before Airflow 3.1
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException

HOME = {home}
RUN = {run}
ENVIRONMENT = {environ}
# A line for sh that is told MLPIPELINE_SELECTION and MLPIPELINE_WORD (refused, usage, failed); empty for none.
HOOK = {hook}
# task -> what it selects
SCHEDULED_RUNS = {scheduled_runs}


def alert(selection: str, word: str) -> None:
    """Calls the hook, if there is one; its own failure changes nothing."""
    if HOOK:
        about = {{"MLPIPELINE_SELECTION": selection, "MLPIPELINE_WORD": word}}
        subprocess.run(["/bin/sh", "-c", HOOK], env={{**os.environ, **about}}, check=False, timeout=60)


@task
def scheduled_run(selection: str) -> None:
    """One run; its exit code becomes the state of the task."""
    command = [*RUN, *(["--select", selection] if selection else [])]
    environ = {{**os.environ, **ENVIRONMENT}}
    with subprocess.Popen(
        command, cwd=HOME, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as running:
        for line in running.stdout or []:
            print(line, end="")
    code = running.returncode
    if code == 4:
        alert(selection, "refused")
        raise AirflowSkipException("a gate refused the new model; the old champion stays in production")
    if code == 2:
        alert(selection, "usage")
        raise AirflowFailException("the command line or a recipe is wrong: trying again would not help")
    if code:
        # Tried again: a lost executor or a full disk may be gone by then, and only what is missing is repeated.
        alert(selection, "failed")
        raise AirflowException(f"mlpipeline run ended with {{code}}")


with DAG(
    dag_id="mlpipeline",
    schedule={at},
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    max_active_tasks={at_once},
    default_args={{"retries": 1, "retry_delay": timedelta(minutes=10), "execution_timeout": timedelta(hours=12)}},
    tags=["mlpipeline"],
) as dag:
    for name, chosen in SCHEDULED_RUNS.items():
        scheduled_run.override(task_id=name)(chosen)
'''


def as_airflow(schedule: Schedule, *, at_once: int, hook: str) -> str:
    """The text of a DAG file; its times are UTC, as Airflow's are.

    Args:
        schedule: selections and words of the run; its spread is not needed, `at_once` limits the tasks.
        at_once: tasks at the same time.
        hook: a line for `sh`, empty for none.

    Raises:
        UsageError: the time is none of cron's.
    """
    scheduled_runs = {run_name(selection): selection for selection in schedule.selections}
    filled = {
        "home": repr(str(schedule.home)),
        "run": _drawn([*schedule.program, "run", *schedule.run]),
        "environ": _drawn(dict(schedule.environ)),
        "hook": repr(hook),
        "scheduled_runs": _drawn(scheduled_runs),
        "at": repr(parse_time(schedule.at).text),
        "at_once": str(at_once),
    }
    return _TEXT.format(**filled)


def _drawn(value: Mapping[str, str] | Sequence[str]) -> str:
    if isinstance(value, Mapping):
        lines = [f"    {key!r}: {text!r}," for key, text in value.items()]
        return "\n".join(["{", *lines, "}"])
    return "\n".join(["[", *(f"    {text!r}," for text in value), "]"])
