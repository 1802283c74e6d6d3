"""Tune a job.

Where the time of a run went, what other numbers of executors would have made of it, and how to cut a cluster into
executors for it. Read from Spark's event log; nothing here writes to the store.

Change the values of the next cell and run all cells. `LOG = ""` takes the newest run with an event log. Where there
is none yet, a small job on the store's texts runs here, and its log is read: that shows how to measure a change of
your own, too.
"""

# %% tags=["parameters"]
STORE = "store"
CONF = "conf"
LOG = ""  # a run's name, or an event log of Spark: file or folder
MASTER = None  # None: local[*]; for the small job only
NODES, CORES, MEMORY_GB, GPUS = 6, 16, 64, 0  # the cluster to size
MANAGER = "yarn"  # yarn, k8s or standalone

# %% [markdown]
# ## The log
# To tune one setting: run with it and without it, give both logs a name, and compare. One change at a time.

# %%
import tempfile
from dataclasses import asdict

import pandas as pd
import pyarrow as pa

from mlpipeline.cluster.doctor.diagnosis import examine
from mlpipeline.errors import InputError, UsageError
from mlpipeline.orders.eventlog import open_log
from mlpipeline.spark.workers import enter_worker
from mlpipeline.views.notebook.fonts import use_fonts
from mlpipeline.views.notebook.showing import canvas, show
from mlpipeline.views.notebook.workbench import Workbench

print(use_fonts())


def measure(folder: str) -> None:
    """Counts the letters of all utterances in Python workers, with an event log in `folder`."""
    from pyspark.sql import functions as F

    settings = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": f"file://{folder}"}
    with Workbench(STORE, CONF, master=MASTER, settings=settings) as bench:
        texts = bench.read("utterance").select("lang", "text").repartition(8)

        def count_letters(batches):
            enter_worker()  # saves 0.25 s a task; all tasks of the stages begin with it
            for batch in batches:
                letters = [sum(letter.isalpha() for letter in text) for text in batch["text"].to_pylist()]
                yield batch.drop_columns(["text"]).append_column("letters", pa.array(letters, pa.int64()))

        counted = texts.mapInArrow(count_letters, "lang string, letters long")
        show(counted.groupBy("lang").agg(F.sum("letters").alias("letters")).orderBy("lang").toPandas())


bench = Workbench(STORE, CONF)
try:
    with open_log(bench.store, LOG or None) as (app, run):
        diagnosis = examine(app)
except InputError as error:
    if LOG:
        raise
    print(f"{error}\na small job runs instead")
    with tempfile.TemporaryDirectory(prefix="mlpipeline-notebook-") as folder:
        measure(folder)
        with open_log(bench.store, folder) as (app, run):
            diagnosis = examine(app)
totals = diagnosis.totals
print(f"{app.name}, Spark {app.spark}, {app.settings.get('spark.master')}: {totals.seconds:.1f} s")
for damage in app.damage:
    print(f"note: {damage}")

# %% [markdown]
# ## Where the time went
# `before jobs` is the start of the session. In `driver alone` no executor has anything to do: more of them would not
# help. Cores that are busy for less than half of the time in jobs are too many, or the tasks are too few or too
# uneven.

# %%
parts = {
    "before jobs": totals.before_jobs,
    "in jobs": totals.in_jobs,
    "driver alone": max(0.0, totals.seconds - totals.in_jobs - totals.before_jobs),
}
figure, (axes,) = canvas(9, 1.4)
left = 0.0
for (name, seconds), colour in zip(parts.items(), ("#bbbbbb", "#33658a", "#f2c14e"), strict=True):
    axes.barh([""], [seconds], left=left, color=colour, label=f"{name} {seconds:.1f} s")
    left += seconds
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
axes.set_xlabel("seconds")
show(figure)
print(
    f"{totals.cores} cores, busy {totals.busy:.0%}; "
    f"{totals.jobs} jobs, {totals.tasks} tasks, {totals.failed_tasks} failed"
)

# %% [markdown]
# ## Modules of the pipeline
# Of a run of ours: seconds, CPU, the largest memory of the JVM and of a Python worker in MB, bytes, and what held it
# up.

# %%
show(pd.DataFrame(list((run or {}).get("resources") or [])), rows=40)

# %% [markdown]
# ## Stages of Spark
# The longest ones. `skew` is the longest task through the median one; `python` the share of the time in Python
# workers.

