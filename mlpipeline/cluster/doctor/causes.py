"""Why tasks failed, in words: from what Spark wrote, which is often nothing, to the likely cause and one change."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator

from mlpipeline.cluster.doctor.figures import task_cores, workers
from mlpipeline.cluster.doctor.finding import Finding
from mlpipeline.cluster.doctor.memory_rules import heap_key
from mlpipeline.cluster.doctor.model import AppLog, Job, Stage, Task
from mlpipeline.cluster.doctor.owner import bots_of
from mlpipeline.cluster.sizing.needs import python_megabytes
from mlpipeline.errors import UsageError

_BOT = re.compile(r"\b[a-z0-9_][a-z0-9_-]*/([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\b")
_MORE = re.compile(r" and \d+ more$")
_LANGUAGES = {
    "ko": "Korean", "ja": "Japanese", "zh": "Chinese", "th": "Thai", "vi": "Vietnamese", "en": "English"
}  # fmt: skip
_SILENT = re.compile(r"Python worker exited unexpectedly|EOFException|Connection reset")
_NATIVE = re.compile(r"Fatal Python error: (Segmentation fault|Aborted|Illegal instruction|Bus error)")
_MODULE = re.compile(r"(?:ModuleNotFoundError: No module named|ImportError: cannot import name) '([\w.]+)'")
_HEAP = re.compile(r"OutOfMemoryError: (Java heap space|GC overhead limit exceeded|Metaspace)")
_DIRECT = re.compile(r"OutOfMemoryError: (?:Cannot reserve|Direct buffer)|OutOfDirectMemory")
_LIMIT = re.compile(r"\bMemoryError\b|cannot allocate memory|Unable to allocate", re.IGNORECASE)
_KILLED = re.compile(r"(?:code|status):? (?:137|-9)|OOMKilled|(?:beyond|exceeding).*memory limit", re.IGNORECASE)
_TAKEN = re.compile(r"preempted|decommission|code 143|shutdown", re.IGNORECASE)
_SILENCE = re.compile(r"heartbeat timed out", re.IGNORECASE)
_PYTHON_ERROR = re.compile(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception|Warning)): ?(.*)$", re.MULTILINE)
_JAVA = ("SparkException", "PythonException", "RuntimeException")
_MIN_OVERHEAD_MB = 384


def failure_findings(app: AppLog) -> Iterator[Finding]:
    """One finding for each kind of failure in each stage, with how many tasks it hit."""
    for _, stage in sorted(app.stages.items()):
        failed = [task for task in stage.tasks if task.outcome == "failed"]
        if not failed:
            continue
        by_cause: dict[tuple[str, str, str], int] = Counter(_cause(app, stage, task) for task in failed)
        job = app.job(stage)
        where = f"stage {stage.number} ({job.group or stage.name})" if job else f"stage {stage.number}"
        for (name, what, fix), count in by_cause.items():
            of = stage.planned or len(stage.tasks)
            hit = f"{count} failed attempt{'s' if count > 1 else ''} of {of} task{'s' if of > 1 else ''}"
            broke = "; the job ended with it" if job is not None and not job.ok else ""
            yield Finding(
                name,
                "critical" if broke else "severe",
                where,
                f"{hit}: {what}{broke}",
                fix,
                None,
                {"failed": count, "message": failed[0].why.splitlines()[0][:200] if failed[0].why else ""},
            )


def _cause(app: AppLog, stage: Stage, task: Task) -> tuple[str, str, str]:
    why = task.why
    found = _MODULE.search(why)
    if found:
        name = found[1].split(".")[0]
        fix = f"install {name} for the executors' Python, or ship it (--archives); `mlpipeline doctor env` compares"
        return "missing-library", f"the executors cannot import {name}", fix
    found = _NATIVE.search(why)
    if found:
        what = f"native code of a library crashed ({found[1]}); the Python stack is in the log"
        return "native-crash", what, "find the bot whose rows do it (run it alone), and pin the library's version"
    if _LIMIT.search(why) and not _HEAP.search(why):
        return _limited(app)
    found = _HEAP.search(why)
    if found:
        key = heap_key(app)
        said = f"the JVM's heap was too small ({found[1]}; {key} is {app.settings.get(key, '1g')})"
        job = app.job(stage)
        ours = job is not None and bots_of(app, job.description)
        return "heap-full", said, f"double {key}" if ours else f"double {key}, or use twice the partitions"
    if _DIRECT.search(why):
        key = "spark.executor.memoryOverhead"
        return "direct-memory", "the JVM's memory outside its heap was too small", f"raise {key} by 512m"
    if _SILENT.search(why) or _KILLED.search(why):
        return _out_of_memory(app, stage, why)
    return _lost(why)


def _lost(why: str) -> tuple[str, str, str]:
    kind = why.partition("\n")[0]
    if kind == "FetchFailed":
        what = "shuffle data could not be fetched: the executor that held it was lost"
        return "fetch-failed", what, "find out why it was lost; its own finding stands beside this one if the log knows"
    if _TAKEN.search(why) and kind == "ExecutorLostFailure":
        what = "the cluster took the executor away (preempted or shut down)"
        return "executor-taken", what, "use a queue that is not preempted, or leave the retries to Spark"
    if _SILENCE.search(why):
        what = "the executor did not answer for minutes: a long collection, or native code that never returns"
        return "executor-silent", what, "set spark.python.worker.tracebackDumpIntervalSeconds to see where Python hangs"
    if kind == "ExecutorLostFailure":
        return "executor-lost", f"the executor was lost: {_last_line(why)}", "look at its own log on the node"
    return "task-error", f"the program raised {_raised(why)}", "correct the program or its data, then run again"


def _limited(app: AppLog) -> tuple[str, str, str]:
    limit = app.settings.get("spark.executor.pyspark.memory")
    if limit:
        what = f"Python may not have more memory (spark.executor.pyspark.memory {limit} limits virtual memory)"
        return "python-limited", what, "take spark.executor.pyspark.memory out and set spark.executor.memoryOverhead"
    return "python-limited", "Python got no more memory", "lower spark.executor.cores, or use smaller batches"


def _out_of_memory(app: AppLog, stage: Stage, why: str) -> tuple[str, str, str]:
    """A process that was killed leaves no text. What it needs is known by its stage and language."""
    job = app.job(stage)
    megabytes, words = _need(app, job)
    cores = max((executor.cores for executor in workers(app)), default=1)
    slots = max(1, int(cores / task_cores(app, stage)))
    who = f"{words} need {megabytes} MB each" + ("" if app.is_local else " outside the heap")
    if app.is_local:
        heap = app.settings.get(heap_key(app), "1g")
        what = f"killed, no text: memory; {who}, {slots} run at once beside a heap of {heap}"
        return "python-killed", what, f"use fewer cores (--master 'local[{max(1, slots // 2)}]'), or free memory"
    gave, told = _overhead_mb(app)
    wanted = -(-slots * megabytes // 128) * 128
    whose = f"you gave {gave} MB for {slots} of them ({told})"
    said = "the container was over its limit" if _KILLED.search(why) else "killed, no text"
    if wanted <= gave:
        fix = f"set spark.executor.memoryOverhead={2 * gave}m, or lower spark.executor.cores"
    else:
        fix = f"set spark.executor.memoryOverhead={wanted}m"
    return "python-killed", f"{said}: memory; {who}; {whose}", fix


def _overhead_mb(app: AppLog) -> tuple[int, str]:
    """What the executors had outside the heap, and by which rule."""
    key = "spark.executor.memoryOverhead"
    if key in app.settings:
        return app.size(key, "384m") >> 20, key
    heap = app.size("spark.executor.memory", "1g") >> 20
    # Kubernetes gives programs in Python four times the share.
    usual = 0.4 if app.settings.get("spark.master", "").startswith("k8s") else 0.1
    factor = app.number_of("spark.executor.memoryOverheadFactor", usual)
    least = app.size("spark.executor.minMemoryOverhead", "384m") >> 20
    return max(least, int(heap * factor)), f"the default, {factor:g} of the heap, at least {least} MB"


def _need(app: AppLog, job: Job | None) -> tuple[int, str]:
    """MB of one Python worker of a job, and whose workers these are; by its job group and the bots that it names."""
    stage = job.group if job is not None and job.group in app.needs else None
    tags = sorted(set(_BOT.findall(job.description))) if job is not None and stage else []
    if stage is None:
        return 140, "Python workers with numpy, pandas and pyarrow alone"
    if len(tags) == 1 and not _MORE.search(job.description if job else ""):
        with contextlib.suppress(UsageError):
            language = _LANGUAGES.get(tags[0].split("-")[0].lower(), tags[0])
            return python_megabytes(app.needs, stage, tags[0])[0], f"{language} workers of {stage}"
    # A worker keeps the tools of all languages that it has met.
    return python_megabytes(app.needs, stage, None)[0], f"workers of {stage} that meet several languages"


def _raised(why: str) -> str:
    found = [f"{name}: {text}".strip(": ") for name, text in _PYTHON_ERROR.findall(why) if name not in _JAVA]
    return (found[0] if found else _last_line(why))[:200]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it does not say why"
