"""Asking a web address of the cluster, with a time limit and without surprises."""

from __future__ import annotations

import ipaddress
import json
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back; `status` is 0 when nothing did, and `trouble` says why."""

    status: int
    body: bytes = b""
    trouble: str = ""

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON, None when it is none or the answer is no 2xx."""
        try:
            return json.loads(self.body) if self.ok else None
        except ValueError:
            return None

    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", errors="replace")


def ask(url: str, *, method: str = "GET", data: object = None, timeout: float = 5.0) -> Answer:
    """Ask one address.

    Args:
        url: http or https.
        method: of HTTP.
        data: sent as JSON when not None.
        timeout: seconds.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        return Answer(0, trouble="no web address")
    headers = {"Accept": "application/json, text/plain;q=0.9, */*;q=0.1"}
    body = None if data is None else json.dumps(data).encode()
    if body is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    # A proxy of the environment is for the world outside: it cannot reach this machine's own loopback.
    proxies = urllib.request.ProxyHandler({}) if is_loopback(urlsplit(url).hostname or "") else None
    opener = urllib.request.build_opener(*([proxies] if proxies else []))
    try:
        with opener.open(request, timeout=timeout) as answer:
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read())
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Answer(0, trouble=str(getattr(reason, "strerror", None) or reason))


def is_loopback(host: str) -> bool:
    """True for localhost and 127.x.x.x."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_this_machine(host: str) -> bool:
    """True when `host` names this machine by loopback or its own host name."""
    own = socket.gethostname()
    return is_loopback(host) or host.split(".")[0] == own.split(".")[0]
