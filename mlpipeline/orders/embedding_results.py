"""What a report on encoders holds, as `mlpipeline embed report --json` prints it."""

from __future__ import annotations

from typing import TypedDict


class FigureResult(TypedDict):
    """A mean with its 95 % interval, and of how many items."""

    value: float
    low: float
    high: float
    items: int


class ComparedResult(FigureResult):
    """A figure, that of another encoder on the same items, and the difference; None where none is compared."""

    against: FigureResult | None
    gain: FigureResult | None


class NearResult(TypedDict):
    """A text that lies near a probe."""

    text: str
    intent: str
    cosine: float


class ProbeResult(TypedDict):
    """The most typical text of an intent, and what lies nearest to it."""

    text: str
    intent: str
    nearest: list[NearResult]


class ConfusedResult(TypedDict):
    """So many texts of an intent have neighbours of another one."""

    intent: str
    neighbours: str
    rows: int


class BotFigures(TypedDict):
    """The figures of a bot; None where it has too few texts."""

    knn_accuracy: ComparedResult | None
    triplet_accuracy: ComparedResult | None
    separation: ComparedResult | None


class BotResult(TypedDict):
    """One bot: `rows` texts were looked at `of` so many; `map_explained` is the share of differences in its map."""

    bot: str
    encoder: str
    against: str | None
    rows: int
    of: int
    intents: int
    figures: BotFigures
    probes: list[ProbeResult]
    confused: list[ConfusedResult]
    map_explained: float


class ParaphrasesResult(TypedDict):
    """Sentences in groups that mean the same; `source` is a file, or empty for those of the package."""

    source: str
    sentences: int
    groups: int
    nearest: ComparedResult | None
    reciprocal_rank: ComparedResult | None


class AnalogiesResult(TypedDict):
    """Analogies of one kind; answers are chosen from `words`."""

    kind: str
    pairs: int
    words: int
    figure: ComparedResult | None


class LanguageResult(TypedDict):
    """What the lists of a language say of an encoder."""

    lang: str
    encoder: str
    against: str | None
    paraphrases: ParaphrasesResult | None
    analogies: list[AnalogiesResult]


class PairResult(TypedDict):
    """Sentences of one language looked for in another one; mean cosines of translations and of all others."""

    source: str
    target: str
    nearest: ComparedResult | None
    cosine: float
    cosine_of_others: float


class AcrossResult(TypedDict):
    """All pairs of the languages that one encoder serves."""

    encoder: str
    languages: list[str]
    pairs: list[PairResult]


class RefusedResult(TypedDict):
    """A bot that the gate refused; None: it has too few texts to know."""

    bot: str
    knn_accuracy: float | None


class GateResult(TypedDict):
    """What is required, and who has less."""

    min_knn_accuracy: float
    refused: list[RefusedResult]


class VectorReport(TypedDict):
    """The whole report; `wrote` has the page by the name `report`."""

    against: str | None
    bots: list[BotResult]
    languages: list[LanguageResult]
    across: list[AcrossResult]
    gate: GateResult | None
    wrote: dict[str, str]
