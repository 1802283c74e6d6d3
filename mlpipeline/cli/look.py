"""`mlpipeline ls` and `mlpipeline show`: what is in the store."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.cli.bot_table import draw_bots
from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.columns import Condition, draw_chosen, read_columns, read_conditions, table_options
from mlpipeline.cli.options import Desk, choosing_options
from mlpipeline.errors import InputError, UsageError, did_you_mean
from mlpipeline.orders.outcome import Tables
from mlpipeline.pipeline import DATASETS, SHARED
from mlpipeline.recipe.select import parse_selection
from mlpipeline.schemas import with_objects
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import damaged_table, read_rows
from mlpipeline.store.tables.manifests import load_manifest
from mlpipeline.store.tables.row_counts import count_filled

# What a person may call a row by, before the rest: the columns that choose among bots.
_BOT = ("domain", "lang")
_MOST = 10  # bots that a message names
_SCORES = ("accuracy", "macro_f1", "ece", "test_rows", "report")


def add_ls(parser: argparse.ArgumentParser) -> None:
    """The arguments of `ls`."""
    parser.add_argument("what", nargs="?", choices=("bots", "datasets"), default="bots")
    choosing_options(parser)
    parser.add_argument("--digest", action="store_true", help="a digest of each dataset's rows (order does not count)")
    table_options(parser)
    parser.set_defaults(verb=ls_verb)


def add_show(parser: argparse.ArgumentParser) -> None:
    """The arguments of `show`."""
    parser.add_argument("dataset", help=f"one of: {', '.join(DATASETS)}")
    parser.add_argument("bot", nargs="?", help="DOMAIN/LANG; default: all")
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="rows to print (default 20)")
    table_options(parser)
    parser.set_defaults(verb=show_verb)


def ls_verb(desk: Desk) -> int:
    """Lists what is there."""
    manifests = {name: load_manifest(desk.store, name) for name in DATASETS}
    for name, manifest in manifests.items():
        if manifest.damage:
            raise damaged_table(desk.store, name, manifest.damage)
    known = {bot for manifest in manifests.values() for bot in manifest.entries}
    bots = chosen_bots(known, desk.options.select, desk.options.exclude)
    if desk.options.what == "bots" and not desk.options.digest:
        rows = bot_rows(desk.store, sorted(bot for bot in bots if not bot.startswith("*")))
        what = "bots"
    else:
        rows, what = dataset_rows(desk.store, bots, digest=desk.options.digest), "datasets"
    if not rows:
        desk.give([], f"no {what} yet in {desk.store.root}: `mlpipeline run` makes them")
        return 0
    names = list(rows[0])
    conditions = read_conditions(desk.options.where, names)
    found = [row for row in rows if all(one.holds(row[one.column]) for one in conditions)]
    columns = read_columns(desk.options.columns, names)
    if what == "bots" and found and columns is None:
        text = draw_bots(found, wide=desk.options.wide)
    else:
        text = draw_chosen(found, names, desk.options)
    if conditions:
        text += f"\n\n{len(found)} of {len(rows)} {what}"
    desk.give([{name: row[name] for name in columns or names} for row in found], text)
    return 0


def chosen_bots(known: Collection[str], select: str | None, exclude: Sequence[str]) -> set[str]:
    """Those of the known bots that are asked for; `*/ko`, what all bots of a language share, counts as one.

    Raises:
        UsageError: there are bots, and none of them is chosen.
    """
    tags = {bot.split("/")[1] for bot in known}
    chosen = parse_selection(select).fitted(tags)
    without = [parse_selection(one, option="--exclude").fitted(tags) for one in exclude]
    found = {
        bot
        for bot in known
        if chosen.matches(*bot.split("/")) and not any(one.matches(*bot.split("/")) for one in without)
    }
    if known and not found:
        named = sorted(bot for bot in known if not bot.startswith("*"))
        words = [*named, *(f"domain:{bot.split('/')[0]}" for bot in named), *(f"lang:{tag}" for tag in tags)]
        hint = did_you_mean(str(chosen), words) if chosen else ""
        raise UsageError(f"no bot of the store is chosen{hint}", fix=f"there are: {', '.join(named[:_MOST])}")
    return found


def dataset_rows(store: Store, bots: Collection[str], *, digest: bool) -> list[dict[str, Any]]:
    """One row for each bot of each dataset: its name with the version, rows, fingerprint, and a digest if asked for."""
    rows = []
    for name in DATASETS:
        for bot, entry in sorted(load_manifest(store, name).entries.items()):
            if bot not in bots:
                continue
            row = {"dataset": f"{bot}/{name}@{entry.version}", "rows": entry.rows}
            row |= {"digest": table_digest(store, name, bot)} if digest else {}
            rows.append({**row, "fingerprint": entry.mark.fingerprint})
    return rows


def table_digest(store: Store, dataset: str, bot: str) -> str:
    """16 hex characters of a bot's rows, without the columns that differ between equal runs; order does not count."""
    schema = DATASETS[dataset]
    names = [field.name for field in schema.fields if not (field.metadata or {}).get("volatile")]
    rows = read_rows(store, dataset, bots=[bot], columns=names).select(names)
    lines = sorted(hashlib.sha256(repr(tuple(row.values())).encode()).digest() for row in rows.to_pylist())
    return hashlib.sha256(b"".join(lines)).hexdigest()[:16]


