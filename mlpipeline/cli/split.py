"""`mlpipeline split check`: what a split lets through, of a file or of a bot in the store."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.file_rows import FileRows, LeftOut, read_rows, refuse_map
from mlpipeline.cli.files import write_csv
from mlpipeline.cli.labelled_file import writable
from mlpipeline.cli.options import refuse_ignored
from mlpipeline.cli.split_samples import bot_samples
from mlpipeline.cli.tables import cut, draw
from mlpipeline.errors import InputError, UsageError
from mlpipeline.languages.folding import folder
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.evaluation.leaks import KINDS, Leak, Leaks, Sample, find_leaks
from mlpipeline.orders.labelled_texts import NOTHING_LEFT, read_settings
from mlpipeline.recipe.fields import CleanSection, Language
from mlpipeline.store.corpus.files import format_of, parse_map
from mlpipeline.store.corpus.rows import Mapped
from mlpipeline.store.corpus.table_hints import proposed_map

_WORST = 50
_CELLS = 34
# What the rows of a file have no field for travels in these: a split is checked, not imported.
_CARRIED = {"split": "source", "id": "annotator"}
_MISSING = re.compile(r" for the [a-z ]+;")  # the fields of a message, and not its columns


def add_check(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("what", metavar="FILE|BOT", help="labelled file with a split column, or DOMAIN/LANG")
    parser.add_argument(
        "--map",
        default="",
        metavar="text=question,split=fold",
        help="column names of the file: text, split, intent, parent, and id, by which parent may name a row",
    )
    parser.add_argument("--lang", metavar="TAG", help="the file's language, so that texts are folded as a bot's are")
    parser.add_argument(
        "--threshold", type=float, metavar="J", help="Jaccard similarity of near duplicates (default: the recipe's)"
    )
    parser.add_argument("--to", metavar="FILE.csv", help="write all pairs, not only the worst 50")
    parser.epilog = (
        "exit codes: 0 no leak, 1 leaks (or the store fails), 2 a file that cannot be used or a wrong command line"
    )
    parser.set_defaults(verb=check_verb)


def check_verb(context: CommandContext) -> int:
    """Prints how many rows leak between the splits and the worst pairs; 1 when any does."""
    what, named = context.options.what, context.options.to
    place = writable("list", named, what) if named else None
    warnings: list[str] = []
    if os.path.exists(what):
        refuse_ignored(context.options, ("store",), "is for a bot, and a file is checked")
        refuse_map(context.options, what)
        name, (language, _, clean) = what, read_settings(context.conf, context.options.lang, [])
        samples, found = read_samples(what, context.options.map)
        left_out, warnings = found.left_out, found.warnings
    elif what.count("/") == 1 and "." not in what:
        refuse_ignored(context.options, ("map", "lang"), "is for a file, and a bot is checked")
        name = meant_bot(context, what)
        recipe, left_out = context.recipe(name).recipe, LeftOut()
        samples, language, clean = bot_samples(context, name), recipe.language, recipe.clean
    else:
        raise UsageError("no such file", where=what, fix="name a labelled file, or a bot as DOMAIN/LANG")
    try:
        leaks = _leaks_of(samples, language, clean, context.options.threshold)
    except InputError as error:
        raise UsageError(error.what, where=name, fix=error.fix) from None
    for sample in leaks.empty:
        left_out.add("empty", sample.line, NOTHING_LEFT)
    if left_out.counts:
        context.say(f"{name}: left out: {left_out}")
    for line in warnings:
        context.say(f"warning: {name}: {line}")
    if place:
        write_pairs(leaks.pairs, place)
        context.say(f"{len(leaks.pairs):,} pairs in {place}")
    if leaks.skipped:
        context.say(f"note: {leaks.skipped:,} comparisons were left out, of texts that share all they have with many")
    counts = {**as_json(name, leaks), "left_out": dict(left_out.counts), "warnings": warnings}
    context.print_result(counts, _as_text(name, leaks))
    return 1 if leaks.pairs else 0


def _leaks_of(
    samples: Sequence[Sample], language: Language, clean: CleanSection, threshold_option: float | None
) -> Leaks:
    threshold = clean.near_threshold if threshold_option is None else threshold_option
    if not 0 < threshold <= 1:
        raise UsageError(f"--threshold {threshold:g} is no similarity", fix="write a number above 0, at most 1")
    profile = Profile.of(language)
    return find_leaks(samples, normalizer(profile), folder(tuple(clean.fold)), threshold)


def read_samples(path: str, mapping: str) -> tuple[list[Sample], FileRows]:
    """The rows of a file that have a text and a split, and the file with those that have not.

    Raises:
        UsageError: the file cannot be read or has no row with a split, or the mapping names another field.
    """
    columns = _mapping(mapping)
    try:
        found = read_rows(path, columns)
    except UsageError as error:
        raise _in_own_words(error, path, columns) from None
    samples = list[Sample]()
    spelled: dict[str, str] = {}  # Train, train and TRAIN are one split, by the name that stands first
    for row in found.rows:
        if not row.source:
            found.left_out.add("no_split", row.line)
            continue
        split = spelled.setdefault(row.source.strip().casefold(), row.source.strip())
        samples.append(Sample(row.text, split, row.intent, row.parent, row.annotator, row.line))
    if not samples:
        own = {field: column for field, column in columns.items() if field not in _CARRIED.values()}
        raise found.left_out.refusal(path, "no row has a split", ("text", "split"), own)
    return samples, found


def _in_own_words(error: UsageError, path: str, columns: Mapped) -> UsageError:
    """The message of a reader about fields that carry a split and an id; a hint names those."""
    what = _MISSING.sub(lambda found: found[0].replace("source", "split").replace("annotator", "id"), error.what)
    fix = error.fix
    if what != error.what:
        own = {field: column for field, column in columns.items() if field not in _CARRIED.values()}
        fix = proposed_map(path, format_of(path), own, ("text", "split"))
    return UsageError(what, where=error.where, fix=fix)


def _mapping(text: str) -> dict[str, str | None]:
    mapping = {"split": "split", **parse_map(text, ("text", "split", "intent", "parent", "id"))}
    return {_CARRIED.get(field, field): column for field, column in mapping.items()}


def as_json(name: str, leaks: Leaks) -> dict[str, object]:
    """The result for machines: sizes, leaking rows by pair of splits and kind, the worst 50 pairs."""
    rows = [{"splits": list(splits), "rows": leaks.sizes[splits[1]], **counts} for splits, counts in leaks.rows.items()]
    pairs = [_as_dict(pair) for pair in leaks.pairs[:_WORST]]
    counted = {"pairs_found": len(leaks.pairs), "comparisons_left_out": leaks.skipped}
    return {"of": name, "splits": leaks.sizes, "leaking_rows": rows, **counted, "worst": pairs}


def _as_dict(pair: Leak) -> dict[str, object]:
    sides = {
        f"{side}_{field}": getattr(sample, field)
        for side, sample in (("left", pair.left), ("right", pair.right))
        for field in ("split", "line", "intent", "text")
    }
    return {"kind": pair.kind, "similarity": round(pair.similarity, 4), **sides}


def write_pairs(pairs: Iterable[Leak], path: Path) -> None:
    """Writes pairs as CSV, the file as a whole or not at all. Raises UsageError."""
    nobody = Sample("", "")
    head = list(_as_dict(Leak("", 0.0, nobody, nobody)))
    write_csv(path, head, (list(_as_dict(pair).values()) for pair in pairs), UsageError)


def _as_text(name: str, leaks: Leaks) -> str:
    sizes = ", ".join(f"{split} {rows:,}" for split, rows in leaks.sizes.items())
    lines = [f"{name}: {sum(leaks.sizes.values()):,} rows ({sizes})"]
    if len(leaks.sizes) < 2:
        return "\n".join([*lines, "one split only: nothing can leak"])
    if not leaks.pairs:
        return "\n".join([*lines, "no leak: no text, near duplicate or parent stands on two sides"])
    head = ["rows of", "that leak with", *KINDS, "any", "share"]
    cells = []
    for one, other in combinations(leaks.sizes, 2):
        counts = leaks.rows[one, other]
        share = f"{counts['any'] / leaks.sizes[other]:.1%}"
        cells.append([other, one, *(f"{counts[kind]:,}" for kind in (*KINDS, "any")), share])
    lines += ["", draw(head, cells, right=head[2:]), ""]
    shown = leaks.pairs[:_WORST]
    lines.append(f"the worst {len(shown)} of {len(leaks.pairs):,} pairs" if len(shown) > 1 else "the pair")
    head = ["kind", "like", "split", "line", "intent", "text", "split ", "line ", "intent ", "text "]
    rows = [[pair.kind, f"{pair.similarity:.2f}", *_cells(pair.left), *_cells(pair.right)] for pair in shown]
    return "\n".join([*lines, draw(head, rows, right=("like", "line", "line "))])


def _cells(sample: Sample) -> list[str]:
    return [sample.split, str(sample.line), cut(sample.intent or "", 20), cut(" ".join(sample.text.split()), _CELLS)]
