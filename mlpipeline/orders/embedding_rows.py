"""What a report on encoders reads: labelled texts of bots, their vectors, and the encoders that are compared."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.networks.encoders.contract import Encoder, Vectors
from mlpipeline.networks.encoders.ngram_lsa import fit_ngram_encoder
from mlpipeline.networks.encoders.opening import NGRAM_LSA, USE_FITTED, Corpus, make_encoder
from mlpipeline.recipe.model_fields import EmbedSection
from mlpipeline.store.checked import understood, with_store
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import damaged_table, read_rows
from mlpipeline.store.tables.manifests import load_manifest

Codes = NDArray[np.int64]
_FIT_SETTINGS = set(inspect.signature(fit_ngram_encoder).parameters) - {"texts"}


@dataclass(frozen=True)
class BotTexts:
    """Labelled unique texts of a bot; a text under two labels has the first of them.

    Attributes:
        bot: DOMAIN/LANG.
        content_ids, texts, normalized: (n,) each.
        intents: names, sorted; `codes` int64 (n,) points there.
        groups: int64 (n,), near duplicates share a number.
        total: how many texts the bot has; n are drawn of them.
    """

    bot: str
    content_ids: list[str]
    texts: list[str]
    normalized: list[str]
    intents: list[str]
    codes: Codes
    groups: Codes
    total: int


def embedded_bots(store: Store, bots: Sequence[str]) -> tuple[list[str], list[str]]:
    """The bots that have vectors and those that have none, in their order.

    Raises:
        StoreError: none has any, or the table is damaged.
    """
    manifest = load_manifest(store, "embedding")
    if manifest.damage:
        raise damaged_table(store, "embedding", manifest.damage)
    there = [bot for bot in bots if bot in manifest.entries]
    if not there:
        fix = f"`mlpipeline run --to-stage embed{with_store(store.base)}` makes them"
        raise StoreError("no chosen bot has vectors yet", where=store.root, fix=fix)
    return there, [bot for bot in bots if bot not in manifest.entries]


def read_bot_texts(store: Store, bot: str, *, most: int, seed: int, unlearnt: bool = False) -> BotTexts:
    """At most `most` labelled texts of a bot, drawn by the seed; the same ones of equal rows in whatever order.

    `unlearnt` leaves the training split out: an encoder that has learnt from its intents is not judged by it.
    """
    names = ["content_id", "intent", "text", "normalized", "component"]
    rows = read_rows(store, "cleaned", bots=[bot], columns=names).select(names)
    rows = rows.filter(pc.is_valid(rows["intent"])).sort_by([(name, "ascending") for name in names])
    if unlearnt:
        rows = rows.filter(pc.invert(pc.is_in(rows["content_id"], _training_contents(store, bot))))
    firsts = list({row["content_id"]: row for row in reversed(rows.to_pylist())}.values())[::-1]
    total = len(firsts)
    if total > most:
        drawn = np.random.default_rng(seed).choice(total, most, replace=False)
        firsts = [firsts[place] for place in sorted(drawn.tolist())]
    intents = sorted({row["intent"] for row in firsts})
    number = {intent: code for code, intent in enumerate(intents)}
    groups: dict[str, int] = {}
    for row in firsts:
        groups.setdefault(row["component"] or row["content_id"], len(groups))
    return BotTexts(
        bot,
        [row["content_id"] for row in firsts],
        [row["text"] for row in firsts],
        [row["normalized"] for row in firsts],
        intents,
        np.array([number[row["intent"]] for row in firsts], np.int64),
        np.array([groups[row["component"] or row["content_id"]] for row in firsts], np.int64),
        total,
    )


def _training_contents(store: Store, bot: str) -> pa.Array:
    rows = read_rows(store, "splits", bots=[bot], columns=["content_id", "split"])
    return rows.filter(pc.equal(rows["split"], "train"))["content_id"].combine_chunks()


def _training_rows(store: Store, bots: Sequence[str], most: int) -> Corpus:
    """As `stages.embed.as_corpus` of the same rows."""
    found: set[tuple[str, str, str]] = set()
    for bot in bots:
        rows = read_rows(store, "cleaned", bots=[bot], columns=["content_id", "intent", "normalized"])
        rows = rows.filter(
            pc.and_(pc.is_valid(rows["intent"]), pc.is_in(rows["content_id"], _training_contents(store, bot)))
        )
        domain = Bot.parse(bot).domain
        found |= {(row["content_id"], f"{domain}/{row['intent']}", row["normalized"]) for row in rows.to_pylist()}
    chosen = sorted(found)[:most]
    return Corpus((), [text for *_, text in chosen], [intent for _, intent, _ in chosen])


def vectors_of(store: Store, data: BotTexts, encoder: Encoder) -> tuple[Vectors, int]:
    """float32 (n, dims) of the bot's texts, and how many came from the store; the others are encoded now.

    Raises:
        StoreError: the stored vectors are damaged.
    """
    kept = read_rows(store, "embedding", bots=[data.bot], columns=["content_id", "encoder", "vector"])
    wanted = pc.is_in(kept["content_id"], pa.array(data.content_ids, pa.string()))
    kept = kept.filter(pc.and_(pc.and_(pc.equal(kept["encoder"], encoder.digest), pc.is_valid(kept["vector"])), wanted))
    found: dict[str, Vectors] = {}
    fix = f"`mlpipeline run --select {data.bot} --force embed{with_store(store.base)}` makes it anew"
    with understood(store.table_path("embedding"), fix=fix):
        for content, cell in zip(kept["content_id"].to_pylist(), kept["vector"].to_pylist(), strict=True):
            found[content] = np.frombuffer(cell, "<f4").reshape(encoder.dims)
    result = np.zeros((len(data.content_ids), encoder.dims), np.float32)
    missing = [place for place, content in enumerate(data.content_ids) if content not in found]
    for place, content in enumerate(data.content_ids):
        if content in found:
            result[place] = found[content]
    if missing:
        result[missing] = encoder.encode([data.normalized[place] for place in missing])
    return result, len(data.content_ids) - len(missing)


def other_encoder(store: Store, lang: str, name: str, rules: EmbedSection) -> Encoder:
    """The encoder of a name for a language; what is trained of it is trained on all texts that the store has of it.

    Args:
        store: with cleaned rows.
        lang: a tag.
        name: as `embed.encoder`: of `ENCODERS`, or a folder.
        rules: how `ngram-lsa` is trained.

    Raises:
        SetupError: this machine lacks what it needs, or the folder holds no encoder.
    """
    bots = [bot for bot in sorted(load_manifest(store, "cleaned").entries) if Bot.parse(bot).lang == lang]
    corpus = Corpus(())
    if NGRAM_LSA in name.split("+"):
        rows = read_rows(store, "cleaned", bots=bots, columns=["content_id", "normalized"])
        pairs = zip(rows["content_id"].to_pylist(), rows["normalized"].to_pylist(), strict=True)
        corpus = Corpus([text for _, text in sorted(dict(pairs).items())[: rules.max_rows]])
    elif name == USE_FITTED:
        corpus = _training_rows(store, bots, rules.max_rows)
    return make_encoder(name, corpus, partial(fit_ngram_encoder, **rules.model_dump(include=_FIT_SETTINGS)))
