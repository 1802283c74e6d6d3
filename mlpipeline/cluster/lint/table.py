"""Every setting that the pinned Spark and Delta know, from a packaged table: type, unit, default, what it is for."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from mlpipeline._packaged import packaged

HEAD = "key\ttype\tdefault\tsince\tstatus\tdoc"
FILE = "spark-settings.tsv"


class Key(NamedTuple):
    """One setting.

    Args:
        name: its key.
        type: `int`, `long`, `double`, `boolean`, `string`, `enum:A|B`, `bytes:MiB`, `time:SECONDS` (the unit is that of
            a bare number), each with `>=N`, `>N`, `<=N` or `<N` where Spark refuses other numbers.
        default: as text; `<undefined>` or "" when there is none, `= key` when it is another setting's value.
        since: version that brought it.
        doc: first sentence of Spark's own description.
        status: "", `static` (fixed when the session starts), `internal`, `plain` (read, but not declared),
            `deprecated: ...` or `removed: ...`.
    """

    name: str
    type: str
    default: str
    since: str
    doc: str
    status: str

    @property
    def base(self) -> str:
        """The type without unit, options and bounds."""
        return _BOUND.split(self.type.partition(":")[0])[0]

    @property
    def unit(self) -> str:
        """Unit of a bare number (`MiB`, `SECONDS`), "" for types without."""
        return _BOUND.split(self.type)[0].partition(":")[2] if self.base in ("bytes", "time") else ""

    @property
    def options(self) -> tuple[str, ...]:
        """What an enum allows."""
        return tuple(self.type.partition(":")[2].split("|")) if self.base == "enum" else ()

    def wrong_number(self, number: float) -> str:
        """How a number that Spark refuses has to be, such as `at least 1`; "" for one that it takes."""
        if self.base == "enum":
            return ""
        for sign, bound in _EACH_BOUND.findall(self.type):
            words, fits = _SIGNS[sign]
            if not fits(number, float(bound)):
                return f"{words} {bound}"
        return ""


_BOUND = re.compile(r"[<>]")
_EACH_BOUND = re.compile(r"([<>]=?)(-?[\d.]+)")
_SIGNS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    ">=": ("at least", operator.ge),
    ">": ("more than", operator.gt),
    "<=": ("at most", operator.le),
    "<": ("less than", operator.lt),
}
# Families whose last parts are chosen by the user.
FAMILIES = (
    "spark.executorEnv.",
    "spark.yarn.appMasterEnv.",
    "spark.kubernetes.driverEnv.",
    "spark.kubernetes.driver.label.",
    "spark.kubernetes.driver.annotation.",
    "spark.kubernetes.driver.service.label.",
    "spark.kubernetes.driver.service.annotation.",
    "spark.kubernetes.driver.secrets.",
    "spark.kubernetes.driver.secretKeyRef.",
    "spark.kubernetes.driver.volumes.",
    "spark.kubernetes.executor.label.",
    "spark.kubernetes.executor.annotation.",
    "spark.kubernetes.executor.secrets.",
    "spark.kubernetes.executor.secretKeyRef.",
    "spark.kubernetes.executor.volumes.",
    "spark.kubernetes.node.selector.",
    "spark.kubernetes.driver.node.selector.",
    "spark.kubernetes.executor.node.selector.",
    "spark.yarn.am.resource.",
    "spark.yarn.driver.resource.",
    "spark.yarn.executor.resource.",
    "spark.hadoop.",
    "spark.hive.",
    "spark.metrics.conf.",
    "spark.scheduler.listenerbus.eventqueue.",
    "spark.ssl.",
    "spark.sql.catalog.",
)
# Amounts of any resource: spark.executor.resource.gpu.amount and its sisters.
_RESOURCE_OWNERS = ("spark.driver.", "spark.executor.", "spark.task.", "spark.worker.")
_RESOURCE_PARTS: Mapping[str, str] = {"amount": "double", "discoveryScript": "string", "vendor": "string"}


@lru_cache(maxsize=1)
def keys() -> Mapping[str, Key]:
    """Every setting of the packaged table by its key. Takes milliseconds, imports nothing heavy."""
    text = packaged("spark_defaults", FILE).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {key.name: key for key in map(_from_line, rows[1:])}


def find_key(name: str) -> Key | None:
    """The setting of that key, also one of a family (`spark.executorEnv.X`); None when Spark reads no such key."""
    known = keys().get(name)
    if known is not None:
        return known
    resource = _resource(name)
    if resource is not None:
        return resource
    # Parameters of a servlet filter: spark.<class of the filter>.param.<name>.
    filtering = ".param." in name and not name.endswith(".param.")
    if filtering or any(name.startswith(family) and len(name) > len(family) for family in FAMILIES):
        return Key(name, "string", "", "", "of a family", "")
    return None


def nearest(name: str) -> str | None:
    """The key that was probably meant, None when none is like it."""
    found = difflib.get_close_matches(name.lower(), _lowered(), n=1, cutoff=0.86)
    return _lowered()[found[0]] if found else None


@lru_cache(maxsize=1)
def _lowered() -> Mapping[str, str]:
    resources = [
        f"{owner}resource.gpu.{part}" for owner in _RESOURCE_OWNERS for part in _RESOURCE_PARTS if _resource(
            f"{owner}resource.gpu.{part}"
        )
    ]  # fmt: skip
    told = [key.name for key in keys().values() if not key.status.startswith(("removed", "plain"))]
    return {name.lower(): name for name in [*told, *resources]}


def _resource(name: str) -> Key | None:
    for owner in _RESOURCE_OWNERS:
        kind, _, part = name.removeprefix(f"{owner}resource.").rpartition(".")
        if name.startswith(f"{owner}resource.") and kind and part in _RESOURCE_PARTS:
            if owner == "spark.task." and part != "amount":
                return None
            return Key(name, _RESOURCE_PARTS[part], "", "3.0.0", "amount, script or vendor of a resource", "")
    return None


def as_line(key: Key) -> str:
    """A setting as a line of the table."""
    cells = (key.name, key.type, key.default, key.since, key.status, key.doc)
    return "\t".join(" ".join(cell.split()) for cell in cells)


def _from_line(line: str) -> Key:
    name, kind, default, since, status, doc = line.split("\t")
    return Key(name, kind, default, since, doc, status)
