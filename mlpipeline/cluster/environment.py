"""Refuses, before any JVM starts, an environment in which Spark would fail late or mix up versions."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from mlpipeline.cluster.masters import kind_of
from mlpipeline.errors import SetupError, UsageError

PYSPARK = "4.1.4"
DELTA_SPARK = "4.4.0"
OLDEST_PYTHON, NEWEST_PYTHON = (3, 10), (3, 12)
GATEWAY = "PYSPARK_GATEWAY_PORT"  # of the JVM of a spark-submit, for the Python that it has started


def is_submitted(environ: Mapping[str, str] | None = None) -> bool:
    """True where spark-submit has started this process: its session is used, and its master is the one.

    Args:
        environ: environment variables; os.environ when None.
    """
    return GATEWAY in (os.environ if environ is None else environ)


def check_environment(
    environ: Mapping[str, str] | None = None,
    python: tuple[int, int] = sys.version_info[:2],
    installed: Callable[[str], str] = version,
) -> None:
    """Raise SetupError, in one line with the fix, for what is known to end badly. Takes milliseconds, imports nothing.

    Args:
        environ: environment variables; os.environ when None.
        python: (major, minor) of the running Python.
        installed: distribution name -> version, raising PackageNotFoundError.
    """
    check_python(python)
    check_versions(installed)
    check_spark_home((os.environ if environ is None else environ).get("SPARK_HOME", ""), pyspark_folder())


def check_python(python: tuple[int, int]) -> None:
    """Raise SetupError unless `python` is one that pyspark, TensorFlow and ONNX Runtime all have wheels for."""
    if not OLDEST_PYTHON <= python <= NEWEST_PYTHON:
        found = ".".join(map(str, python))
        raise SetupError(f"Python {found} cannot be used", fix="use Python 3.10, 3.11 or 3.12")


def check_versions(installed: Callable[[str], str]) -> None:
    """Raise SetupError unless pyspark and delta-spark are the pinned ones and pandas is older than 3."""
    for name, wanted in (("pyspark", PYSPARK), ("delta-spark", DELTA_SPARK)):
        found = _version(name, installed)
        if found != wanted:
            what = f"{name} {found} is installed, the Delta jars want {wanted}" if found else f"{name} is not installed"
            raise SetupError(what, fix=f"pip install {name}=={wanted}")
    pandas = _version("pandas", installed)
    # With pandas 3, createDataFrame without Arrow writes the text 'nan' for None, and pyspark.pandas does not import.
    if pandas and int(re.match(r"\d*", pandas)[0] or 0) >= 3:  # type: ignore[index]
        raise SetupError(f"pandas {pandas} is installed, pyspark {PYSPARK} corrupts nulls with it", fix=_PANDAS)


_PANDAS = "pip install 'pandas>=2.2,<3'"


def check_spark_home(spark_home: str, pyspark: Path | None) -> None:
    """Raise SetupError when SPARK_HOME names a Spark of another version than the pyspark in use.

    Args:
        spark_home: value of SPARK_HOME; "" when it is not set.
        pyspark: folder of the pyspark package, None when it is not installed.
    """
    if not spark_home.strip() or (pyspark and os.path.realpath(spark_home) == os.path.realpath(pyspark)):
        return
    found = sorted(Path(spark_home).glob("jars/spark-core_*.jar"))
    other = found[-1].stem.rpartition("-")[2] if found else "no Spark at all"
    if other != PYSPARK:
        raise SetupError(f"SPARK_HOME holds {other}, pyspark is {PYSPARK}", where=spark_home, fix="unset SPARK_HOME")


def pyspark_folder() -> Path | None:
    """Return the folder of the installed pyspark, without importing it."""
    spec = find_spec("pyspark")
    return Path(spec.origin).parent if spec and spec.origin else None


def _version(name: str, installed: Callable[[str], str]) -> str:
    try:
        return installed(name)
    except PackageNotFoundError:
        return ""


def utf8_locale(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what to set so that the JVM can open files with Korean or Thai names: nothing where the locale is UTF-8.

    Java takes the encoding of file names from the locale, and LANG=C gives ASCII.
    """
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "C")
    return {} if "utf" in locale.lower() else {"LC_ALL": "C.UTF-8"}


def check_submitting_spark(version: str) -> None:
    """Raise SetupError when the spark-submit that started us brought another Spark than the pinned one.

    Args:
        version: version of the running session.
    """
    if version != PYSPARK:
        what = f"this spark-submit is of Spark {version}, wanted is {PYSPARK}"
        raise SetupError(what, where=os.environ.get("SPARK_HOME", ""), fix="use the spark-submit of this environment")


