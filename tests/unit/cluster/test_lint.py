"""The linter of Spark settings: each mistake is found at its line with its fix, and what is right stays unremarked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.catalog import NEEDS
from mlpipeline.cli.main import main
from mlpipeline.cluster.lint.rules import CONTRADICTIONS
from mlpipeline.cluster.lint.settings import Finding, Setting, lint_files, lint_settings, node_of, view_of
from mlpipeline.cluster.sizing.cluster import Ask, need_of, size_cluster
from mlpipeline.errors import UsageError

NODE = (16, 64 * 1024)
E = "spark.executor"
D = "spark.dynamicAllocation"
GPU = "spark.executor.resource.gpu.amount"
TASK_GPU = "spark.task.resource.gpu.amount"


def names(found: list[Finding], severity: str = "error") -> list[str]:
    return [each.name for each in found if each.severity == severity]


ALONE = [
    ("spark.executor.memmory 4g", "typo", "did you mean spark.executor.memory?"),
    ("spark.Executor.Cores 4", "typo", "did you mean spark.executor.cores?"),
    ("spark.sql.shufle.partitions 8", "typo", "did you mean spark.sql.shuffle.partitions?"),
    ("spark.databricks.delta.snapshotPartition 2", "typo", "did you mean spark.databricks.delta.snapshotPartitions?"),
    ("spark.task.resource.gpu.amounts 1", "typo", "did you mean spark.task.resource.gpu.amount?"),
    ("executor.memory 4g", "no Spark key", "did you mean spark.executor.memory?"),
    ("spark.executor.cores", "no value", "write `spark.key value`"),
    ("spark.executor.cores four", "wrong value", "write a value of type int"),
    ("spark.executor.cores 4 # of 16", "wrong value", "a line of its own"),
    ("spark.sql.shuffle.partitions 0", "wrong value", "at least 1"),
    ("spark.sql.adaptive.enabled yes", "wrong value", "write true or false"),
    ("spark.sql.adaptive.enabled 'true'", "wrong value", "remove them"),
    ("spark.scheduler.mode RANDOM", "wrong value", "FAIR"),
    ("spark.executor.memory 1.5g", "wrong value", "write 1536m"),
    ("spark.executor.memory 4GiB", "wrong value", "512m or 4g"),
    ("spark.network.timeout 2 minutes", "wrong value", "500ms, 90s"),
    ("spark.memory.fraction a lot", "wrong value", "write a value of type double"),
    ("spark.memory.fraction 1.5", "wrong value", "at most 1"),
    ("spark.memory.fraction 0", "wrong value", "more than 0"),
    ("spark.memory.storageFraction 1", "wrong value", "less than 1"),
    ("spark.executor.cores 0", "wrong value", "at least 1"),
    ("spark.rpc.message.maxSize 4096", "wrong value", "at most 2047"),
    ("spark.log.level LOUD", "wrong value", "ALL, DEBUG"),
    ("spark.io.encryption.keySizeBits 100", "wrong value", "128, 192, 256"),
    ("spark.sql.session.timeZone Asia/Soul", "wrong value", "did you mean Asia/Seoul?"),
    ("spark.driver.memory 4096", "heap as Java writes it", "4096m"),
    ("spark.driver.memory 4", "heap as Java writes it", "4g"),
    ("spark.driver.memory 4gb", "heap as Java writes it", "write 4g"),
    ("spark.ui.port 70000", "port", "1024 to 65535"),
    ("spark.driver.port 80", "port", "1024 to 65535"),
    ("spark.serializer kryo", "class", "did you mean org.apache.spark.serializer.KryoSerializer?"),
    ("spark.serializer org.apache.spark.serializer.KryoSerialiser", "class", "spark.serializer.KryoSerializer?"),
    ("spark.io.compression.codec gzip", "class", "lz4, lzf, snappy, zstd"),
    ("spark.extraListeners com.acme.Mine,nonsense", "class", "its whole name"),
    ("spark.kubernetes.container.image Reg/Bots:1", "image", "small letters: Reg/bots:1"),
    ("spark.jars /nowhere/a.jar", "no such file", "correct the path"),
    ("spark.memory.offHeap.enabled true", "switch alone", "spark.memory.offHeap.size 1g"),
    ("spark.network.crypto.enabled true", "switch alone", "spark.authenticate true"),
    ("spark.network.timeout 5s", "order of settings", "raise spark.network.timeout"),
    ("spark.executor.heartbeatInterval 2min", "order of settings", "lower spark.executor.heartbeatInterval"),
    ("spark.network.timeoutInterval 200s", "order of settings", "lower spark.network.timeoutInterval"),
    ("spark.sql.legacy.parquet.int96RebaseModeInRead CORRECTED", "removed", "remove it"),
]


@pytest.mark.parametrize(("line", "name", "fix"), ALONE)
def test_a_wrong_line(line: str, name: str, fix: str) -> None:
    found = lint_files([("my.conf", f"# reason\n\n{line}\n")])
    assert names(found) == [name]
    assert (found[0].where, found[0].line) == ("my.conf:3", 3)
    assert fix in found[0].fix and found[0].what


def test_warnings() -> None:
    lines = "spark.my.library.level 3\nspark.executor.memory 4\nspark.yarn.executor.memoryOverhead 1g\n"
    found = lint_files([("a.conf", lines)])
    assert {"unknown key", "no unit", "deprecated"} <= set(names(found, "warning"))
    assert names(found) == ["heap too small"], "4 means 4 MB"


def test_twice() -> None:
    found = lint_files([("a.conf", "spark.executor.cores 4\nspark.executor.memory 4g\nspark.executor.cores 5\n")])
    assert names(found) == ["twice"] and found[0].where == "a.conf:3" and "first in line 1" in found[0].what
    assert not lint_files([("a.conf", "spark.executor.cores 4\n"), ("b.conf", "spark.executor.cores 5\n")])


STARTS = """
spark.network.timeout 60
spark.executor.heartbeatInterval 59s
spark.memory.fraction 1
spark.memory.storageFraction 0
spark.driver.memory 4096m
spark.driver.port 0
spark.ui.port 4041
spark.serializer org.apache.spark.serializer.KryoSerializer
spark.extraListeners com.acme.One, com.acme.Two$Inner
spark.io.compression.codec ZSTD
spark.eventLog.compression.codec com.acme.Codec
spark.shuffle.manager org.apache.spark.shuffle.of.Mine
spark.sql.session.timeZone UTC+9
spark.kubernetes.container.image reg.example:5000/ml/bots:1@sha256:{digest}
spark.memory.offHeap.enabled true
spark.memory.offHeap.size 1g
spark.jars local:///opt/a.jar,hdfs:///a.jar
spark.kryoserializer.buffer 64k
spark.sql.shuffle.partitions ${spark.my.number}
""".replace("{digest}", "a" * 64)


def test_what_spark_starts_with_is_not_remarked() -> None:
    assert not lint_files([("a.conf", STARTS)])


def test_bounds_and_orders_that_count_elsewhere() -> None:
    far = {"spark.submit.deployMode": "cluster", "spark.driver.memory": "4096"}
    assert not names(lint_settings(far, master="yarn")), "a cluster counts a bare number in MB"
    crossed = {f"{D}.minExecutors": "4", f"{D}.maxExecutors": "2"}
    assert not names(lint_settings(crossed)), "without dynamic allocation nobody reads them"
    stated = {"spark.network.timeout": "60s", f"{E}.heartbeatInterval": "2min"}
    assert names(lint_settings(stated)) == ["order of settings"], "told once"


def test_what_stops_a_session_is_told_from_what_spark_ignores() -> None:
    found = lint_settings({"spark.memory.fraction": "2", "spark.executor.memmory": "4g", f"{E}.pyspark.memory": "2g"})
    assert {each.name: each.stops for each in found} == {
        "wrong value": True, "typo": False, "limit of Python memory": False
    }  # fmt: skip


# name of the mistake, severity, settings, what they are for
TOGETHER: list[tuple[str, str, dict[str, str], dict[str, object]]] = [
    ("GPU amount on local", "error", {TASK_GPU: "1", GPU: "1"}, {"master": "local[4]"}),
    ("profile on local", "error", {}, {"master": "local[*]", "profile": "task"}),
    ("GPU amount of a task", "error", {TASK_GPU: "0.6", GPU: "1"}, {}),
    ("GPU amount of a task", "error", {TASK_GPU: "1.5", GPU: "2"}, {}),
    ("no GPU of an executor", "error", {TASK_GPU: "0.5"}, {}),
    ("no GPU of an executor", "error", {f"{E}.resource.gpu.vendor": "nvidia.com"}, {}),
    ("no GPU vendor", "error", {GPU: "1", TASK_GPU: "1"}, {"master": "k8s://https://h:1"}),
    ("GPU key of YARN", "error", {"spark.yarn.executor.resource.yarn.io/gpu.amount": "1"}, {"master": "yarn"}),
    ("cores wasted by GPU", "warning", {GPU: "1", TASK_GPU: "1", f"{E}.cores": "4"}, {}),
    ("cores wasted by GPU", "warning", {GPU: "1", TASK_GPU: "0.25", f"{E}.cores": "2"}, {}),
    ("executor larger than a node", "error", {f"{E}.cores": "17"}, {"node": NODE}),
    ("executor larger than a node", "error", {f"{E}.memory": "60g"}, {"node": NODE, "master": "yarn"}),
    ("all cores of a node", "warning", {f"{E}.cores": "16"}, {"node": NODE}),
    ("heap too small", "error", {f"{E}.memory": "400m"}, {}),
    ("heap too small", "error", {"spark.driver.memory": "256m"}, {}),
    ("heap between 32 and 48 GB", "warning", {f"{E}.memory": "34g"}, {}),
    ("-Xmx", "error", {f"{E}.extraJavaOptions": "-Da=b -Xmx4g"}, {}),
    ("task larger than an executor", "error", {f"{E}.cores": "2", "spark.task.cpus": "4"}, {}),
    ("cores wasted by tasks", "warning", {f"{E}.cores": "5", "spark.task.cpus": "2"}, {}),
    ("limit of Python memory", "error", {f"{E}.pyspark.memory": "2g"}, {}),
    ("overhead too small for Python", "error", {f"{E}.cores": "4", f"{E}.memory": "2g"},
     {"master": "yarn", "stage": "clean", "lang": "ko"}),
    ("overhead too small for Python", "error", {f"{E}.cores": "4", f"{E}.memoryOverhead": "384m"},
     {"master": "k8s", "lang": "ko"}),
    ("overhead too small for Python", "warning", {f"{E}.cores": "1", f"{E}.memoryOverhead": "700m"},
     {"master": "yarn", "stage": "clean", "lang": "ko"}),
    ("profile without dynamic allocation", "error", {f"{E}.cores": "2"}, {"profile": "full"}),
    ("bounds of executors", "error", {f"{D}.enabled": "true", f"{D}.minExecutors": "4", f"{D}.maxExecutors": "2"}, {}),
    ("bounds of executors", "warning",
     {f"{D}.enabled": "true", f"{D}.initialExecutors": "9", f"{D}.maxExecutors": "2"}, {}),
    ("order of settings", "error", {"spark.cores.max": "2", f"{E}.cores": "4"}, {"master": "standalone"}),
    ("order of settings", "warning", {"spark.kryoserializer.buffer": "128m"}, {}),
    ("no executor.cores", "error", {f"{D}.enabled": "true"}, {"master": "spark://h:7077"}),
    ("no shuffle tracking", "error", {f"{D}.enabled": "true", f"{D}.shuffleTracking.enabled": "false"}, {}),
    ("shuffle service", "error", {f"{D}.enabled": "true", "spark.shuffle.service.enabled": "true"}, {"master": "k8s"}),
    ("instances", "warning", {f"{D}.enabled": "true", f"{E}.instances": "4"}, {}),
    ("no effect", "warning", {"spark.yarn.queue": "prod"}, {"master": "k8s"}),
    ("no effect", "warning", {"spark.kubernetes.namespace": "ml"}, {"master": "yarn"}),
    ("no effect", "warning", {f"{E}.memory": "4g"}, {"master": "local[*]"}),
    ("no effect", "warning", {f"{E}.memoryOverhead": "4g"}, {"master": "standalone"}),
    ("no reuse of workers", "warning", {"spark.python.worker.reuse": "false"}, {}),
    ("half of Delta", "error", {"spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension"}, {}),
    ("no such file", "error", {"spark.scheduler.allocation.file": "file:///nowhere/fair.xml"}, {}),
    ("static key", "error", {"spark.sql.extensions": "x"}, {"running": True}),
    ("static key", "error", {f"{E}.memory": "4g"}, {"running": True}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "severity", "settings", "meant"), TOGETHER)
def test_a_contradiction(name: str, severity: str, settings: dict[str, str], meant: dict[str, object]) -> None:
    found = [each for each in lint_settings(settings, **meant, stages=NEEDS) if each.name == name]  # type: ignore[arg-type]
    assert found and found[0].severity == severity
    assert all(each.what and each.fix for each in found)


def test_every_rule_is_tested() -> None:
    """No rule is there that finds nothing in the table above."""
    silent = set(CONTRADICTIONS)
    for _, _, settings, meant in TOGETHER:
        lines = [Setting(key, value) for key, value in settings.items()]
        about = {key: value for key, value in meant.items() if key != "running"}
        view = view_of(lines, **about, stages=NEEDS)  # type: ignore[arg-type]
        silent -= {rule for rule in silent if list(rule(view))}
    assert not silent


RIGHT: list[tuple[dict[str, str], dict[str, object]]] = [
    ({GPU: "1", TASK_GPU: "0.25", f"{E}.cores": "4"}, {"master": "yarn", "stage": "split", "node": NODE,}),
    ({GPU: "2", TASK_GPU: "1", f"{E}.cores": "4", "spark.task.cpus": "2"}, {}),
    ({f"{E}.cores": "4", f"{E}.memory": "2g", f"{E}.memoryOverhead": "3000m"}, {"master": "yarn", "stage": "clean"}),
    ({f"{D}.enabled": "true", f"{E}.cores": "2"}, {"master": "spark://h:7077", "profile": "full"}),
    ({"spark.executorEnv.TZ": "UTC", "spark.hadoop.fs.s3a.endpoint": "x", "spark.sql.catalog.other": "y"}, {}),
    ({f"{E}.memory": "3g", "spark.submit.deployMode": "cluster"}, {"master": "k8s", "stage": "clean", "lang": "ko"}),
    ({"spark.kubernetes.driver.label.team": "nlp"}, {"master": "k8s"}),
    ({"spark.kubernetes.executor.volumes.emptyDir.a.mount.path": "/a"}, {}),
    ({"spark.SERVLET.param.x": "1", "spark.network.timeout": "120", "spark.executor.memory": "4096"}, {}),
    ({"spark.sql.shuffle.partitions": "8", "spark.databricks.delta.snapshotPartitions": "2"}, {"running": True}),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "meant"), RIGHT)
def test_what_is_right(settings: dict[str, str], meant: dict[str, object]) -> None:
    if GPU in settings and meant.get("master") == "yarn":
        settings = {**settings, f"{E}.memoryOverhead": "2g"}
    assert not lint_settings(settings, **meant, stages=NEEDS)  # type: ignore[arg-type]


@pytest.mark.parametrize("master", ["yarn", "k8s", "standalone"])
@pytest.mark.parametrize("stage", ["clean", "embed", "train", None])
@pytest.mark.parametrize("gpus", [0, 2])
def test_what_sizing_says_is_clean(master: str, stage: str | None, gpus: int) -> None:
    for cores, memory in ((16, 64), (48, 384), (8, 61)):
        sized = size_cluster(4, cores, memory * 1024, gpus, master, need_of(NEEDS, stage, "ko"), ask=Ask())
        found = lint_settings(
            sized.settings, master=master, node=(cores, memory * 1024), stage=stage, lang="ko", stages=NEEDS
        )
        assert not found


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    for finding in lint_files([("x.conf", text), ("y.conf", f"spark.executor.memory {text}")], master="yarn"):
        assert finding.what and finding.fix and finding.severity in ("error", "warning")


def test_what_the_linter_is_asked() -> None:
    assert node_of("16c,64g") == NODE
    for wrong in ("16", "16c", "c,64g", "16,64g"):
        with pytest.raises(UsageError):
            node_of(wrong)
    with pytest.raises(UsageError, match="is no master"):
        lint_settings({}, master="yarm")
    with pytest.raises(UsageError, match="no stage"):
        lint_settings({}, stage="clena", stages=NEEDS)


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, odd, bad = tmp_path / "good.conf", tmp_path / "odd.conf", tmp_path / "bad.conf"
    good.write_text("spark.executor.cores 4\n")
    odd.write_text("spark.my.own 1\n")
    bad.write_text("spark.executor.cores 4\nspark.executor.memmory 4g\n")
    assert main(["spark", "lint", str(good)]) == 0
    assert capsys.readouterr().out == "nothing found\n"
    assert main(["spark", "lint", str(odd)]) == 0
    assert "0 errors, 1 warning" in capsys.readouterr().out
    assert main(["spark", "lint", str(good), str(bad), "--json", "--node", "16c,64g"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(each["where"], each["name"]) for each in told] == [(f"{bad}:2", "typo")]
    assert main(["spark", "lint", str(tmp_path / "gone.conf")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_document_shows_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[3] / "docs" / "sizing.md").read_text(encoding="utf-8")
    shown = re.search(r"^```text\n(my\.conf:3.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert shown
    file = tmp_path / "my.conf"
    file.write_text("spark.executor.cores 4\n\nspark.executor.memmory 4g\n\nspark.executor.memoryOverhead 384m\n")
    assert main(["spark", "lint", str(file), "--master", "yarn", "--stage", "clean", "--lang", "ko"]) == 1
    said = capsys.readouterr().out.replace(f"{tmp_path}/", "")
    assert " ".join(said.split()) == " ".join(shown[1].split())
