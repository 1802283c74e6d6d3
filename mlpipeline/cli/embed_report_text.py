"""The figures of `mlpipeline embed report` as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from mlpipeline.cli.tables import draw
from mlpipeline.orders.embedding_results import (
    AcrossResult,
    BotResult,
    ComparedResult,
    FigureResult,
    LanguageResult,
    VectorReport,
)


def as_text(report: VectorReport) -> str:
    """Tables of bots, languages and pairs of languages, then the gate and the page."""
    lines = [_bots(report["bots"]), "", _languages(report["languages"])]
    for one in report["across"]:
        lines += ["", f"the same sentence in two languages, nearest by `{one['encoder']}`:", _across(one)]
    gate = report["gate"]
    if gate:
        least = f"{gate['min_knn_accuracy']:.3f}"
        for refused in gate["refused"]:
            value = "unknown" if refused["knn_accuracy"] is None else f"{refused['knn_accuracy']:.3f}"
            lines += ["", f"gate refused {refused['bot']}: k-NN accuracy {value}, required {least}"]
        if not gate["refused"]:
            lines += ["", f"gate passed: k-NN accuracy of every bot is {least} or more"]
    lines += ["", *(f"{name}: {place}" for name, place in report["wrote"].items())]
    return "\n".join(lines).rstrip()


def _bots(bots: Sequence[BotResult]) -> str:
    with_gain = any(one["against"] for one in bots)
    head = ["bot", "encoder", "texts", "intents", "k-NN accuracy", "triplets", "separation"]
    rows = []
    for one in bots:
        cells = [one["bot"], _encoders(one), f"{one['rows']:,}", str(one["intents"])]
        figures = one["figures"]
        shown = (figures["knn_accuracy"], figures["triplet_accuracy"], figures["separation"])
        rows.append([*cells, *(_figure(figure, with_gain) for figure in shown)])
    return draw(head, rows, right=("texts", "intents"))


def _languages(languages: Sequence[LanguageResult]) -> str:
    with_gain = any(one["against"] for one in languages)
    rows = []
    for one in languages:
        found = one["paraphrases"]
        if found:
            about = f"paraphrases, {found['sentences']:,} sentences"
            rows.append([one["lang"], _encoders(one), about, _figure(found["nearest"], with_gain)])
        for kind in one["analogies"]:
            about = f"analogies, {kind['kind']}, {kind['pairs']} pairs"
            rows.append([one["lang"], _encoders(one), about, _figure(kind["figure"], with_gain)])
    return draw(["language", "encoder", "of", "right"], rows) if rows else "no lists of these languages"


def _across(found: AcrossResult) -> str:
    langs = found["languages"]
    cells = {(one["source"], one["target"]): one for one in found["pairs"]}
    rows = [
        [left, *("" if left == right else _percent(cells[left, right]["nearest"]) for right in langs)] for left in langs
    ]
    return draw(["", *langs], rows, right=langs)


def _percent(figure: ComparedResult | None) -> str:
    return f"{100 * figure['value']:.0f} %" if figure else ""


def _encoders(one: BotResult | LanguageResult) -> str:
    return f"{one['encoder']} against {one['against']}" if one["against"] else str(one["encoder"])


def _figure(figure: ComparedResult | None, with_gain: bool) -> str:
    if figure is None:
        return "too few texts"
    own = f"{figure['value']:.3f} {_span(figure)}"
    gain = figure["gain"]
    return f"{own}, {gain['value']:+.3f} {_span(gain, '+')}" if with_gain and gain else own


def _span(figure: FigureResult, sign: str = "") -> str:
    return f"[{figure['low']:{sign}.3f}, {figure['high']:{sign}.3f}]"
