"""`mlpipeline forget`: the vectors of texts removed, and what else holds the texts."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from mlpipeline.cli.context import CommandContext
from mlpipeline.errors import InputError, UsageError
from mlpipeline.orders.forget import Forgotten, forget
from mlpipeline.store.checked import with_store
from mlpipeline.store.corpus.message_files import read_messages

_SHOWN = 40


def add_forget(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("what", metavar="TEXT|FILE", help="a text, or a file with one text a line")
    parser.add_argument("--dry-run", action="store_true", help="only say what holds it; nothing is removed")
    parser.add_argument(
        "--history",
        action="store_true",
        help="remove the earlier versions of all datasets too: `@` and taking back earlier rows end with it",
    )
    parser.epilog = (
        "exit codes: 0 nothing in the store holds it any more; 1 something still does, which is listed; 2 a wrong "
        "command line"
    )
    parser.set_defaults(verb=forget_verb)


def forget_verb(context: CommandContext) -> int:
    """Removes vectors, and names every table, bundle and run that still holds a text."""
    options = context.options
    texts = _texts(options.what)
    told = forget(
        context.store, context.conf, context.recipes(), texts, remove=not options.dry_run, history=options.history
    )
    row = {**asdict(told), "is_delivered": told.is_delivered}
    context.print_result(row, _as_text(told, str(context.store.root), dry=options.dry_run, history=options.history))
    return 1 if told.holders else 0


def _texts(what: str) -> list[str]:
    if not what.strip():
        raise UsageError("no text", fix='write mlpipeline forget "TEXT", or name a file with one text a line')
    if not Path(what).is_file():
        return [what]
    try:
        return sorted({message.text for message in read_messages(what)})
    except InputError as error:
        raise UsageError(error.what, where=error.where, fix=error.fix) from error


def _as_text(told: Forgotten, store: str, *, dry: bool, history: bool) -> str:
    lines = []
    if not dry:
        texts = f"{told.texts:,} text{'s' if told.texts != 1 else ''}"
        lines.append(f"{texts}: {told.vectors:,} vectors removed, {told.old_files:,} files of earlier versions deleted")
    lines += [
        f"  {one.what}: {one.count:,} row{'s' if one.count != 1 else ''}{f' from {one.where}' if one.where else ''}"
        if "/" in one.what and " " not in one.what
        else f"  {one.what}"
        for one in told.holders[:_SHOWN]
    ]
    if told.holders:
        lines.insert(0 if dry else 1, "these still hold it:")
    if len(told.holders) > _SHOWN:
        lines.append(f"  and {len(told.holders) - _SHOWN:,} more: --json lists all")
    if told.is_delivered:
        run = f"`mlpipeline run{with_store(store)}`"
        lines.append(f"take it out of its files, then {run} and forget again; bundles and runs are yours to delete")
    elif told.holders:
        lines.append("a run makes tables anew; bundles and runs are yours to delete")
    if not history:
        lines.append("earlier versions of the datasets may hold it: --history removes them")
    lines.append(
        "models, encoders and the index of near duplicates learnt from it as numbers; a new run makes them anew"
    )
    return "\n".join(lines)
