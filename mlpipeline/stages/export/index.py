"""The index of a large bot's training questions, made by a task beside its model; what is released only seals it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.bots import Bot
from mlpipeline.networks.approximate import CELLS, build_index, is_worth_it
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.schemas import EXPORTED
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.tasks import run_tasks
from mlpipeline.stages.contract import Frames
from mlpipeline.store.bundles.archives import pack_files
from mlpipeline.store.bundles.content import INDEX_FACTS, INDEX_FILE, INDEX_TARGET
from mlpipeline.store.bundles.packing import json_bytes
from mlpipeline.store.tables.pieces import as_pieces, read_bytes

_MOST_NUMBERS = 1024  # of a vector: a bot with so few rows that an index of these is not worth it is not looked at
_KEYS = ["domain", "lang", "content_id"]


def export_indexes(inputs: Frames, counters: Counters, *, cells: int = CELLS) -> DataFrame | None:
    """Rows of EXPORTED with the index of each bot that is large enough for one; None where no bot may be.

    Args:
        inputs: model, denoised, splits and embedding.
        counters: of the tasks.
        cells: numbers of all vectors together from which an index is worth it.
    """
    if not is_worth_it(cells, 1, cells):
        return None
    labelled = inputs["denoised"].where("intent is not null")
    sizes = labelled.groupBy("domain", "lang").count().collect()
    counts = {str(Bot(row["domain"], row["lang"])): row["count"] for row in sizes}
    large = {bot: rows for bot, rows in counts.items() if rows * _MOST_NUMBERS >= cells}
    if not large:
        return None
    learnt = inputs["splits"].where(~F.coalesce("fixed", F.lit(False))).select(*_KEYS)
    vectors = inputs["embedding"].where("vector is not null").select(*_KEYS, "vector")
    chosen = F.concat_ws("/", "domain", "lang").isin(sorted(large))
    rows = labelled.where(chosen).select(*_KEYS, "intent")
    questions = rows.join(learnt, _KEYS, "left_semi").join(vectors, _KEYS)
    models = inputs["model"].where(chosen).select("domain", "lang", "piece", "payload")
    both = questions.unionByName(models, allowMissingColumns=True)
    return run_tasks(both, partial(index_bot, cells=cells), schema=EXPORTED, counters=counters, sizes=[*large.items()])


def index_bot(bot: str, rows: pa.Table, *, cells: int = CELLS) -> pa.Table:
    """The index of one bot as a row of EXPORTED, in pieces; no row where it is not worth it.

    Args:
        bot: whose it is.
        rows: the pieces of its model (`piece`, `payload`) and its training questions (`content_id`, `intent`,
            `vector`).
        cells: as of `export_indexes`.
    """
    schema, (domain, lang) = to_arrow_schema(EXPORTED), Bot.parse(bot)
    is_model = pc.is_valid(rows["payload"])
    model = TrainedModel.from_bytes(read_bytes(rows.filter(is_model), "payload"))
    questions = rows.filter(pc.invert(is_model))
    known = questions.filter(pc.is_in(questions["intent"], value_set=pa.array(model.labels, pa.string())))
    # In the order in which a bundle holds them.
    ordered = known.sort_by([("content_id", "ascending"), ("intent", "ascending")])
    vectors = [np.frombuffer(cell, "<f4") for cell in ordered["vector"].to_pylist()]
    if not vectors or not is_worth_it(len(vectors), len(vectors[0]), cells):
        return schema.empty_table()
    # As they stand in the bundle, and are looked at again there.
    data, facts = build_index(np.stack(vectors).astype(np.float16).astype(np.float32))
    payload = pack_files({INDEX_FILE: data, INDEX_FACTS: json_bytes(facts.to_dict())})
    row = {"domain": domain, "lang": lang, "target": INDEX_TARGET, "payload": payload}
    return as_pieces({**dict.fromkeys(schema.names), **row}, schema)
