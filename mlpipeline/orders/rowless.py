"""Bots of which nothing is left: told in words, with the reason, before a later stage stumbles over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from mlpipeline.errors import InputError
from mlpipeline.stages.contract import Stage
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.manifests import Manifest


def check_rows(manifest: Callable[[str], Manifest], stage: Stage, bot: str) -> None:
    """Raises InputError when a stage was done for a bot and left it no row.

    Args:
        manifest: dataset -> its manifest.
        stage: any stage; those that leave nothing out pass.
        bot: its name.
    """
    if stage.must_keep is None:
        return
    entry = manifest(stage.must_keep).entries.get(bot)
    if entry is None or entry.rows:
        return
    if stage.dropped is None:
        fix = "name labelled files under ingest.files, or the column of the intents under ingest.map"
        raise InputError("no row has an intent: there is nothing to learn from", where=bot, fix=fix)
    left_out = manifest(stage.dropped).entries.get(bot)
    raise _no_rows(stage, bot, left_out.rows if left_out else 0)


def find_rowless(
    store: Store, manifest: Callable[[str], Manifest], stage: Stage, bots: Iterable[str]
) -> dict[str, InputError]:
    """The bots that a stage has just left without a row, with what it said of the rows that it left out."""
    found = {}
    for bot in bots:
        try:
            check_rows(manifest, stage, bot)
        except InputError as error:
            found[bot] = _with_reasons(store, stage, bot, error)
    return found


def _no_rows(stage: Stage, bot: str, count: int) -> InputError:
    if not count:
        return InputError("its files have no rows", where=bot, fix="put utterances there")
    what = f"no usable row in its files: all {count:,} were {stage.words.left_out}"
    return InputError(what, where=bot, fix=f"`mlpipeline show {stage.dropped} {bot}` lists why")


def _with_reasons(store: Store, stage: Stage, bot: str, error: InputError) -> InputError:
    if stage.dropped is None or not error.fix.startswith("`"):
        return error
    columns = ["reason", "detail", "origin_file", "origin_line"]
    rows = read_rows(store, stage.dropped, bots=[bot], columns=columns).to_pylist()
    counts = Counter(row["reason"] for row in rows).most_common(3)
    first = min(rows, key=lambda row: (row["origin_file"] or "", row["origin_line"] or 0))
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in counts)
    place = f"{first['origin_file']}:{first['origin_line']}: {first['reason']} ({first['detail']})"
    return InputError(f"{error.what} ({reasons}); the first is {place}", where=error.where, fix=error.fix)
