"""One way to a Spark session: local with our defaults, or whatever spark-submit has set up already."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from mlpipeline.spark import archive, jars, java
from mlpipeline.spark.defaults import log4j_file, read_defaults
from mlpipeline.spark.environment import check_environment, utf8_locale


def is_local(master: str) -> bool:
    """True for masters that run inside this process."""
    return master == "local" or master.startswith("local[")


def session_settings(master: str, extra: Mapping[str, str], *, large: bool = False) -> dict[str, str]:
    """Every setting of a session that we start ourselves: common, then the kind of master, then the caller's."""
    kind = "local" if is_local(master) else master.split(":", 1)[0].split("[")[0]
    settings = read_defaults(["common", kind, *(["large"] if large and is_local(master) else [])])
    settings.update(extra)
    cores = _cores(master)
    if cores is not None:
        # As many tasks as cores: local shuffles are small and Delta's commits dominate (docs/benchmarks.md).
        for key in ("spark.sql.shuffle.partitions", "spark.sql.sources.parallelPartitionDiscovery.parallelism"):
            settings.setdefault(key, str(cores))
        # GPU amounts make a local master wait for ever.
        settings = {key: value for key, value in settings.items() if ".resource.gpu." not in key}
    return settings


def _cores(master: str) -> int | None:
    if not is_local(master):
        return None
    inside = master[6:-1].split(",")[0] if master.startswith("local[") else "1"
    return os.cpu_count() or 1 if inside == "*" else int(inside)


@contextmanager
def open_session(
    name: str, *, master: str | None = None, extra: Mapping[str, str] | None = None, large: bool = False
) -> Iterator[SparkSession]:
    """A session for the time of a `with` block; spark-submit's own session is used where there is one.

    Args:
        name: of the application.
        master: a Spark master; None: what spark-submit says, else `local[*]`.
        extra: settings that win over the packaged defaults.
        large: the work is large enough for `spark-defaults/large.conf` (local masters only).

    Raises:
        SetupError: Java, jars or versions are not what the pinned Spark needs.
    """
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    session = _submitted(name) if submitted else _started(name, master or "local[*]", extra or {}, large)
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()


def _submitted(name: str) -> SparkSession:
    builder = SparkSession.builder.appName(name)
    # spark-submit's own settings win: only what can be set on a running session and was not given is added.
    given = {key for key, _ in SparkSession.builder.getOrCreate().sparkContext.getConf().getAll()}
    for key, value in read_defaults(["common"]).items():
        if key not in given and key.startswith(("spark.sql.", "spark.databricks.")) and not _is_static(key):
            builder = builder.config(key, value)
    return builder.getOrCreate()


def _is_static(key: str) -> bool:
    return key in ("spark.sql.extensions", "spark.sql.catalog.spark_catalog", "spark.sql.warehouse.dir")


def _started(name: str, master: str, extra: Mapping[str, str], large: bool) -> SparkSession:
    check_environment()
    chosen = java.find_java()
    os.environ["JAVA_HOME"] = str(chosen.home)
    os.environ.update(utf8_locale(os.environ))
    os.environ.update(utf8_locale(os.environ))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    if is_local(master):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("SPARK_LOCAL_HOSTNAME", "localhost")
    settings = session_settings(master, extra, large=large)
    options = [settings.get("spark.driver.extraJavaOptions", ""), f"-Dlog4j2.configurationFile={log4j_file().as_uri()}"]
    if is_local(master):
        options.append(archive.java_options(chosen))
    settings["spark.driver.extraJavaOptions"] = " ".join(option for option in options if option)
    settings.setdefault("spark.jars", ",".join(str(path) for path in jars.delta_jars()))
    settings.setdefault("spark.sql.warehouse.dir", str(Path(tempfile.gettempdir()) / "mlpipeline-warehouse"))
    builder = SparkSession.builder.appName(name).master(master)
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
