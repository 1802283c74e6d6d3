"""`mlpipeline gc`: removes old versions of models, and what killed releases left behind."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.models import released_bots
from mlpipeline.cli.options import choosing_options
from mlpipeline.cli.tables import draw
from mlpipeline.cluster.doctor.finding import amount
from mlpipeline.errors import UsageError
from mlpipeline.orders.garbage import collect_garbage
from mlpipeline.orders.known_bots import chosen_bots

_KEPT = 5


def add_gc(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    choosing_options(parser)
    parser.add_argument(
        "--keep", type=int, default=_KEPT, metavar="N", help=f"newest versions of a bot that stay (default {_KEPT})"
    )
    parser.add_argument("--dry-run", action="store_true", help="list what would go, and remove nothing")
    parser.set_defaults(verb=gc_verb)


def gc_verb(context: CommandContext) -> int:
    """What an alias names, and what the tables hold, stays however old it is."""
    options = context.options
    if options.keep < 1:
        raise UsageError(f"--keep {options.keep} would leave nothing", fix="give 1 or more")
    bots = sorted(chosen_bots(released_bots(context.store), options.select, options.exclude))
    garbage, notes = collect_garbage(context.store, bots, options.keep, dry_run=options.dry_run)
    for note in notes:
        context.say(f"note: {note}")
    size = sum(one.size for one in garbage)
    rows = [[one.bot, one.version or "", one.folder, amount(one.size), one.why] for one in garbage]
    table = draw(["bot", "version", "bundle", "size", "why"], rows, right=("version", "size")) if rows else ""
    what = "would be removed" if options.dry_run else "removed"
    text = f"{len(garbage):,} bundles with {amount(size)} {what}" if garbage else "nothing to remove"
    result = {"dry_run": options.dry_run, "size": size, "removed": [asdict(one) for one in garbage]}
    context.print_result(result, f"{table}\n\n{text}" if table else text)
    return 0
