"""The verbs of `mlpipeline`: where each one is, what it is for, and which of the global options it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

STORE, CONF, JSON, SEED, SPARK = "store", "conf", "json", "seed", "spark"  # spark: --conf spark.key=value


class Verb(NamedTuple):
    """`where` is the module of this package and the function in it that adds the verb's arguments.

    `reads` names the global options that change what the verb does; any other is refused behind it, as it would be
    ignored. `--quiet`, `--verbose` and `--log-format` are read by every verb: they say how much is told, and how.
    """

    where: str
    purpose: str
    reads: tuple[str, ...]


_ALL = (STORE, CONF, JSON, SEED)

# By task, in the order of --help. Only the verb that is called is imported: `answer` must be quick, and `run` brings
# Spark along.
TASKS: Mapping[str, Mapping[str, Verb]] = {
    "make bots": {
        "new": Verb("new:add_new", "make conf and corpus of a new bot", (STORE, CONF, JSON)),
        "plan": Verb("plan:add_plan", "show what a run would do, and why", _ALL),
        "run": Verb("run:add_run", "do what is missing, from files to champions", (*_ALL, SPARK)),
        "submit": Verb(
            "submit:add_submit", "run a stage, all stages or a script of yours by spark-submit", (*_ALL, SPARK)
        ),
        "schedule": Verb(
            "schedule:add_schedule", "write when to run again: for cron, Airflow or Kubernetes", (*_ALL, SPARK)
        ),
        "scheduled-run": Verb(
            "scheduled_run:add_scheduled_run",
            "run what is missing, unwatched: with a lock, a dated log and a hook",
            _ALL,
        ),
    },
    "use bots": {
        "answer": Verb("answer:add_answer", "ask a released bot", (STORE, CONF, JSON)),
        "batch": Verb("batch:add_batch", "answer a file or table of messages on Spark", (STORE, CONF, JSON, SPARK)),
        "evaluate": Verb("evaluate:add_evaluate", "score a released bot on a labelled file", (STORE, CONF, JSON)),
        "compare": Verb(
            "compare:add_compare", "list what another version of a bot fixes and breaks", (STORE, CONF, JSON)
        ),
        "explain": Verb("explain:add_explain", "show why a bot says what it says of a text", (STORE, CONF, JSON)),
    },
    "choose which model answers": {
        "promote": Verb("promote:add_promote", "let a version of a bot answer", (STORE, CONF, JSON)),
        "rollback": Verb("rollback:add_rollback", "let the version before answer again", (STORE, CONF, JSON)),
        "retire": Verb("retire:add_retire", "let no version of a bot answer", (STORE, CONF, JSON)),
        "models ls": Verb("models:add_ls", "list the versions of models, with aliases and figures", (STORE, JSON)),
        "models show": Verb(
            "models:add_show", "print what is known of a version, and who moved it", (STORE, CONF, JSON)
        ),
        "models diff": Verb("models:add_diff", "print in what two versions differ", (STORE, CONF, JSON)),
        "gc": Verb("gc:add_gc", "remove old versions of models, and what killed releases left", (STORE, JSON)),
    },
    "look into the store": {
        "ls": Verb("ls:add_ls", "list bots, or the datasets of the store with their rows", (STORE, JSON)),
        "show": Verb("show:add_show", "print rows of a dataset", (STORE, CONF, JSON)),
        "neighbours": Verb(
            "neighbours:add_neighbours", "list the texts of bots that are most like a text", (STORE, CONF, JSON)
        ),
        "dataset write": Verb("dataset:add_write", "write a bot's rows of a dataset to a file", (STORE, CONF, JSON)),
        "compact": Verb("compact:add_compact", "keep the vectors of texts in few files, each once", (STORE, JSON)),
        "forget": Verb(
            "forget:add_forget", "remove the vectors of a text, and list what else holds it", (STORE, CONF, JSON)
        ),
        "check": Verb("check:add_check", "read every file of the store, and list what is damaged", (STORE, JSON)),
    },
    "check and extend corpora": {
        "denoise check": Verb(
            "denoise:add_check", "list the labels of a file that are probably wrong, and how many", (CONF, JSON, SEED)
        ),
        "embed report": Verb(
            "embed_report:add_report", "measure how good the vectors of bots are, also against another encoder", _ALL
        ),
        "split check": Verb(
            "split:add_check", "count what leaks between the splits of a labelled file or a bot", (STORE, CONF, JSON)
        ),
        "pii audit": Verb("pii:add_audit", "find personal data in a store or in any file: kind and count", (JSON,)),
        "contradictions": Verb(
            "contradictions:add_contradictions",
            "list texts that have two labels, and who gave them",
            (STORE, CONF, JSON),
        ),
        "augment try": Verb("augment_try:add_try", "paraphrase a sentence, and check each paraphrase", _ALL),
        "augment operators": Verb(
            "augment_operators:add_operators", "list the operators that paraphrase a language", (CONF, JSON)
        ),
        "augment report": Verb(
            "augment_report:add_report", "measure what synthetic examples gain, and switch off harmful operators", _ALL
        ),
    },
    "recipes": {
        "config show": Verb(
            "config:add_show", "print a bot's resolved recipe and where each value came from", (CONF, JSON, SEED)
        ),
        "config reference": Verb(
            "config:add_reference", "explain every key that a recipe may hold, as Markdown", (JSON,)
        ),
        "config schema": Verb(
            "config:add_schema", "print a JSON Schema of the files under conf/, for editors", (JSON,)
        ),
    },
    "Spark and clusters": {
        "size": Verb("size:add_size", "compute how many executors of which size a cluster takes, and why", (JSON,)),
        "spark lint": Verb("spark:add_lint", "find mistakes in files of Spark settings", (JSON,)),
        "doctor run": Verb(
            "doctor:add_run", "show where a run's time and memory went, why it failed, what to change", (STORE, JSON)
        ),
        "doctor env": Verb(
            "doctor:add_env", "compare the driver with the executors: Python, libraries, memory, clock", (JSON, SPARK)
        ),
    },
    "work in Python and in shells": {
        "shell": Verb(
            "shell:add_shell",
            "open a Python with a job's session, the store and the recipes",
            (STORE, CONF, SEED, SPARK),
        ),
        "notebook write": Verb(
            "notebook:add_write", "write the notebooks for Jupyter or Zeppelin", (STORE, CONF, JSON)
        ),
        "completion": Verb(
            "completion:add_completion", "print what bash, zsh or fish needs to complete command lines", (CONF,)
        ),
    },
}

VERBS: Mapping[str, Verb] = {name: verb for verbs in TASKS.values() for name, verb in verbs.items()}

# Verbs whose libraries take seconds to load: a word is said before that.
SLOW: Mapping[str, str] = {"run": "run: reading recipes and store"}


def verbs_by_task() -> str:
    """All verbs with their purpose, grouped by task, for `mlpipeline --help`."""
    width = max(map(len, VERBS)) + 2
    blocks = [
        "\n".join([f"{task}:", *(f"  {name:<{width}}{verb.purpose}" for name, verb in verbs.items())])
        for task, verbs in TASKS.items()
    ]
    return "\n\n".join(blocks)
