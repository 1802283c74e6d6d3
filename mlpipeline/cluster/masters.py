"""Kinds of Spark masters, by their addresses. Imports nothing, so that checks and composing stay quick."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["local", "local-cluster", "standalone", "yarn", "k8s"]
# As Spark's own patterns (SparkMasterRegex), without the zeros that it refuses with a page of Java.
_LOCAL = re.compile(r"local(\[(\*|[1-9]\d*)(\s*,\s*[1-9]\d*)?\])?")
_LOCAL_CLUSTER = re.compile(r"local-cluster\[\s*[1-9]\d*\s*,\s*[1-9]\d*\s*,\s*[1-9]\d*\s*\]")


def kind_of(master: str) -> Kind | None:
    """Return what kind of master an address names, None for what is no master of Spark 4.

    `spark-defaults/<kind>.conf` holds what a kind needs.
    """
    if _LOCAL.fullmatch(master):
        return "local"
    if _LOCAL_CLUSTER.fullmatch(master):
        return "local-cluster"
    if master.startswith("spark://"):
        return "standalone"
    if master == "yarn":
        return "yarn"
    return "k8s" if master.startswith("k8s://") else None
