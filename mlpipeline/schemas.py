"""Tables that cross a stage border: one StructType each, with what a row means.

A column whose metadata says ``volatile`` (seconds, bytes of an exported model) differs between two equal runs
and is left out of table digests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyspark.sql.types import (
    BinaryType,
    BooleanType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

VOLATILE = {"volatile": True}
# Texts that hold JSON, in whatever dataset.
JSON_COLUMNS = frozenset({"report", "gate", "votes", "nearest"})


def with_objects(row: Mapping[str, object]) -> dict[str, object]:
    """A row for JSON: what its JSON columns hold, instead of texts that would have to be read again."""
    return {name: _read(cell) if name in JSON_COLUMNS else cell for name, cell in row.items()}


def _read(cell: object) -> object:
    try:
        return json.loads(cell) if isinstance(cell, str) else cell
    except ValueError:
        return cell


def _text(name: str, nullable: bool = True) -> StructField:
    return StructField(name, StringType(), nullable)


BOT = [_text("domain"), _text("lang")]
# Numbers the rows over which the bytes of one whole are spread, from 0.
PIECE = StructField("piece", IntegerType())

# One user message as it was delivered. `id` is a hash of domain, lang, intent and text: exact repeats share it.
# `annotator` gave the intent, `verified` says that a person checked it. `parent` is what the row was made from, by
# augmentation or paraphrase: the id of an utterance of the bot, or its text; null for what a person wrote.
UTTERANCE = StructType(
    [
        *BOT,
        _text("id"),
        _text("intent"),
        _text("text"),
        _text("source"),
        StructField("ts", TimestampType()),
        _text("annotator"),
        StructField("verified", BooleanType()),
        _text("parent"),
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
# `component` is the least content id that a chain of near duplicates leads to; its own where there are none.
CLEANED = StructType([*UTTERANCE.fields, _text("normalized"), _text("content_id"), _text("component")])

# One utterance that was dropped by `clean`, and why.
CLEANED_DROPPED = StructType([*CLEANED.fields, _text("reason"), _text("detail")])

# Two contents that are near duplicates, `left` < `right`, with the exact Jaccard similarity of their gram sets. Of
# contents with equal sets each is paired with the least, and only the least with contents of other sets.
NEAR_PAIR = StructType([*BOT, _text("left"), _text("right"), StructField("similarity", DoubleType())])

# What `clean` compared of one bot, so that tomorrow only new contents are: pieces of one Arrow stream, by `number`. It
# depends on the days before, what is made with it does not. Where `skipped` comparisons were left out because `capped`
# groups of texts with one gram in common were too large, there is nothing to keep: tomorrow all is compared again.
NEAR_STATE = StructType(
    [
        *BOT,
        StructField("number", IntegerType(), True, VOLATILE),
        StructField("payload", BinaryType(), True, VOLATILE),
        StructField("capped", LongType(), True, VOLATILE),
        StructField("skipped", LongType(), True, VOLATILE),
    ]
)

# Where the labelled utterances of one content belong: train, validation or test. Contents of one `family` are near
# duplicates, or made from one parent: they are learnt or held out together. `fixed` rows are never learnt at all.
SPLITS = StructType([*BOT, *map(_text, ("content_id", "split", "family")), StructField("fixed", BooleanType())])

# One row that `augment` made from rows of the training split, or found in the logs. `id` and `content_id` as in
# CLEANED, `source` is augment. `parent` is the utterance id of the row it was made from, `partner` of a second one,
# where there are two; `operators` how, in their order, joined by ">"; `seed` of the dice. `agreement` is the
# probability that a model of the rows of persons gives it `intent`, `similarity` the Jaccard similarity of both.
AUGMENTED = StructType(
    [
        *BOT,
        _text("id"),
        _text("intent"),
        _text("text"),
        _text("normalized"),
        _text("content_id"),
        _text("source"),
        _text("parent"),
        _text("partner"),
        _text("operators"),
        StructField("seed", LongType()),
        StructField("agreement", DoubleType()),
        StructField("similarity", DoubleType()),
    ]
)

# One made row that a person should judge, and why: the model disagrees, or it was made to say the opposite.
AUGMENTED_DROPPED = StructType([*AUGMENTED.fields, _text("reason"), _text("detail")])

# What came of making rows for one bot: training rows, texts made, kept and left for review. `report` is JSON: the same
# by operator and intent, refusals by reason with samples, rows that were left alone and why.
AUGMENT_REPORT = StructType(
    [
        *BOT,
        StructField("rows", LongType()),
        StructField("made", LongType()),
        StructField("kept", LongType()),
        StructField("review", LongType()),
        _text("report"),
    ]
)

# Something about a bot's rows that a person should know: what kind, which intent or content, how many rows.
FINDING = StructType([*BOT, _text("kind"), _text("subject"), _text("detail"), StructField("rows", LongType())])

# One trained text encoder of a language; domain is `*` because all its domains share it.
ENCODER = StructType([*BOT, _text("encoder"), StructField("rows", LongType()), StructField("payload", BinaryType())])

# One vector of one content: little-endian float32 bytes. Where `error` says why the encoder fails on the text, none.
EMBEDDING = StructType(
    [*BOT, _text("content_id"), _text("encoder"), StructField("vector", BinaryType()), _text("error")]
)

# What an encoder makes of one text, kept for all bots and runs and only ever added to (`store/tables/appended.py`).
# `maker` is a digest of all that decides a vector besides the text: encoder, code, libraries, precision. `vector` is
# what `networks/precision.py` packs, null where `error` says why. A key may stand there twice, with equal vectors.
FEATURES = StructType(
    [
        *(_text(name) for name in ("maker", "lang", "content_id", "encoder", "precision")),
        StructField("vector", BinaryType()),
        _text("error"),
    ]
)

# What `train` learns from and `evaluate` tests on: the cleaned rows without those whose label is clearly wrong, some
# with another intent where the recipe says `relabel`. Rows of the test split and verified rows are all there.
DENOISED = CLEANED

# One row that `denoise` dropped, and why.
DENOISED_DROPPED = CLEANED_DROPPED

# One doubted label: of all rows with this content and intent. `rank` is its place in the list, from 1, the likeliest
# mistakes first and test rows last. `score` is the probability that `intent` is wrong.
# `votes` is JSON, view -> intent; `nearest` JSON with the most similar rows of both intents, {given: [{content_id,
# text}], suggested: [...]}. `flagged` rows count as wrong; `action` is what became of the row.
LABEL_ISSUE = StructType(
    [
        *BOT,
        StructField("rank", IntegerType()),
        _text("content_id"),
        _text("text"),
        _text("intent"),
        _text("suggested"),
        StructField("score", DoubleType()),
        StructField("flagged", BooleanType()),
        _text("kind"),
        _text("action"),
        _text("votes"),
        _text("nearest"),
        _text("split"),
    ]
)

# How many labels of one bot are wrong, 0 to 1 with a 95 % interval; all null where labels could not be judged, which
# the report explains. `report` is JSON: views, kinds, work curves, the audit, confusing intents, annotators.
NOISE_REPORT = StructType(
    [
        *BOT,
        StructField("rate", DoubleType()),
        StructField("low", DoubleType()),
        StructField("high", DoubleType()),
        _text("kind"),
        StructField("rows", LongType()),
        StructField("flagged", LongType()),
        _text("report"),
    ]
)

# One trained bot, or a piece of one where its bytes are many (`store/tables/pieces.py`): all else stands in each
# piece. `payload` is what `TrainedModel.to_bytes` wrote; what it learnt is counted. `held_out` (npz) is what networks
# that had not learnt a row said of it, of all but `unevaluated_rows`; `parity_sample` (npz) what exports must say of
# some ids. `framed` (JSON) is what greetings around the questions cost, null where nobody asked.
MODEL = StructType(
    [
        *BOT,
        PIECE,
        *(_text(name) for name in ("weights_digest", "shape", "shape_reason")),
        StructField("temperature", DoubleType()),
        StructField("threshold", DoubleType()),
        *(StructField(f"{name}_rows", LongType()) for name in ("train", "near_duplicate", "augmented", "unevaluated")),
        StructField("payload", BinaryType()),
        StructField("held_out", BinaryType()),
        *(StructField("parity_sample", BinaryType()), _text("framed")),
        StructField("cpu_seconds", DoubleType(), True, VOLATILE),
    ]
)

# What a network that has not learnt a row says of it: `fold` held it out, null where it is of the fixed test set.
# `score` is the calibrated probability of `predicted`.
PREDICTION = StructType(
    [
        *BOT,
        _text("content_id"),
        _text("intent"),
        _text("split"),
        StructField("fold", IntegerType()),
        _text("predicted"),
        StructField("score", DoubleType()),
    ]
)

# How good one bot is on `test_rows` rows that were judged unseen; `report` is the whole report as JSON.
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

# One exported target of one bot, in pieces as a model: a zip archive and the parity that was measured. TensorFlow names
# and orders the nodes of equal models anew in each export, so a SavedModel's bytes differ where its answers do not.
EXPORTED = StructType(
    [
        *BOT,
        _text("target"),
        PIECE,
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
        _text("bundle_digest"),
        _text("uri"),
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
        _text("read_as"),
        StructField("version", LongType()),
        _text("bundle_digest"),
    ]
)
