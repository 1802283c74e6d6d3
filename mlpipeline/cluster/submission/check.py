"""What can be known before a job is submitted: said within seconds, each in one line with its fix."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.machinery import PathFinder
from pathlib import Path

from mlpipeline.cluster.environment import (
    check_environment,
    check_host_name,
    check_local_dirs,
    check_master,
    check_scripts,
)
from mlpipeline.cluster.java import find_java
from mlpipeline.cluster.lint.settings import lint_settings
from mlpipeline.cluster.lint.view import Finding
from mlpipeline.cluster.standalone import ask_of, check_fits, read_master
from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.errors import MLPipelineError, SetupError, UsageError

# Spark's own list of what goes on sys.path of an executor; a wheel does not, without a word.
_IMPORTED = (".py", ".zip", ".egg", ".jar")
_ARCHIVES = (".zip", ".jar", ".tar.gz", ".tgz", ".tar", ".gz")


def check_submission(submission: Submission, environ: Mapping[str, str]) -> list[MLPipelineError]:
    """Find what would make this job fail, without a JVM and without waiting longer than seconds.

    Args:
        submission: the job.
        environ: environment variables that spark-submit would get.

    Returns:
        One error for each thing that is wrong; they are not raised, so that all can be told at once.
    """
    try:
        check_master(submission.master)
    except MLPipelineError as error:
        return [error]
    checks: list[Callable[[], object]] = [
        lambda: check_environment(environ),
        lambda: find_java(environ),
        lambda: _check_mode(submission),
        lambda: _check_script(submission),
        lambda: check_scripts(submission.settings),
        lambda: _check_scratch(submission, environ),
        lambda: _check_sent_scripts(submission),
        lambda: _check_ivy(submission.settings, environ),
    ]
    if submission.kind != "local" and "spark.driver.host" not in submission.settings:
        checks.append(lambda: check_host_name(environ))
    if submission.kind == "standalone":
        checks.append(lambda: _check_workers(submission))
    found = [told for check in checks if (told := _raised(check))]
    found += _missing(submission)
    found += [UsageError(told.what, fix=told.fix) for told in lint(submission) if told.stops]
    if submission.kind == "yarn":
        from mlpipeline.cluster.submission.yarn_checks import check_yarn

        found += check_yarn(submission, environ)
    if submission.kind == "k8s":
        from mlpipeline.cluster.submission.kubernetes_checks import check_kubernetes

        found += check_kubernetes(submission, environ)
    return found


def lint(submission: Submission) -> list[Finding]:
    """What the linter of settings says of this job."""
    settings = {**submission.settings, "spark.submit.deployMode": submission.deploy_mode}
    return lint_settings(settings, master=submission.master)


def _raised(check: Callable[[], object]) -> MLPipelineError | None:
    try:
        check()
    except MLPipelineError as error:
        return error
    return None


def _check_mode(submission: Submission) -> None:
    if submission.deploy_mode not in ("client", "cluster"):
        raise UsageError(f"{submission.deploy_mode!r} is no deploy mode", fix="write client or cluster")
    if submission.deploy_mode == "cluster" and submission.kind not in ("yarn", "k8s"):
        # Spark: "Cluster deploy mode is currently not supported for python applications on standalone clusters."
        what = f"a Python driver cannot run on {submission.master}"
        raise UsageError(what, fix="leave out --deploy-mode cluster, or submit to YARN or Kubernetes")


def _check_scratch(submission: Submission, environ: Mapping[str, str]) -> None:
    if submission.deploy_mode == "client":
        check_local_dirs(submission.settings, environ)


def _check_workers(submission: Submission) -> None:
    cluster = read_master(submission.master, submission.settings)
    if cluster is not None:
        check_fits(cluster, ask_of(submission.settings))


def _check_script(submission: Submission) -> None:
    script = submission.script
    if "://" in script:
        return
    path = Path(script)
    if path.is_dir():
        raise UsageError("is a folder", where=script, fix="name a Python file")
    if not path.is_file():
        raise UsageError("no such script", where=script, fix="give the path of a .py file, or the name of a stage")
    if path.suffix != ".py":
        raise UsageError("is no Python file", where=script, fix="its name has to end in .py")
    check_name(path)


def check_name(script: Path) -> None:
    """Raise UsageError when a script has the name of a module: executors then look in that module for its functions.

    Args:
        script: the file. Its own folder does not count: there it is found itself.
    """
    own = script.resolve()
    places = [place for place in sys.path if place and Path(place).resolve() != own.parent]
    found = None if script.stem in sys.stdlib_module_names else PathFinder.find_spec(script.stem, places)
    if script.stem in sys.stdlib_module_names or (found and found.origin and Path(found.origin).resolve() != own):
        what = f"has the name of the module {script.stem}, where executors would look for its functions"
        raise UsageError(what, where=str(script), fix=f"rename it, to {script.stem}_job.py say")


def _missing(submission: Submission) -> Iterator[MLPipelineError]:
    flags = (("--py-files", submission.py_files), ("--files", submission.files), ("--archives", submission.archives))
    for flag, values in flags:
        for value in values:
            name, _, _ = value.partition("#")
            if "://" in name:
                continue
            if not os.path.exists(name):
                yield UsageError(f"no such file for {flag}", where=name, fix="correct the path")
            elif flag == "--py-files" and not name.endswith(_IMPORTED):
                # Seen: ModuleNotFoundError on every executor, while the driver imports it well.
                fix = "copy it to a name that ends in .zip" if name.endswith(".whl") else "give a .py or .zip file"
                yield UsageError("executors do not import from such a file", where=name, fix=fix)
            elif flag == "--archives" and not name.endswith(_ARCHIVES):
                yield UsageError("is no archive that Spark unpacks", where=name, fix="give a .tar.gz or a .zip")


def _check_sent_scripts(submission: Submission) -> None:
    """The discovery script that `--files` sends along keeps its mode: it has to be one that can be run here."""
    wanted = submission.settings.get("spark.executor.resource.gpu.discoveryScript", "")
    for file in submission.files:
        if Path(file).name == Path(wanted).name and os.path.isfile(file) and not os.access(file, os.X_OK):
            raise SetupError("the discovery script cannot be run", where=file, fix=f"chmod +x {file}")


def _check_ivy(settings: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """`spark.jars.packages` needs a folder to fetch into; Spark finds out after its JVM is up, in a page of Java."""
    if not settings.get("spark.jars.packages", "").strip():
        return
    home = environ.get("HOME", "") or os.path.expanduser("~")
    folder = Path(settings.get("spark.jars.ivy", "") or Path(home) / ".ivy2.5.2")
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK):
        fix = "add --conf spark.jars.ivy=FOLDER with a folder of yours"
        raise SetupError("the cache of spark.jars.packages cannot be written", where=str(folder), fix=fix)
