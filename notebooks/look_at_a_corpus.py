"""Look at a corpus.

What a bot has to learn from: how many rows an intent has, what was rejected or dropped and why, what stands there
twice or under two intents, and which intents the model takes for one another. Nothing here writes to the store.

Change the values of the next cell and run all cells. `BOT = ""` takes the bot with the most rows.
"""

# %% tags=["parameters"]
STORE = "store"
CONF = "conf"
BOT = ""
MASTER = None  # None: local[*], or what SPARK_REMOTE names

# %% [markdown]
# ## A session as a job has it
# The first line that asks for `spark` sets the workers' Python, Java and the Delta jars, and switches Spark's
# progress bar off. The second prints which fonts the plots use, and what to install where a script has none.

# %%
from pyspark.sql import functions as F

from mlpipeline.views.notebook.fonts import use_fonts
from mlpipeline.views.notebook.showing import canvas, show
from mlpipeline.views.notebook.workbench import Workbench

bench = Workbench(STORE, CONF, master=MASTER)
spark = bench.spark
print(f"Spark {spark.version}; datasets: {', '.join(bench.datasets)}")
print(use_fonts())

# %% [markdown]
# ## Every bot: rows on their way
# Delivered rows = utterances + rejected. Utterances = cleaned + dropped. `unique_texts` are different normalised texts;
# a bot with many rows and few unique texts repeats itself.

# %%
KEY = ["domain", "lang"]
rows = (
    bench.read("utterance")
    .groupBy(*KEY)
    .agg(F.count("*").alias("utterances"), F.countDistinct("intent").alias("intents"))
)
for dataset, name in (("utterance_rejected", "rejected"), ("cleaned_dropped", "dropped"), ("cleaned", "cleaned")):
    rows = rows.join(bench.read(dataset).groupBy(*KEY).agg(F.count("*").alias(name)), KEY, "left")
contents = bench.read("cleaned").groupBy(*KEY).agg(F.countDistinct("content_id").alias("unique_texts"))
bots = rows.join(contents, KEY, "left").fillna(0).orderBy(F.desc("utterances"), *KEY).toPandas()
bots.insert(0, "bot", bots.pop("domain") + "/" + bots.pop("lang"))
show(bots, rows=100)
if not len(bots):
    raise SystemExit(f"{STORE} has no utterances yet: `mlpipeline run --store {STORE}` first")
BOT = BOT or bots["bot"][0]
LANG = BOT.split("/")[1]
print(f"from here on: {BOT}")

# %% [markdown]
# ## Rows of each intent
# An intent with fewer rows than the red line has hardly any in its test split: its score is luck. One that towers
# over the others draws their utterances to it.

# %%
FEW = 10
cleaned = bench.read("cleaned", BOT).cache()
intents = cleaned.groupBy("intent").agg(
    F.count("*").alias("rows"),
    F.countDistinct("content_id").alias("unique_texts"),
    F.round(F.avg(F.length("text")), 1).alias("letters"),
)
intents = intents.fillna({"intent": "(no label)"}).orderBy(F.desc("rows"), "intent").toPandas()
shown = intents if len(intents) <= 60 else intents.iloc[list(range(30)) + list(range(len(intents) - 30, len(intents)))]
figure, (axes,) = canvas(9, 1 + 0.16 * len(shown))
axes.barh(shown["intent"], shown["rows"], color="#9db8d2", label="rows")
axes.barh(shown["intent"], shown["unique_texts"], color="#33658a", height=0.4, label="unique texts")
axes.axvline(FEW, color="crimson", linewidth=1)
axes.tick_params(axis="y", labelsize=7)
axes.invert_yaxis()
axes.margins(y=0.01)
axes.legend(loc="lower right")
axes.set_title(
    f"{BOT}: {len(intents)} intents" + ("" if len(shown) == len(intents) else ", the 30 largest and 30 smallest")
)
show(figure)
few = intents[intents["rows"] < FEW]
print(f"{len(few)} of {len(intents)} intents have fewer than {FEW} rows")

# %% [markdown]
# ## Lengths
# In letters (code points), for every bot. What lies far outside is often no utterance at all: a pasted mail, a row of
# marks.

# %%
lengths = (
    bench.read("cleaned")
    .groupBy(*KEY)
    .agg(
        F.percentile_approx(F.length("text"), [0.05, 0.25, 0.5, 0.75, 0.95], 1000).alias("q"),
        F.max(F.length("text")).alias("max"),
    )
    .orderBy(*KEY)
    .toPandas()
)
stats = [
    {
        "label": f"{row.domain}/{row.lang}",
        "whislo": row.q[0],
        "q1": row.q[1],
        "med": row.q[2],
        "q3": row.q[3],
        "whishi": row.q[4],
    }
    for row in lengths.itertuples()
]
figure, (axes,) = canvas(9, 1 + 0.3 * len(stats))
axes.bxp(stats, showfliers=False, orientation="horizontal")
axes.invert_yaxis()
axes.set_title("letters in an utterance: 5 %, 25 %, 50 %, 75 %, 95 %")
show(figure)
longest = cleaned.select("intent", F.length("text").alias("letters"), "text").orderBy(F.desc("letters"))
show(longest.limit(5).toPandas())

