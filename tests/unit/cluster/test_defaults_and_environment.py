"""The syntax of spark-defaults files, and the refusals before a JVM starts."""

from __future__ import annotations

import configparser
import socket
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.cluster.defaults import defaults_file, parse_defaults, read_defaults
from mlpipeline.cluster.environment import (
    DELTA_SPARK,
    PYSPARK,
    check_environment,
    check_host_name,
    check_local_dirs,
    check_master,
    check_scripts,
    check_spark_home,
    check_submitting_spark,
    utf8_locale,
)
from mlpipeline.errors import SetupError, UsageError

_ROOT = Path(__file__).parents[3]


def test_the_syntax_of_spark_defaults() -> None:
    text = "# c\n! c\n\nspark.a   1 2\n  spark.b=x = y\nspark.c: v\nspark.d\tt\nspark.e one \\\n   two \\\n  three\n"
    assert parse_defaults(text, "x") == {
        "spark.a": "1 2", "spark.b": "x = y", "spark.c": "v", "spark.d": "t", "spark.e": "one two three"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("spark.a 1\nspark.b 2\nspark.a 3\n", "x:3: spark.a stands twice"),
        ("spark.a\n", "x:1"),
        ("other.key 1\n", "x:1"),
    ],
)
def test_mistakes_name_the_line(text: str, what: str) -> None:
    with pytest.raises(SetupError) as caught:
        parse_defaults(text, "x")
    assert what in str(caught.value)


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    try:
        settings = parse_defaults(text, "x")
    except SetupError:
        return
    assert all(key.startswith("spark.") and value for key, value in settings.items())


def test_every_file_is_readable_and_explained() -> None:
    for file in (_ROOT / "spark-defaults").glob("*.conf"):
        text = file.read_text(encoding="utf-8")
        assert parse_defaults(text, file.name), file.name
        above = ""
        for line in text.splitlines():
            if line.startswith("spark."):
                assert above.startswith(("#", "spark.", " ")), f"{file.name}: {line} has no reason above it"
            above = line
    assert defaults_file("log4j2.properties").is_file()


def test_later_files_win_and_missing_ones_add_nothing() -> None:
    assert read_defaults(["no-such-stage"]) == {}
    both = read_defaults(["common", "local", "no-such-stage"])
    assert both == {**read_defaults(["common"]), **read_defaults(["local"])}
    assert both["spark.driver.memory"] == "2g"


def _installed(**versions: str | None):
    have = {"pyspark": PYSPARK, "delta_spark": DELTA_SPARK, "pandas": "2.3.3", **versions}

    def version(name: str) -> str:
        found = have.get(name.replace("-", "_"))
        if found is None:
            raise PackageNotFoundError(name)
        return found

    return version


def test_what_is_pinned_is_accepted() -> None:
    check_environment({}, (3, 10), _installed())
    check_environment({}, (3, 12), _installed(pandas=None))
    check_environment()  # this very environment


@pytest.mark.parametrize(
    ("python", "versions", "what", "fix"),
    [
        ((3, 9), {}, "Python 3.9", "3.10, 3.11 or 3.12"),
        ((3, 13), {}, "Python 3.13", "3.10, 3.11 or 3.12"),
        ((3, 11), {"pyspark": "4.2.0"}, "pyspark 4.2.0", "pip install pyspark==4.1.4"),
        ((3, 11), {"pyspark": None}, "pyspark is not installed", "pip install pyspark==4.1.4"),
        ((3, 11), {"delta_spark": "4.4.1"}, "delta-spark 4.4.1", "delta-spark==4.4.0"),
        ((3, 11), {"pandas": "3.1.1"}, "pandas 3.1.1", "pandas>=2.2,<3"),
    ],
)
def test_refusals_are_one_line_with_the_fix(
    python: tuple[int, int], versions: dict[str, str | None], what: str, fix: str
) -> None:
    with pytest.raises(SetupError) as caught:
        check_environment({}, python, _installed(**versions))
    assert what in caught.value.what
    assert fix in caught.value.fix
    assert "\n" not in str(caught.value)


def test_a_stale_spark_home_is_refused(tmp_path: Path) -> None:
    pyspark = tmp_path / "pyspark"
    other = tmp_path / "spark"
    for folder in (pyspark, other):
        (folder / "jars").mkdir(parents=True)
    check_spark_home("", pyspark)
    check_spark_home(str(pyspark), pyspark)
    with pytest.raises(SetupError, match="no Spark at all"):
        check_spark_home(str(other), pyspark)
    (other / "jars" / "spark-core_2.13-3.5.1.jar").touch()
    with pytest.raises(SetupError, match=r"SPARK_HOME holds 3\.5\.1") as caught:
        check_spark_home(str(other), pyspark)
    assert caught.value.fix == "unset SPARK_HOME"
    (other / "jars" / "spark-core_2.13-3.5.1.jar").rename(other / "jars" / f"spark-core_2.13-{PYSPARK}.jar")
    check_spark_home(str(other), pyspark)


