"""`mlpipeline shell`: an interactive Python with a job's session, the store and the recipes at hand."""

from __future__ import annotations

import argparse
import sys
import traceback
from typing import TYPE_CHECKING

from mlpipeline.cli.context import CommandContext, checked_settings
from mlpipeline.cli.options import refuse_ignored, session_options, setting_option
from mlpipeline.errors import MLPipelineError, UsageError

if TYPE_CHECKING:
    from mlpipeline.views.notebook.workbench import Workbench


def add_shell(parser: argparse.ArgumentParser) -> None:
    """The arguments of `shell`."""
    parser.add_argument("--select", metavar="WHAT", help="domain:shop,lang:ko or shop/ko; default: every bot")
    setting_option(parser)
    parser.add_argument("--stage", metavar="STAGE", help="with the settings of spark-defaults/STAGE.conf too")
    session_options(parser)
    parser.add_argument(
        "--remote", metavar="URL", help="Spark Connect: sc://host:15002, or a master for a server of its own"
    )
    parser.add_argument("-c", dest="code", metavar="CODE", help="run this Python and end")
    parser.set_defaults(verb=shell_verb)


def shell_verb(context: CommandContext) -> int:
    """Opens the shell; with `-c`, or when stdin is no terminal, runs that code and ends."""
    # Brings pyspark along: only this verb needs it.
    from mlpipeline.views.notebook.workbench import Workbench

    options = context.options
    if (options.remote or "").startswith("sc:"):
        refuse_ignored(options, ("stage",), "is for a session that is started here, and --remote sc:// runs already")
        if options.settings:
            raise UsageError("--conf spark.KEY=VALUE is for a session that is started here", fix="leave it out")
    bench = Workbench(
        options.store,
        context.conf,
        select=options.select,
        sets=context.sets(),
        master=options.master,
        remote=options.remote,
        stage=options.stage,
        settings=checked_settings(context),
    )
    with bench:
        names = _names(bench)
        context.say(_line(bench))
        if options.code is not None:
            return _run(options.code, "<-c>", names)
        if not sys.stdin.isatty():
            return _run(sys.stdin.read(), "<stdin>", names)
        _interact(names)
    return 0


def _names(bench: Workbench) -> dict[str, object]:
    import pyspark.sql.functions as F

    return {
        "__name__": "__main__",
        "bench": bench,
        "spark": bench.spark,
        "store": bench.store,
        "recipes": bench.recipes,
        "read": bench.read,
        "table": bench.table,
        "F": F,
    }


def _line(bench: Workbench) -> str:
    from mlpipeline.spark.remote import is_remote

    spark = bench.spark
    at = "Connect" if is_remote(spark) else spark.sparkContext.master
    there = f"store ({bench.store.root}: {len(bench.datasets)} datasets), recipes ({len(bench.recipes)} bots)"
    return f"spark ({spark.version} at {at}), {there}, read('cleaned', 'shop/ko') -> Spark, table(...) -> pandas, F"


def _run(code: str, name: str, names: dict[str, object]) -> int:
    # Brings pyspark along: only this verb needs it.
    from mlpipeline.spark.ended import check_session

    try:
        exec(compile(code, name, "exec"), names)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except MLPipelineError:
        raise
    except Exception as error:
        check_session()
        # As `python -c` shows it: the trace begins in the user's code, not in ours.
        shown = error.__traceback__.tb_next if error.__traceback__ else None
        traceback.print_exception(type(error), error, shown)
        return 1
    return 0


def _interact(names: dict[str, object]) -> None:
    try:
        from IPython import start_ipython
    except ImportError:
        import code

        code.interact(banner="", local=names, exitmsg="")
        return
    start_ipython(argv=["--no-banner"], user_ns=names)
