"""The Delta jars: fetched once with the Ivy that Spark brings along, checked, then used without any network."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import ssl
import subprocess
import warnings
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from mlpipeline.cluster.cache import cache_folder, filling
from mlpipeline.cluster.java import Java, find_java
from mlpipeline.errors import SetupError

DELTA = "4.4.0"
# Only what Spark does not have itself: of the 33 jars that Delta names, the other 26 lie in pyspark/jars.
JARS = {
    "io.delta:delta-spark_4.1_2.13:4.4.0": "75a9400986853c061f5109f012547de2545a5759e5e752e5ef633dabe16a4f10",
    "io.delta:delta-storage:4.4.0": "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
    "io.delta:delta-kernel-api:4.4.0": "ee9b5a14ac3b7efdff4d61a58478fe8eb0e5a3fbca43889dca7290795fe79a11",
    "io.delta:delta-kernel-defaults:4.4.0": "225c975199e4718b38ee5b7e6da7f19e9585024262b2cec2656b32151a856b0b",
    "io.delta:delta-kernel-unitycatalog:4.4.0": "cea22dfb4ac562b3cd27bf652697750e8336009d73fb06631363aaaad5345ffa",
    "io.unitycatalog:unitycatalog-client:0.6.0": "48257499a86b801a3e2372cec55ac226ca1c1c7eabe5c118e7302f29a1fdbc19",
    "io.unitycatalog:unitycatalog-hadoop:0.6.0": "c47b63c961c87102b9e1d63809a0915ba4c86b7652f57c8d39ca3a05b441a150",
}
MIRROR = "MLPIPELINE_MAVEN"
_TIMEOUT_S = 600
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def delta_jars() -> list[Path]:
    """Return the Delta jars in the cache, fetching them when they are not there yet.

    Raises:
        SetupError: they are not there and cannot be fetched (no network), or are not what they should be.
    """
    folder = cache_folder() / f"delta-{DELTA}"
    jars = [folder / _file(name) for name in JARS]
    if not all(jar.is_file() for jar in jars):
        fetch_jars(folder, find_java())
    return jars


def fetch_jars(folder: Path, java: Java, jars: Mapping[str, str] | None = None) -> None:
    """Fetch jars into `folder`, all or none, and check their SHA-256.

    The environment variable MLPIPELINE_MAVEN may name a mirror of Maven Central.

    Args:
        folder: must not be there yet.
        java: runs Ivy.
        jars: group:artifact:version -> SHA-256; the Delta jars when None. Nothing that they depend on comes along.

    Raises:
        SetupError: no network, a wrong digest, or the cache cannot be written.
    """
    jars = JARS if jars is None else jars
    with filling(folder) as work:
        (work / "ivy.xml").write_text(_ivy_xml(jars), encoding="utf-8")
        said = _ivy(work, java, ())
        if "PKIX" in said:  # a proxy with its own certificate, which the system knows and this Java does not
            said = _ivy(work, java, _system_certificates(work))
        for name, digest in jars.items():
            jar = work / _file(name)
            if not jar.is_file():
                raise SetupError(f"{name} cannot be fetched: {_cause(said)}", where="Maven Central", fix=_OFFLINE)
            if hashlib.sha256(jar.read_bytes()).hexdigest() != digest:
                fix = f"check {MIRROR} and the proxy, then try again"
                raise SetupError(f"{name} has another SHA-256 than it should", where=str(folder), fix=fix)
        for other in [file for file in work.iterdir() if file.suffix != ".jar"]:
            shutil.rmtree(other) if other.is_dir() else other.unlink()


_OFFLINE = f"connect to the network for the first set-up; behind a firewall set https_proxy, or {MIRROR} to a mirror"


def _file(name: str) -> str:
    _, artifact, version = name.split(":")
    return f"{artifact}-{version}.jar"


def _ivy(work: Path, java: Java, options: tuple[str, ...]) -> str:
    """Run Ivy alone, without Spark; return what it says."""
    command = [
        str(java.command),
        *proxy_options(os.environ),
        *options,
        "-jar",
        str(_ivy_jar()),
        "-cache",
        str(work / "ivy-cache"),
    ]
    mirror = os.environ.get(MIRROR, "").strip()
    if mirror:
        (work / "settings.xml").write_text(_settings_xml(mirror), encoding="utf-8")
        command += ["-settings", str(work / "settings.xml")]
    command += ["-ivy", str(work / "ivy.xml"), "-confs", "default"]
    command += ["-retrieve", f"{work}/[artifact]-[revision].[ext]"]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {_TIMEOUT_S} s"
    return done.stdout.decode("utf-8", errors="replace")


def proxy_options(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return Java options for the proxy that the environment names for https; Java does not read it itself."""
    stated = next((environ[name] for name in ("https_proxy", "HTTPS_PROXY") if environ.get(name)), "")
    try:
        url = urlsplit(stated if "//" in stated else f"//{stated}")
        host, port = url.hostname, url.port or 80
    except ValueError:
        return ()
    return (f"-Dhttps.proxyHost={host}", f"-Dhttps.proxyPort={port}") if host else ()


