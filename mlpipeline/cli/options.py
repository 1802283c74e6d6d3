"""Options that several verbs take, and what they mean."""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Sequence

from mlpipeline.cli.log_output import log_options
from mlpipeline.errors import UsageError


def global_options(reads: Collection[str]) -> argparse.ArgumentParser:
    """The parent parser of a verb: the options that it shares with others.

    Args:
        reads: which of them the verb reads, as `VERBS` says; --help shows no other, and any other is refused.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.set_defaults(reads=reads, settings=[])
    group = parser.add_argument_group("global options")
    store, conf = (os.environ.get(f"MLPIPELINE_{name.upper()}") or name for name in ("store", "conf"))
    if "store" in reads:
        about = (
            "where datasets, models and runs are: a folder, hdfs:// or s3a:// (default: $MLPIPELINE_STORE or ./store)"
        )
        group.add_argument("--store", default=store, metavar="PATH", help=about)
    else:
        _refused_option(group, "--store", store)
    metavar, about = _conf_help(reads)
    group.add_argument("--conf", action=_ConfOrSetting, default=conf, metavar=metavar, help=about)
    if "json" in reads:
        group.add_argument("--json", action="store_true", help="print the result as JSON")
    else:
        _refused_option(group, "--json", False)
    log_options(group)
    if "seed" in reads:
        about = "seed of the random choices, in every section of the recipe that has one"
        group.add_argument("--seed", type=int, metavar="N", help=about)
    else:
        _refused_option(group, "--seed", None)
    return parser


def _conf_help(reads: Collection[str]) -> tuple[str, str]:
    folder = "folder with base.yaml, languages/ and domains/ (default: $MLPIPELINE_CONF or ./conf)"
    setting = "a setting of Spark"
    if "spark" not in reads:
        return "DIR", folder if "conf" in reads else argparse.SUPPRESS
    return ("DIR|spark.KEY=VALUE", f"{folder}, or {setting}") if "conf" in reads else ("spark.KEY=VALUE", setting)


def global_flags() -> dict[str, bool]:
    """The flags that may stand before the verb, and whether a value follows each."""
    actions = global_options(("store", "conf", "json", "seed"))._actions
    return {flag: action.nargs != 0 for action in actions for flag in action.option_strings}


def is_setting(text: str) -> bool:
    """True for a setting of Spark: `spark.key=value`."""
    return text.startswith("spark.") and "=" in text


class _ConfOrSetting(argparse.Action):
    """`--conf DIR` is ours, `--conf spark.key=value` is spark-submit's, for verbs that start Spark."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        text, reads = str(values), parser.get_default("reads")
        if is_setting(text) and "spark" in reads:
            namespace.settings = [*namespace.settings, text]
        elif is_setting(text):
            parser.error(f"--conf takes a folder here; Spark's settings go to `mlpipeline submit --conf {text}`")
        elif "conf" in reads:
            namespace.conf = text
        else:
            parser.error(_unread(parser, "--conf DIR"))


def _refused_option(group: argparse._ArgumentGroup, flag: str, default: object) -> None:
    group.add_argument(flag, action=_Unread, nargs="?", default=default, help=argparse.SUPPRESS)


class _Unread(argparse.Action):
    """A global option that the verb would ignore."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        parser.error(_unread(parser, self.option_strings[0]))


def _unread(parser: argparse.ArgumentParser, flag: str) -> str:
    return f"{parser.prog.removeprefix('mlpipeline ')} does not read {flag}"


def refuse_ignored(options: argparse.Namespace, names: Sequence[str], why: str) -> None:
    """Refuses options that would be ignored beside others.

    Args:
        options: with `parser`, the verb's.
        names: of the options, as they stand in `options`.
        why: ends the sentence: `is for --as k8s`.

    Raises:
        UsageError: one of them was given, be it with its default; `--store` and `--conf` before the verb do not count,
            as there they say where all verbs find things.
    """
    for action in options.parser._actions:
        if action.dest in names and _is_given(options, action):
            raise UsageError(f"{action.option_strings[-1]} {why}", fix="leave it out")


def _is_given(options: argparse.Namespace, action: argparse.Action) -> bool:
    if action.default == argparse.SUPPRESS:
        return hasattr(options, action.dest)
    before_the_verb: int = options.leading.count(action.dest)
    return bool(options.parser.counts[action.dest] > before_the_verb)


def selecting_options(parser: argparse.ArgumentParser) -> None:
    """Adds what chooses bots and changes their recipes."""
    choosing_options(parser)
    setting_option(parser)


def setting_option(parser: argparse.ArgumentParser) -> None:
    """Adds what changes values of a recipe."""
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="overrides a recipe value: train.epochs=10"
    )


def choosing_options(parser: argparse.ArgumentParser) -> None:
    """Adds what chooses bots."""
    parser.add_argument("--select", metavar="WHAT", help="domain:shop,lang:ko or shop/ko; default: every bot")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="WHAT", help="leaves bots out, written like --select"
    )


def why_option(parser: argparse.ArgumentParser) -> None:
    """Adds `--why`, of verbs that choose which version answers."""
    parser.add_argument("--why", default="", metavar="TEXT", help="a reason, for the log of moves")


def renamed_option(parser: argparse.ArgumentParser, old: str, new: str) -> None:
    """Has `old` answered with its new name, as a wrong command line; --help does not show it."""
    parser.add_argument(old, action=_Renamed, nargs="?", const=new, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


class _Renamed(argparse.Action):
    """An option that has another name now (`const`), whatever stands behind it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
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


def location_words(options: argparse.Namespace) -> list[str]:
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


def spark_settings(options: argparse.Namespace) -> dict[str, str]:
    """The settings of `--conf spark.key=value`, a later one over an earlier one."""
    return {key.strip(): value.strip() for key, _, value in (text.partition("=") for text in options.settings)}
