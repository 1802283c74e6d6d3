"""A team's MLflow server beside the store: what is told there, and what happens when it is down or broken."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest

from mlpipeline.errors import StoreError
from mlpipeline.orders.run_record import RunRecord
from mlpipeline.pipeline import settings_of
from mlpipeline.recipe.choose import recipe_of
from mlpipeline.stages.release import STAGE
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.clients import open_client
from mlpipeline.store.registry.pointers import read_pointer
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.views.report.registered import attach_reports
from tests.e2e.conftest import Project

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

BOT = "shop/ko"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A real MLflow server on loopback, whose address has a login in it."""
    port = free_port()
    words = ["--backend-store-uri", f"sqlite:///{tmp_path}/team.db", "--artifacts-destination", str(tmp_path / "team")]
    command = [sys.executable, "-m", "mlflow", "server", *words, "--host", "127.0.0.1", "--port", str(port)]
    log = (tmp_path / "server.log").open("wb")
    env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    started = subprocess.Popen([*command, "--workers", "1"], stdout=log, stderr=log, env=env, start_new_session=True)
    try:
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).read()
                break
            except OSError:
                assert time.monotonic() < until, (tmp_path / "server.log").read_text()
                time.sleep(0.2)
        yield f"http://anna:geheim@127.0.0.1:{port}"
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()


class _Broken(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(500)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


def release(project: Project, bot: str = BOT) -> dict[str, Any]:
    """Releases a bot of the project's store in this process, without Spark."""
    store = Store(str(project.store))
    inputs = {
        name: read_rows(store, name, bots=[bot]) for name in STAGE.needs if name not in ("source_file", "encoder")
    }
    inputs["encoder"] = read_rows(store, "encoder", bots=[f"*/{bot.split('/')[1]}"])
    inputs["source_file"] = pa.table({"path": []})
    settings = settings_of(STAGE, recipe_of(project.home / "conf", bot, sets=[], measured=False).recipe)
    assert STAGE.driver is not None
    row: dict[str, Any] = STAGE.driver(store, bot, settings, inputs)["released"].to_pylist()[0]
    return row


def told_in_full(client: MlflowClient, version: ModelVersion, listed: list[dict[str, str]]) -> None:
    """The run of a version has recipe, figures with intervals, losses, datasets with our digests, a description."""
    run = client.get_run(version.run_id)
    names = {one.path for one in client.list_artifacts(version.run_id)}
    assert {"bundle", "recipe.yaml", "evaluation.json", "gate.json"} <= names
    logged = {one.dataset.name.partition("@")[0]: one.dataset.digest for one in run.inputs.dataset_inputs}
    prints = {row["dataset"].partition("@")[0]: row["fingerprint"] for row in listed}
    assert logged and logged == {name: prints[name] for name in logged} and f"{BOT}/denoised" in logged
    losses = [one.value for one in client.get_metric_history(version.run_id, "loss")]
    assert len(losses) > 1 and losses[-1] < losses[0]
    assert {"accuracy", "accuracy_low", "accuracy_high"} <= set(run.data.metrics)
    sections = {name.partition(".")[0] for name in run.data.params}
    assert {"clean", "split", "denoise", "train", "export", "release"} <= sections
    assert "Gate: passed" in run.data.tags["mlflow.note.content"]
    kind = client.get_experiment(run.info.experiment_id).tags["mlflow.experimentKind"]
    assert kind == "custom_model_development"


@pytest.fixture
def no_server_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What mlflow itself keeps and sets while the test looks into the server is gone for the tests after it."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.setenv(name, "")  # undone at the end, also where mlflow has set another one by then
    yield
    import mlflow

    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri("")


@pytest.mark.usefixtures("no_server_left")
def test_a_release_is_told_to_a_teams_server_and_survives_that_it_is_gone(
    copied: Project, server: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    place = copied.store / "bundles" / BOT
    before = read_pointer(place, BOT)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)
    made = release(copied)
    client = open_client(server, server)
    version = client.get_model_version_by_alias("shop.ko", "champion")
    assert version.tags["bundle_digest"] == made["bundle_digest"]
    told_in_full(client, version, copied.read("ls", "datasets", "--select", BOT))

    import mlflow

    mlflow.set_tracking_uri(server)
    mlflow.set_registry_uri(server)
    answers = mlflow.pyfunc.load_model("models:/shop.ko@champion").predict(pd.DataFrame({"text": ["안녕"]}))
    assert len(answers) == 1

    # Once more: the same bundle is the same version, and a report lies beside its run.
    assert release(copied)["version"] == made["version"]
    assert len(client.search_model_versions("name = 'shop.ko'")) == 1
    last = json.loads((copied.store / "runs" / "latest" / "run.json").read_text("utf-8"))
    told = [{**bot, "version": made["version"]} for bot in last["bots"] if bot["bot"] == BOT]
    attach_reports(Store(str(copied.store)), RunRecord.model_validate({**last, "bots": told}))
    assert "report.html" in {one.path for one in client.list_artifacts(version.run_id)}
    out, err = capfd.readouterr()
    assert "geheim" not in out + err

    # A server that nobody started, and one that is broken: one line each, and nothing has moved.
    after = read_pointer(place, BOT)
    assert after is not None and before is not None and after.digest == made["bundle_digest"]
    broken = HTTPServer(("127.0.0.1", 0), _Broken)
    threading.Thread(target=broken.serve_forever, daemon=True).start()
    for port, words in ((free_port(), "cannot be reached"), (broken.server_port, "fails (it answers with 500")):
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):  # loading the model has set the other one, too
            monkeypatch.setenv(name, f"http://anna:geheim@127.0.0.1:{port}")
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        with pytest.raises(StoreError) as refused:
            release(copied)
        line = str(refused.value)
        assert words in line and "\n" not in line and "geheim" not in line
        assert f"http://***@127.0.0.1:{port}" in line
        assert read_pointer(place, BOT) == after
    broken.shutdown()
