"""The HTTP side of the stand-in for the Kubernetes API: what Spark's client and ours ask for, and no more."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

from tests.cluster.fake_kubernetes_objects import KINDS, Object, Objects, merge

_PATH = re.compile(r"/(?:api/v1|apis/[^/]+/[^/]+)/namespaces/([^/]+)(?:/([^/]+))?(?:/([^/]+))?(?:/([^/]+))?$")
_REVIEW = re.compile(r"/apis/authorization\.k8s\.io/v1/(self)?subjectaccessreviews$")


class Api:
    """What the server knows beside its objects.

    Args:
        objects: what there is.
        log_of: the output of a pod, (namespace, name) -> bytes; each line behind its time.
        token: that callers have to show; "" lets everybody in.
        denied: (verb, resource) that nobody may do.
    """

    def __init__(self, objects: Objects, log_of: Callable[[str, str], bytes], token: str = "") -> None:
        self.objects = objects
        self.log_of = log_of
        self.token = token
        self.denied: set[tuple[str, str]] = set()
        self.asked: list[str] = []


class ApiHandler(BaseHTTPRequestHandler):
    """One request."""

    api: ClassVar[Api]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        self.api.asked.append(f"{self.command} {self.path}")

    def _send(self, code: int, value: object) -> None:
        self._send_bytes(code, json.dumps(value).encode(), "application/json")

    def _send_bytes(self, code: int, data: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _fail(self, code: int, reason: str, message: str = "") -> None:
        said = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        self._send(code, {**said, "message": message or reason, "reason": reason, "code": code})

    def _body(self) -> Object:
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = yaml.safe_load(data) if data else {}
        return found if isinstance(found, dict) else {"patches": found}

    def _admitted(self) -> tuple[str, str, str, str, Mapping[str, str]] | None:
        """(namespace, kind, name, part, query) of a request that may be answered; others are answered here."""
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if self.api.token and self.headers.get("Authorization") != f"Bearer {self.api.token}":
            self._fail(401, "Unauthorized")
            return None
        found = _PATH.match(unquote(parts.path))
        if found is None:
            self._fail(404, "NotFound", f"no such path: {parts.path}")
            return None
        namespace, kind, name, part = (group or "" for group in found.groups())
        if namespace not in self.api.objects.namespaces:
            self._body()
            self._fail(404, "NotFound", f'namespaces "{namespace}" not found')
            return None
        return namespace, kind, name, part, query

    def do_GET(self) -> None:
        if self.path == "/version" and not self.api.token:
            self._send(200, {"major": "1", "minor": "33", "gitVersion": "v1.33.0"})
            return
        if self.path == "/version" and self.headers.get("Authorization") == f"Bearer {self.api.token}":
            self._send(200, {"major": "1", "minor": "33", "gitVersion": "v1.33.0"})
            return
        asked = self._admitted()
        if asked is None:
            return
        namespace, kind, name, part, query = asked
        objects = self.api.objects
        if not kind:
            self._send(200, {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": namespace}})
        elif name and part == "log":
            self._send_bytes(200, _since(self.api.log_of(namespace, name), query), "text/plain")
        elif query.get("watch") == "true":
            self._watch(namespace, kind, query)
        elif name:
            found = objects.get(namespace, kind, name)
            self._send(200, found) if found else self._fail(404, "NotFound", f'{kind} "{name}" not found')
        else:
            rows = objects.find(namespace, kind, query.get("labelSelector", ""), query.get("fieldSelector", ""))
            head = {"kind": f"{KINDS.get(kind, kind)}List", "apiVersion": "v1"}
            self._send(200, {**head, "metadata": {"resourceVersion": str(objects.version)}, "items": rows})

    def _watch(self, namespace: str, kind: str, query: Mapping[str, str]) -> None:
        if self.headers.get("Upgrade", "").lower() == "websocket":
            # Spark's client then takes the plain way, lines in a chunked answer. (With 200 it would hang.)
            self._fail(503, "ServiceUnavailable")
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        since = int(query.get("resourceVersion") or 0)
        labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
        try:
            for event in self.api.objects.watch(namespace, kind, labels, fields, since):
                if event is not None:
                    line = json.dumps(event).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                    self.wfile.flush()
        except OSError:
            self.close_connection = True

    def do_POST(self) -> None:
        review = _REVIEW.match(urlsplit(self.path).path)
        if review:
            body = self._body()
            asked_for = body["spec"]["resourceAttributes"]
            allowed = (asked_for["verb"], asked_for["resource"]) not in self.api.denied
            self._send(201, {**body, "status": {"allowed": allowed}})
            return
        asked = self._admitted()
        if asked is None:
            return
        namespace, kind, _, _, _ = asked
        body = self._body()
        if ("create", kind) in self.api.denied:
            self._fail(403, "Forbidden", f'{kind} is forbidden: User "someone" cannot create resource "{kind}"')
            return
        made = self.api.objects.add(namespace, kind, body)
        self._send(201, made) if made else self._fail(409, "AlreadyExists")

    def do_PUT(self) -> None:
        def replaced(value: Object) -> None:
            kept = {"metadata": {**value["metadata"], **body.get("metadata", {})}, "status": value.get("status", {})}
            value.clear()
            value.update({**body, **kept})

        asked, body = self._admitted(), self._body()
        if asked is not None:
            self._changed(asked[:3], replaced)

    def do_PATCH(self) -> None:
        asked, body = self._admitted(), self._body()
        if asked is not None and "patches" in body:
            self._fail(415, "UnsupportedMediaType", "a list of JSON patches")
        elif asked is not None:
            namespace, kind, name = asked[:3]
            if "fieldManager" in asked[4] and self.api.objects.get(namespace, kind, name) is None:
                # Server-side apply makes what is not there.
                self._send(201, self.api.objects.add(namespace, kind, body))
                return
            self._changed(asked[:3], lambda value: merge(value, {k: v for k, v in body.items() if k != "status"}))

    def _changed(self, key: tuple[str, str, str], how: Callable[[Object], None]) -> None:
        found = self.api.objects.change(*key, how)
        self._send(200, found) if found else self._fail(404, "NotFound", f'{key[1]} "{key[2]}" not found')

    def do_DELETE(self) -> None:
        asked = self._admitted()
        self._body()
        if asked is None:
            return
        namespace, kind, name, _, query = asked
        gone = self.api.objects.remove(namespace, kind, name, query.get("labelSelector", ""))
        if name and not gone:
            self._fail(404, "NotFound", f'{kind} "{name}" not found')
        else:
            self._send(200, gone[0] if name else {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": gone})


def _since(log: bytes, query: Mapping[str, str]) -> bytes:
    """The lines of a log from a time on (the server looks at whole seconds only), without their times unless asked."""
    lines = log.splitlines(keepends=True)
    since = query.get("sinceTime", "")[:19].encode()
    lines = [line for line in lines if line[:19] >= since] if since else lines
    return b"".join(lines if query.get("timestamps") == "true" else [line.partition(b" ")[2] for line in lines])


@contextmanager
def serve(api: Api) -> Iterator[str]:
    """Answers on a free port of 127.0.0.1; gives its address."""
    handler = type("Handler", (ApiHandler,), {"api": api})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
