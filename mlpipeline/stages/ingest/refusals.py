"""What tasks tell of the files that they read: refused, without utterances, or with notes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pyspark.sql import Row

from mlpipeline.bots import Bot
from mlpipeline.spark.counters import Counters


def told_as(kind: str, file: Row) -> str:
    """The counter that holds what is told of a file: `noted`, `idle` (no utterances in it) or `refused`."""
    return f"text:{kind}:{file['domain']}/{file['lang']}:{file['path']}"


def tell_refused(files: Sequence[Row], counters: Counters) -> None:
    """Makes a bot's failure of the files that its tasks refused, and a warning of those that hold no utterances.

    A file without any (Rasa's domain.yml beside nlu.yml) is refused too where the bot has no other.
    """
    told = counters.values
    bots: dict[str, list[Row]] = {}
    for file in files:
        bots.setdefault(str(Bot(file["domain"], file["lang"])), []).append(file)
    for bot, own in bots.items():
        idle = [file for file in own if told_as("idle", file) in told]
        kinds = ("refused", "idle") if len(idle) == len(own) else ("refused",)
        whys = [json.loads(told[key]) for file in own for kind in kinds if (key := told_as(kind, file)) in told]
        if whys:
            more = ", ".join(why["where"] for why in whys[1:6]) + (", ..." if len(whys) > 6 else "")
            also = f" (also refused: {more})" if more else ""
            counters.put(
                f"text:failed:{bot}",
                json.dumps({**whys[0], "what": whys[0]["what"] + also, "trace": "", "refused": "1"}),
            )
        notes = [told[key] for file in own if (key := told_as("noted", file)) in told]
        if idle:
            notes.append(f"nothing was read from {', '.join(file['name'] for file in idle)}: no `nlu:` section")
        if notes and not whys:
            counters.put(f"text:warning:{bot}", "; ".join(notes))
