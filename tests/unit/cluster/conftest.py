"""A stand-in for the REST of a ResourceManager: real HTTP, recorded answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

APP = "application_1795252168939_0001"


class Manager:
    """Answers like a ResourceManager: path below /ws/v1/cluster -> JSON."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"info": {"clusterInfo": {"state": "STARTED"}}}
        self.put: list[tuple[str, Any]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = outer.answers.get(self.path.removeprefix("/ws/v1/cluster/"))
                self.send_response(outer.status if found is not None else 404)
                self.end_headers()
                self.wfile.write(found.encode() if isinstance(found, str) else json.dumps(found).encode())

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.put.append((self.path.removeprefix("/ws/v1/cluster/"), json.loads(body)))
                self.send_response(202)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def app(self, **fields: Any) -> None:
        self.answers[f"apps/{APP}"] = {"app": {"id": APP, "queue": "root.prod", **fields}}


@pytest.fixture
def manager() -> Iterator[Manager]:
    made = Manager()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def environ(manager: Manager, tmp_path: Path) -> dict[str, str]:
    settings = {
        "yarn.resourcemanager.hostname": "127.0.0.1",
        "yarn.resourcemanager.webapp.address": "${yarn.resourcemanager.hostname}:" + manager.address.split(":")[1],
    }
    rows = "".join(f"<property><name>{key}</name><value>{value}</value></property>" for key, value in settings.items())
    (tmp_path / "yarn-site.xml").write_text(f"<configuration>{rows}</configuration>")
    return {"HADOOP_CONF_DIR": str(tmp_path)}


def node(memory: int = 6144, gpus: int = 0, host: str = "far.example", state: str = "RUNNING") -> dict[str, Any]:
    amounts = {"memory-mb": memory, "vcores": 8, "yarn.io/gpu": gpus}
    rows = [{"name": name, "value": value} for name, value in amounts.items()]
    total = {"resourceInformations": {"resourceInformation": rows}}
    return {"state": state, "nodeHostName": host, "totalResource": total}
