"""Tables that cross a stage border: one StructType each, with what a row means.

A column whose metadata says ``volatile`` (seconds, bytes of an exported model) differs between two equal runs
and is left out of table digests.
"""

from __future__ import annotations

from pyspark.sql.types import (
    BinaryType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

VOLATILE = {"volatile": True}


def _text(name: str, nullable: bool = True) -> StructField:
    return StructField(name, StringType(), nullable)


BOT = [_text("domain"), _text("lang")]

# One user message as it was delivered. `id` is a hash of domain, lang, intent and text: exact repeats share it.
UTTERANCE = StructType(
    [
        *BOT,
        _text("id"),
        _text("intent"),
        _text("text"),
        _text("source"),
        StructField("ts", TimestampType()),
        _text("origin_file"),
        StructField("origin_line", LongType()),
    ]
)

# One input file of one bot, as the recipe names it; `source` is corpus or logs, `mapping` JSON of column names.
SOURCE_FILE = StructType([*BOT, _text("path"), _text("name"), _text("kind"), _text("source"), _text("mapping")])

# One row of an input file that could not become an utterance, and why (the dead-letter table).
REJECTED = StructType(
    [
        *BOT,
        _text("origin_file"),
        StructField("origin_line", LongType()),
        _text("reason"),
        _text("detail"),
        _text("raw"),
    ]
)

# One utterance that models may see. `content_id` is a hash of lang and normalized text: what is split and embedded.
CLEANED = StructType([*UTTERANCE.fields, _text("normalized"), _text("content_id")])

# One utterance that was dropped by `clean`, and why.
CLEANED_DROPPED = StructType([*CLEANED.fields, _text("reason"), _text("detail")])

# Where the labelled utterances of one content belong: train, validation or test.
SPLITS = StructType([*BOT, _text("content_id"), _text("split")])

# Something about a bot's rows that a person should know: what kind, which intent or content, how many rows.
FINDING = StructType([*BOT, _text("kind"), _text("subject"), _text("detail"), StructField("rows", LongType())])

# One trained text encoder of a language; domain is `*` because all its domains share it.
ENCODER = StructType([*BOT, _text("encoder"), StructField("rows", LongType()), StructField("payload", BinaryType())])

# One vector of one content: little-endian float32 bytes.
EMBEDDING = StructType([*BOT, _text("content_id"), _text("encoder"), StructField("vector", BinaryType())])

# One trained bot: `payload` is what `TrainedModel.to_bytes` wrote; `held_out` holds content ids, intents, splits,
# feature ids and logits of its validation and test rows (npz), so that later stages need not train to judge.
MODEL = StructType(
    [
        *BOT,
        _text("weights_digest"),
        StructField("temperature", DoubleType()),
        StructField("threshold", DoubleType()),
        StructField("train_rows", LongType()),
        StructField("validation_rows", LongType()),
        StructField("payload", BinaryType()),
        StructField("held_out", BinaryType()),
        StructField("cpu_seconds", DoubleType(), True, VOLATILE),
    ]
)

# What the model says of one validation or test row; `score` is the calibrated probability of `predicted`.
PREDICTION = StructType(
    [
        *BOT,
        _text("content_id"),
        _text("intent"),
        _text("split"),
        _text("predicted"),
        StructField("score", DoubleType()),
    ]
)

# How good one bot is on its test rows; `report` is the whole report as JSON.
EVALUATION = StructType(
    [
        *BOT,
        StructField("accuracy", DoubleType()),
        StructField("macro_f1", DoubleType()),
        StructField("ece", DoubleType()),
        StructField("test_rows", LongType()),
        _text("report"),
    ]
)

# One exported target of one bot: a zip archive and the parity that was measured. TensorFlow names and orders the nodes
# of equal models anew in each export, so its bytes differ where its answers do not.
EXPORTED = StructType(
    [
        *BOT,
        _text("target"),
        StructField("payload", BinaryType(), True, VOLATILE),
        StructField("parity_rows", LongType()),
        StructField("max_probability_difference", DoubleType(), True, VOLATILE),
        StructField("changed_decisions", LongType()),
    ]
)

# One bot in the registry: which bundle and version, and what the gate said (it may compare with an older champion).
RELEASED = StructType(
    [
        *BOT,
        StructField("version", IntegerType(), True, VOLATILE),
        StructField("bundle_digest", StringType(), True, VOLATILE),
        StructField("uri", StringType(), True, VOLATILE),
        _text("alias"),
        StructField("gate", StringType(), True, VOLATILE),
    ]
)

# One answered question of a batch.
ANSWER = StructType(
    [
        *BOT,
        _text("text"),
        _text("intent"),
        StructField("score", DoubleType()),
        _text("zone"),
        _text("answer"),
        _text("nearest"),
    ]
)
