"""Which server the environment names, and what is told of it: never a login."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.errors import StoreError
from mlpipeline.inputs import hide_logins
from mlpipeline.store.registry.server import TeamServer, _cause, team_server

OWN, TEAM, OTHER = "sqlite:////s/mlflow/mlflow.db", "http://me:pa/s@s@mlflow.team:5000", "https://models.team"


@pytest.mark.parametrize(
    ("tracking", "registry", "expected"),
    [
        ("", "", None),
        (OWN, "", None),
        (OWN, OWN, None),
        (TEAM, "", TeamServer(TEAM, TEAM)),
        ("", TEAM, TeamServer(TEAM, TEAM)),
        (TEAM, OTHER, TeamServer(TEAM, OTHER)),
        (TEAM, OWN, TeamServer(TEAM, None)),
        (OWN, TEAM, TeamServer(TEAM, TEAM)),
    ],
)
def test_each_variable_stands_for_the_other(
    monkeypatch: pytest.MonkeyPatch, tracking: str, registry: str, expected: TeamServer | None
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking)
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", registry)
    assert team_server(OWN) == expected


def test_the_registry_of_another_store_is_no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "bundles").mkdir()
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow/mlflow.db")
    assert team_server(OWN) is None, "as mlflow.set_tracking_uri leaves it behind in the process of a notebook"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/team.db")
    assert team_server(OWN) is not None


def test_a_login_is_never_told():
    assert str(TeamServer(TEAM, TEAM)) == "http://***@mlflow.team:5000"
    assert hide_logins(f"from {TEAM}/x to postgresql://u:p@db/m, a@b") == (
        "from http://***@mlflow.team:5000/x to postgresql://***@db/m, a@b"
    )
    with pytest.raises(StoreError) as told, TeamServer(TEAM, TEAM)._told():
        raise RuntimeError(f"API request to {TEAM}/api failed: no such thing")
    assert "pa/s" not in str(told.value) and "me:" not in str(told.value) and told.value.__cause__ is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("API request to /x failed with error code 401 != 200", "asks for a login (401)"),
        ("failed with exception HTTPConnectionPool: Max retries exceeded (Caused by ... refused)", "cannot be reached"),
        ("Max retries exceeded with url: /api (Caused by ResponseError('too many 500 error responses'))", "fails"),
        ("Read timed out. (read timeout=30)", "does not answer in time"),
        ("RESOURCE_EXHAUSTED: no more", "refuses: RESOURCE_EXHAUSTED: no more"),
    ],
)
def test_what_a_client_raises_is_a_few_words(said: str, words: str):
    assert _cause(RuntimeError(said)).startswith(words)


def test_artefacts_behind_one_server_are_named_with_its_host_for_another():
    place = "mlflow-artifacts:/1/run/artifacts"
    assert TeamServer(TEAM, TEAM)._reachable(place) == place
    assert TeamServer(TEAM, OTHER)._reachable(place) == "mlflow-artifacts://mlflow.team:5000/1/run/artifacts"
    assert TeamServer(TEAM, OTHER)._reachable("s3://b/run") == "s3://b/run"
