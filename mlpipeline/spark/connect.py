"""Spark Connect: a session without a JVM of its own, for what needs no RDD (docs/running.md, "Notebooks")."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from urllib.parse import urlsplit

from pyspark.sql import SparkSession

from mlpipeline.cluster.submission.packing import code_archive
from mlpipeline.errors import SetupError, UsageError
from mlpipeline.spark.session import open_session

# What pyspark imports for Connect, and the packages that bring it.
_NEEDED = {
    "grpc": "grpcio",
    "grpc_status": "grpcio-status",
    "google.rpc": "googleapis-common-protos",
    "zstandard": "zstandard",
}
_PORT = 15002
_PATIENCE = 5.0
# pyspark's own functions look at this variable to choose between classic and Connect columns.
_MODE = "SPARK_CONNECT_MODE_ENABLED"


@contextmanager
def open_remote_session(
    name: str, remote: str, *, master_settings: Mapping[str, str] | None = None
) -> Iterator[SparkSession]:
    """A Spark Connect session for the time of a `with` block.

    Args:
        name: of the application.
        remote: `sc://host:port` of a server that runs, or a Spark master such as `local[2]`: then the server is
            started here, on a free port of the loopback address, behind a token, and ended with the block.
        master_settings: for a server that is started here, over our defaults.

    Raises:
        SetupError: a package is missing, or nobody answers at the address.
        UsageError: the address is none.
    """
    check_packages()
    with ExitStack() as opened:
        if remote.startswith("sc:"):
            check_server(remote)
            address = remote
        else:
            token = secrets.token_hex(16)
            settings = {**_server_settings(token), **(master_settings or {})}
            # With this variable the server itself would become a client of what it names.
            with _variable("SPARK_REMOTE", None):
                server = opened.enter_context(open_session(name, master=remote, extra=settings))
            address = f"sc://localhost:{_port_of(server)}/;token={token}"
        opened.enter_context(_variable(_MODE, "1"))
        session = _join(address)
        opened.callback(session.stop)
        if address == remote:
            # Its executors may have none of this code, or another version of it.
            session.addArtifacts(str(code_archive()), pyfile=True)
        yield session


def check_packages() -> None:
    """Raise SetupError when a package is missing that pyspark needs for Connect; imports none of them."""
    missing = [package for module, package in _NEEDED.items() if not _is_there(module)]
    if missing:
        what = f"Spark Connect needs {', '.join(missing)}"
        raise SetupError(what, fix=f"pip install {' '.join(missing)}, which is of the extra `connect`")


def check_server(remote: str) -> None:
    """Raise when nobody listens at `sc://host:port`. Without this, the client goes on trying for minutes.

    Raises:
        UsageError: the address is none.
        SetupError: nobody listens there.
    """
    host, port = _place(remote)
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        why = error.strerror or str(error) or "no answer"
        fix = "start it there: $SPARK_HOME/sbin/start-connect-server.sh; or give a master: --remote 'local[2]'"
        raise SetupError(f"no Spark Connect server at {host}:{port}: {why}", where=remote, fix=fix) from error


def _place(remote: str) -> tuple[str, int]:
    try:
        parts = urlsplit(remote)
        host, port = parts.hostname, parts.port or _PORT
    except ValueError:
        host, port = None, 0
    if not remote.startswith("sc://") or not host:
        raise UsageError(f"{remote!r} is no address of Spark Connect", fix="write sc://host:15002 or local[2]")
    return host, port


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _server_settings(token: str) -> dict[str, str]:
    return {
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        # Spark would listen on every address of the machine, and anybody there could run code as this user.
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",
        "spark.connect.authenticate.token": token,
        # As pyspark's own local server: what one session adds is not seen by the others.
        "spark.sql.artifact.isolation.enabled": "true",
        "spark.sql.artifact.isolation.alwaysApplyClassloader": "true",
    }


def _port_of(server: SparkSession) -> int:
    # py4j reaches a Scala object by the name of its class only.
    jvm: object = server.sparkContext._jvm
    service = getattr(jvm, "org.apache.spark.sql.connect.service.SparkConnectService$")
    return int(getattr(service, "MODULE$").localPort())


@contextmanager
def _variable(name: str, value: str | None) -> Iterator[None]:
    """Sets a variable of the environment, or removes it, for the time of a `with` block."""
    before = os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before


def _join(address: str) -> SparkSession:
    # The builder of pyspark.sql refuses a second kind of session in a process; this one is for Connect alone.
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    session: object = ConnectSession.builder.remote(address).create()
    return session
