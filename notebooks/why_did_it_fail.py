"""Why did it fail?

What one run has to say about its bots that failed, were refused or lost rows: the causes in its `run.json`, the
rejected rows, the failures of each bot over the last runs, what changed on the machine since the last good run, and
what the doctor reads in Spark's event log. Nothing here writes to the store.

Change the values of the next cell and run all cells. `RUN = ""` takes the newest run.
"""

# %% tags=["parameters"]
STORE = "store"
CONF = "conf"
RUN = ""
MASTER = None  # None: local[*], or what SPARK_REMOTE names
COMPARE_EXECUTORS = False  # True: start a session at MASTER and compare its executors with this Python

# %% [markdown]
# ## The last runs

# %%
import json
from collections import Counter

import pandas as pd

from mlpipeline.store.runs import run_names
from mlpipeline.views.notebook.fonts import use_fonts
from mlpipeline.views.notebook.showing import canvas, show
from mlpipeline.views.notebook.workbench import Workbench

bench = Workbench(STORE, CONF, master=MASTER)
print(use_fonts())
store = bench.store
names = run_names(store)
runs = {name: json.loads(text) for name in names if (text := store.read(store.path("runs", name, "run.json")))}
if not runs:
    raise SystemExit(f"{STORE} has no run yet: `mlpipeline run --store {STORE}` first")
RUN = RUN or max(runs)
head = [{name: run[name] for name in ("run", "status", "seconds", "command")} for run in runs.values()]
show(pd.DataFrame(head[::-1]), rows=15)
unfinished = [name for name in names if name not in runs]
if unfinished:
    print(f"begun and not ended (killed, or still at work): {', '.join(unfinished[-5:])}")
run = runs[RUN]
print(f"from here on: run {RUN}, {run['status']}: {run['command']}")

# %% [markdown]
# ## What failed, and what to do
# `failed`: the stage raised an error for this bot; the others went on. `refused`: a gate refused the new model, the old
# champion stays in production. After a repair, the same command does only what is missing.

# %%
failed = [bot for bot in run["bots"] if bot["failure"]]
table = pd.DataFrame(
    [{"bot": bot["bot"], **{key: bot["failure"][key] for key in ("stage", "reason", "fix")}} for bot in failed]
)
print(f"{len(failed)} of {len(run['bots'])} bots failed")
show(table)
for bot in failed:
    if bot["failure"]["trace"]:
        print(f"--- {bot['bot']}\n{bot['failure']['trace']}")

# %%
refused = [
    {"bot": bot["bot"], "gate": check["name"], "value": check["value"], "limit": check["limit"]}
    for bot in run["bots"]
    for check in bot.get("gate") or []
    if not check["passed"]
]
print(f"{len({row['bot'] for row in refused})} bots were refused by a gate")
show(pd.DataFrame(refused))
warnings = [{"bot": bot["bot"], "warning": text} for bot in run["bots"] for text in bot["warnings"]]
print(f"{len(warnings)} warnings")
show(pd.DataFrame(warnings), rows=40)

# %% [markdown]
# ## Each bot over the last runs
# A bot that fails in every run has a cause of its own. Bots that fail together in one run share one: the machine, the
# disk, a library.

# %%
STATES = ("released", "made", "skipped", "refused", "failed")
COLOURS = ("#7fb685", "#b7d7b9", "#eeeeee", "#f2c14e", "#c8553d")
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

last = sorted(runs)[-20:]
bots = sorted({bot["bot"] for name in last for bot in runs[name]["bots"]})
state = {(bot["bot"], name): bot["status"] for name in last for bot in runs[name]["bots"]}
grid = [[STATES.index(state[bot, name]) if (bot, name) in state else float("nan") for name in last] for bot in bots]
figure, (axes,) = canvas(9, 1.6 + 0.25 * len(bots))
axes.imshow(grid, cmap=ListedColormap(COLOURS), vmin=-0.5, vmax=len(STATES) - 0.5, aspect="auto")
axes.set_yticks(range(len(bots)), bots, fontsize=8)
axes.set_xticks(range(len(last)), [name[:15] for name in last], rotation=45, ha="right", fontsize=7)
axes.legend(
    handles=[Patch(color=colour, label=word) for word, colour in zip(STATES, COLOURS, strict=True)],
    loc="lower center",
    bbox_to_anchor=(0.5, 1.0),
    ncols=len(STATES),
    frameon=False,
)
show(figure)
often = Counter(bot for (bot, _), word in state.items() if word == "failed")
show(pd.DataFrame(often.most_common(10), columns=["bot", "failed runs"]))

