"""Options that every verb takes, and what they mean."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


def global_options() -> argparse.ArgumentParser:
    """The parent parser of all verbs."""
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group("global options")
    group.add_argument(
        "--store",
        default=os.environ.get("MLPIPELINE_STORE") or "store",
        metavar="PATH",
        help="where datasets, models and runs lie: a folder, hdfs:// or s3a:// (default: $MLPIPELINE_STORE or ./store)",
    )
    group.add_argument(
        "--conf",
        action=_ConfOrSetting,
        default=os.environ.get("MLPIPELINE_CONF") or "conf",
        metavar="DIR",
        help="folder with base.yaml, languages/ and domains/ (default: $MLPIPELINE_CONF or ./conf); "
        "spark.key=value is a setting of Spark, for verbs that start it",
    )
    parser.set_defaults(settings=[])
    group.add_argument("--json", action="store_true", help="print the result as JSON")
    group.add_argument("--quiet", action="store_true", help="no progress on stderr")
    group.add_argument("-v", "--verbose", action="store_true", help="show traces of failures")
    group.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="seed of the random choices of this verb (of a run: of every part that has a seed)",
    )
    return parser


def is_setting(text: str) -> bool:
    """True for a setting of Spark: `spark.key=value`."""
    return text.startswith("spark.") and "=" in text


class _ConfOrSetting(argparse.Action):
    """`--conf DIR` is ours, `--conf spark.key=value` is spark-submit's, for verbs with `takes_settings`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        text = str(values)
        if not is_setting(text):
            namespace.conf = text
        elif parser.get_default("takes_settings"):
            namespace.settings = [*namespace.settings, text]
        else:
            parser.error(f"--conf takes a folder here; Spark's settings go to `mlpipeline submit --conf {text}`")


def selecting_options(parser: argparse.ArgumentParser) -> None:
    """Adds what chooses bots and changes their recipes."""
    choosing_options(parser)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="overrides a recipe value: train.epochs=10"
    )


def choosing_options(parser: argparse.ArgumentParser) -> None:
    """Adds what chooses bots."""
    parser.add_argument("--select", metavar="WHAT", help="domain:shop,lang:ko or shop/ko; default: every bot")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="WHAT", help="leaves bots out, written like --select"
    )


def renamed_option(parser: argparse.ArgumentParser, old: str, new: str) -> None:
    """Has `old` answered with its new name, as a wrong command line; --help does not show it."""
    parser.add_argument(old, action=_Renamed, nargs="?", const=new, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


class _Renamed(argparse.Action):
    """An option that has another name now (`const`), whatever stands behind it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        parser.error(f"{self.option_strings[0]} is {self.const} now")


def forcing_option(parser: argparse.ArgumentParser) -> None:
    """Adds what lets a stage run that has nothing to do."""
    parser.add_argument(
        "--force", action="append", default=[], metavar="STAGE", help="runs this stage although nothing changed"
    )


def repeated_words(options: argparse.Namespace) -> list[str]:
    """`--exclude`, `--force`, `--set` and `--seed` as they were given, for a command that is to do the same."""
    words = [
        word
        for name in ("exclude", "force", "set")
        for text in getattr(options, name, [])
        for word in (f"--{name}", text)
    ]
    return words + (["--seed", str(options.seed)] if options.seed is not None else [])


def place_words(options: argparse.Namespace) -> list[str]:
    """`--store` and `--conf` where they were given, for a command that is to find the same."""
    words: list[str] = []
    for name in ("store", "conf"):
        value = str(getattr(options, name))
        if value != (os.environ.get(f"MLPIPELINE_{name.upper()}") or name):
            words += [f"--{name}", value]
    return words


def session_options(parser: argparse.ArgumentParser) -> None:
    """Adds where Spark runs; with which settings, `--conf spark.key=value` says."""
    parser.add_argument("--master", metavar="MASTER", help="local[2], spark://..., yarn (default: local[*])")
    parser.set_defaults(takes_settings=True)


def spark_settings(options: argparse.Namespace) -> dict[str, str]:
    """The settings of `--conf spark.key=value`, a later one over an earlier one."""
    return {key.strip(): value.strip() for key, _, value in (text.partition("=") for text in options.settings)}
