"""Pictures of an evaluation as files: which intents are taken for which, and how sure right and wrong answers are.

As PNG where matplotlib is installed (the extra `notebooks`), as `rasa test` writes them; else as SVG, whose letters the
viewer draws with fonts of its own. What is drawn is the same.
"""

from __future__ import annotations

import html
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from wcwidth import wcswidth

from mlpipeline.views.notebook.fonts import use_fonts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

CONFUSION, HISTOGRAM = "confusion_matrix", "confidence_histogram"
_BINS = 20
_NUMBERED = 60  # intents up to which counts stand in the cells
_CELL = 14.0  # units of an SVG
_RIGHT, _WRONG = "#1f6fb2", "#d9822b"
_SURFACE = "#ffffff"


@dataclass(frozen=True)
class Confusion:
    """Rows by true and predicted intent: `names` in the order of both sides, `counts` (k, k), true by predicted."""

    names: list[str]
    counts: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Of each true intent the share of its rows, (k, k)."""
        return np.asarray(self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1))


def confusion_of(true: Sequence[str], predicted: Sequence[str]) -> Confusion:
    """The confusions of n rows; intents that are taken for each other stand side by side."""
    names = sorted({*true, *predicted})
    place = {name: at for at, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), np.int64)
    for (one, other), count in Counter(zip(true, predicted, strict=True)).items():
        counts[place[one], place[other]] = count
    order = _clustered(counts)
    return Confusion([names[at] for at in order], counts[np.ix_(order, order)])


def _clustered(counts: NDArray[np.int64]) -> list[int]:
    """Intents in an order in which those that are mixed up are near each other (average linkage)."""
    if len(counts) < 3:
        return list(range(len(counts)))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    apart = 1.0 - np.clip(shares + shares.T, 0.0, 1.0)
    np.fill_diagonal(apart, 0.0)
    return [int(at) for at in leaves_list(linkage(squareform(apart, checks=False), "average"))]


def write_pictures(folder: Path, confusion: Confusion, right: Sequence[float], wrong: Sequence[float]) -> list[Path]:
    """Writes both pictures into a folder that is there; gives their paths.

    Args:
        folder: where they go; files of these names are replaced.
        confusion: of the rows.
        right, wrong: how sure the bot was of its right and of its wrong answers, 0 to 1.
    """
    if find_spec("matplotlib") is not None:
        # It tells of each weight that a font has not.
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
        use_fonts()
        figures = {CONFUSION: _confusion_figure(confusion), HISTOGRAM: _histogram_figure(right, wrong)}
        paths = [folder / f"{name}.png" for name in figures]
        for path, figure in zip(paths, figures.values(), strict=True):
            figure.savefig(path, dpi=150)
        return paths
    texts = {CONFUSION: confusion_svg(confusion), HISTOGRAM: histogram_svg(right, wrong)}
    paths = [folder / f"{name}.svg" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, "utf-8")
    return paths


def _confusion_figure(confusion: Confusion) -> Figure:
    from matplotlib.figure import Figure

    count = len(confusion.names)
    side = min(max(4.0, (0.22 if count <= _NUMBERED else 0.12) * count), 40.0) + 2.5
    figure = Figure((side + 1.0, side), layout="constrained")
    axes = figure.add_subplot()
    size = 8.0 if count <= _NUMBERED else 6.0
    shown = axes.imshow(confusion.shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="equal")
    axes.set_xticks(range(count), confusion.names, rotation=90, fontsize=size)
    axes.set_yticks(range(count), confusion.names, fontsize=size)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    for row, column in zip(*np.nonzero(confusion.counts), strict=True):
        number = str(confusion.counts[row, column])
        if row != column:
            axes.add_patch(_frame(float(row), float(column)))
        if count <= _NUMBERED:
            shade = "white" if confusion.shares[row, column] > 0.6 else "black"
            axes.text(column, row, number, ha="center", va="center", fontsize=size - 1.0, color=shade)
    figure.colorbar(shown, ax=axes, shrink=0.6, label="share of the intent's rows")
    return figure


def _frame(row: float, column: float) -> Rectangle:
    """The border of a cell of wrong rows."""
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1.0, 1.0, fill=False, edgecolor=_WRONG, linewidth=1.0)


def _histogram_figure(right: Sequence[float], wrong: Sequence[float]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure((8.0, 5.0), layout="constrained")
    axes = figure.add_subplot()
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    axes.hist([list(right), list(wrong)], bins=edges.tolist(), color=[_RIGHT, _WRONG], label=["right", "wrong"])
    axes.set_xlabel("score")
    axes.set_ylabel("rows")
    axes.set_xlim(0.0, 1.0)
    axes.legend()
    return figure


def confusion_svg(confusion: Confusion) -> str:
    """The confusions as one SVG: a row is what was true, a column what was predicted."""
    names, shares = confusion.names, confusion.shares
    label = max(map(_width, names), default=0) * _CELL * 0.45 + 8.0
    size = _CELL * len(names)
    parts = []
    for row, column in zip(*np.nonzero(confusion.counts), strict=True):
        color = _RIGHT if row == column else _WRONG
        x, y, count = label + _CELL * column, label + _CELL * row, confusion.counts[row, column]
        about = html.escape(f"{count} of {names[row]} taken for {names[column]}")
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{_CELL}" height="{_CELL}" fill="{color}" '
            f'fill-opacity="{0.15 + 0.85 * shares[row, column]:.2f}"><title>{about}</title></rect>'
        )
        if len(names) <= _NUMBERED:
            parts.append(_text(x + _CELL / 2, y + _CELL * 0.7, str(count), "middle", size=_CELL * 0.5))
    for at, name in enumerate(names):
        middle = label + _CELL * (at + 0.7)
        parts.append(_text(label - 4.0, middle, name, "end"))
        turned = f' transform="rotate(-90 {middle:.1f} {label - 4.0:.1f})"'
        parts.append(_text(middle, label - 4.0, name, "start", turned))
    return _svg(label + size + 8.0, label + size + 8.0, parts)


def histogram_svg(right: Sequence[float], wrong: Sequence[float]) -> str:
    """How sure right and wrong answers are, as one SVG: bars side by side."""
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    counts = [np.histogram(np.asarray(scores, float), edges)[0] for scores in (right, wrong)]
    most, wide, high, left = max(1, *(int(one.max()) for one in counts)), 24.0, 240.0, 48.0
    parts = [_text(left - 6.0, 20.0, str(most), "end"), _text(left - 6.0, 10.0 + high, "0", "end")]
    for bar, (one, color, name) in enumerate(zip(counts, (_RIGHT, _WRONG), ("right", "wrong"), strict=True)):
        for at, count in enumerate(one.tolist()):
            tall = high * count / most
            x, y = left + wide * at + bar * wide * 0.45, 10.0 + high - tall
            about = html.escape(f"{count} {name}, score {edges[at]:.2f} to {edges[at + 1]:.2f}")
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide * 0.42:.1f}" height="{tall:.1f}" fill="{color}">'
                         f"<title>{about}</title></rect>")  # fmt: skip
        parts.append(_text(left + 70.0 * bar, high + 46.0, name, "start", f' fill="{color}"'))
    parts += [_text(left + wide * at, high + 26.0, f"{edges[at]:.1f}", "middle") for at in range(0, _BINS + 1, 4)]
    return _svg(left + wide * _BINS + 16.0, high + 56.0, parts)


def _width(text: str) -> int:
    wide = int(wcswidth(text))
    return wide if wide >= 0 else len(text)


def _text(x: float, y: float, text: str, anchor: str, more: str = "", size: float = _CELL * 0.75) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" text-anchor="{anchor}"'
    return f"<text {place}{more}>{html.escape(text)}</text>"


def _svg(wide: float, high: float, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" font-family="sans-serif">'
    ground = f'<rect width="{wide:.0f}" height="{high:.0f}" fill="{_SURFACE}"/>'
    return "\n".join([head, ground, *parts, "</svg>"]) + "\n"
