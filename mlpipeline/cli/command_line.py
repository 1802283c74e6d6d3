"""The words of a command line: global options anywhere, verbs that are meant, and mistakes in one line."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import NoReturn

from mlpipeline.cli.options import global_flags, is_setting
from mlpipeline.cli.verbs import Verb
from mlpipeline.errors import UsageError, did_you_mean

_ABOUT = ("-h", "--help", "--version")
# Verbs that have another name now: the old one is answered with it, and nothing else is kept of it.
RENAMED = {"conf lint": "spark lint", "turn": "scheduled-run"}


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are errors of the house: one line with what was probably meant, exit code 2.

    `counts` has how often each argument stood on the line, by its name in the namespace, whatever its value.
    """

    @cached_property
    def counts(self) -> Counter[str]:
        """Filled while a line is parsed."""
        return Counter()

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> object:
        # `--conf spark.key=value` is no folder, though both have the name `conf`.
        self.counts[action.dest] += not any(map(is_setting, arg_strings))
        return super()._get_values(action, arg_strings)

    def error(self, message: str) -> NoReturn:
        """Raises UsageError instead of printing the usage and ending the process."""
        raise UsageError(message, fix=f"`{self.prog} --help` says what it takes")

    def parse_known_args(  # type: ignore[override]  # argparse's own gives a namespace of any class back
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does, but an option that a verb does not have is named before its value is taken for a word."""
        passes_on = any(action.nargs == argparse.REMAINDER for action in self._actions)  # `submit SCRIPT ...`
        if self._subparsers is None and args is not None and not passes_on:
            words = list(args)
            for word in words[: words.index("--")] if "--" in words else words:
                flag = word.partition("=")[0]
                if flag.startswith("--") and not any(known.startswith(flag) for known in self._option_string_actions):
                    self.refuse_rest([word])
        return super().parse_known_args(args, namespace)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            text = f"{value!r} is none of {', '.join(known)}{did_you_mean(str(value), known)}"
            raise argparse.ArgumentError(action, text)

    def refuse_rest(self, rest: Sequence[str]) -> NoReturn:
        """Raises UsageError for words that nothing takes, with the flag that the first of them is like."""
        flag = rest[0].partition("=")[0]
        if flag.startswith("-"):
            shown = [name for name, action in self._option_string_actions.items() if action.help != argparse.SUPPRESS]
            self.error(f"there is no option {flag}{did_you_mean(flag, shown)}")
        hint = ", did you mean --select?" if "/" in flag and "--select" in self._option_string_actions else ""
        self.error(f"nothing takes the word {flag!r}{hint}")


def leading_options(arguments: Sequence[str]) -> list[str]:
    """The names of the options that stand before the verb: `store`, `conf`, ..."""
    return [word.partition("=")[0].lstrip("-") for word in _split(arguments)[0] if word.startswith("-")]


def arranged(arguments: Sequence[str], verbs: Mapping[str, Verb]) -> list[str]:
    """The same words with the verb in front: global options may stand before it and within it.

    Args:
        arguments: as they were typed.
        verbs: all there are, one or two words each.

    Raises:
        UsageError: a word stands where a verb should and is none.
    """
    groups = {name.split()[0] for name in verbs if " " in name}
    leading, rest = _split(arguments)
    if not rest or rest[0] in _ABOUT:
        return rest
    verb, rest = rest[0], rest[1:]
    if verb.startswith("-"):
        raise UsageError(
            f"there is no option {verb} before a verb{did_you_mean(verb, global_flags())}",
            fix="`mlpipeline --help` lists the verbs; their own options stand behind them",
        )
    if verb not in groups:
        if verb not in verbs:
            both = " ".join([verb, *_split(rest)[1][:1]])
            raise _no_verb(both if both in RENAMED else verb, verbs)
        return [verb, *_read(leading, verb, verbs), *rest]
    more, rest = _split(rest)
    if not rest or rest[0] in _ABOUT:
        return [verb, *rest]
    if rest[0].startswith("-") or f"{verb} {rest[0]}" not in verbs:
        raise _no_verb(f"{verb} {rest[0]}", verbs)
    name = f"{verb} {rest[0]}"
    return [verb, rest[0], *_read(leading, name, verbs), *more, *rest[1:]]


def _read(leading: Sequence[str], name: str, verbs: Mapping[str, Verb]) -> list[str]:
    """The options before the verb, without `--store` and `--conf DIR` where the verb reads them not.

    There they say where all verbs find things, as the environment variables do; behind the verb they would be ignored.
    """
    kept, words = list[str](), iter(leading)
    for word in words:
        flag, equals, value = word.partition("=")
        rest = [] if equals or flag not in ("--store", "--conf") else [next(words, "")]
        value = rest[0] if rest else value
        is_place = flag == "--store" or (flag == "--conf" and not is_setting(value))
        if not is_place or flag.removeprefix("--") in verbs[name].reads:
            kept += [word, *rest]
    return kept


def _no_verb(word: str, verbs: Collection[str]) -> UsageError:
    first, _, last = word.partition(" ")
    if word in RENAMED:
        return UsageError(
            f"{word} is {RENAMED[word]} now", fix=f"`mlpipeline {RENAMED[word]} --help` says what it takes"
        )
    if last:
        own = [name for name in verbs if name.startswith(f"{first} ")]
        return UsageError(f"no verb {word!r}{did_you_mean(word, own)}", fix=f"there are: {', '.join(own)}")
    whole = [name for name in verbs if name.endswith(f" {word}")]  # `check` of `denoise check`
    firsts = {name.split()[0] for name in verbs}
    hint = f", did you mean {' or '.join(whole)}?" if whole else did_you_mean(word, [*firsts, *verbs])
    return UsageError(f"no verb {word!r}{hint}", fix="`mlpipeline --help` lists them")


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """(global options in front, the rest)."""
    taking = global_flags()
    at = 0
    while at < len(words):
        flag, equals, _ = words[at].partition("=")
        if flag not in taking:
            break
        at += 2 if taking[flag] and not equals else 1
    return list(words[:at]), list(words[at:])
