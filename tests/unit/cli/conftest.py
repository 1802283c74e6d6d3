"""A folder with recipes, corpora, tables and a champion, made once for all tests of verbs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.small_home import make_home


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def small_home(made_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, as the current one; a test leaves it as it was."""
    monkeypatch.chdir(made_home)
    for name in ("MLPIPELINE_CLUSTER", "MLPIPELINE_STORE", "MLPIPELINE_CONF", "SPARK_REMOTE"):
        monkeypatch.delenv(name, raising=False)
    return made_home
