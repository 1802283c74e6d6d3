"""`mlpipeline contradictions`: the same or nearly the same text under two labels, in a bot or between bots."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mlpipeline.bots import Bot
from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.files import check_target, write_csv
from mlpipeline.cli.tables import cut, draw
from mlpipeline.errors import InputError, StoreError, UsageError, did_you_mean
from mlpipeline.orders.contradictions import Contradiction, Side, find_between, find_contradictions, ordered, read_bot
from mlpipeline.orders.known_bots import known_bots
from mlpipeline.orders.translations import read_pairs, translation_files
from mlpipeline.store.tables.manifests import load_manifest

_SHOWN = 50
_KINDS = {
    "same": "the same text",
    "spelling": "labels that differ by case, width, separators or the form of a number",
    "pair": "translations of each other",
    "near": "nearly the same text",
}


def add_contradictions(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("what", metavar="BOT|DOMAIN", help="DOMAIN/LANG, or a domain: all of its bots")
    parser.add_argument(
        "--pairs",
        metavar="FILE",
        help="translations: CSV, TSV or JSONL with the columns left and right, each a text or the id of a row; "
        "without it, of a domain, what its recipe names under ingest.translations",
    )
    parser.add_argument("--to", metavar="FILE.csv", help=f"write all of them, not only the first {_SHOWN}")
    parser.epilog = (
        "exit codes: 0 listed, or nothing to list; 1 the store or a file that the recipe names fails; "
        "2 a file of --pairs or --to that cannot be used or a wrong command line"
    )
    parser.set_defaults(verb=contradictions_verb)


def contradictions_verb(context: CommandContext) -> int:
    """Lists what contradicts itself, with labels, counts, sources, owners and the models' opinion."""
    place = check_target("--to", Path(context.options.to)) if context.options.to else None
    try:
        pairs = [pair for file in _files(context) for pair in read_pairs(file)]
    except InputError as error:
        # A file that the recipe names is input; one that is named here is a wrong command line.
        if not context.options.pairs:
            raise
        raise UsageError(error.what, where=error.where, fix=error.fix) from error
    bots = [read_bot(context.store, bot) for bot in _bots(context)]
    contradictions = [contradiction for bot in bots for contradiction in find_contradictions(bot)]
    if pairs:
        between, lost = find_between(bots, pairs)
        contradictions += between
        if lost:
            context.say(f"note: {lost:,} of {len(pairs):,} pairs have no row in two bots of {context.options.what}")
    contradictions = ordered(contradictions)
    if place:
        write_contradictions(contradictions, place)
        context.say(f"{len(contradictions):,} contradictions in {place}")
    context.print_result(
        [contradiction.as_dict() for contradiction in contradictions], _as_text(context.options.what, contradictions)
    )
    return 0


def _files(context: CommandContext) -> list[str]:
    """The file that is named, else those of the domain's recipes; a store can be asked where no recipe is."""
    domain = context.options.what
    if context.options.pairs:
        return [context.options.pairs]
    if "/" in domain or not (context.conf / "domains" / domain).is_dir():
        return []
    return sorted(set(translation_files(context.recipes(f"domain:{domain}")).values()))


def _bots(context: CommandContext) -> list[str]:
    what = context.options.what
    known = sorted(load_manifest(context.store, "cleaned").entries)
    domains = {Bot.parse(bot).domain for bot in known_bots(context.store, context.conf)}
    if "/" not in what and domains and what not in domains:
        raise UsageError(
            f"there is no domain {what}{did_you_mean(what, domains)}", fix=f"there are: {', '.join(sorted(domains))}"
        )
    chosen = [meant_bot(context, what)] if "/" in what else [bot for bot in known if Bot.parse(bot).domain == what]
    missing = [bot for bot in chosen if bot not in known] or ([] if chosen else [what])
    if missing:
        fix = "`mlpipeline ls` names the bots; `mlpipeline run --select ... --to-stage clean` cleans one"
        raise StoreError(f"no cleaned rows of {missing[0]}", where=context.store.root, fix=fix)
    return chosen


def write_contradictions(contradictions: Sequence[Contradiction], path: Path) -> None:
    """Writes one line a side, sides of one contradiction under one number. Raises UsageError."""
    head = ["number", "kind", "similarity", "bot", "intent", "text", "rows", "verified", "sources", "owners"]
    rows = [
        [number, contradiction.kind, f"{contradiction.similarity:.4f}", *_line(side)]
        for number, contradiction in enumerate(contradictions, 1)
        for side in contradiction.sides
    ]
    write_csv(path, [*head, "suggested", "doubt", "score"], rows, UsageError)


def _line(side: Side) -> list[object]:
    cells = [side.bot, side.intent, side.text, side.rows, side.verified, " ".join(side.sources), ", ".join(side.owners)]
    return [*cells, side.suggested, *("" if value is None else f"{value:.4f}" for value in (side.doubt, side.score))]


def _as_text(what: str, contradictions: Sequence[Contradiction]) -> str:
    if not contradictions:
        return f"{what}: no text stands under two labels"
    counts = [
        f"{sum(contradiction.kind == kind for contradiction in contradictions):,} {words}"
        for kind, words in _KINDS.items()
    ]
    counted = ", ".join(count for count in counts if not count.startswith("0 "))
    cells = [
        cell
        for number, contradiction in enumerate(contradictions[:_SHOWN], 1)
        for cell in _cells(number, contradiction)
    ]
    head = ["", "kind", "like", "bot", "intent", "rows", "verified", "owners", "model", "text"]
    more = (
        [f"and {len(contradictions) - _SHOWN:,} more: --to FILE.csv writes all"] if len(contradictions) > _SHOWN else []
    )
    return "\n".join([f"{what}: {counted}", "", draw(head, cells, right=("", "like", "rows", "verified")), *more])


def _cells(number: int, contradiction: Contradiction) -> list[list[str]]:
    rows = []
    for place, side in enumerate(contradiction.sides):
        first = [str(number), contradiction.kind, f"{contradiction.similarity:.2f}"] if place == 0 else ["", "", ""]
        owners = ", ".join(side.owners) or " ".join(side.sources)
        texts = [cut(side.intent, 24), str(side.rows), str(side.verified or ""), cut(owners, 20), _opinion(side)]
        rows.append([*first, side.bot, *texts, cut(" ".join(side.text.split()), 40)])
    return rows


def _opinion(side: Side) -> str:
    if side.suggested is None:
        return ""
    if side.doubt is not None:
        if side.doubt < 0.5:
            return f"right {1 - side.doubt:.2f}"
        return f"wrong {side.doubt:.2f}: {cut(side.suggested, 24)}"
    return f"{cut(side.suggested, 24)} {side.score:.2f}" if side.score is not None else cut(side.suggested, 24)
