"""What a standalone master's page says, and executors that no worker can ever hold."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mlpipeline.cluster.standalone import (
    Ask,
    Cluster,
    Worker,
    as_cluster,
    ask_of,
    check_fits,
    megabytes,
    read_master,
    why_waiting,
)
from mlpipeline.errors import SetupError

# As Spark 4.1.4 answers, without the fields that nobody reads.
PAGE: Any = {
    "url": "spark://10.0.0.1:7077",
    "status": "ALIVE",
    "workers": [
        {
            "host": "10.0.0.2",
            "port": 34673,
            "cores": 4,
            "coresfree": 1,
            "memory": 2048,
            "memoryfree": 512,
            "resources": {"gpu": {"name": "gpu", "addresses": ["0", "1"]}},
            "resourcesfree": {"gpu": {"name": "gpu", "addresses": ["1"]}},
            "state": "ALIVE",
        },
        {"host": "x", "port": 1, "cores": 64, "coresfree": 64, "memory": 9999, "memoryfree": 9999, "state": "DEAD"},
    ],
    "activeapps": [{"name": "train", "cores": 3}, {"name": "waits", "cores": 0}],
}  # fmt: skip


def test_the_page_is_read():
    worker = Worker("10.0.0.2:34673", 4, 2048, 2, 1, 512, 1)
    assert as_cluster(PAGE) == Cluster("spark://10.0.0.1:7077", (worker,), ("train",))


@pytest.mark.parametrize(
    ("ask", "what", "fix"),
    [
        (Ask(4096), "asks for 4096 MB, the largest worker has 2048 MB", "spark.executor.memory to 2048m"),
        (Ask(512, 5), "asks for 5, at most 4", "spark.executor.cores to 4"),
        (Ask(512, 1, 3), "GPUs: an executor asks for 3, at most 2", "spark.worker.resource.gpu"),
    ],
)
def test_what_never_fits_is_refused_with_the_number_that_would(ask: Ask, what: str, fix: str):
    with pytest.raises(SetupError) as caught:
        check_fits(as_cluster(PAGE), ask)
    assert what in caught.value.what and fix in caught.value.fix


def test_what_fits_only_in_pieces_is_refused():
    cluster = Cluster("spark://x:1", (Worker("a", 2, 8192), Worker("b", 16, 8192, 0), Worker("c", 2, 1024, 4)))
    check_fits(cluster, Ask(8192, 16))
    with pytest.raises(SetupError, match="no single worker has 4096 MB, 4 cores and 2 GPUs together"):
        check_fits(cluster, Ask(4096, 4, 2))


def test_what_fits_when_the_others_are_done_is_accepted():
    check_fits(as_cluster(PAGE), Ask(2048, 4, 2))


def test_a_master_without_workers():
    with pytest.raises(SetupError, match="no worker"):
        check_fits(Cluster("spark://x:1", ()), Ask())


def test_the_wait_is_explained_with_who_holds_the_cores():
    told = why_waiting(as_cluster(PAGE), Ask(1024, 2), "ours")
    assert told == (
        "an executor needs 2 cores and 1024 MB, at most 1 cores and 512 MB are free on one worker; "
        "cores are held by train"
    )
    assert "held by" not in why_waiting(as_cluster(PAGE), Ask(), "train")


@pytest.mark.parametrize(
    ("text", "size"), [("1g", 1024), ("512m", 512), ("512", 512), ("2GB", 2048), ("1048576k", 1024)]
)
def test_megabytes(text: str, size: int):
    assert megabytes(text) == size


def test_no_size():
    with pytest.raises(SetupError, match="'much' is no size"):
        ask_of({"spark.executor.memory": "much"})


def test_what_settings_ask_for():
    settings = {"spark.executor.memory": "2g", "spark.executor.cores": "3", "spark.executor.resource.gpu.amount": "1"}
    assert ask_of(settings) == Ask(2048, 3, 1)
    assert ask_of({}) == Ask(1024, None, 0)


@pytest.fixture
def page() -> Iterator[int]:
    """A web page as the master's, on a free port."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(PAGE).encode() if self.path == "/json/" else b"<html>")

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_port
    server.shutdown()


def test_the_page_is_found_by_the_port_of_its_setting(page: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # never used for the cluster's own address
    found = read_master("spark://127.0.0.1:7077", {"spark.master.ui.port": str(page)})
    assert found == as_cluster(PAGE)
    assert read_master("spark://127.0.0.1:7077", {"spark.master.ui.port": "1"}, timeout=0.5) is None
