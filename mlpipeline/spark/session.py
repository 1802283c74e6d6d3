"""One way to a Spark session: local with our defaults, on a cluster from here, or what spark-submit has set up."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from mlpipeline.cluster import jars, java
from mlpipeline.cluster.defaults import defaults_file, read_defaults
from mlpipeline.cluster.environment import (
    check_environment,
    check_host_name,
    check_local_dirs,
    check_master,
    check_scripts,
    check_submitting_spark,
    check_worker_python,
    is_submitted,
    pyspark_folder,
    utf8_locale,
)
from mlpipeline.cluster.failures import known_causes
from mlpipeline.cluster.lint.settings import check_settings
from mlpipeline.cluster.masters import kind_of
from mlpipeline.cluster.standalone import ask_of, check_fits, read_master
from mlpipeline.cluster.submission.compose import Submission, compose
from mlpipeline.cluster.submission.rest import is_loopback
from mlpipeline.cluster.submission.yarn_checks import check_yarn, with_spark_jars
from mlpipeline.spark import archive
from mlpipeline.spark.ended import forget_session, how_it_ended, hush_accumulators, session_end_reported
from mlpipeline.spark.remote import check_no_remote
from mlpipeline.spark.waiting import waiting_reported

_log = logging.getLogger(__name__)

POOL = "train"  # of fair.xml: what runs do; notebooks and shells use `adhoc`
# Settings that a session which runs already cannot take over.
_STATIC = ("spark.sql.extensions", "spark.sql.catalog.spark_catalog", "spark.sql.warehouse.dir")


def is_local(master: str) -> bool:
    """True for masters that run inside this process."""
    return kind_of(master) == "local"


def session_settings(master: str, extra: Mapping[str, str], *, large: bool = False) -> dict[str, str]:
    """Every setting of a session that we start ourselves: common, then the kind of master, then the caller's."""
    if is_local(master):
        settings = {**read_defaults(["common", "local", *(["large"] if large else [])]), **extra}
        # As many tasks as cores: local shuffles are small and Delta's commits dominate (docs/benchmarks.md).
        for key in ("spark.sql.shuffle.partitions", "spark.sql.sources.parallelPartitionDiscovery.parallelism"):
            settings.setdefault(key, str(_cores(master)))
        # Amounts of GPUs make a local master wait for ever.
        settings = {key: value for key, value in settings.items() if key not in gpu_keys(settings)}
        settings.setdefault("spark.jars", ",".join(str(path) for path in jars.delta_jars()))
    else:
        settings = _cluster_settings(master, extra)
    if settings.get("spark.scheduler.mode") == "FAIR":
        settings.setdefault("spark.scheduler.allocation.file", defaults_file("fair.xml").as_uri())
    settings.setdefault("spark.sql.warehouse.dir", str(Path(tempfile.gettempdir()) / "mlpipeline-warehouse"))
    return settings


def _cluster_settings(master: str, extra: Mapping[str, str]) -> dict[str, str]:
    """What `mlpipeline submit` would give a driver in client mode: our code and jars, a Python, the GPU script."""
    job = compose("", master=master, settings=extra)
    if job.kind == "yarn":
        job = with_spark_jars(job, os.environ)
    settings = dict(job.settings)
    for key, files in (("spark.submit.pyFiles", job.py_files), ("spark.files", job.files)):
        listed = [*files, *filter(None, [settings.get(key)])]
        if listed:
            settings[key] = ",".join(listed)
    return settings


def _names(master: str) -> list[str]:
    kind = kind_of(master)
    # local-cluster is one machine too: loopback, no web UI, a compiler that is quick.
    return ["common", "local" if kind == "local-cluster" else kind or ""]


def _cores(master: str) -> int:
    inside = master[6:-1].split(",")[0] if master.startswith("local[") else "1"
    return os.cpu_count() or 1 if inside == "*" else int(inside)


def gpu_keys(settings: Mapping[str, str]) -> list[str]:
    """The settings that ask for GPUs, which a local session leaves out."""
    return sorted(key for key in settings if ".resource.gpu." in key)


@contextmanager
def open_session(
    name: str,
    *,
    master: str | None = None,
    extra: Mapping[str, str] | None = None,
    large: bool = False,
    pool: str = POOL,
) -> Iterator[SparkSession]:
    """A session for the time of a `with` block; spark-submit's own session is used where there is one.

    Args:
        name: of the application.
        master: a Spark master; None: what spark-submit says, else `local[*]`.
        extra: settings that win over the packaged defaults.
        large: the work is large enough for `spark-defaults/large.conf` (local masters only).
        pool: of `spark-defaults/fair.xml`, for the jobs of the calling thread.

    Raises:
        SessionEnded: the JVM has ended, or a master took the application away, at the start or within the block.
        SetupError: Java, jars, versions, the master or the settings are not what a session needs.
    """
    check_no_remote(os.environ)
    with known_causes(), session_end_reported():
        if is_submitted():
            session = _submitted(name, extra or {})
        else:
            session = _started(name, master or "local[*]", extra or {}, large)
        # Asked now: when the JVM has died, nothing answers at the end.
        application, where = str(session.sparkContext.applicationId), session.sparkContext.master
        hush_accumulators(session)
        session.sparkContext.setLogLevel("ERROR")
        session.sparkContext.setLocalProperty("spark.scheduler.pool", pool)
    try:
        with known_causes(), session_end_reported(), waiting_reported(session, name):
            yield session
    finally:
        _stop(session)
        _sweep(where, application)


