"""A comparison of two versions for a terminal, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from mlpipeline.cli.tables import cut, draw
from mlpipeline.cli.terminal_text import visible
from mlpipeline.methods.evaluation.comparison import SliceFigures
from mlpipeline.orders.comparison import BROKEN, FIXED, Change, Comparison
from mlpipeline.orders.evaluation import Figure, counted

_SLICES = 10
_WIDE = 60
_CHANCE = 0.05
_ROW_HEAD = ("text", "should be", "before", "after")
_SLICE_HEAD = ("slice", "value", "rows", "before", "after", "fixed", "broken", "p", "p adjusted")


def as_text(compared: Comparison, most: int) -> str:
    """All of it for a terminal, with at most so many rows of each kind."""
    before, after = compared.before, compared.after
    lines = [f"before: {before.name}  {before.answerer.bundle.digest[:16]}",
             f"after:  {after.name}  {after.answerer.bundle.digest[:16]}", ""]  # fmt: skip
    lines += [*summary(compared), "", draw(["", "rows", "before", "after"], _figures(compared), right=("rows",))]
    slices = _slices(compared.slices)
    if slices:
        lines += ["", "slices that changed, the worst first", draw(_SLICE_HEAD, slices, right=_SLICE_HEAD[2:])]
    for kind in (BROKEN, FIXED):
        rows = compared.of_kind(kind)
        cells = [[cut(cell, _WIDE) for cell in row] for row in _rows(rows[:most])]
        lines += ["", f"{kind}: {counted(len(rows), 'row')}{_more(rows, most)}"]
        lines += [draw(_ROW_HEAD, cells)] if cells else []
    return "\n".join(lines)


def as_markdown(compared: Comparison, most: int) -> str:
    """The same as Markdown."""
    parts = [f"### {_escaped(compared.before.name)} → {_escaped(compared.after.name)}",
             "\n".join(f"- {_escaped(line)}" for line in summary(compared)),
             _table(["", "rows", "before", "after"], _figures(compared))]  # fmt: skip
    slices = _slices(compared.slices)
    parts += ["**Slices that changed, the worst first**", _table(_SLICE_HEAD, slices)] if slices else []
    for kind in (BROKEN, FIXED):
        rows = compared.of_kind(kind)
        parts.append(f"**{kind.capitalize()}: {counted(len(rows), 'row')}**{_more(rows, most)}")
        parts += [_table(_ROW_HEAD, _rows(rows[:most]))] if rows[:most] else []
    return "\n\n".join(parts)


def summary(compared: Comparison) -> list[str]:
    """What it came to, in sentences."""
    figures = compared.all
    counts = figures.counts
    lines = [f"{counted(counts.rows, 'row')}: {compared.rows_of}", *_seen(compared)]
    low, high = figures.difference_interval or (0.0, 0.0)
    spread = f"{figures.difference:+.3f}  [{low:+.3f}, {high:+.3f}]"
    if not counts.fixed + counts.broken:
        return [*lines, f"no row changed: difference {spread}"]
    side = "better" if figures.difference > 0 else "worse"
    verdict = f"after is {side}" if figures.p < _CHANCE else "no more than chance could make"
    changed = f"{counts.fixed:,} fixed, {counts.broken:,} broken"
    return [*lines, f"{changed}: difference {spread}, McNemar's exact p = {_p(figures.p)}: {verdict}"]


def _seen(compared: Comparison) -> list[str]:
    """How many rows each side has learnt, which say how well it remembers and not how good it is."""
    rows = compared.all.counts.rows
    if None in compared.seen:
        return ["what one of them learnt is not known: so is whether it has seen these rows"]
    if not any(compared.seen):
        return ["neither has seen any of them before"]
    parts = [f"{side} has learnt {count:,} of them, or nearly so" for side, count in
             zip(("before", "after"), compared.seen, strict=True)]  # fmt: skip
    new = f"{compared.new.counts.rows:,} are new to both" if compared.new else "none is new to both"
    tells = "" if compared.new or rows == 0 else ", and the figures tell how well they remember"
    return [f"{', '.join(parts)}; {new}{tells}"]


def _figures(compared: Comparison) -> list[list[str]]:
    def row(name: str, one: SliceFigures) -> list[str]:
        sides = [Figure(one.before, *(one.before_interval or ())), Figure(one.after, *(one.after_interval or ()))]
        return [name, f"{one.counts.rows:,}", *map(str, sides)]

    rows = [row("accuracy", compared.all)]
    if compared.new is not None:
        rows.append(row("accuracy, new to both", compared.new))
        counts = compared.new.counts
        rows.append(["fixed, broken, new to both", f"{counts.rows:,}", f"{counts.fixed:,} fixed",
                     f"{counts.broken:,} broken, p = {_p(compared.new.p)}"])  # fmt: skip
    for name, words in (("answered", "answered"), ("wrong", "answered wrongly")):
        rows.append([words, f"{compared.all.counts.rows:,}", *(f"{share:.3f}" for share in compared.rates[name])])
    return rows


def _slices(slices: Sequence[SliceFigures]) -> list[list[str]]:
    changed = [one for one in slices if one.counts.fixed + one.counts.broken]
    return [
        [one.name, one.value, f"{one.counts.rows:,}", str(Figure(one.before)), str(Figure(one.after)),
         f"{one.counts.fixed:,}", f"{one.counts.broken:,}", _p(one.p), _p(one.p_adjusted)]
        for one in changed[:_SLICES]
    ]  # fmt: skip


def _rows(changes: Sequence[Change]) -> list[list[str]]:
    return [
        [" ".join(one.text.split()), one.intent, *(f"{side.intent} {side.score:.2f} {side.zone}" for side in
                                                    (one.before, one.after))]
        for one in changes
    ]  # fmt: skip


def _more(rows: Sequence[Change], most: int) -> str:
    return f" (the first {most:,})" if len(rows) > most else ""


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "<0.001"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines)


def _escaped(text: str) -> str:
    """A text of strangers that is no markup: neither a cell's end, nor emphasis, nor a link, nor HTML."""
    marked = visible(" ".join(text.split()))
    for sign in "\\`*_[]|~":
        marked = marked.replace(sign, f"\\{sign}")
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
