"""What the page on encoders shows: figures placed on their bars, tables of languages, and maps as drawings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict
from unicodedata import east_asian_width

import numpy as np

from mlpipeline.bots import Bot
from mlpipeline.methods.vector_quality.plane import Plane
from mlpipeline.orders.embedding_results import (
    AcrossResult,
    BotResult,
    ComparedResult,
    FigureResult,
    LanguageResult,
    VectorReport,
)
from mlpipeline.orders.embedding_rows import BotTexts

_WIDTH, _HEIGHT, _EDGE = 160.0, 100.0, 3.0  # of a map, in its own units
_LABELS = 8  # intents named in the map itself
_LINE = 4.6  # between two labels
_LOWEST = _HEIGHT - 2.0  # of a label
_LETTER = 2.5  # width of a letter of a label on a narrow screen, about
_NAMED = 40  # intents below the map; the rest is counted
_PARAPHRASES = "paraphrases"
_TURN = 137.508  # degrees: neighbours in the list have colours that are far apart


class Bar(TypedDict):
    """Where an interval and its figure lie in a bar, in percent of its width."""

    low: float
    width: float
    point: float


class Shown(TypedDict):
    """A figure, its bar, where another encoder's stands, and which way the difference surely goes: good, bad or not."""

    figure: ComparedResult | None
    bar: Bar | None
    before: float | None
    gained: str


class NamedFigure(Shown):
    """A figure of a bot, with its name and what it is."""

    name: str
    words: str


class ShownLanguage(TypedDict):
    """A language: figures by the name of their column, and what they were measured on."""

    lang: str
    encoder: str
    rows: dict[str, Shown]
    words: str


class Dots(TypedDict):
    """The texts of one intent in a map: a colour, a path of points, and how many they are."""

    intent: str
    colour: str
    line: str
    rows: int


class MapLabel(TypedDict):
    """The name of an intent in the map, and its middle."""

    intent: str
    x: float
    y: float


def vectors_view(report: VectorReport, maps: Sequence[tuple[BotTexts, Plane]]) -> dict[str, object]:
    """What the template shows.

    Args:
        report: what `mlpipeline embed report --json` prints.
        maps: of each bot, in the order of the report, its texts and where they lie.
    """
    languages = [_language(one) for one in report["languages"]]
    return {
        "kinds": list(dict.fromkeys(name for one in languages for name in one["rows"])),
        "against": report["against"],
        "gate": report["gate"],
        "bots": [_bot(one, *drawn) for one, drawn in zip(report["bots"], maps, strict=True)],
        "languages": languages,
        "across": [_across(one) for one in report["across"]],
    }


def _bot(one: BotResult, data: BotTexts, plane: Plane) -> dict[str, object]:
    figures = one["figures"]
    rows: list[NamedFigure] = [
        {"name": name, "words": words, **_figure(figure, least)}
        for figure, name, words, least in (
            (figures["knn_accuracy"], "k-NN accuracy", "the five nearest other texts have the same intent", 0.0),
            (figures["triplet_accuracy"], "triplets", "a text of the same intent is nearer than one of another", 0.0),
            (figures["separation"], "separation", "silhouette, -1 to 1: how far the nearest other intent is", -1.0),
        )
    ]
    dots, more = colour_dots(data, plane)
    return {
        **one,
        "lang": Bot.parse(one["bot"]).lang,
        "figures": rows,
        "dots": dots,
        "named": _NAMED,
        "more": more,
        "labels": map_labels(data, plane),
    }


def _language(one: LanguageResult) -> ShownLanguage:
    rows, words = dict[str, Shown](), list[str]()
    found = one["paraphrases"]
    if found:
        rows[_PARAPHRASES] = _figure(found["nearest"], 0.0)
        words.append(f"{found['sentences']:,} sentences {found['source'] and 'of ' + found['source']}".strip())
    for kind in one["analogies"]:
        rows[kind["kind"]] = _figure(kind["figure"], 0.0)
        words.append(f"{kind['pairs']} pairs ({kind['kind']})")
    told = {name: row for name, row in rows.items() if row["figure"]}
    return {"lang": one["lang"], "encoder": one["encoder"], "rows": told, "words": ", ".join(words) or "no lists"}


