"""The run that stands for a release in MLflow's pages: recipe, figures, loss, datasets, and what explains them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from getpass import getuser
from typing import TYPE_CHECKING, TypeVar

from mlpipeline.store.registry.pointers import DIGEST_TAG

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Experiment, Metric, Run
    from mlflow.tracking import MlflowClient

EXPERIMENT = "releases"
# MLflow 3 draws an experiment by its kind: without one it guesses, and shows traces of chats.
_KIND = ("mlflow.experimentKind", "custom_model_development")
_NOTE = "mlflow.note.content"
_ABOUT = (
    "The releases of mlpipeline: a run for each bundle, with what it learnt from, how it was judged and the report."
)
_AT_ONCE = 100  # params, or tags, that MLflow takes in one request
_LONGEST = 500  # characters of a parameter
_T = TypeVar("_T")


@dataclass(frozen=True)
class LoggedDataset:
    """One dataset that a release was made from.

    `name` is as `mlpipeline ls datasets` has it (`shop/ko/denoised@7`), `digest` the fingerprint of its rows, `path`
    its table below the store, `version` the table's; `context` is `training` or `evaluation`.
    """

    name: str
    digest: str
    path: str
    version: int
    rows: int
    context: str


@dataclass(frozen=True)
class RunFacts:
    """What is told of a release.

    Attributes:
        params: the settings of the recipe, `train.epochs` and the like.
        metrics: what the gate looked at; None is what could not be measured.
        tags: digests and versions.
        intervals: of metrics, (low, high) each.
        curves: numbers by step, such as the loss of each epoch.
        datasets: what it was made from.
        texts: files to lay beside the run, by name.
        commit: of the sources, with `+` when files differ from it; empty when not known.
        description: Markdown, for the head of the run's page.
    """

    params: Mapping[str, object]
    metrics: Mapping[str, float | None]
    tags: Mapping[str, object]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    datasets: Sequence[LoggedDataset] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    description: str = ""

    @property
    def measured(self) -> dict[str, float]:
        """The metrics that have a value."""
        return {name: float(value) for name, value in self.metrics.items() if value is not None}

    @property
    def run_tags(self) -> dict[str, str]:
        """The tags of the run, with those that MLflow's own pages read."""
        own = {key: str(value) for key, value in self.tags.items()}
        own |= {_NOTE: self.description, "mlflow.source.name": "mlpipeline", "mlflow.source.type": "LOCAL"}
        if self.commit:
            own["mlflow.source.git.commit"] = self.commit.rstrip("+")
            own["mlflow.source.git.dirty"] = str(self.commit.endswith("+")).lower()
        return {key: value for key, value in own.items() if value}


def who() -> str:
    """The user of this process, as the system names them; empty where it names none."""
    try:
        return getuser()
    except (OSError, KeyError, ImportError):  # a container whose user stands in no list
        return ""


def log_run(
    client: MlflowClient, bot: str, digest: str, facts: RunFacts, *, experiment: str, artifacts: str | None = None
) -> Run:
    """Log the run of a release; one that a killed release left behind is taken up.

    Args:
        client: of the tracking server.
        bot: DOMAIN/LANG, the run's name.
        digest: of the bundle.
        facts: what is told of it.
        experiment: its name; made when it is missing.
        artifacts: where the experiment's artefacts go, as a URI; None leaves it to the server.
    """
    from mlflow.entities import Param, RunTag

    number = _open_experiment(client, experiment, artifacts).experiment_id
    left = client.search_runs([number], f"tags.{DIGEST_TAG} = '{digest}' and tags.bot = '{bot}'", max_results=1)
    tags = {DIGEST_TAG: digest, "bot": bot, **({"mlflow.user": who()} if who() else {})}
    run = left[0] if left else client.create_run(number, run_name=bot, tags=tags)
    key = run.info.run_id
    for metrics in _batches(_metrics(facts, run.info.start_time)):
        client.log_batch(key, metrics=metrics)
    # A parameter keeps its first value: that of a run that is taken up stands already.
    params = [Param(name, str(value)[:_LONGEST]) for name, value in facts.params.items() if name not in run.data.params]
    for some in _batches(params):
        client.log_batch(key, params=some)
    client.log_batch(key, tags=[RunTag(name, value) for name, value in facts.run_tags.items()])
    if facts.datasets:
        client.log_inputs(key, datasets=[_as_input(one) for one in facts.datasets])
    for name, text in facts.texts.items():
        client.log_text(key, text, name)
    client.set_terminated(key)
    return run


def _open_experiment(client: MlflowClient, name: str, artifacts: str | None) -> Experiment:
    """The experiment, marked as model training unless somebody has marked it otherwise."""
    found = client.get_experiment_by_name(name)
    if found is None:
        number = client.create_experiment(name, artifact_location=artifacts, tags={_KIND[0]: _KIND[1], _NOTE: _ABOUT})
        return client.get_experiment(number)
    if _KIND[0] not in found.tags:
        client.set_experiment_tag(found.experiment_id, *_KIND)
    return found


def _metrics(facts: RunFacts, when: int) -> list[Metric]:
    """Figures and the ends of their intervals, and each curve step by step."""
    from mlflow.entities import Metric

    figures = dict(facts.measured)
    for name, (low, high) in facts.intervals.items():
        figures |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    found = [Metric(name, value, when, 0) for name, value in figures.items()]
    return found + [
        Metric(name, float(value), when, step)
        for name, curve in facts.curves.items()
        for step, value in enumerate(curve)
    ]


def _as_input(dataset: LoggedDataset) -> DatasetInput:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    # As MLflow's own DeltaDatasetSource writes itself. The path is below the store: it may be copied or moved.
    source = {"path": dataset.path, "delta_table_version": dataset.version, "is_databricks_uc_table": False}
    logged = Dataset(
        name=dataset.name,
        digest=dataset.digest,
        source_type="delta_table",
        source=json.dumps(source),
        profile=json.dumps({"num_rows": dataset.rows}),
    )
    return DatasetInput(logged, [InputTag("mlflow.data.context", dataset.context)])


def _batches(listed: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]