def bot_rows(store: Store, bots: Sequence[str]) -> list[dict[str, Any]]:
    """One row a bot: what it was given, what it learnt from and was tested on, its scores, version, alias, gate.

    `rows` were delivered, `labelled` of them have an intent; `distinct` texts are left of these without repeats and
    near repeats; `learnt` of them the model was fitted on, `test_rows` the scores are of. `low` and `high` are the ends
    of the interval of `accuracy`. None is what is not known yet.
    """
    tables = Tables(store, bots)
    judged = {row["bot"]: row for row in tables.rows("evaluation", _SCORES)}
    released = {row["bot"]: row for row in tables.rows("released", ["version", "alias", "gate"])}
    rows_of = {name: load_manifest(store, name).entries for name in ("utterance", "splits")}
    labelled = count_filled(store, "utterance", "intent", bots)
    rows = []
    for bot in bots:
        score, out = judged.get(bot, {}), released.get(bot, {})
        said = orjson.loads(score.get("report") or "{}")
        delivered, distinct = (entries[bot].rows if bot in entries else None for entries in rows_of.values())
        low, high = said.get("accuracy_interval") or (None, None)
        checks = orjson.loads(out.get("gate") or "[]")
        missed = [check["name"] for check in checks if not check["passed"]]
        rows.append(
            {
                "bot": bot,
                **{"rows": delivered, "labelled": labelled.get(bot), "distinct": distinct},
                "learnt": said.get("train_rows"),
                **{name: score.get(name) for name in ("test_rows", "accuracy")},
                **{"low": low, "high": high},
                **{name: score.get(name) for name in ("macro_f1", "ece")},
                "version": out.get("version"),
                "alias": out.get("alias"),
                "gate": f"refused: {', '.join(missed)}" if missed else "passed" if out else "",
            }
        )
    return rows


def show_verb(desk: Desk) -> int:
    """Prints the first rows of a dataset; vectors and models as their sizes."""
    name, bot = desk.options.dataset, desk.options.bot
    if name not in DATASETS:
        raise UsageError(f"no dataset {name!r}{did_you_mean(name, DATASETS)}", fix=f"there are: {', '.join(DATASETS)}")
    if desk.options.rows < 0:
        raise UsageError(f"--rows {desk.options.rows} is no number of rows", fix="give 0 or more")
    conditions = read_conditions(desk.options.where, DATASETS[name].names)
    bot = None if bot is None else meant_bot(desk, bot)
    if bot is not None and name in SHARED:
        bot = f"*/{bot.split('/')[1]}"
    table = read_rows(desk.store, name, bots=None if bot is None else [bot])
    if not len(table) and bot is not None and bot not in (there := load_manifest(desk.store, name).entries):
        raise InputError(f"nothing of {bot} in {name}", fix=f"bots there are: {', '.join(sorted(there)) or 'none'}")
    found = matching(table, conditions)
    rows = found.slice(0, desk.options.rows).to_pylist()
    names = found.column_names
    if name == "near_pair":
        rows = with_texts(desk.store, rows)
        names = list(rows[0]) if rows else names
    columns = read_columns(desk.options.columns, names)
    rows = [{key: _sized(row[key]) for key in columns or row} for row in rows]
    lines = [{key: _in_a_line(row[key]) for key in row} for row in rows]
    drawn = draw_chosen(lines, names, desk.options, known=_BOT if bot else ())
    counts = f"{len(rows):,} of {len(found):,} rows" + (f" that fit, of {len(table):,}" if conditions else "")
    desk.give([with_objects(row) for row in rows], f"{drawn}\n\n{counts}")
    return 0


def matching(table: pa.Table, conditions: Sequence[Condition]) -> pa.Table:
    """The rows for which all conditions hold; only their columns are looked at."""
    for condition in conditions:
        table = table.filter(pa.array([condition.holds(value) for value in table[condition.column].to_pylist()]))
    return table


def with_texts(store: Store, pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `near_pair` with `left_text` and `right_text`: nobody judges a pair by two hashes.

    A text that only stands among what `clean` left out is taken from there.
    """
    bots = sorted({f"{pair['domain']}/{pair['lang']}" for pair in pairs})
    asked = {pair[side] for pair in pairs for side in ("left", "right")}
    texts: dict[tuple[str, str, str], str] = {}
    for dataset in ("cleaned_dropped", "cleaned") if bots else ():
        columns = ["domain", "lang", "content_id", "text"]
        found = read_rows(store, dataset, bots=bots, columns=columns)
        for row in found.filter(pc.is_in(found["content_id"], pa.array(sorted(asked), pa.string()))).to_pylist():
            key = (row["domain"], row["lang"], row["content_id"])
            texts[key] = min(texts.get(key, row["text"]), row["text"])
    return [
        {
            **{key: pair[key] for key in ("domain", "lang", "similarity")},
            **{f"{side}_text": texts.get((pair["domain"], pair["lang"], pair[side])) for side in ("left", "right")},
            **{side: pair[side] for side in ("left", "right")},
        }
        for pair in pairs
    ]


def _sized(value: Any) -> Any:
    return f"<{len(value):,} bytes>" if isinstance(value, bytes) else value


def _in_a_line(value: Any) -> Any:
    return value.replace("\n", " ") if isinstance(value, str) else value
