"""What a bot says for each intent: the file that a person writes, read as it is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from mlpipeline.errors import InputError, RecipeError
from mlpipeline.inputs import spelled
from mlpipeline.recipe.origins import Layer, read_texts
from mlpipeline.store.corpus.message_files import check_utf8

_KEYS = ("answer", "question")
_SHAPE = "write `intent: answer`, or `intent: {question: ..., answer: ...}`"
_SHOWN = 8


def read_answers(path: str, name: str, lang: str | None = None) -> dict[str, dict[str, str]]:
    """The answers file of a bot, YAML: `{intent: answer}` or `{intent: {question: ..., answer: ...}}`.

    Every word is a text as it is written, whatever YAML makes of it; intents are in NFC without outer blanks, as those
    of a corpus are.

    Args:
        path: of the file.
        name: what the recipe calls it, for messages.
        lang: tag of the bot's language, for the encoding that a message proposes.

    Raises:
        InputError: it cannot be read or is not of that shape; an intent or a key stands twice; a key that nobody reads.
    """
    try:
        with open(spelled(path), "rb") as stream:
            raw = stream.read()
        check_utf8(raw, name, lang)
        layer = read_texts(raw, name)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise InputError(what, where=name, fix="correct release.answers, or the file's permissions") from error
    except RecipeError as error:
        raise InputError(error.what, where=error.where, fix=error.fix) from error
    if not layer.data:
        raise InputError("no answer in it", where=name, fix=_SHAPE)
    return {intent: _entry(intent, entry, layer) for intent, entry in layer.data.items()}


def _entry(intent: str, entry: object, layer: Layer) -> dict[str, str]:
    if not intent:
        raise InputError("an intent without a name", where=layer.where(intent), fix=_SHAPE)
    entry = {"answer": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, dict):
        what = f"{intent} has no answer" if entry is None else f"the answer of {intent} is a list"
        raise InputError(what, where=layer.where(intent), fix=_SHAPE)
    for key, value in entry.items():
        where = layer.where(f"{intent}.{key}")
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, n=1)
            meant = f", did you mean {close[0]}?" if close else ""
            raise InputError(f"nobody reads {key} of {intent}{meant}", where=where, fix=_SHAPE)
        if value is not None and not isinstance(value, str):
            raise InputError(f"the {key} of {intent} is no text", where=where, fix=_SHAPE)
    answer = entry.get("answer")
    if not answer or not answer.strip():
        raise InputError(f"{intent} has no text under `answer`", where=layer.where(intent), fix=_SHAPE)
    return {"question": entry.get("question") or "", "answer": answer}


def unmatched(answers: Mapping[str, object], intents: Iterable[str]) -> list[str]:
    """What a person should know of answers and intents that do not meet, in words.

    Args:
        answers: by intent, as the file has them.
        intents: those of the bot.
    """
    known = set(intents)
    without, unknown = sorted(known - answers.keys()), sorted(answers.keys() - known)
    told = []
    if without:
        count = f"{len(without):,} of {len(known):,} intents have no answer"
        told.append(f"{count}: {_some(without)}")
    if unknown:
        count = f"{len(unknown):,} of {len(answers):,} answers are of no intent of the bot"
        told.append(f"{count}: {', '.join(_with_hint(name, without) for name in unknown[:_SHOWN])}{_more(unknown)}")
    return told


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + _more(names)


def _more(names: list[str]) -> str:
    return f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""


def _with_hint(name: str, without: list[str]) -> str:
    close = difflib.get_close_matches(name, without, n=1, cutoff=0.8)
    return f"{name} (did you mean {close[0]}?)" if close else name
