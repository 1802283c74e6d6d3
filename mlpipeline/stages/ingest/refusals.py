"""What tasks tell of the files that they read: refused, without utterances, or with notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import Row

from mlpipeline.bots import Bot
from mlpipeline.errors import Failure
from mlpipeline.spark.counters import Counters, FileNews


def tell_useless(counters: Counters, news: FileNews, file: Row, why: Failure) -> None:
    """Tells from a task why nothing can be had from a file, a row of `source_file`."""
    counters.tell_useless(news, str(Bot(file["domain"], file["lang"])), file["path"], why)


def tell_notes(counters: Counters, file: Row, notes: str) -> None:
    """Tells from a task what the owner of a file, a row of `source_file`, should know of it."""
    counters.tell_notes(str(Bot(file["domain"], file["lang"])), file["path"], notes)


def tell_refused(files: Sequence[Row], counters: Counters) -> None:
    """Makes a bot's failure of the files that its tasks refused, and a warning of those that hold no utterances.

    A file without any (Rasa's domain.yml beside nlu.yml) is refused too where the bot has no other.
    """
    told = counters.values
    bots: dict[str, list[Row]] = {}
    for file in files:
        bots.setdefault(str(Bot(file["domain"], file["lang"])), []).append(file)
    for bot, own in bots.items():
        idle = [file for file in own if ("idle", bot, file["path"]) in told.useless]
        kinds: tuple[FileNews, ...] = ("refused", "idle") if len(idle) == len(own) else ("refused",)
        keys = [(kind, bot, file["path"]) for file in own for kind in kinds]
        whys = [told.useless[key] for key in keys if key in told.useless]
        if whys:
            more = ", ".join(why.where for why in whys[1:6]) + (", ..." if len(whys) > 6 else "")
            also = f" (also refused: {more})" if more else ""
            counters.fail(bot, replace(whys[0], what=whys[0].what + also))
        notes = [told.file_notes[bot, file["path"]] for file in own if (bot, file["path"]) in told.file_notes]
        if idle:
            notes.append(f"nothing was read from {', '.join(file['name'] for file in idle)}: no `nlu:` section")
        if notes and not whys:
            counters.warn(bot, "; ".join(notes))
