"""The errors of the house: each says what is wrong, where, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like `word`, in whatever case; None where none is like it."""
    names = {one.casefold(): one for one in known}
    close = difflib.get_close_matches(word.casefold(), names, n=1)
    return names[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`, did you mean shop/ko?`, to stand behind what is wrong with `word`; empty where no known word is like it."""
    found = nearest(word, known)
    return f", did you mean {found}?" if found else ""


class MLPipelineError(Exception):
    """Base of all errors that a user is meant to read.

    Args:
        what: what is wrong, one sentence without a full stop.
        where: file, line, key or bot; empty when the sentence already says it.
        fix: what to do next, one imperative sentence.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" -> {self.fix}" if self.fix else ""
        return f"{place}{self.what}{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        # Raised in a worker, read on the driver: keyword-only arguments do not survive the default.
        return _rebuild, (type(self), self.what, self.where, self.fix)


def _rebuild(kind: type[MLPipelineError], what: str, where: str, fix: str) -> MLPipelineError:
    return kind(what, where=where, fix=fix)


@dataclass(frozen=True)
class Failure:
    """What is kept of an error that cost a bot its stage.

    `what`, `where` and `fix` are those of an MLPipelineError, `trace` is empty where nothing was raised, `stage` is the
    word of the stage, known once its run is over. `refused` says that the bot's files were refused: until they or the
    way to read them change, another run would say the same.
    """

    what: str
    where: str = ""
    fix: str = ""
    trace: str = ""
    stage: str = ""
    refused: bool = False


class UsageError(MLPipelineError):
    """The command line asks for something that does not exist or makes no sense."""

    exit_code = 2


class RecipeError(MLPipelineError):
    """A configuration file cannot be read, or a key or value in it is wrong."""

    exit_code = 2


class SetupError(MLPipelineError):
    """The machine lacks something that every run needs (Python, Java, jars, permissions)."""


class InputError(MLPipelineError):
    """A file of utterances cannot be used at all; single bad rows are rejected, not raised."""


class StoreError(MLPipelineError):
    """The store cannot be read or written."""


class StageError(MLPipelineError):
    """A stage could not do its work for a bot."""
