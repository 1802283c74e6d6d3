"""Files that `ingest` refused, known until they or the way to read them change: a plan says it without Spark."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

from mlpipeline.errors import InputError, StoreError
from mlpipeline.stages.contract import Job, Outcome
from mlpipeline.store.layout import Store

Refusals = dict[str, dict[str, str]]
_CACHE = ("cache", "refused.json")
_WORDS = ("what", "where", "fix")


def read_refusals(store: Store) -> Refusals:
    """Bot -> what its files were refused with, and the `fingerprint` of what would have been made of them."""
    try:
        read = json.loads(store.read(store.path(*_CACHE)) or b"{}")
    except ValueError:
        return {}
    whole = read.items() if isinstance(read, dict) else ()
    return {bot: one for bot, one in whole if isinstance(one, dict) and {*_WORDS, "fingerprint"} <= one.keys()}


def keep_refusals(store: Store, jobs: Sequence[Job], outcome: Outcome) -> None:
    """Remembers which of these bots' files were refused, and forgets what was known of the others."""
    before = read_refusals(store)
    kept = {bot: one for bot, one in before.items() if bot not in {job.bot for job in jobs}}
    for job in jobs:
        why = outcome.failed.get(job.bot)
        if why is not None and why.refused:
            kept[job.bot] = {
                "fingerprint": job.provenance.fingerprint,
                "what": why.what,
                "where": why.where,
                "fix": why.fix,
            }
    if kept != before:
        with suppress(StoreError):  # only time is lost: they are read again
            store.write(store.path(*_CACHE), json.dumps(kept, ensure_ascii=False).encode())


def check_refusal(known: Mapping[str, Mapping[str, str]], bot: str, fingerprint: str) -> None:
    """Raises InputError where a bot's files were refused and nothing has changed since."""
    one = known.get(bot)
    if one is not None and one["fingerprint"] == fingerprint:
        raise InputError(one["what"], where=one["where"], fix=f"{one['fix']}; `--force ingest` reads it again")
