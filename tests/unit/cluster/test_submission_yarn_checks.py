"""What a YARN cluster says of a job before it is submitted."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.hadoop import ResourceManager, hadoop_conf
from mlpipeline.cluster.submission.yarn_checks import check_yarn, container_mb, with_spark_jars
from tests.unit.cluster.conftest import Manager, node

CLIENT = Submission("job.py", master="yarn")


def test_sizes_queues_and_labels(environ: dict[str, str], manager: Manager):
    leaf = [{"queueName": "prod", "state": "RUNNING"}, {"queueName": "old", "state": "STOPPED"}]
    info = {"type": "capacityScheduler", "queues": {"queue": leaf}}
    manager.answers["scheduler"] = {"scheduler": {"schedulerInfo": info}}
    manager.answers["nodes"] = {"nodes": {"node": [node(), node(99999, 4, state="LOST")]}}

    def wrong(mode: str = "client", **settings: str) -> list[str]:
        given = {
            "spark.yarn.queue": "prod",
            **{f"spark.{key.replace('_', '.')}": text for key, text in settings.items()},
        }
        return [str(error) for error in check_yarn(Submission("j.py", (), "yarn", mode, given), environ)]

    assert wrong() == []
    assert "YARN has no queue nope -> give --queue one of: old, prod" in wrong(yarn_queue="nope")[0]
    assert "the queue old is stopped" in wrong(yarn_queue="old")[0]
    assert "an executor needs 11264 MB with its overhead, YARN gives at most 6144" in wrong(executor_memory="10g")[0]
    assert "the driver needs 8250 MB" in wrong("cluster", driver_memory="7500m")[0]
    assert "an executor needs 1 GPUs, the best node of YARN offers 0" in wrong(executor_resource_gpu_amount="1")[0]
    assert "no node of YARN has the label gpu" in wrong(yarn_executor_nodeLabelExpression="gpu")[0]
    manager.answers["nodes"] = {"nodes": None}
    assert "YARN has no node that works" in wrong()[0]


def test_a_rest_that_wants_kerberos_is_no_error(environ: dict[str, str], manager: Manager):
    manager.status = 401
    assert check_yarn(CLIENT, environ) == []
    told = ResourceManager(hadoop_conf(environ))
    assert told.get("info") is None and "wants a Kerberos login" in told.trouble


def test_a_cluster_that_wants_a_ticket(environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rows = "<property><name>hadoop.security.authentication</name><value>kerberos</value></property>"
    (tmp_path / "core-site.xml").write_text(f"<configuration>{rows}</configuration>")
    klist = tmp_path / "bin" / "klist"
    klist.parent.mkdir()
    klist.write_text("#!/bin/sh\nexit 1\n")
    klist.chmod(0o755)
    monkeypatch.setenv("PATH", str(klist.parent))
    (found,) = check_yarn(CLIENT, environ)
    assert "wants a Kerberos ticket and there is none -> run kinit" in str(found)


@pytest.mark.parametrize(
    ("settings", "role", "megabytes"),
    [
        ({}, "spark.executor", 1024 + 384),
        ({"spark.executor.memory": "19g"}, "spark.executor", 21401),
        ({"spark.executor.memory": "512m", "spark.executor.memoryOverhead": "2g"}, "spark.executor", 2560),
        ({"spark.executor.memory": "4g", "spark.executor.memoryOverheadFactor": "0.4"}, "spark.executor", 5734),
        ({"spark.driver.memory": "512m"}, "spark.driver", 896),
    ],
)
def test_containers(settings: dict[str, str], role: str, megabytes: int):
    assert container_mb(settings, role, default="1g") == megabytes


def test_sparks_jars_are_read_where_they_lie_on_one_machine_only(environ: dict[str, str], manager: Manager):
    manager.answers["nodes"] = {"nodes": {"node": [node(host="localhost")]}}
    assert with_spark_jars(CLIENT, environ).settings["spark.yarn.jars"].endswith("/pyspark/jars/*")
    manager.answers["nodes"] = {"nodes": {"node": [node(host="localhost"), node(host="far.example")]}}
    assert "spark.yarn.jars" not in with_spark_jars(CLIENT, environ).settings
    assert "spark.yarn.jars" not in with_spark_jars(CLIENT, {}).settings