def _across(one: AcrossResult) -> dict[str, object]:
    cells = {(pair["source"], pair["target"]): pair for pair in one["pairs"]}
    langs = one["languages"]
    rows = [
        {"lang": left, "cells": [cells.get((left, right)) for right in langs]}  # None: a language and itself
        for left in langs
    ]
    return {"encoder": one["encoder"], "languages": langs, "rows": rows}


def _figure(figure: ComparedResult | None, least: float) -> Shown:
    if figure is None:
        return {"figure": None, "bar": None, "before": None, "gained": ""}
    gain, before = figure["gain"], figure["against"]
    gained = "" if not gain else "good" if gain["low"] > 0 else "bad" if gain["high"] < 0 else ""
    return {
        "figure": figure,
        "bar": bar_of(figure, least),
        "before": bar_of(before, least)["point"] if before else None,
        "gained": gained,
    }


def bar_of(figure: FigureResult, least: float) -> Bar:
    """Places a figure between `least` and 1 in a bar of 100 percent."""
    low, high, point = (
        100.0 * (value - least) / (1.0 - least) for value in (figure["low"], figure["high"], figure["value"])
    )
    low, high = max(low, 0.0), min(high, 100.0)
    return {"low": low, "width": max(high - low, 0.0), "point": min(max(point, 0.0), 100.0)}


def colour_dots(data: BotTexts, plane: Plane) -> tuple[list[Dots], int]:
    """The points of each intent, the largest first, each in its colour; and how many intents are not named."""
    at = _placed(plane)
    colours, found = _colours(data), list[Dots]()
    for code in _largest(data):
        own = at[data.codes == code]
        line = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in own)
        found.append({"intent": data.intents[code], "colour": colours[code], "line": line, "rows": len(own)})
    return found, max(0, len(found) - _NAMED)


def map_labels(data: BotTexts, plane: Plane) -> list[MapLabel]:
    """Names of the largest intents where most of their texts are, moved down or up where two would overlap."""
    at, found = _placed(plane), list[MapLabel]()
    for code in _largest(data)[:_LABELS]:
        x, y = np.median(at[data.codes == code], axis=0)
        half = _half(data.intents[code])
        middle = float(np.clip(x, half + 1.0, max(_WIDTH - half - 1.0, half + 1.0)))
        found.append({"intent": data.intents[code], "x": middle, "y": float(np.clip(y, _LINE, _LOWEST))})
    found.sort(key=lambda one: (one["y"], one["intent"]))
    for place, label in enumerate(found):
        above = [one["y"] + _LINE for one in found[:place] if _side_by_side(one, label)]
        label["y"] = max([label["y"], *above])
    # Those that were moved out of the map go back into it, and move others up.
    for place in range(len(found) - 1, -1, -1):
        label = found[place]
        below = [one["y"] - _LINE for one in found[place + 1 :] if _side_by_side(one, label)]
        label["y"] = min([label["y"], _LOWEST, *below])
    return found


def _side_by_side(left: MapLabel, right: MapLabel) -> bool:
    """Whether two labels would overlap on one line."""
    return abs(left["x"] - right["x"]) < _half(left["intent"]) + _half(right["intent"])


def _half(intent: str) -> float:
    """Half of the width of a label; letters of East Asian scripts are twice as wide."""
    return _LETTER * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in intent) / 2.0


def _largest(data: BotTexts) -> list[int]:
    sizes = np.bincount(data.codes, minlength=len(data.intents))
    return [int(code) for code in np.argsort(-sizes, kind="stable")]


def _colours(data: BotTexts) -> dict[int, str]:
    return {
        code: f"hsl({number * _TURN % 360:.0f} {(62, 48)[number % 2]}% {(44, 56)[number // 2 % 2]}%)"
        for number, code in enumerate(_largest(data))
    }


def _placed(plane: Plane) -> np.ndarray:
    """Points (n, 2) in the box of the map: one scale for both axes would leave most of it empty."""
    points = plane.points
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    box = np.array([_WIDTH, _HEIGHT]) - 2 * _EDGE
    placed = _EDGE + (points - low) / span * box
    placed[:, 1] = _HEIGHT - placed[:, 1]
    return np.asarray(placed)
