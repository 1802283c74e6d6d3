"""`mlpipeline models`: the versions of bots' models, what one of them is, and in what two differ."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from mlpipeline.cli.bots import meant_version
from mlpipeline.cli.columns import draw_chosen, read_columns, rows_where, table_options
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import choosing_options, refuse_ignored
from mlpipeline.cluster.doctor.finding import amount
from mlpipeline.errors import StoreError
from mlpipeline.orders.known_bots import chosen_bots
from mlpipeline.orders.models import describe_model, diff_models, model_rows
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.released import find_released

_VERSION = "BOT[@VERSION]"
_ABOUT = "DOMAIN/LANG@VERSION, by a number or an alias such as previous; without one: the champion"


def add_ls(parser: argparse.ArgumentParser) -> None:
    """The arguments of `models ls`."""
    choosing_options(parser)
    table_options(parser)
    parser.set_defaults(verb=ls_verb)


def add_show(parser: argparse.ArgumentParser) -> None:
    """The arguments of `models show`."""
    parser.add_argument("model", metavar=_VERSION, help=_ABOUT)
    parser.set_defaults(verb=show_verb)


def add_diff(parser: argparse.ArgumentParser) -> None:
    """The arguments of `models diff`."""
    parser.add_argument("before", metavar=_VERSION, help=_ABOUT)
    parser.add_argument("after", metavar=_VERSION, help="the other version")
    parser.set_defaults(verb=diff_verb)


def ls_verb(context: CommandContext) -> int:
    """Lists the registered versions of bots, the newest of each first."""
    if context.options.json:
        refuse_ignored(context.options, ("wide",), "is for tables: --json has every column, and cuts nothing")
    bots = sorted(chosen_bots(released_bots(context.store), context.options.select, context.options.exclude))
    rows = [asdict(row) for row in model_rows(context.store, bots)]
    if not rows:
        context.print_result([], f"no version of a model yet in {context.store.root}: `mlpipeline run` makes them")
        return 0
    names = list(rows[0])
    found = rows_where(rows, context.options.where)
    columns = read_columns(context.options.columns, names)
    drawn = [{**row, "size": amount(row["size"])} for row in found]
    context.print_result(
        [{name: row[name] for name in columns or names} for row in found], draw_chosen(drawn, names, context.options)
    )
    return 0


def show_verb(context: CommandContext) -> int:
    """Prints what is known of a version: aliases, figures, digests, limits, and the last moves of its bot."""
    bot, version = meant_version(context, context.options.model)
    facts = describe_model(context.store, find_released(context.store, bot, version))
    context.print_result(facts, _as_text(facts))
    return 0


def diff_verb(context: CommandContext) -> int:
    """Prints in what two versions differ; `compare` asks them the same rows."""
    first, second = (
        find_released(context.store, *meant_version(context, text))
        for text in (context.options.before, context.options.after)
    )
    found = diff_models(context.store, first, second)
    context.print_result(found, _diff_text(found))
    return 0


def released_bots(store: Store) -> set[str]:
    """The bots that bundles were made of. Raises StoreError where the store is no folder of this machine."""
    if not store.is_local:
        raise StoreError("bundles lie in a folder", where=store.root, fix="run this where the store is one")
    places = Path(store.path("bundles")).glob("[!.]*/[!.]*")
    return {f"{place.parent.name}/{place.name}" for place in places if place.is_dir()}


def _as_text(facts: Mapping[str, object]) -> str:
    moves = facts["moves"]
    plain = {key: value for key, value in facts.items() if key not in ("moves", "tags", "metrics", "thresholds")}
    lines = [f"{key:<14} {_plain(value)}" for key, value in plain.items()]
    for group in ("metrics", "thresholds", "tags"):
        values = facts[group]
        assert isinstance(values, Mapping)
        lines += ["", group, *(f"  {key:<20} {_plain(value)}" for key, value in values.items())]
    assert isinstance(moves, list)
    if moves:
        lines += ["", "moves"]
    for move in moves:
        why = f": {move['why']}" if move["why"] else ""
        lines.append(
            f"  {move['when']}  {move['alias']} {_plain(move['from'])} -> {_plain(move['to'])}"
            f"  {move['how']} by {move['who']}{why}"
        )
    return "\n".join(lines)


def _diff_text(found: Mapping[str, object]) -> str:
    lines = [f"{found['before']} -> {found['after']}"]
    if found["same_bundle"]:
        return f"{lines[0]}: the same bundle"
    same = {"same_data": "data", "same_weights": "weights"}
    lines += [f"{name:<12} {'the same' if found[key] else 'differ'}" for key, name in same.items()]
    for key in ("intents_added", "intents_removed", "answers_changed", "files_changed"):
        values = found[key]
        if isinstance(values, list) and values:
            lines.append(f"{key.replace('_', ' '):<16} {', '.join(map(str, values))}")
    for group in ("metrics", "thresholds", "recipe"):
        changes = found[group]
        if isinstance(changes, Mapping) and changes:
            lines += [
                "",
                group,
                *(f"  {key:<28} {_plain(old)} -> {_plain(new)}" for key, (old, new) in changes.items()),
            ]
    return "\n".join(lines)


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)