def _ivy_jar() -> Path:
    spec = find_spec("pyspark")
    found = sorted(Path(spec.origin).parent.glob("jars/ivy-*.jar")) if spec and spec.origin else []
    if not found:
        raise SetupError("pyspark is not installed", fix="make run installs it, or pip install mlpipeline")
    return found[-1]


def _ivy_xml(wanted: Iterable[str]) -> str:
    rows = []
    for name in wanted:
        org, artifact, version = name.split(":")
        rows.append(
            f'<dependency org="{org}" name="{artifact}" rev="{version}" transitive="false" conf="default-&gt;master"/>'
        )
    head = '<info organisation="mlpipeline" module="jars"/><configurations><conf name="default"/></configurations>'
    return f'<ivy-module version="2.0">{head}<dependencies>{"".join(rows)}</dependencies></ivy-module>'


def _settings_xml(mirror: str) -> str:
    resolver = f'<ibiblio name="mirror" m2compatible="true" root={quoteattr(mirror)}/>'
    return f'<ivysettings><settings defaultResolver="mirror"/><resolvers>{resolver}</resolvers></ivysettings>'


def _system_certificates(work: Path) -> tuple[str, ...]:
    """Return Java options for a trust store with the certificates that Python trusts; () when there are none."""
    bundle = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
    except ImportError:
        return ()
    if not bundle or not Path(bundle).is_file():
        return ()
    password = "changeit"
    certificates = []
    for number, text in enumerate(_PEM.findall(Path(bundle).read_bytes())):
        with warnings.catch_warnings(), contextlib.suppress(ValueError):  # old roots break rules of today
            warnings.simplefilter("ignore")
            one = x509.load_pem_x509_certificate(text)
            certificates.append(pkcs12.PKCS12Certificate(one, f"c{number}".encode()))
    store = work / "trust.p12"
    store.write_bytes(pkcs12.serialize_java_truststore(certificates, BestAvailableEncryption(password.encode())))
    prefix = "-Djavax.net.ssl.trustStore"
    return f"{prefix}={store}", f"{prefix}Password={password}", f"{prefix}Type=PKCS12"


def _cause(said: str) -> str:
    for sign, meaning in (
        ("UnknownHostException", "no network"),
        ("Network is unreachable", "no network"),
        ("Connection refused", "connection refused"),
        ("Unable to tunnel through proxy", "the proxy refused"),
        ("timed out", "no answer"),
        ("PKIX", "its certificate is not trusted by this Java"),
        ("no answer", "no answer"),
    ):
        if sign in said:
            return meaning
    lines = [line.strip() for line in said.splitlines() if "rror" in line or "not found" in line]
    return lines[0][:200] if lines else "not found there"
