"""`mlpipeline ls` and `mlpipeline show`: what is in the store."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.cli.ask import canonical_bot
from mlpipeline.cli.options import Desk
from mlpipeline.cli.tables import cut, draw
from mlpipeline.errors import InputError, UsageError
from mlpipeline.orders.outcome import Tables
from mlpipeline.pipeline import DATASETS, SHARED
from mlpipeline.recipe.select import Selection, parse_selection
from mlpipeline.schemas import with_objects
from mlpipeline.store.datasets import read_rows
from mlpipeline.store.layout import Store
from mlpipeline.store.manifests import load_manifest

_CELLS = 40


def add_ls(parser: argparse.ArgumentParser) -> None:
    """The arguments of `ls`."""
    parser.add_argument("what", nargs="?", choices=("bots", "datasets"), default="bots")
    parser.add_argument("--select", metavar="WHAT", help="domain:shop,lang:ko or shop/ko; default: every bot")
    parser.add_argument("--digest", action="store_true", help="a digest of each dataset's rows (order does not count)")
    parser.set_defaults(verb=ls_verb)


def add_show(parser: argparse.ArgumentParser) -> None:
    """The arguments of `show`."""
    parser.add_argument("dataset", help=f"one of: {', '.join(DATASETS)}")
    parser.add_argument("bot", nargs="?", help="DOMAIN/LANG; default: all")
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="rows to print (default 20)")
    parser.set_defaults(verb=show_verb)


def ls_verb(desk: Desk) -> int:
    """Lists what is there."""
    chosen = parse_selection(desk.options.select)
    if desk.options.what == "bots" and not desk.options.digest:
        known = {bot for name in DATASETS for bot in load_manifest(desk.store, name).entries if not bot.startswith("*")}
        rows = bot_rows(desk.store, sorted(bot for bot in known if chosen.matches(*bot.split("/"))))
        desk.give(rows, draw_bots(rows) if rows else f"{_nothing('bots', chosen)}: `mlpipeline run` makes them")
        return 0
    rows = []
    for name in DATASETS:
        for bot, entry in sorted(load_manifest(desk.store, name).entries.items()):
            if not chosen.matches(*bot.split("/")):
                continue
            row = {
                "dataset": f"{bot}/{name}@{entry.version}",
                "rows": entry.rows,
                "fingerprint": entry.mark.fingerprint,
            }
            rows.append(row | ({"digest": table_digest(desk.store, name, bot)} if desk.options.digest else {}))
    text = (
        draw(list(rows[0]), [list(row.values()) for row in rows], right=("rows",))
        if rows
        else _nothing("datasets", chosen)
    )
    desk.give(rows, text)
    return 0


def _nothing(what: str, chosen: Selection) -> str:
    return f"no {what} of that selection" if chosen else f"no {what} yet"


def table_digest(store: Store, dataset: str, bot: str) -> str:
    """16 hex characters of a bot's rows, without the columns that differ between equal runs; order does not count."""
    schema = DATASETS[dataset]
    names = [field.name for field in schema.fields if not (field.metadata or {}).get("volatile")]
    rows = read_rows(store, dataset, bots=[bot], columns=names).select(names)
    lines = sorted(hashlib.sha256(repr(tuple(row.values())).encode()).digest() for row in rows.to_pylist())
    return hashlib.sha256(b"".join(lines)).hexdigest()[:16]


def bot_rows(store: Store, bots: Sequence[str]) -> list[dict[str, Any]]:
    """One row a bot: scores, rows, version, alias, gate."""
    tables = Tables(store, bots)
    judged = {row["bot"]: row for row in tables.rows("evaluation", ["accuracy", "macro_f1", "ece", "test_rows"])}
    released = {row["bot"]: row for row in tables.rows("released", ["version", "alias", "gate"])}
    utterances = load_manifest(store, "utterance").entries
    rows = []
    for bot in bots:
        score, out = judged.get(bot, {}), released.get(bot, {})
        missed = [check["name"] for check in orjson.loads(out.get("gate") or "[]") if not check["passed"]]
        rows.append(
            {
                "bot": bot,
                "rows": utterances[bot].rows if bot in utterances else None,
                **{name: score.get(name) for name in ("test_rows", "accuracy", "macro_f1", "ece")},
                "version": out.get("version"),
                "alias": out.get("alias"),
                "gate": f"refused: {', '.join(missed)}" if missed else "passed" if out else "",
            }
        )
    return rows


def draw_bots(rows: Iterable[dict[str, Any]]) -> str:
    """The table of bots for a terminal."""
    numbers = ("rows", "test_rows", "accuracy", "macro_f1", "ece", "version")
    head = ["bot", *numbers, "alias", "gate"]
    cells = [[_figure(row[name]) for name in head] for row in rows]
    return draw(head, cells, right=numbers)


def _figure(value: object) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def show_verb(desk: Desk) -> int:
    """Prints the first rows of a dataset; vectors and models as their sizes."""
    name, bot = desk.options.dataset, desk.options.bot
    if name not in DATASETS:
        raise UsageError(f"no dataset {name!r}", fix=f"datasets are: {', '.join(DATASETS)}")
    if desk.options.rows < 0:
        raise UsageError(f"--rows {desk.options.rows} is no number of rows", fix="give 0 or more")
    bot = None if bot is None else canonical_bot(bot)
    if bot is not None and name in SHARED:
        bot = f"*/{bot.split('/')[1]}"
    table = read_rows(desk.store, name, bots=None if bot is None else [bot])
    if not len(table) and bot is not None and bot not in (there := load_manifest(desk.store, name).entries):
        raise InputError(f"nothing of {bot} in {name}", fix=f"bots there are: {', '.join(sorted(there)) or 'none'}")
    rows = table.slice(0, desk.options.rows).to_pylist()
    if name == "near_pair":
        rows = with_texts(desk.store, rows)
    plain = [{key: _plain(value) for key, value in row.items()} for row in rows]
    drawn = draw(
        list(rows[0]) if rows else table.column_names,
        [[cut(_figure(cell).replace("\n", " "), _CELLS) for cell in row.values()] for row in plain],
    )
    desk.give([with_objects(row) for row in plain], f"{drawn}\n\n{len(rows)} of {len(table):,} rows")
    return 0


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


def _plain(value: Any) -> Any:
    return f"<{len(value):,} bytes>" if isinstance(value, bytes) else value
