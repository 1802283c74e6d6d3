"""A report on encoders: how good the vectors of bots and languages are, and against those of another encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlpipeline.methods.vector_quality.analogies import score_analogies, words_of
from mlpipeline.methods.vector_quality.figures import Figure, Items, difference_of, figure_of
from mlpipeline.methods.vector_quality.own_rows import OwnRows, score_rows
from mlpipeline.methods.vector_quality.plane import Plane, principal_plane, probe, typical_rows
from mlpipeline.methods.vector_quality.retrieval import score_paraphrases, score_translations
from mlpipeline.methods.vector_quality.samples import Grouped, analogy_pairs, parallel_texts
from mlpipeline.networks.encoders.contract import Encoder, Vectors
from mlpipeline.orders.embedding_results import (
    AcrossResult,
    AnalogiesResult,
    BotResult,
    ComparedResult,
    ConfusedResult,
    FigureResult,
    LanguageResult,
    NearResult,
    PairResult,
    ParaphrasesResult,
    ProbeResult,
    RefusedResult,
)
from mlpipeline.orders.embedding_rows import BotTexts

PROBES = 10
_NEAREST = 3


@dataclass(frozen=True)
class MappedBot:
    """What is known of one bot: plain values for JSON, and the map for the page."""

    result: BotResult
    plane: Plane


@dataclass(frozen=True)
class Sentences:
    """Paraphrases that are looked at, and the file that they come from; empty: the lists of the package."""

    grouped: Grouped
    source: str


def compared(new: Items, old: Items | None, seed: int) -> ComparedResult | None:
    """A figure for JSON, and with another encoder its figure and the gain over it; None without any item."""
    figure = figure_of(new, seed)
    if figure is None:
        return None
    before = figure_of(old, seed) if old is not None else None
    gain = difference_of(new, old, seed) if old is not None else None
    return {
        **_rounded(figure),
        "against": _rounded(before) if before else None,
        "gain": _rounded(gain) if gain else None,
    }


def _rounded(figure: Figure) -> FigureResult:
    low, high = round(figure.low, 4), round(figure.high, 4)
    return {"value": round(figure.value, 4), "low": low, "high": high, "items": figure.items}


def report_bot(
    data: BotTexts, encoder: Encoder, vectors: Vectors, against: Encoder | None, other: Vectors | None, seed: int
) -> MappedBot:
    """Figures, probes and map of a bot.

    Args:
        data: its texts, n.
        encoder: that made `vectors`, float32 (n, d).
        against: that made `other`, float32 (n, e); None for no comparison.
        seed: of the resampling.
    """
    scored = score_rows(vectors, data.codes, data.groups)
    before = score_rows(other, data.codes, data.groups) if other is not None else None

    def figure(chosen: Callable[[OwnRows], Items]) -> ComparedResult | None:
        return compared(chosen(scored), chosen(before) if before else None, seed)

    plane = principal_plane(vectors)
    result: BotResult = {
        "bot": data.bot,
        "encoder": encoder.name,
        "against": against.name if against else None,
        "rows": len(data.texts),
        "of": data.total,
        "intents": len(data.intents),
        "figures": {
            "knn_accuracy": figure(lambda one: one.neighbours),
            "triplet_accuracy": figure(lambda one: one.triplets),
            "separation": figure(lambda one: one.separation),
        },
        "probes": _probes(data, vectors),
        "confused": _confused(data, scored),
        "map_explained": round(plane.explained, 4),
    }
    return MappedBot(result, plane)


def _probes(data: BotTexts, vectors: Vectors) -> list[ProbeResult]:
    found = list[ProbeResult]()
    for row in typical_rows(vectors, data.codes, PROBES):
        near = probe(vectors, data.groups, row, _NEAREST)
        nearest = [
            NearResult(text=data.texts[place], intent=data.intents[data.codes[place]], cosine=round(cosine, 4))
            for place, cosine in zip(near.nearest, near.cosines, strict=True)
        ]
        found.append({"text": data.texts[row], "intent": data.intents[data.codes[row]], "nearest": nearest})
    return found


def _confused(data: BotTexts, scored: OwnRows) -> list[ConfusedResult]:
    """The pairs of intents of which rows of the first most often have neighbours of the second; ten at most."""
    wrong = (scored.neighbours.values == 0.0) & (scored.predicted >= 0)
    pairs = np.stack([data.codes[scored.rows[wrong]], scored.predicted[wrong]], axis=1)
    unique, counts = np.unique(pairs, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:PROBES]
    return [
        {"intent": data.intents[unique[at][0]], "neighbours": data.intents[unique[at][1]], "rows": int(counts[at])}
        for at in order
    ]


def report_language(
    lang: str,
    normalize: Callable[[str], str],
    encoder: Encoder,
    against: Encoder | None,
    sentences: Sentences,
    seed: int,
) -> LanguageResult:
    """Paraphrases and analogies of a language.

    Args:
        lang: a tag.
        normalize: as its bots' texts are.
        encoder: of its bots.
        against: another one, or None.
        sentences: paraphrases; there may be none.
        seed: of the resampling.
    """
    return {
        "lang": lang,
        "encoder": encoder.name,
        "against": against.name if against else None,
        "paraphrases": _paraphrases(normalize, encoder, against, sentences, seed),
        "analogies": _analogies(lang, normalize, encoder, against, seed),
    }


def _paraphrases(
    normalize: Callable[[str], str], encoder: Encoder, against: Encoder | None, sentences: Sentences, seed: int
) -> ParaphrasesResult | None:
    # Two that are the same to the models would find each other whatever the encoder.
    unique = {(group, normalize(text)) for text, group in zip(*sentences.grouped, strict=True)}
    kept = sorted((group, text) for group, text in unique if text)
    if not kept:
        return None
    groups = np.array([group for group, _ in kept], np.int64)
    scored = [
        score_paraphrases(one.encode([text for _, text in kept]), groups) if one else None for one in (encoder, against)
    ]
    new, old = scored
    assert new is not None
    return {
        "source": sentences.source,
        "sentences": len(kept),
        "groups": len(set(groups.tolist())),
        "nearest": compared(new.hits, old.hits if old else None, seed),
        "reciprocal_rank": compared(new.reciprocal_ranks, old.reciprocal_ranks if old else None, seed),
    }


def _analogies(
    lang: str, normalize: Callable[[str], str], encoder: Encoder, against: Encoder | None, seed: int
) -> list[AnalogiesResult]:
    kinds = {
        kind: [(normalize(left), normalize(right)) for left, right in pairs]
        for kind, pairs in analogy_pairs(lang).items()
    }
    words = words_of(kinds)
    vectors = [one.encode(words) if one and words else None for one in (encoder, against)]
    found = list[AnalogiesResult]()
    for kind, pairs in kinds.items():
        new, old = (score_analogies(words, one, pairs) if one is not None else None for one in vectors)
        assert new is not None
        found.append(
            {"kind": kind, "pairs": len(pairs), "words": len(words), "figure": compared(new, old, seed)},
        )
    return found


def report_across(
    encoders: Mapping[str, Encoder], normalizers: Mapping[str, Callable[[str], str]], seed: int
) -> list[AcrossResult]:
    """The same sentences in several languages: one result for each encoder that serves two or more of them.

    Args:
        encoders: language -> encoder.
        normalizers: language -> how its texts are normalised.
        seed: of the resampling.
    """
    served: dict[str, list[str]] = {}
    for lang, encoder in encoders.items():
        if parallel_texts(lang):
            served.setdefault(encoder.digest, []).append(lang)
    found = list[AcrossResult]()
    for langs in served.values():
        if len(langs) < 2:
            continue
        vectors = {
            lang: encoders[lang].encode([normalizers[lang](text) for text in parallel_texts(lang)]) for lang in langs
        }
        pairs = [_pair(left, right, vectors, seed) for left in langs for right in langs if left != right]
        found.append({"encoder": encoders[langs[0]].name, "languages": langs, "pairs": pairs})
    return found


def _pair(left: str, right: str, vectors: Mapping[str, Vectors], seed: int) -> PairResult:
    scored = score_translations(vectors[left], vectors[right])
    assert scored is not None
    return {
        "source": left,
        "target": right,
        "nearest": compared(scored.hits, None, seed),
        "cosine": round(scored.pairs, 4),
        "cosine_of_others": round(scored.others, 4),
    }


def below_gate(bots: Sequence[BotResult], least: float) -> list[RefusedResult]:
    """The bots whose k-NN accuracy is less than `least`, or unknown, with what it is."""
    found = list[RefusedResult]()
    for one in bots:
        figure = one["figures"]["knn_accuracy"]
        value = figure["value"] if figure else None
        if value is None or value < least:
            found.append({"bot": one["bot"], "knn_accuracy": value})
    return found
