"""The doctor: simulated against measured time, and bad configurations against their names.

    python -m tests.bench.doctor [waves | chain | skewed | coalesced | ...]

(a) Two jobs run on 1, 2 and 4 executors; from each log the others are simulated. Target: within 20 %. Tasks wait
instead of computing, so that four executors on two cores are honest. What is compared begins when all executors are
warm: four JVMs on two cores start one after another, which is this machine's doing and not the job's.
(b) Each planted fault runs once; its name must be among the findings.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mlpipeline.catalog import NEEDS
from mlpipeline.cluster.doctor.diagnosis import examine
from mlpipeline.cluster.doctor.events import read_log
from mlpipeline.cluster.doctor.model import AppLog
from mlpipeline.cluster.doctor.simulate import simulate
from tests.bench.doctor_jobs import MEASURED, PLANTED

_EXECUTORS = (1, 2, 4)
_JOBS = ("waves", "chain")
_TARGET = 0.2
_TIMEOUT_S = 300


def run_job(name: str, folder: Path, executors: int | None = None) -> AppLog:
    """Runs a job of `doctor_jobs` in a process of its own and reads its log."""
    command = [sys.executable, "-m", "tests.bench.doctor_jobs", name, str(folder)]
    command += [str(executors)] if executors else []
    subprocess.run(command, check=True, timeout=_TIMEOUT_S, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return read_log(folder / "log", NEEDS)


def only_measured(app: AppLog) -> AppLog:
    """The log without what came before the first job of the group MEASURED, and without the end of the session."""
    jobs = {number: job for number, job in app.jobs.items() if job.group == MEASURED}
    stages = {number for job in jobs.values() for number in job.stages}
    begun = min(job.submitted for job in jobs.values())
    ended = max(job.completed or app.end for job in jobs.values())
    kept = {key: stage for key, stage in app.stages.items() if key[0] in stages}
    return AppLog(
        app.name, app.number, app.spark, app.settings, begun, ended, jobs, kept, app.executors, profiles=app.profiles
    )


def simulation(folder: Path, names: Sequence[str]) -> bool:
    """Prints a row for each job and log; True when all are within the target."""
    print("| job | executors | measured s | simulated from the log of 1, 2, 4 executors | farthest off |")
    good = True
    for name in names:
        logs = {count: only_measured(run_job(name, folder / f"{name}{count}", count)) for count in _EXECUTORS}
        for count, log in logs.items():
            told = [simulate(other, count).seconds for other in logs.values()]
            off = max(abs(one / log.seconds - 1.0) for one in told)
            good &= off <= _TARGET
            figures = ", ".join(f"{one:.1f}" for one in told)
            print(f"| {name} | {count} | {log.seconds:.1f} | {figures} | {100 * off:.0f} % |", flush=True)
    return good


def findings(folder: Path, names: Sequence[str]) -> bool:
    """Prints a row for each planted fault; True when all were named."""
    print("| planted | named | first advice |")
    good = True
    for name in names:
        planted, diagnosis = PLANTED[name], examine(run_job(name, folder / name))
        named = sorted({finding.name for finding in diagnosis.findings})
        good &= planted.finding in named
        print(f"| {name}: {planted.finding} | {', '.join(named) or 'nothing'} | {diagnosis.first} |", flush=True)
    return good


def main() -> int:
    """Runs both; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"default: {', '.join([*_JOBS, *PLANTED])}")
    asked = parser.parse_args().jobs or [*_JOBS, *PLANTED]
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        timed, planted = [name for name in _JOBS if name in asked], [name for name in PLANTED if name in asked]
        good = [not timed or simulation(Path(made), timed), not planted or findings(Path(made), planted)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main())
