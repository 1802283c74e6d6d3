"""Refuses a manifest with a key that its kind does not have: a cluster drops such keys, most often without a word.

The kinds of the Spark operator, and all that is inside a pod, are checked with the models that the operator's project
publishes (kubeflow-spark-api, generated from its CRDs). The models of plain kinds are written here.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlpipeline.errors import SetupError, UsageError

_API = "kubeflow_spark_api.models"
OPERATOR = "sparkoperator.k8s.io/v1beta2"
_MODELS = {
    (OPERATOR, "SparkApplication"): "SparkV1beta2SparkApplication",
    (OPERATOR, "ScheduledSparkApplication"): "SparkV1beta2ScheduledSparkApplication",
    ("v1", "Pod"): "IoK8sApiCoreV1Pod",
    ("v1", "ServiceAccount"): "IoK8sApiCoreV1ServiceAccount",
}
# Words that the models take any text for.
_WORDS: dict[str, tuple[str, ...]] = {
    "type": ("Java", "Python", "Scala", "R"),
    "mode": ("cluster", "client"),
    "restartPolicy.type": ("Never", "Always", "OnFailure"),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Meta(_Strict):
    name: str
    namespace: str | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class _Rule(_Strict):
    apiGroups: list[str]
    resources: list[str]
    verbs: list[Literal["create", "get", "list", "watch", "update", "patch", "delete", "deletecollection"]]
    resourceNames: list[str] = []


class _Role(_Strict):
    apiVersion: Literal["rbac.authorization.k8s.io/v1"]
    kind: Literal["Role"]
    metadata: _Meta
    rules: list[_Rule]


class _Subject(_Strict):
    kind: Literal["ServiceAccount", "User", "Group"]
    name: str
    namespace: str | None = None
    apiGroup: str | None = None


class _RoleRef(_Strict):
    apiGroup: Literal["rbac.authorization.k8s.io"]
    kind: Literal["Role", "ClusterRole"]
    name: str


class _RoleBinding(_Strict):
    apiVersion: Literal["rbac.authorization.k8s.io/v1"]
    kind: Literal["RoleBinding"]
    metadata: _Meta
    subjects: list[_Subject]
    roleRef: _RoleRef


class _JobSpec(_Strict):
    template: dict[str, object]  # a PodTemplateSpec, checked with the model of one
    backoffLimit: int | None = None
    activeDeadlineSeconds: int | None = None
    ttlSecondsAfterFinished: int | None = None
    parallelism: int | None = None
    completions: int | None = None


class _JobTemplate(_Strict):
    metadata: dict[str, dict[str, str]] = {}
    spec: _JobSpec


class _Job(_Strict):
    apiVersion: Literal["batch/v1"]
    kind: Literal["Job"]
    metadata: _Meta
    spec: _JobSpec


class _CronJobSpec(_Strict):
    schedule: str
    jobTemplate: _JobTemplate
    timeZone: str | None = None
    concurrencyPolicy: Literal["Allow", "Forbid", "Replace"] = "Allow"
    startingDeadlineSeconds: int | None = Field(default=None, ge=10)
    successfulJobsHistoryLimit: int | None = None
    failedJobsHistoryLimit: int | None = None
    suspend: bool | None = None


class _CronJob(_Strict):
    apiVersion: Literal["batch/v1"]
    kind: Literal["CronJob"]
    metadata: _Meta
    spec: _CronJobSpec


_PLAIN: dict[str, type[_Strict]] = {"Role": _Role, "RoleBinding": _RoleBinding, "Job": _Job, "CronJob": _CronJob}


def _part(manifest: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = manifest.get(name)
    return found if isinstance(found, Mapping) else {}


def check_manifest(manifest: Mapping[str, object]) -> None:
    """Raise UsageError for the first key that is unknown, missing or of another type than its kind wants.

    Args:
        manifest: one document of a manifest.

    Raises:
        UsageError: it is not what Kubernetes or the operator would take as it is meant.
        SetupError: the operator's models are not installed.
    """
    kind, version = str(manifest.get("kind", "")), str(manifest.get("apiVersion", ""))
    where = f"{kind} {_part(manifest, 'metadata').get('name', '')}".strip()
    if kind in _PLAIN:
        _checked(_PLAIN[kind], manifest, where)
        spec = _part(manifest, "spec")
        job = (_part(_part(spec, "jobTemplate"), "spec") or spec) if kind in ("Job", "CronJob") else {}
        if job:
            _checked(_model("IoK8sApiCoreV1PodTemplateSpec"), _part(job, "template"), f"{where}: template")
        return
    if (version, kind) not in _MODELS:
        known = ", ".join(sorted([*_PLAIN, *(name for _, name in _MODELS)]))
        raise UsageError(f"{version} {kind} is no kind that is written here", where=where, fix=f"one of {known}")
    _checked(_model(_MODELS[(version, kind)]), manifest, where)
    if version == OPERATOR:
        spec = _part(manifest, "spec")
        spec = (_part(spec, "template") or spec) if kind.startswith("Scheduled") else spec
        _check_words(spec, where)


def _model(name: str) -> type[BaseModel]:
    try:
        returned: type[BaseModel] = getattr(import_module(_API), name)
        return returned
    except ImportError as error:
        raise SetupError(
            "kubeflow-spark-api is not installed", fix="pip install 'kubeflow-spark-api>=2.4,<3'"
        ) from error


def _checked(model: type[BaseModel], value: Mapping[str, object], where: str) -> None:
    for path, key, known in _unknown(model, value, ""):
        near = difflib.get_close_matches(key, known, 1)
        fix = f"did you mean {near[0]}?" if near else f"known there: {', '.join(sorted(known)[:12])}"
        raise UsageError(f"{path}{key} is no key of {model.__name__.lstrip('_')}", where=where, fix=fix)
    for name in _missing(model, value, ""):
        raise UsageError(f"{name} is missing", where=where, fix=f"add {name}")
    try:
        # The operator's models read a quantity or a port from JSON text only through their own door.
        (getattr(model, "from_dict", None) or model.model_validate)(dict(value))
    except (ValidationError, ValueError) as error:
        rows = error.errors() if isinstance(error, ValidationError) else []
        place = ".".join(str(part) for part in rows[0]["loc"]) if rows else ""
        what = f"{place}: {rows[0]['msg']}" if rows else str(error).splitlines()[0]
        raise UsageError(what, where=where, fix="correct it") from error


def _unknown(model: type[BaseModel], value: object, path: str) -> Iterator[tuple[str, str, list[str]]]:
    """(path, key, known keys) of each key of `value` that `model` does not have, at any depth."""
    if not isinstance(value, Mapping):
        return
    fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    if "actual_instance" in fields:  # a number or a text, such as a quantity
        return
    yield from ((path, str(key), list(fields)) for key in value if key not in fields)
    for one, part, place in _inner(fields, value, path):
        yield from _unknown(one, part, place)


def _missing(model: type[BaseModel], value: object, path: str) -> Iterator[str]:
    """Each key that `model` must have and `value` does not, at any depth: the models' own door puts "" there."""
    if not isinstance(value, Mapping):
        return
    fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    for name, field in model.model_fields.items():
        if field.is_required() and value.get(field.alias or name) is None:
            yield f"{path}{field.alias or name}"
    for one, part, place in _inner(fields, value, path):
        yield from _missing(one, part, place)


def _inner(
    fields: Mapping[str, object], value: Mapping[str, object], path: str
) -> Iterator[tuple[type[BaseModel], object, str]]:
    """(model, value, path) of everything inside `value` that has a model."""
    for key, inside in value.items():
        for one in _models_in(fields.get(key)):
            for place, part in _parts(fields[key], inside, f"{path}{key}"):
                yield one, part, f"{place}."


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models_in(part)]


def _parts(annotation: object, value: object, path: str) -> Iterator[tuple[str, object]]:
    """The values that a model in `annotation` stands for: the value itself, its items, or its values."""
    if isinstance(value, list):
        yield from ((f"{path}[{number}]", part) for number, part in enumerate(value))
    elif isinstance(value, Mapping) and "Dict[" in str(annotation):
        yield from ((f"{path}.{key}", part) for key, part in value.items())
    else:
        yield path, value


def _check_words(spec: Mapping[str, object], where: str) -> None:
    for path, words in _WORDS.items():
        value: object = spec
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None and value not in words:
            raise UsageError(f"{path}: {value!r}", where=where, fix=f"one of {', '.join(words)}")
