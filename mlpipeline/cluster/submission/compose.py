"""The spark-submit line of a job, as data: what runs, where, with which settings and files."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlpipeline.cluster.defaults import read_defaults
from mlpipeline.cluster.jars import delta_jars
from mlpipeline.cluster.masters import Kind, kind_of
from mlpipeline.cluster.redaction import hides, redacted_words
from mlpipeline.cluster.sizing.shape import gpu_amount
from mlpipeline.cluster.submission.packing import ENVIRONMENT, code_archive, gpu_script


@dataclass(frozen=True)
class Submission:
    """One job for spark-submit.

    Args:
        script: the Python file that runs; a path here or an address the cluster can read.
        arguments: of the script.
        master: a Spark master.
        deploy_mode: `client` (the driver runs here) or `cluster` (it runs there).
        settings: Spark settings, complete: our defaults and what the user gave.
        py_files: .py and .zip files that driver and executors import from.
        files: plain files that lie in each worker's folder.
        archives: `FILE#NAME`, unpacked as NAME in each worker's folder.
        name: of the application.
    """

    script: str
    arguments: tuple[str, ...] = ()
    master: str = "local[*]"
    deploy_mode: str = "client"
    settings: Mapping[str, str] = field(default_factory=dict)
    py_files: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    name: str | None = None

    @property
    def kind(self) -> Kind | None:
        """What kind of master it goes to."""
        return kind_of(self.master)

    def command(self) -> list[str]:
        """The words of the command line, `spark-submit` first."""
        words = ["spark-submit", "--master", self.master]
        if self.deploy_mode != "client":
            words += ["--deploy-mode", self.deploy_mode]
        if self.name:
            words += ["--name", self.name]
        for flag, values in (("--py-files", self.py_files), ("--files", self.files), ("--archives", self.archives)):
            if values:
                words += [flag, ",".join(values)]
        for key, value in sorted(self.settings.items()):
            words += ["--conf", f"{key}={value}"]
        return [*words, self.script, *self.arguments]


def as_line(submission: Submission) -> str:
    """The command line as a shell takes it; what is secret in it is hidden, for it is printed and kept."""
    return " ".join(shlex.quote(word) for word in redacted_words(submission.command()))


def hidden_note(submission: Submission) -> str:
    """What to say beside a line that lacks its secrets; "" for one that is whole."""
    keys = hides(submission.settings)
    if not keys:
        return ""
    what = f"{', '.join(keys)} without {'its value' if len(keys) == 1 else 'their values'}"
    return f"note: the line has {what}: put them into a file that only you may read, and give it by --properties-file"


def compose(
    script: str,
    arguments: Sequence[str] = (),
    *,
    master: str,
    deploy_mode: str = "client",
    stage: str | None = None,
    settings: Mapping[str, str] | None = None,
    name: str | None = None,
    environment: str | None = None,
    py_files: Sequence[str] = (),
    files: Sequence[str] = (),
    archives: Sequence[str] = (),
) -> Submission:
    """Put a job together: our defaults for the master and the stage, our code and jars, then what the caller states.

    Args:
        script: the Python file that runs.
        arguments: of the script.
        master: a Spark master.
        deploy_mode: `client` or `cluster`.
        stage: adds what `spark-defaults/<stage>.conf` has.
        settings: win over the defaults; jars are added to ours.
        name: of the application.
        environment: archive of a Python environment (venv-pack, conda-pack) that driver and executors are to use.
        py_files: see `Submission`.
        files: see `Submission`.
        archives: see `Submission`.

    Raises:
        SetupError: the Delta jars are missing and cannot be fetched, or a defaults file is wrong.
    """
    kind = kind_of(master)
    chosen = _settings(kind, deploy_mode, stage, environment, settings or {})
    sent = (f"{environment}#{ENVIRONMENT}",) if environment else ()
    code = _code(kind, deploy_mode, chosen)
    return _with_gpu_script(
        Submission(
            script=script,
            arguments=tuple(arguments),
            master=master,
            deploy_mode=deploy_mode,
            settings=chosen,
            py_files=(*code, *py_files),
            files=tuple(files),
            archives=(*sent, *archives),
            name=name,
        )
    )


def _settings(
    kind: Kind | None, deploy_mode: str, stage: str | None, environment: str | None, stated: Mapping[str, str]
) -> dict[str, str]:
    given = dict(stated)
    jars = [str(path) for path in delta_jars()] if _brought(kind, deploy_mode, given) else []
    jars += _listed(given.pop("spark.jars", ""))
    chosen = {"spark.jars": ",".join(jars)} if jars else {}
    # local-cluster is one machine too, with the settings of one.
    settings_of = "local" if kind == "local-cluster" else kind
    names = ["common", *([settings_of] if settings_of else []), *([stage] if stage else [])]
    # A stage's GPUs count where the caller asks for some: a cluster that has none would wait for ever.
    chosen.update(read_defaults(names, gpus=any(".resource.gpu." in key for key in given)))
    chosen.update(_python(kind, deploy_mode, environment))
    chosen.update(given)
    chosen.update(_share_of_gpu(chosen))
    if kind == "local":
        # A local session has no GPUs to hand out and waits for them for ever.
        chosen = {key: value for key, value in chosen.items() if ".resource.gpu." not in key}
    return chosen


def _share_of_gpu(settings: Mapping[str, str]) -> dict[str, str]:
    """A share of the executor's GPUs for each task, where executors come and go and only they are said to have any.

    Executors that stay need none: the stage that computes on GPUs asks for its share alone (spark/profiles.py). With
    dynamic allocation that would start executors of its own kind, while those that are there hold the GPUs.
    """
    key = "spark.task.resource.gpu.amount"
    if key in settings or settings.get("spark.dynamicAllocation.enabled") != "true":
        return {}
    names = ("spark.executor.resource.gpu.amount", "spark.executor.cores", "spark.task.cpus")
    try:
        gpus, cores, cpus = (int(settings.get(name, default)) for name, default in zip(names, "011", strict=True))
    except ValueError:
        return {}  # no numbers: the linter of settings says so
    return {key: gpu_amount(max(1, cores // max(cpus, 1) // gpus))} if gpus > 0 else {}


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _python(kind: Kind | None, deploy_mode: str, environment: str | None) -> dict[str, str]:
    """Which Python runs the driver and the workers: the archive's, else the one that runs us, at the same path there.

    On Kubernetes it is the image's unless there is an archive.
    """
    ours = os.environ.get("PYSPARK_PYTHON") or sys.executable
    if environment is None and kind == "k8s":
        here = os.environ.get("PYSPARK_DRIVER_PYTHON") or ours
        # Not said, the workers would look in the image for the path of the Python that runs the driver here.
        return {
            "spark.pyspark.python": "python3",
            **({"spark.pyspark.driver.python": here} if deploy_mode == "client" else {}),
        }
    there = f"./{ENVIRONMENT}/bin/python" if environment and kind != "local" else ours
    found = {"spark.pyspark.python": there}
    if deploy_mode == "client":
        found["spark.pyspark.driver.python"] = os.environ.get("PYSPARK_DRIVER_PYTHON") or ours
    elif kind == "yarn":
        found["spark.yarn.appMasterEnv.PYSPARK_PYTHON"] = there
        # YARN puts our zip on the driver's path; pyspark warns of a page that it could not do so once more.
        found["spark.yarn.appMasterEnv.PYTHONWARNINGS"] = "ignore:Failed to add file:RuntimeWarning"
    return found


def _code(kind: Kind | None, deploy_mode: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Our package for driver and executors."""
    return (str(code_archive()),) if kind != "local" and _brought(kind, deploy_mode, settings) else ()


def _brought(kind: Kind | None, deploy_mode: str, settings: Mapping[str, str]) -> bool:
    """Whether files of this machine go along: to a driver on Kubernetes they can by a shared place only.

    Without one its image has to have our code and Delta's jars, and ours has.
    """
    return kind != "k8s" or deploy_mode == "client" or "spark.kubernetes.file.upload.path" in settings


def _with_gpu_script(submission: Submission) -> Submission:
    """On YARN: GPUs are asked for and no script says which they are: send ours, cut to the amount asked for."""
    amount = submission.settings.get("spark.executor.resource.gpu.amount", "0")
    key = "spark.executor.resource.gpu.discoveryScript"
    if submission.kind != "yarn" or amount == "0" or key in submission.settings:
        return submission
    script = gpu_script()
    settings = {key: f"./{script.name}", "spark.executorEnv.MLPIPELINE_GPUS": amount, **submission.settings}
    return replace(submission, settings=settings, files=(*submission.files, str(script)))
