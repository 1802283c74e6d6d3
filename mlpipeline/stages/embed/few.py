"""The stage's work but for the encoder's, by the driver: for bots whose texts and vectors fit into its memory.

Of a few thousand rows Spark plans a join for longer than it takes; where all is kept already, no job is run at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.bots import Bot
from mlpipeline.spark.counters import Counters, Counts
from mlpipeline.stages.contract import StoredRows
from mlpipeline.stages.embed.features import EmbedSettings, as_float32_cells, maker_of

_ENCODER = ("domain", "lang", "encoder", "rows", "payload")


def missing_texts(settings: EmbedSettings, stored: StoredRows, counters: Counters) -> Mapping[str, pa.Table]:
    """The texts that have no vector, one row a content, and the encoders of their languages."""
    encoders = stored.of("encoder", _ENCODER)
    texts = stored.of("cleaned", ("lang", "content_id", "normalized"))
    parts, there_already = [texts.slice(0, 0)], 0
    for lang, encoder in _by_lang(encoders).items():
        own = _unique(texts.filter(pc.equal(texts["lang"], lang)))
        there = {"maker": [maker_of(encoder, settings.embed)], "lang": [lang]}
        kept = stored.kept(("content_id", "error"), there)
        known = kept.filter(pc.is_null(kept["error"]))["content_id"]
        parts.append(own.filter(pc.invert(pc.is_in(own["content_id"], value_set=_whole(known)))))
        there_already += len(own) - len(parts[-1])
    missing = pa.concat_tables(parts)
    counters.add(Counts(rows=0, stored=there_already))
    langs = pc.is_in(encoders["lang"], value_set=_whole(pc.unique(missing["lang"])))
    return {"cleaned": missing, "encoder": encoders.filter(langs)}


def gather_vectors(settings: EmbedSettings, stored: StoredRows) -> Iterator[tuple[str, pa.Table]]:
    """Bot by bot the vector that is kept of each of its contents, a language at a time."""
    contents = stored.of("cleaned", ("domain", "lang", "content_id"))
    for lang, encoder in sorted(_by_lang(stored.of("encoder", _ENCODER)).items()):
        there = {"maker": [maker_of(encoder, settings.embed)], "lang": [lang]}
        # An encoder may have failed on a text before: of its rows, the one that has a vector counts.
        kept = stored.kept(("content_id", "encoder", "vector", "error"), there)
        fails = pc.is_valid(kept["error"])
        kept = pa.concat_tables([kept.filter(pc.invert(fails)), kept.filter(fails)]).combine_chunks()
        for domain in sorted(set(contents["domain"].to_pylist())):
            chosen = pc.and_(pc.equal(contents["domain"], domain), pc.equal(contents["lang"], lang))
            own = _unique(contents.filter(chosen))
            places = pc.index_in(own["content_id"], value_set=_whole(kept["content_id"]))
            found = kept.take(places.filter(pc.is_valid(places)))
            vectors = as_float32_cells(_whole(found["vector"]), settings.embed.precision)
            found = found.set_column(found.schema.get_field_index("vector"), "vector", vectors)
            if len(own):
                yield str(Bot(domain, lang)), _with_bot(found, domain, lang)


def _by_lang(encoders: pa.Table) -> dict[str, dict[str, object]]:
    return {row["lang"]: row for row in encoders.to_pylist()}


def _unique(rows: pa.Table) -> pa.Table:
    """The first row of each content."""
    ids = rows["content_id"]
    at = pa.table({"id": ids, "at": pa.array(range(len(rows)), pa.int64())})
    first = at.group_by("id", use_threads=False).aggregate([("at", "min")])["at_min"]
    return rows.take(first)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _with_bot(rows: pa.Table, domain: str, lang: str) -> pa.Table:
    for name, value in (("domain", domain), ("lang", lang)):
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, pa.string()), len(rows)))
    return rows