# %% [markdown]
# ## Rows that were lost
# Of each bot of this run: what was rejected when it was read, what `clean` dropped, and why. One example of each
# reason: a wrong column name or a wrong language looks the same in every row.

# %%
lost = [
    {"bot": bot["bot"], "where": where, "reason": reason, "rows": rows}
    for bot in run["bots"]
    for where in ("rejected", "dropped")
    for reason, rows in bot[where].items()
]
lost_rows = pd.DataFrame(lost, columns=["bot", "where", "reason", "rows"])
if len(lost_rows):
    summed = lost_rows.pivot_table(index="bot", columns="reason", values="rows", aggfunc="sum", fill_value=0)
    figure, (axes,) = canvas(9, 1.2 + 0.3 * len(summed))
    left = pd.Series(0.0, index=summed.index)
    for reason in summed.columns:
        axes.barh(summed.index, summed[reason], left=left, label=reason)
        left += summed[reason]
    axes.invert_yaxis()
    axes.legend(fontsize=8)
    axes.set_title("rows that no model sees")
    show(figure)
    show(lost_rows.sort_values("rows", ascending=False))
else:
    print("no row was rejected or dropped")

# %%
ours = {bot["bot"] for bot in run["bots"]}
for dataset, text in (("utterance_rejected", "raw"), ("cleaned_dropped", "text")):
    if dataset in bench.datasets:
        rows = bench.table(dataset)
        rows = rows[(rows["domain"] + "/" + rows["lang"]).isin(ours)]
        columns = ["domain", "lang", "reason", "detail", "origin_file", "origin_line", text]
        print(f"{dataset}: {len(rows):,} rows; one of each reason")
        show(rows.groupby(["domain", "lang", "reason"], as_index=False).first()[columns])

# %% [markdown]
# ## What changed since the last run in which all went well
# Versions of libraries, and the machine.

# %%
good = [name for name in sorted(runs) if name < RUN and runs[name]["status"] == "ok"]
if good:
    before, now = runs[good[-1]]["environment"], run["environment"]
    changed = [(key, before.get(key), now.get(key)) for key in {**before, **now} if before.get(key) != now.get(key)]
    print(f"compared with {good[-1]}: {len(changed)} differences")
    show(pd.DataFrame(changed, columns=["what", "then", "now"]))
else:
    print("no earlier run in which all went well")

# %% [markdown]
# ## What the doctor says
# From Spark's event log of this run: tasks that failed with the likely cause, memory that ran out, stages that
# waited. A run that had nothing to do on Spark has no log.

# %%
from mlpipeline.cluster.doctor.diagnosis import examine
from mlpipeline.errors import MLPipelineError
from mlpipeline.orders.eventlog import open_log

try:
    with open_log(store, RUN) as (app, _):
        diagnosis = examine(app)
except MLPipelineError as error:
    print(error)
else:
    columns = ["severity", "name", "where", "what", "fix"]
    show(pd.DataFrame([[getattr(one, name) for name in columns] for one in diagnosis.findings], columns=columns))
    totals = diagnosis.totals
    print(f"{totals.failed_tasks} of {totals.tasks} tasks failed; cores were busy {totals.busy:.0%} of the time")
    print(f"change this first: {diagnosis.first or 'nothing'}")

# %% [markdown]
# ## Executors that differ from the driver
# A library that the driver can import and an executor cannot is the most frequent cause of all on a cluster. This
# starts a session, so it only runs when you ask for it in the first cell; `mlpipeline doctor env --master ...` says
# the same.

# %%
if COMPARE_EXECUTORS:
    from mlpipeline.cluster.doctor.compare import differences, look_around

    driver, executors, span = look_around(bench.spark, None)
    found = differences(driver, executors, span, is_local=bench.spark.sparkContext.master.startswith("local"))
    print(f"{len(executors)} executors answered, {len(found)} findings")
    show(pd.DataFrame([[one.severity, one.what, one.fix] for one in found], columns=["severity", "what", "fix"]))
else:
    print("not requested")

# %%
bench.close()
