"""Kinds of Spark masters."""

from __future__ import annotations

import pytest

from mlpipeline.cluster.masters import kind_of


@pytest.mark.parametrize(
    ("master", "kind"),
    [
        *[(master, "local") for master in ("local", "local[*]", "local[12]", "local[4, 2]", "local[*,3]")],
        ("local-cluster[2, 1, 1024]", "local-cluster"),
        ("spark://a:7077,b:7077", "standalone"),
        ("yarn", "yarn"),
        ("k8s://https://host:443", "k8s"),
        *[(master, None) for master in ("", "local[]", "local[0]", "local[x]", "local[2", "local-cluster[0,1,1024]")],
        *[(master, None) for master in ("Yarn", "yarn-client", "mesos://x:5050")],
    ],
)
def test_an_address_names_its_kind(master: str, kind: str | None):
    assert kind_of(master) == kind
