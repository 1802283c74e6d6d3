"""Refuses, before any JVM starts, an environment in which Spark would fail late or mix up versions."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from mlpipeline.errors import SetupError

PYSPARK = "4.1.4"
DELTA_SPARK = "4.4.0"
OLDEST_PYTHON, NEWEST_PYTHON = (3, 10), (3, 12)


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