def test_versions_are_those_of_setup_cfg() -> None:
    setup = configparser.ConfigParser()
    setup.read(_ROOT / "setup.cfg", encoding="utf-8")
    wanted = setup["options"]["install_requires"].split()
    assert {f"pyspark=={PYSPARK}", f"delta-spark=={DELTA_SPARK}"} <= set(wanted)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, "C.UTF-8"), ({"LANG": "C"}, "C.UTF-8"), ({"LANG": "ko_KR.UTF-8"}, None), ({"LC_ALL": "C.utf8"}, None),
     ({"LC_ALL": "POSIX", "LANG": "ko_KR.UTF-8"}, "C.UTF-8"), ({"LC_ALL": "", "LANG": "ko_KR.UTF-8"}, None)],
)  # fmt: skip
def test_file_names_need_utf8(environ: dict[str, str], expected: str | None) -> None:
    assert utf8_locale(environ).get("LC_ALL") == expected


@pytest.mark.parametrize(
    ("master", "kind", "what"),
    [
        ("mesos://x:5050", UsageError, "no Spark master"),
        ("local[0]", UsageError, "no Spark master"),
        ("local[x]", UsageError, "no Spark master"),
        ("local-cluster[2,1]", UsageError, "no Spark master"),
        ("spark://", UsageError, "names no host"),
        ("spark://127.0.0.1:1", SetupError, "nothing listens at 127.0.0.1:1"),
        ("spark://127.0.0.1:1,127.0.0.1:2", SetupError, "127.0.0.1:2"),
        ("spark://no-such-host.invalid:7077", SetupError, "no-such-host.invalid cannot be resolved"),
        ("k8s://https://127.0.0.1:1", SetupError, "nothing listens at 127.0.0.1:1"),
    ],
)
def test_a_master_that_cannot_be_reached(master: str, kind: type[Exception], what: str) -> None:
    with pytest.raises(kind) as caught:
        check_master(master, timeout=1)
    assert what in str(caught.value) and "->" in str(caught.value)


def test_one_of_several_masters_is_enough() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        check_master(f"spark://127.0.0.1:1,127.0.0.1:{one.getsockname()[1]}")
    for master in ("local", "local[2]", "local-cluster[2,1,512]", "yarn"):
        check_master(master)


def test_this_machines_name_has_to_be_known_to_executors() -> None:
    def unknown(name: str) -> str:
        raise socket.gaierror(-2, "Name or service not known")

    check_host_name({}, lambda name: "10.0.0.1")
    check_host_name({"SPARK_LOCAL_IP": "10.0.0.1"}, unknown)
    with pytest.raises(SetupError, match="cannot be resolved") as caught:
        check_host_name({}, unknown)
    assert "SPARK_LOCAL_IP" in caught.value.fix


def test_a_discovery_script_that_cannot_be_run(tmp_path: Path) -> None:
    script = tmp_path / "gpus.sh"
    script.write_text("#!/bin/sh\n", "utf-8")
    script.chmod(0o644)
    with pytest.raises(SetupError, match="cannot be run") as caught:
        check_scripts({"spark.executor.resource.gpu.discoveryScript": str(script)})
    assert caught.value.fix == f"chmod +x {script}"
    script.chmod(0o755)
    check_scripts({"spark.executor.resource.gpu.discoveryScript": str(script)})
    check_scripts({"spark.executor.resource.gpu.discoveryScript": "/on/the/nodes/only.sh"})
    with pytest.raises(SetupError, match="does not exist"):
        check_scripts({"spark.driver.resource.gpu.discoveryScript": "/on/the/nodes/only.sh"})


def test_another_sparks_submit_is_refused() -> None:
    check_submitting_spark(PYSPARK)
    with pytest.raises(SetupError, match=r"of Spark 3\.5\.1"):
        check_submitting_spark("3.5.1")


def test_scratch_folders_that_cannot_be_made(tmp_path: Path) -> None:
    """Spark's JVM ends without a line there."""
    file = tmp_path / "file"
    file.touch()
    check_local_dirs({"spark.local.dir": f"{tmp_path}/a/b,{tmp_path}"}, {})
    check_local_dirs({}, {})
    for place in (f"{file}/a", "/proc/nowhere"):
        with pytest.raises(SetupError, match="scratch files") as caught:
            check_local_dirs({"spark.local.dir": f"{tmp_path},{place}"}, {})
        assert caught.value.where == "spark.local.dir"
    with pytest.raises(SetupError, match="SPARK_LOCAL_DIRS"):
        check_local_dirs({"spark.local.dir": str(tmp_path)}, {"SPARK_LOCAL_DIRS": f"{file}/a"})
