"""The same schedule as CronJobs of Kubernetes: one a scheduled run, its pod being the driver."""

from __future__ import annotations

from collections.abc import Mapping

from mlpipeline.cluster.kubernetes.cron_jobs import ScheduledRun, cron_manifests
from mlpipeline.cluster.kubernetes.manifests import as_yaml
from mlpipeline.orders.schedule.cron_times import parse_time, staggered
from mlpipeline.orders.schedule.crontab import Schedule


def as_cron_jobs(
    schedule: Schedule, settings: Mapping[str, str], *, conf: str | None = None, time_zone: str | None = None
) -> str:
    """The text of a manifest: account, role, binding and a CronJob for each scheduled run, their starts spread.

    Logs are the pods', and a scheduled run is left out while the last one still runs: so `run` is called, without locks
    and logs of its own.

    Args:
        schedule: its store and conf have to be where the driver's volumes, or addresses, lead to.
        settings: of Spark: image, namespace, volumes and all else that the runs need.
        conf: where the pods find the conf folder; the same path as here when None.
        time_zone: such as Asia/Seoul; the cluster's own when None.

    Raises:
        UsageError: the time is none, there is no image, or Kubernetes would not take what was asked for.
        SetupError: the models to check with are not installed.
    """
    times = staggered(parse_time(schedule.at), len(schedule.selections), schedule.spread)
    folders = ("--store", schedule.environ["MLPIPELINE_STORE"], "--conf", conf or schedule.environ["MLPIPELINE_CONF"])
    scheduled_runs = [
        ScheduledRun(
            selection or "all",
            time.text,
            ("run", *(("--select", selection) if selection else ()), *folders, *_run(schedule)),
        )
        for time, selection in zip(times, schedule.selections, strict=True)
    ]
    return as_yaml(cron_manifests(scheduled_runs, settings=settings, time_zone=time_zone))


def _run(schedule: Schedule) -> tuple[str, ...]:
    """The words for the run but its master: from inside the cluster that is always the cluster."""
    words = list(schedule.run)
    while "--master" in words:
        place = words.index("--master")
        del words[place : place + 2]
    return tuple(words)
