"""What a store keeps of a text: vectors are removed, and all else that still holds it is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.bots import Bot
from mlpipeline.catalog import DATASETS, KEPT
from mlpipeline.errors import StoreError
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.personal_data.scan import masked
from mlpipeline.orders.known_bots import known_bots
from mlpipeline.recipe.load import Resolved
from mlpipeline.schemas import JSON_COLUMNS
from mlpipeline.store.content_ids import content_id
from mlpipeline.store.layout import Store
from mlpipeline.store.runs import run_names
from mlpipeline.store.tables.appended import open_table
from mlpipeline.store.tables.compaction import delete_rows, remove_old_files
from mlpipeline.store.tables.datasets import bot_locks, is_table, read_rows

_WITH_VECTORS = (*sorted(KEPT), "embedding")
_IDS = ("content_id", "component", "left", "right")
_TEXTS = ("text", "normalized", "raw", "parent", "detail")


@dataclass(frozen=True)
class Holder:
    """Something that holds the texts: a bot's rows of a dataset, a bundle or a run; `where` says in which file."""

    what: str
    count: int
    where: str = ""


@dataclass
class Forgotten:
    """What was removed, and what still holds the texts; `vectors` counts rows of features and embedding."""

    texts: int
    vectors: int = 0
    old_files: int = 0
    holders: list[Holder] = field(default_factory=list)

    @property
    def is_delivered(self) -> bool:
        """True where files still deliver one of the texts: the next run would make its vector anew."""
        return any(holder.where for holder in self.holders)


def content_ids_of(texts: Collection[str], recipes: Sequence[Resolved]) -> dict[str, set[str]]:
    """Text -> the content ids that it has in the languages of these bots, as they normalize it now."""
    profiles = {(one.recipe.lang, Profile.of(one.recipe.language)) for one in recipes}
    ways = [(lang, normalizer(profile)) for lang, profile in sorted(profiles, key=repr)]
    return {text: {content_id(lang, normalized(text)) for lang, normalized in ways} for text in texts}


def forget(
    store: Store, conf: Path, recipes: Sequence[Resolved], texts: Sequence[str], *, remove: bool, history: bool
) -> Forgotten:
    """Removes the vectors of texts, also from earlier versions of their tables, and finds what else holds the texts.

    The next run makes a bot's vectors anew if rows of its went, and that of the text too if files still deliver it.

    Args:
        store: a local one, at which no run is at work.
        conf: the folder of recipes.
        recipes: of the bots whose languages count.
        texts: as they were written; what is normalized to the same is the same text. They are looked for with their
            personal data, and as `ingest` masks them.
        remove: False only looks.
        history: remove the earlier versions of all datasets too, which hold what was there before.

    Raises:
        StoreError: a run is at work, or the store lies elsewhere: its locks are not known here.
    """
    if not store.is_local:
        raise StoreError("texts are forgotten where the store lies", where=store.root, fix="run this there")
    told = Forgotten(len(set(texts)))
    texts = list(dict.fromkeys([*texts, *(masked(text)[0] for text in texts)]))
    found = content_ids_of(texts, recipes)
    ids = sorted(set().union(*found.values()))
    with bot_locks(store, known_bots(store, conf) if remove else []) as (_, busy):
        if busy:
            fix = "wait until it has ended, then again"
            raise StoreError(f"a run is at work on {busy[0]}, and reads what would go", where=store.root, fix=fix)
        if remove:
            told.vectors = sum(delete_rows(store, name, "content_id", ids) for name in _WITH_VECTORS)
            shrunk = {*_WITH_VECTORS, *(DATASETS if history else ())}
            told.old_files = sum(remove_old_files(store, name) for name in sorted(shrunk))
            for name in _WITH_VECTORS:
                for folder in Path(store.path("damaged")).glob(f"{name}-*"):
                    shutil.rmtree(folder)
        told.holders = [*_in_tables(store, set(texts), set(ids)), *_in_bundles(store, texts), *_in_runs(store, texts)]
    return told


def _in_tables(store: Store, texts: Collection[str], ids: Collection[str]) -> Iterator[Holder]:
    """Rows of the newest versions that hold a text, its id, or quote it in a report."""
    for name in DATASETS:
        if not is_table(store, name):
            continue
        there = [one.name for one in open_table(store, name).schema().fields]
        columns = [one for one in there if one in (*_IDS, *_TEXTS, *JSON_COLUMNS)]
        origin = [one for one in there if one in ("origin_file", "origin_line") and name == "utterance"]
        if not columns:
            continue
        rows = read_rows(store, name, columns=["domain", "lang", *columns, *origin])
        held = rows.filter(_holds(rows, columns, texts, ids))
        by_bot: dict[str, list[Mapping[str, object]]] = {}
        for row in held.select(["domain", "lang", *origin]).to_pylist():
            by_bot.setdefault(str(Bot(row["domain"], row["lang"])), []).append(row)
        for bot, whose in sorted(by_bot.items()):
            places = [f"{row['origin_file']} line {row['origin_line']}" for row in whose[:3]] if origin else []
            more = [f"and {len(whose) - 3:,} more"] if origin and len(whose) > 3 else []
            yield Holder(f"{bot}/{name}", len(whose), ", ".join([*places, *more]))


def _holds(rows: pa.Table, columns: Sequence[str], texts: Collection[str], ids: Collection[str]) -> pa.ChunkedArray:
    masks = []
    for column in columns:
        cells = rows[column]
        if column in _IDS:
            masks.append(pc.is_in(cells, pa.array(sorted(ids), pa.string())))
        elif column in JSON_COLUMNS:
            masks += [pc.match_substring(cells, json.dumps(text, ensure_ascii=False)) for text in texts]
            masks += [pc.match_substring(cells, one) for one in ids]
        elif column in ("raw", "detail"):
            masks += [pc.match_substring(cells, text) for text in texts]
        else:
            masks.append(pc.is_in(cells, pa.array(sorted(texts), pa.string())))
    held = pc.fill_null(masks[0], False)
    for mask in masks[1:]:
        held = pc.or_(held, pc.fill_null(mask, False))
    return held


def _in_bundles(store: Store, texts: Sequence[str]) -> Iterator[Holder]:
    for folder in sorted(Path(store.path("bundles")).glob("*/*/[!.]*")):
        if not folder.is_dir():
            continue
        files = [folder / name for name in ("questions.jsonl", "golden.jsonl", "answers.json")]
        if any(file.is_file() and _quotes(file.read_bytes(), texts) for file in files):
            yield Holder(f"bundle {folder.relative_to(store.path('bundles')).as_posix()}", 1)


def _in_runs(store: Store, texts: Sequence[str]) -> Iterator[Holder]:
    for run in run_names(store):
        if _quotes(store.read(store.path("runs", run, "run.json")) or b"", texts):
            yield Holder(f"run {run}", 1)


def _quotes(data: bytes, texts: Sequence[str]) -> bool:
    """Whether JSON holds one of the texts as a whole, with letters as they are or as \\u escapes."""
    return any(json.dumps(text, ensure_ascii=escaped).encode() in data for text in texts for escaped in (False, True))