def _stop(session: SparkSession) -> None:
    if how_it_ended() is None:
        session.stop()
    else:
        # Nobody answers, and pyspark would say so with a page of py4j.
        forget_session()


def _sweep(master: str, application: str) -> None:
    """Removes what local-cluster leaves below SPARK_HOME: a folder with copies of code and logs for each executor."""
    folder = pyspark_folder()
    if kind_of(master) == "local-cluster" and folder is not None:
        home = Path(os.environ.get("SPARK_HOME") or folder)
        shutil.rmtree(home / "work" / application, ignore_errors=True)


def _submitted(name: str, extra: Mapping[str, str]) -> SparkSession:
    """The session of spark-submit. Its settings win: only what was not given and can still be set is added."""
    SparkContext._ensure_initialized()
    submitted = SparkConf()
    builder = SparkSession.builder.appName(name)
    for key, value in extra.items():
        if not submitted.contains(key):
            builder = builder.config(key, value)
    session = builder.getOrCreate()
    check_environment()
    check_submitting_spark(session.version)
    given = {key for key, _ in session.sparkContext.getConf().getAll()}
    for key, value in read_defaults(_names(session.sparkContext.master)).items():
        if key not in given and key.startswith(("spark.sql.", "spark.databricks.")) and key not in _STATIC:
            session.conf.set(key, value)
    return session


def _started(name: str, master: str, extra: Mapping[str, str], large: bool) -> SparkSession:
    check_environment()
    check_master(master)
    chosen = java.find_java()
    for note in chosen.notes:
        _log.info("note: %s; %s is used", note, chosen.source)
    settings = session_settings(master, extra, large=large)
    if is_local(master) and gpu_keys(extra):
        left_out = ", ".join(gpu_keys(extra))
        _log.info("note: %s left out: a local session has no GPUs to hand out", left_out)
    check_settings(extra, master=master, under=settings)
    _check_settings(master, settings)
    _prepare_process(master, chosen, settings)
    options = [settings.get("spark.driver.extraJavaOptions", "")]
    options += [
        f"-Dlog4j2.configurationFile={defaults_file('log4j2.properties').as_uri()}",
        archive.java_options(chosen),
    ]
    settings["spark.driver.extraJavaOptions"] = " ".join(option for option in options if option)
    _log.debug("starting Spark with %s and %d settings, on %s", chosen, len(settings), master)
    builder = SparkSession.builder.appName(name).master(master)
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _check_settings(master: str, settings: Mapping[str, str]) -> None:
    """Refuses what Spark would only answer with silence or with a page of Java."""
    kind = kind_of(master)
    check_scripts(settings)
    check_local_dirs(settings, os.environ)
    if _is_here(master):
        check_worker_python(settings, os.environ)
    elif "spark.driver.host" not in settings:
        check_host_name(os.environ)
    if kind == "standalone":
        cluster = read_master(master, settings)
        if cluster is not None:
            check_fits(cluster, ask_of(settings))
    if kind == "yarn":
        for error in check_yarn(Submission("", master=master, settings=settings), os.environ):
            raise error


def _prepare_process(master: str, chosen: java.Java, settings: dict[str, str]) -> None:
    """Sets what the JVM and the Python workers read from the environment; what a user has set there stays."""
    os.environ["JAVA_HOME"] = str(chosen.home)
    os.environ.update(utf8_locale(os.environ))
    # A session that Python starts does not look at spark.pyspark.python, which spark-submit would. Without any of
    # them the workers run whatever `python3` of PATH is.
    if settings.get("spark.pyspark.python"):
        os.environ["PYSPARK_PYTHON"] = settings["spark.pyspark.python"]
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    if _is_here(master):
        # All on one machine: no host name to resolve, nothing listens on its other addresses.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("SPARK_LOCAL_HOSTNAME", "localhost")
        settings.setdefault("spark.driver.host", "127.0.0.1")
        settings.setdefault("spark.driver.bindAddress", "127.0.0.1")


def _is_here(master: str) -> bool:
    """True when executors can only be on this machine. Pods may be anywhere, also behind an API server that is here."""
    host = urlsplit(f"//{master.partition('://')[2]}").hostname or ""
    kind = kind_of(master)
    return kind in ("local", "local-cluster") or (kind == "standalone" and is_loopback(host))
