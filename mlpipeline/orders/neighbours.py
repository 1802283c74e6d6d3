"""The texts of the store that are most like a text, by the vectors that `embed` made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.personal_data.scan import masked
from mlpipeline.networks.encoders.contract import Encoder
from mlpipeline.networks.encoders.opening import open_encoder
from mlpipeline.networks.search import search
from mlpipeline.recipe.fields import Recipe
from mlpipeline.store.checked import understood, with_store
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import damaged_table, read_rows
from mlpipeline.store.tables.manifests import load_manifest

Across = Literal["domain", "lang"]


@dataclass(frozen=True)
class Neighbour:
    """A text of a bot that is like the one asked for; `intent` is None for a row of the logs, `cosine` in (0, 1]."""

    cosine: float
    bot: str
    intent: str | None
    text: str

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def find_neighbours(
    store: Store, bot: str, recipe: Recipe, text: str, *, count: int, across: Across | None, say: Callable[[str], None]
) -> list[Neighbour]:
    """The nearest texts of a bot and, where asked, of others, the nearest first; each text once a bot and intent.

    Args:
        store: with the tables of `embed`.
        bot: DOMAIN/LANG.
        recipe: of the bot: how a text is normalized, and which encoder it has.
        text: what is looked for, as a user would write it.
        count: texts, at most.
        across: `domain`: of all bots of the language; `lang`: of all languages of the domain.
        say: takes a note on bots that cannot be compared.

    Raises:
        StoreError: the bot has no vectors yet, or they are damaged, or its encoder is not the one that made them.
    """
    bots = _bots(store, bot, across)
    encoder = stored_encoder(store, bot, recipe.embed.encoder)
    rows = _rows(store, bot, bots, encoder.digest, say)
    normalized = normalizer(Profile.of(recipe.language))(masked(text)[0])
    with understood(store.table_path("embedding"), fix=_anew(store, bot)):
        vectors = np.stack([np.frombuffer(vector, "<f4") for vector in rows["vector"].to_pylist()])
        (found,) = search(vectors, encoder.encode([normalized]), count)
    chosen = rows.take(pa.array(found.rows, pa.int64())).select(["domain", "lang", "intent", "text"]).to_pylist()
    return [
        Neighbour(cosine, f"{one['domain']}/{one['lang']}", one["intent"], one["text"])
        for one, cosine in zip(chosen, found.similarities, strict=True)
    ]


def _anew(store: Store, bot: str) -> str:
    return f"`mlpipeline run --select {bot} --force embed{with_store(store.base)}` makes it anew"


def _bots(store: Store, bot: str, across: Across | None) -> list[str]:
    manifest = load_manifest(store, "embedding")
    if manifest.damage:
        raise damaged_table(store, "embedding", manifest.damage)
    if bot not in manifest.entries:
        fix = f"`mlpipeline run --select {bot} --to-stage embed{with_store(store.base)}` makes them"
        raise StoreError(f"{bot} has no vectors yet", where=store.root, fix=fix)
    domain, lang = Bot.parse(bot)
    others = [Bot.parse(other) for other in sorted(manifest.entries)]
    if across == "domain":
        return [str(other) for other in others if other.lang == lang]
    return [str(other) for other in others if other.domain == domain] if across == "lang" else [bot]


def stored_encoder(store: Store, bot: str, name: str) -> Encoder:
    """The encoder that made a bot's vectors.

    Args:
        store: with the table `encoder`.
        bot: DOMAIN/LANG.
        name: `embed.encoder` of its recipe, for one that lies in a folder.

    Raises:
        StoreError: it is not there, or damaged.
        SetupError: this machine lacks what it needs.
    """
    rows = read_rows(store, "encoder", bots=[f"*/{Bot.parse(bot).lang}"]).to_pylist()
    if not rows:
        raise StoreError(f"the encoder of {bot} is gone", where=store.root, fix=_anew(store, bot))
    with understood(store.table_path("encoder"), fix=_anew(store, bot)):
        return open_encoder(name, rows[0]["payload"])


def _rows(store: Store, bot: str, bots: Sequence[str], encoder: str, say: Callable[[str], None]) -> pa.Table:
    """Texts with vectors of one encoder: domain, lang, intent, text, vector; the least text of each content."""
    kept, others = [], []
    for other in bots:
        vectors = read_rows(store, "embedding", bots=[other], columns=["content_id", "encoder", "vector"])
        vectors = vectors.filter(pc.and_(pc.equal(vectors["encoder"], encoder), pc.is_valid(vectors["vector"])))
        if not len(vectors):
            others.append(other)
            continue
        texts = read_rows(store, "cleaned", bots=[other], columns=["content_id", "domain", "lang", "intent", "text"])
        keys = ["content_id", "domain", "lang", "intent"]
        firsts = texts.group_by(keys, use_threads=False).aggregate([("text", "min")]).rename_columns([*keys, "text"])
        kept.append(firsts.join(vectors.drop_columns(["encoder"]), "content_id", join_type="inner"))
    if bot in others:
        raise StoreError(f"the encoder has changed since {bot} was embedded", where=store.root, fix=_anew(store, bot))
    if others:
        say(f"note: not compared, as another encoder made their vectors: {', '.join(others)}")
    return pa.concat_tables(kept).sort_by([(name, "ascending") for name in ("domain", "lang", "content_id", "intent")])
