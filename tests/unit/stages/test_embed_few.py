"""What is missing and what is there of few texts, found without Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.networks.precision import Precision, pack_vectors, unpack_vectors
from mlpipeline.recipe.model_fields import EmbedSection
from mlpipeline.schemas import CLEANED, ENCODER, FEATURES
from mlpipeline.spark.counters import Counts
from mlpipeline.stages.embed.features import EmbedSettings, as_binary, maker_of
from mlpipeline.stages.embed.few import gather_vectors, missing_texts
from tests.sections import section

ENCODERS = [
    {"domain": "*", "lang": lang, "encoder": f"e-{lang}", "rows": 3, "payload": b"weights"} for lang in ("ko", "ja")
]
VECTORS = np.eye(3, 4, dtype=np.float32)


class Fake:
    """Tables in memory."""

    def __init__(self, settings: EmbedSettings, kept: Sequence[tuple[str, str, bytes | None]], **rows: Any) -> None:
        makers = {one["lang"]: maker_of(one, settings.embed) for one in ENCODERS}
        features = [
            {"maker": makers[lang], "lang": lang, "content_id": name, "encoder": f"e-{lang}",
             "vector": cell, "error": None if cell else "it fails"}
            for lang, name, cell in kept
        ]  # fmt: skip
        other = {"maker": "before", "lang": "ko", "content_id": "c", "vector": b"old"}
        self.features = pa.Table.from_pylist([*features, other], to_arrow_schema(FEATURES))
        self.tables = {"encoder": pa.Table.from_pylist(ENCODERS, to_arrow_schema(ENCODER)), **rows}

    def of(self, dataset: str, columns: Sequence[str]) -> pa.Table:
        return self.tables[dataset].select(list(columns))

    def kept(self, columns: Sequence[str], partitions: Mapping[str, Sequence[str]]) -> pa.Table:
        rows = self.features.to_pylist()
        chosen = [row for row in rows if all(row[name] in values for name, values in partitions.items())]
        return pa.Table.from_pylist(chosen, self.features.schema).select(list(columns))


class Tally:
    """What is counted, without a session."""

    def __init__(self) -> None:
        self.counts = Counts()

    def add(self, counts: Counts) -> None:
        self.counts.add(counts)


def cleaned(*rows: tuple[str, str, str]) -> pa.Table:
    told = [
        {"domain": domain, "lang": lang, "content_id": name, "normalized": f"text of {name}"}
        for domain, lang, name in rows
    ]
    return pa.Table.from_pylist(told, to_arrow_schema(CLEANED))


ROWS = cleaned(
    ("shop", "ko", "a"), ("shop", "ko", "a"), ("shop", "ko", "b"), ("bank", "ko", "b"), ("bank", "ko", "c"),
    ("shop", "ja", "a"),
)  # fmt: skip


def test_a_text_is_missing_once_whoever_has_it_and_also_where_the_encoder_failed():
    settings = EmbedSettings(section(EmbedSection))
    stored = Fake(settings, [("ko", "a", b"v"), ("ko", "b", None)], cleaned=ROWS)
    counted = Tally()
    missing = missing_texts(settings, stored, counted)  # type: ignore[arg-type]
    told = [(row["lang"], row["content_id"], row["normalized"]) for row in missing["cleaned"].to_pylist()]
    assert sorted(told) == [("ja", "a", "text of a"), ("ko", "b", "text of b"), ("ko", "c", "text of c")]
    assert missing["encoder"]["lang"].to_pylist() == ["ko", "ja"]
    assert (counted.counts.rows, counted.counts.stored) == (0, 1)


def test_where_all_is_there_nothing_is_missing_and_no_encoder_is_asked_for():
    settings = EmbedSettings(section(EmbedSection))
    kept = [("ko", "b", b"v"), ("ko", "b", None), ("ko", "a", b"v"), ("ko", "c", b"v"), ("ja", "a", b"v")]
    counted = Tally()
    missing = missing_texts(settings, Fake(settings, kept, cleaned=ROWS), counted)  # type: ignore[arg-type]
    assert [len(rows) for rows in missing.values()] == [0, 0]
    assert (counted.counts.rows, counted.counts.stored) == (0, 4)


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_every_content_of_a_bot_gets_its_vector_once(precision: Precision):
    settings = EmbedSettings(section(EmbedSection, precision=precision))
    packed = [bytes(cell) for cell in as_binary(pack_vectors(VECTORS, precision)).to_pylist()]
    kept = [("ko", "c", None), ("ko", "c", None), ("ko", "b", None), ("ko", "b", packed[1]), ("ko", "a", packed[0]),
            ("ko", "a", packed[0]), ("ja", "a", packed[2])]  # fmt: skip
    found = {
        (bot, row["content_id"]): (row["vector"], row["error"], row["encoder"])
        for bot, rows in gather_vectors(settings, Fake(settings, kept, cleaned=ROWS))
        for row in rows.to_pylist()
    }
    exact = unpack_vectors(np.stack([np.frombuffer(cell, np.uint8) for cell in packed]), precision)
    cells = [vector.astype("<f4").tobytes() for vector in exact]
    assert found == {
        ("shop/ko", "a"): (cells[0], None, "e-ko"),
        ("shop/ko", "b"): (cells[1], None, "e-ko"),
        ("bank/ko", "b"): (cells[1], None, "e-ko"),
        ("bank/ko", "c"): (None, "it fails", "e-ko"),
        ("shop/ja", "a"): (cells[2], None, "e-ja"),
    }