# %% [markdown]
# ## Twice, and under two intents
# `repeats` are rows of the same normalised text. That is no mistake (a frequent question is a frequent question), but
# test and training never share a text. The second table is a mistake: **one text, two intents**. No model can
# learn that.

# %%
by_content = cleaned.groupBy("content_id").agg(
    F.count("*").alias("repeats"),
    F.countDistinct("text").alias("spellings"),
    F.sort_array(F.collect_set("intent")).alias("intents"),
    F.min("text").alias("text"),
)
repeated = by_content.where("repeats > 1").orderBy(F.desc("repeats"), "text")
print(f"{repeated.count():,} texts occur more than once")
show(repeated.select("repeats", "spellings", "text").limit(10).toPandas())
conflicts = by_content.where(F.size("intents") > 1).orderBy(F.desc("repeats"), "text")
print(f"{conflicts.count():,} texts have more than one intent")
show(conflicts.select("intents", "repeats", "text").limit(20).toPandas())

# %% [markdown]
# ## Rejected and dropped, with reasons
# `rejected`: a row of a file that could not become an utterance. `dropped`: an utterance that `clean` left out.

# %%
REASONS = [*KEY, "reason"]
for dataset, text in (("utterance_rejected", "raw"), ("cleaned_dropped", "text")):
    gone = bench.read(dataset).where(f"domain = '{BOT.split('/')[0]}' and lang = '{LANG}'")
    reasons = (
        gone.groupBy("reason").agg(F.count("*").alias("rows"), F.min(text).alias("example")).orderBy(F.desc("rows"))
    )
    print(f"{dataset}: {gone.count():,} rows of {BOT}")
    show(reasons.toPandas())

# %% [markdown]
# ## What people say, in each language
# One utterance of each bot, as it was said and as the models see it. Letters that are boxes here have no font on this
# machine; the second cell says what to install.

# %%
first = (
    bench.read("cleaned")
    .where(F.length("text").between(8, 40))
    .groupBy(*KEY)
    .agg(F.min_by(F.struct("text", "normalized"), "id").alias("one"))
)
samples = first.select(*KEY, "one.*").orderBy(*KEY).toPandas()
figure, (axes,) = canvas(9, 0.6 + 0.45 * len(samples))
axes.set_axis_off()
axes.set_ylim(len(samples), -0.5)
for line, row in enumerate(samples.itertuples()):
    axes.text(0.0, line, f"{row.domain}/{row.lang}", fontsize=9, color="#33658a", va="center")
    axes.text(0.2, line, row.text, fontsize=13, va="center")
    if row.normalized != row.text:
        axes.text(0.2, line + 0.42, row.normalized, fontsize=8, color="gray", va="center")
show(figure)
show(samples, rows=100)

# %% [markdown]
# ## Intents that the model takes for one another
# Counted on validation and test rows. Two intents that are mixed up in both directions are often one intent, or their
# rows are labelled by mood.

# %%
predictions = bench.read("prediction", BOT).cache()
wrong = predictions.where("intent <> predicted")
pairs = (
    wrong.groupBy(F.least("intent", "predicted").alias("one"), F.greatest("intent", "predicted").alias("other"))
    .agg(F.count("*").alias("mistakes"), F.countDistinct("intent").alias("directions"))
    .orderBy(F.desc("mistakes"), "one", "other")
    .limit(15)
    .toPandas()
)
if len(pairs):
    names = sorted({*pairs["one"], *pairs["other"]})
    counts = {
        (row["intent"], row["predicted"]): row["count"]
        for row in wrong.groupBy("intent", "predicted").count().collect()
    }
    figure, (axes,) = canvas(9, 1.5 + 0.28 * len(names))
    grid = [[counts.get((true, said), 0) for said in names] for true in names]
    most = max(max(line) for line in grid)
    axes.imshow(grid, cmap="Reds", vmax=most * 1.3, aspect="auto")
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("the model says")
    axes.set_ylabel("the label says")
    for i, line in enumerate(grid):
        for j, count in enumerate(line):
            if count:
                axes.text(
                    j, i, count, ha="center", va="center", fontsize=8, color="white" if count > most / 2 else "black"
                )
    show(figure)
    show(pairs)
else:
    print(f"{BOT}: no model has been evaluated yet, or it made no mistake")

# %% [markdown]
# ## Sure and wrong
# Where the model is most certain of another intent than the label: read these first. Either the label is wrong, or
# the text says two things.

# %%
texts = cleaned.groupBy("content_id").agg(F.min("text").alias("text"))
sure = wrong.join(texts, "content_id").select(F.round("score", 3).alias("score"), "intent", "predicted", "text")
show(sure.orderBy(F.desc("score"), "text").limit(20).toPandas())

# %%
bench.close()
