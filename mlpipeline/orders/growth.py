"""Whether the texts of a language have outgrown the encoder that was trained on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.manifests import Manifest

_CACHE = ("cache", "texts.json")


def growth_notes(store: Store, cleaned: Manifest, shares: Mapping[str, float]) -> list[str]:
    """A line for each language that has grown by more than its share since its encoder was trained.

    An encoder is trained on distinct texts, whichever bots have them: distinct texts are counted now, too. A column is
    read for that, once for each version of the table, and only where there are rows enough.

    Args:
        store: with the datasets `encoder` and `cleaned`.
        cleaned: the manifest of `cleaned`.
        shares: language -> the growth from which it is told.
    """
    trained = encoder_texts(store)
    rows: dict[str, int] = {}
    for bot, entry in cleaned.entries.items():
        lang = Bot.parse(bot).lang
        rows[lang] = rows.get(lang, 0) + entry.rows
    limits = {lang: trained[lang] * (1 + share) for lang, share in shares.items() if lang in trained}
    counts = _counted(store, cleaned, [lang for lang, limit in limits.items() if rows.get(lang, 0) > limit])
    return [
        f"the encoder of {lang} was trained on {trained[lang]:,} texts, there are {counts[lang]:,} now: "
        f"`mlpipeline run --select lang:{lang} --renew-encoder` trains it anew"
        for lang, limit in limits.items()
        if counts.get(lang, 0) > limit
    ]


def encoder_texts(store: Store) -> dict[str, int]:
    """Distinct texts that each language's encoder was trained on."""
    rows = read_rows(store, "encoder", columns=["lang", "rows"]).to_pylist()
    return {row["lang"]: row["rows"] for row in rows}


def _counted(store: Store, cleaned: Manifest, langs: list[str]) -> dict[str, int]:
    """Language -> its distinct texts, as kept for this version of the table or counted and kept."""
    path = store.path(*_CACHE)
    kept = _kept(store.read(path)) if langs else {}
    found = {lang: kept[lang][1] for lang in langs if lang in kept and kept[lang][0] == cleaned.version}
    missing = [lang for lang in langs if lang not in found]
    for lang in missing:
        found[lang] = _distinct(store, cleaned, lang)
    if missing:
        whole = {**kept, **{lang: [cleaned.version, found[lang]] for lang in missing}}
        with suppress(StoreError):  # a store that is read-only: counted again next time
            store.write(path, json.dumps(whole).encode())
    return found


def _kept(data: bytes | None) -> dict[str, list[int]]:
    try:
        read = json.loads(data or b"{}")
    except ValueError:
        return {}
    if not isinstance(read, dict):
        return {}
    return {lang: one for lang, one in read.items() if isinstance(one, list) and [type(x) for x in one] == [int, int]}


def _distinct(store: Store, cleaned: Manifest, lang: str) -> int:
    entries = {bot: entry for bot, entry in cleaned.entries.items() if bot.endswith(f"/{lang}")}
    if not store.is_local:
        rows = read_rows(store, cleaned.dataset, bots=sorted(entries), columns=["content_id"])
        return int(pc.count_distinct(rows["content_id"]).as_py())
    import pyarrow.dataset as pads  # all files in one scan: a table's reader would be asked once a bot

    folder = store.path("datasets", cleaned.dataset)
    files = [f"{folder}/{file}" for entry in entries.values() for file in entry.files]
    schema = pa.schema([("content_id", pa.string())])
    found = pads.dataset(files, format="parquet", schema=schema).to_table()
    return int(pc.count_distinct(found["content_id"]).as_py())