# %%
columns = [
    "stage",
    "group",
    "about",
    "seconds",
    "tasks",
    "failed",
    "median",
    "longest",
    "skew",
    "python",
    "gc",
    "spilled",
]
stages = pd.DataFrame(
    [{name: getattr(stage, name) for name in [*columns, "name", "work"]} for stage in diagnosis.stages]
)
if len(stages):
    stages = stages.sort_values("work", ascending=False)
    show(stages[columns].round(2), rows=15)
    top = stages.head(15).iloc[::-1]
    figure, (axes,) = canvas(9, 1.2 + 0.28 * len(top))
    labels = [f"{row.stage} {row.group or row.about or row.name}"[:48] for row in top.itertuples()]
    python = top["work"] * top["python"].fillna(0.0)
    axes.barh(labels, top["work"], color="#9db8d2", label="JVM")
    axes.barh(labels, python, color="#c8553d", label="Python")
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel("seconds of task time")
    axes.legend(loc="lower right")
    show(figure)

# %% [markdown]
# ## Findings
# The worst first. Each has one change; `saves` is the most that it can save, in seconds.

# %%
columns = ["severity", "name", "where", "what", "fix", "saves"]
show(pd.DataFrame([[getattr(one, name) for name in columns] for one in diagnosis.findings], columns=columns))
print(f"change this first: {diagnosis.first or 'nothing'}")

# %% [markdown]
# ## Other numbers of executors
# The tasks of this log, placed on other executors. The dashed line is the least that any number can reach: the
# driver's own time and the longest chain of tasks. Where the curve is flat, you pay for cores that wait.

# %%
simulated = pd.DataFrame([asdict(one) for one in diagnosis.simulated])
if len(simulated):
    figure, (time, cost) = canvas(9, 3.2, columns=2)
    time.plot(simulated["executors"], simulated["seconds"], marker="o", color="#33658a")
    time.axhline(diagnosis.shortest, linestyle="--", color="gray")
    time.set(xlabel="executors", ylabel="seconds", ylim=(0, 1.15 * simulated["seconds"].max()))
    cost.plot(simulated["executors"], simulated["core_hours"], marker="o", color="#c8553d")
    cost.set(xlabel="executors", ylabel="core-hours", ylim=(0, None))
    if diagnosis.had:
        time.plot(
            [diagnosis.had.executors],
            [diagnosis.had.seconds],
            marker="o",
            markersize=12,
            fillstyle="none",
            color="black",
        )
    for axes in (time, cost):
        axes.set_xticks(simulated["executors"])
    show(figure)
    show(simulated.round(3))

# %% [markdown]
# ## A cluster for it
# Executors, cores and memory for the cluster of the first cell, each number with its rule. `mlpipeline size` prints
# the same.

# %%
from mlpipeline.catalog import NEEDS
from mlpipeline.cluster.sizing.cluster import size_cluster
from mlpipeline.cluster.sizing.needs import need_of

sizing = size_cluster(NODES, CORES, MEMORY_GB * 1024, GPUS, MANAGER, need_of(NEEDS, None))
show(pd.DataFrame(sizing.lines, columns=["name", "value", "rule", "source"]), rows=40)
for note in sizing.notes:
    print(f"note: {note}")
print("\n".join(f"{key} {value}" for key, value in sorted(sizing.settings.items())))

# %% [markdown]
# ## Memory of Python workers, by stage and language
# MB outside the heap, for one worker; an executor has one for each of its tasks at once. This is what kills executors
# without a word when the overhead is left at its default.

# %%
from mlpipeline.catalog import STAGES
from mlpipeline.cluster.sizing.needs import python_megabytes

LANGS = ["ko", "ja", "en", "zh-Hant", "zh-Hans", "zh-TW", "th", "vi"]
memory = {}
for stage in STAGES:
    try:
        memory[stage.name] = [python_megabytes(NEEDS, stage.name, lang)[0] for lang in LANGS]
    except UsageError:
        continue
table = pd.DataFrame(memory, index=LANGS).T
show(table)
figure, (axes,) = canvas(9, 3)
table.max(axis=1).plot.barh(ax=axes, color="#33658a")
axes.axvline(384, color="crimson", linewidth=1)
axes.set_title("MB of the hungriest language; the red line is Spark's default overhead of a whole small executor")
axes.invert_yaxis()
show(figure)

# %% [markdown]
# ## Are these settings right?
# Every key and value of the settings above, and of those that the log's application ran with, against what this Spark
# knows.

# %%
from mlpipeline.cluster.lint.settings import lint_settings

for name, settings, master in (("the sizing", sizing.settings, MANAGER), ("the log", app.settings, None)):
    found = lint_settings(settings, master=master)
    print(f"{name}: {len(found)} findings")
    show(
        pd.DataFrame(
            [[one.severity, one.key, one.what, one.fix] for one in found], columns=["severity", "key", "what", "fix"]
        ),
        rows=30,
    )

# %%
bench.close()
