"""Kinds of Spark masters, by their addresses. Imports nothing, so that checks and composing stay quick."""

from __future__ import annotations

from typing import Literal

Kind = Literal["local", "local-cluster", "standalone", "yarn", "k8s"]


def kind_of(master: str) -> Kind | None:
    """Return what kind of master an address names, None for what is no master of Spark 4.

    `spark-defaults/<kind>.conf` holds what a kind needs.
    """
    if master == "local" or master.startswith("local["):
        return "local"
    if master.startswith("local-cluster["):
        return "local-cluster"
    if master.startswith("spark://"):
        return "standalone"
    if master == "yarn":
        return "yarn"
    return "k8s" if master.startswith("k8s://") else None
