"""`mlpipeline notebook write`: notebooks for Jupyter and Zeppelin, from one source."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from mlpipeline.cli.context import CommandContext
from mlpipeline.errors import SetupError, UsageError
from mlpipeline.views.notebook.formats import as_ipynb, as_zpln, zpln_file
from mlpipeline.views.notebook.percent import NAMES, Notebook, read_notebook


def add_write(parser: argparse.ArgumentParser) -> None:
    """The arguments of `notebook write`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(NAMES)}")
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder that they go to")
    parser.add_argument("--as", dest="form", choices=("ipynb", "zeppelin"), default="ipynb", help="default ipynb")
    parser.add_argument("--master", metavar="MASTER", help="the Spark master that stands in them (default: local[*])")
    parser.add_argument("--overwrite", action="store_true", help="replace files there, edited ones too")
    parser.set_defaults(verb=write_verb)


def write_verb(context: CommandContext) -> int:
    """Writes the notebooks with this store and conf in their first cell; never touches an edited one unasked."""
    options, folder = context.options, Path(context.options.to)
    store = options.store if "://" in options.store else os.path.abspath(os.path.expanduser(options.store))
    values: dict[str, object] = {"STORE": store, "CONF": os.path.abspath(context.conf)}
    values |= {"MASTER": options.master} if options.master else {}
    notebooks = [read_notebook(name).with_values(values) for name in options.names or NAMES]
    files = list(_files(notebooks, options.form, options.master))
    edited = [name for name, text in files if (folder / name).exists() and (folder / name).read_text("utf-8") != text]
    if edited and not options.overwrite:
        raise UsageError(
            f"{edited[0]} is there and differs", where=str(folder), fix="give another --to, or --overwrite"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files:
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise SetupError(f"cannot be written: {error.strerror}", where=str(folder), fix="give another --to") from error
    written = [str(folder / name) for name, _ in files]
    context.print_result({"files": written}, "\n".join(written))
    return 0


def _files(notebooks: list[Notebook], form: str, master: str | None) -> Iterator[tuple[str, str]]:
    if form == "ipynb":
        for notebook in notebooks:
            yield f"{notebook.name}.ipynb", as_ipynb(notebook)
        return
    settings = _zeppelin_settings(master or "local[*]")
    for notebook in notebooks:
        yield zpln_file(notebook), as_zpln(notebook, settings)


def _zeppelin_settings(master: str) -> dict[str, str]:
    """What Zeppelin must know before it starts Spark: this very Python and Spark, and a job's settings."""
    # Bring pyspark along, which a notebook for Jupyter is written without.
    from mlpipeline.cluster.environment import pyspark_folder
    from mlpipeline.cluster.jars import delta_jars
    from mlpipeline.spark.session import session_settings

    return {
        "SPARK_HOME": str(pyspark_folder()),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        # Zeppelin 0.12 asks for Spark 4.0 at most and would refuse to start.
        "zeppelin.spark.enableSupportedVersionCheck": "false",
        "spark.master": master,
        "spark.jars": ",".join(str(path) for path in delta_jars()),
        **session_settings(master, {}),
    }
