"""Whose code a job is: advice to change the code is for scripts of the user's own, not for the pipeline's stages."""

from __future__ import annotations

import re

from mlpipeline.cluster.doctor.model import AppLog

# As the pipeline names its jobs: `clean shop/ko, shop/en, bank/ko and 5 more`.
_BOTS = re.compile(r"[a-z0-9_*][\w-]*/[A-Za-z0-9-]+(?:, [a-z0-9_*][\w-]*/[A-Za-z0-9-]+)*(?: and (\d+) more)?\Z")
_ANSWERS = "answer "  # `mlpipeline batch` names its application so
ALL_PARTITIONS = (
    "set spark.sql.adaptive.coalescePartitions.enabled false: each of spark.sql.shuffle.partitions is a task then"
)


def bots_of(app: AppLog, about: str) -> int | None:
    """How many bots a job of ours is about; None for a job of the user's own code.

    Args:
        app: the application.
        about: the job's description.
    """
    stage, _, rest = about.partition(" ")
    named = _BOTS.match(rest) if stage in app.needs else None
    if named:
        return rest.count("/") + int(named[1] or 0)
    return 1 if app.name.startswith(_ANSWERS) else None


def is_one_bot(app: AppLog) -> bool:
    """Whether all of an application is the pipeline's work for a single bot."""
    counts = [bots_of(app, job.description) for job in app.jobs.values() if job.description]
    names = {job.description.partition(" ")[2] for job in app.jobs.values() if job.description}
    return bool(counts) and all(count == 1 for count in counts) and len(names) == 1