def check_master(master: str, *, timeout: float = 3.0) -> None:
    """Raise what is wrong with a master's address, as far as it can be known without a JVM: form, name, port.

    Args:
        master: as given to Spark; of several hosts (spark://a:7077,b:7077) one has to answer.
        timeout: seconds to wait for each host.

    Raises:
        UsageError: Spark has no such master.
        SetupError: the host cannot be resolved, or nothing listens at its port.
    """
    kind = kind_of(master)
    if kind is None:
        known = "local[2], local-cluster[2,1,1024], spark://host:7077, yarn or k8s://https://host:443"
        raise UsageError(f"{master!r} is no Spark master", fix=f"write {known}")
    if kind not in ("standalone", "k8s"):
        return
    wrong = [told for address in _addresses(master) if (told := _unreachable(*address, timeout))]
    if len(wrong) == len(_addresses(master)):
        raise SetupError("; ".join(wrong), where=master, fix=f"start the {_SERVER[kind]}, or correct the address")


_SERVER = {"standalone": "master (start-master.sh)", "k8s": "API server"}


def _addresses(master: str) -> list[tuple[str, int]]:
    if master.startswith("spark://"):
        parts = [urlsplit(f"//{host}") for host in master.removeprefix("spark://").split(",")]
        return [(_host(master, part.hostname), part.port or 7077) for part in parts]
    address = master.removeprefix("k8s://")
    url = urlsplit(address if "://" in address else f"https://{address}")
    return [(_host(master, url.hostname), url.port or (80 if url.scheme == "http" else 443))]


def _host(master: str, host: str | None) -> str:
    if not host:
        raise UsageError(f"{master!r} names no host", fix="write spark://host:7077 or k8s://https://host:443")
    return host


def _unreachable(host: str, port: int, timeout: float) -> str:
    try:
        with socket.create_connection((host, port), timeout):
            return ""
    except socket.gaierror:
        return f"the host name {host} cannot be resolved"
    except ConnectionRefusedError:
        return f"nothing listens at {host}:{port}"
    except OSError as error:
        return f"{host}:{port} does not answer ({error})"


def check_host_name(environ: Mapping[str, str], resolve: Callable[[str], str] = socket.gethostbyname) -> None:
    """Raise SetupError when executors could not find this machine: its own name has no address.

    Args:
        environ: environment variables; SPARK_LOCAL_IP and SPARK_LOCAL_HOSTNAME stand in for the name.
        resolve: host name -> address, raising OSError.
    """
    if environ.get("SPARK_LOCAL_IP") or environ.get("SPARK_LOCAL_HOSTNAME"):
        return
    name = socket.gethostname()
    try:
        resolve(name)
    except OSError:
        fix = "set SPARK_LOCAL_IP to the address at which executors reach this machine, or add the name to /etc/hosts"
        raise SetupError(f"this machine's name {name} cannot be resolved", fix=fix) from None


def check_worker_python(settings: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Raise SetupError when the Python of the workers, which run on this machine, is no program.

    Args:
        settings: `spark.pyspark.python` wins over the environment.
        environ: environment variables.
    """
    stated = settings.get("spark.pyspark.python") or environ.get("PYSPARK_PYTHON", "")
    if stated and shutil.which(stated, path=environ.get("PATH")) is None:
        where = "spark.pyspark.python" if settings.get("spark.pyspark.python") else "PYSPARK_PYTHON"
        raise SetupError(f"{stated} is no program", where=where, fix=f"unset {where}, or name a Python of this machine")


def check_local_dirs(settings: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Raise SetupError when Spark cannot make its scratch files on this machine: its JVM ends then, without a line.

    Args:
        settings: `spark.local.dir`, with commas.
        environ: SPARK_LOCAL_DIRS wins over the setting.
    """
    for name, stated in (("SPARK_LOCAL_DIRS", environ.get("SPARK_LOCAL_DIRS")), (_LOCAL_DIR, settings.get(_LOCAL_DIR))):
        for folder in filter(None, (part.strip() for part in (stated or "").split(","))):
            place = Path(folder)
            while not place.exists() and place != place.parent:
                place = place.parent
            if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK) or str(place).startswith("/proc"):
                what = f"Spark cannot make its scratch files in {folder}"
                raise SetupError(what, where=name, fix="name a folder of yours, on a disk with room")
        if stated:
            return


_LOCAL_DIR = "spark.local.dir"


def check_scripts(settings: Mapping[str, str]) -> None:
    """Raise SetupError when a discovery script that lies on this machine is a file that cannot be run.

    A script that is not here may be on the nodes: nothing is known of it.
    """
    for key, value in settings.items():
        if key.endswith(".discoveryScript") and os.path.isfile(value) and not os.access(value, os.X_OK):
            raise SetupError(f"{key}: {value} cannot be run", fix=f"chmod +x {value}")
        if key.startswith("spark.driver.") and key.endswith(".discoveryScript") and not os.path.exists(value):
            raise SetupError(f"{key}: {value} does not exist", fix="give the path of a script on this machine")
