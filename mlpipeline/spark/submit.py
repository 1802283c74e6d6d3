"""The spark-submit line of a job."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mlpipeline.spark.defaults import read_defaults
from mlpipeline.spark.jars import delta_jars
from mlpipeline.spark.session import is_local


def compose_submit(script: str, arguments: Sequence[str], *, master: str, stage: str | None = None) -> str:
    """A line for a shell that runs `script` with our defaults and the Delta jars.

    Args:
        script: a file below jobs/.
        arguments: of the script.
        master: a Spark master.
        stage: adds what `spark-defaults/<stage>.conf` has.
    """
    names = ["common", "local" if is_local(master) else master.split(":", 1)[0], *([stage] if stage else [])]
    settings = {"spark.jars": ",".join(str(path) for path in delta_jars()), **read_defaults(names)}
    words = ["spark-submit", "--master", master]
    for key, value in sorted(settings.items()):
        words += ["--conf", f"{key}={value}"]
    return " ".join(shlex.quote(word) for word in [*words, script, *arguments])
