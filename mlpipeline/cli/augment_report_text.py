"""The report of `mlpipeline augment report` as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from mlpipeline.cli.tables import cut, draw

_TEXT = 44
_REASONS = 2
_REFUSED = 3


class _Sample(TypedDict):
    operators: list[str]
    parent: str
    made: str


class _Refused(TypedDict):
    count: int
    samples: list[_Sample]


class _Ablation(TypedDict):
    model: str
    rows: int
    folds: int
    seeds: int
    macro_f1: dict[str, float]
    together: dict[str, float] | None


class _Order(TypedDict):
    score: float
    parents: float


class _Marks(TypedDict):
    natural: dict[str, float]
    same: dict[str, float]


class _Operator(TypedDict):
    name: str
    made: int
    kept: int
    refused: dict[str, int]
    alone: dict[str, float] | None
    among: dict[str, float] | None
    order: _Order | None
    marks: _Marks | None
    used: bool
    bad: str | None
    would_help: bool
    samples: list[_Sample]


def as_text(report: Mapping[str, Any]) -> str:
    """Tables of operators and samples, gates, and what is switched off."""
    counts = f"{report['made']:,} synthetic examples, {report['kept']:,} kept"
    lines = [f"{report['bot']}: {report['rows']:,} training rows, {counts}"]
    lines += [_gates(report["refused"], report["skipped"]), *_together(report["ablation"]), ""]
    used = [one for one in report["operators"] if one["made"] or one["rows_a_fold"] or one["marks"]]
    lines += [_operators(used), "", *_samples(used), *_refused(report["refused"]), *_off(report)]
    return "\n".join(lines)


def _gates(left_out: Mapping[str, _Refused], alone: Mapping[str, int]) -> str:
    counts = sorted(((told["count"], reason) for reason, told in left_out.items()), reverse=True)
    refused = ", ".join(f"{count:,} {reason}" for count, reason in counts) or "nothing"
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in alone.items())
    return f"synthetic examples left out: {refused}" + (f"; rows left alone: {skipped}" if skipped else "")


def _together(found: _Ablation | None) -> list[str]:
    if found is None:
        return []
    how = f"{found['rows']:,} rows in {found['folds']} folds, {found['seeds']} times, by the {found['model']} model"
    scores = found["macro_f1"]
    before, after = (f"{100 * scores[name]:.1f}" for name in ("plain", "all"))
    return [
        f"macro-F1 {before} without and {after} with synthetic examples: {_points(found['together'])} points ({how})"
    ]


def _operators(used: Sequence[_Operator]) -> str:
    head = ["operator", "examples", "kept", "refused for", "alone", "among", "order", "natural", "same", ""]
    rows = []
    for one in used:
        marks = one["marks"]
        order = one["order"]
        rows.append(
            [
                one["name"],
                f"{one['made']:,}",
                f"{one['kept']:,}",
                _reasons(one["refused"]),
                _points(one["alone"]),
                _points(one["among"]),
                f"{order['score']:.2f} of {order['parents']:.2f}" if order else "",
                _share(marks["natural"] if marks else None),
                _share(marks["same"] if marks else None),
                _use(one),
            ]
        )
    kept = [at for at in range(len(head)) if at < 4 or any(row[at] for row in rows)]
    cells = [[row[at] for at in kept] for row in rows]
    return draw([head[at] for at in kept], cells, right=("examples", "kept"))


def _use(one: _Operator) -> str:
    why = one["bad"].split(":")[0].split(" ")[0] if one["bad"] else "would help" if one["would_help"] else ""
    return f"not used; {why}" if why and not one["used"] else "not used" if not one["used"] else why


def _reasons(refused: Mapping[str, int]) -> str:
    first = sorted(refused.items(), key=lambda item: (-item[1], item[0]))[:_REASONS]
    return ", ".join(f"{count:,} {reason}" for reason, count in first)


def _points(gain: Mapping[str, float] | None) -> str:
    if gain is None:
        return ""
    return f"{100 * gain['gain']:+.1f} [{100 * gain['low']:+.1f}, {100 * gain['high']:+.1f}]"


def _share(share: Mapping[str, object] | None) -> str:
    if not share or not share["rows"]:
        return ""
    return f"{share['yes']}/{share['rows']} [{share['low']:.2f}, {share['high']:.2f}]"


def _samples(used: Sequence[_Operator]) -> list[str]:
    rows = [
        [">".join(sample["operators"]), cut(sample["parent"], _TEXT), cut(sample["made"], _TEXT)]
        for one in used
        for sample in one["samples"][:2]
    ]
    unique = list(dict.fromkeys(map(tuple, rows)))
    return [draw(["operators", "original", "synthetic"], unique), ""] if unique else []


def _refused(refused: Mapping[str, _Refused]) -> list[str]:
    rows = [
        [reason, ">".join(sample["operators"]), cut(sample["parent"], _TEXT), cut(sample["made"], _TEXT)]
        for reason, told in sorted(refused.items())
        if reason != "balance"
        for sample in told["samples"][:_REFUSED]
    ]
    return [draw(["refused for", "operators", "original", "synthetic"], rows), ""] if rows else []


def _off(report: Mapping[str, Any]) -> list[str]:
    lines = []
    if report["sheet"]:
        bad = f", {len(report['sheet']['bad']):,} cannot be read" if report["sheet"]["bad"] else ""
        lines.append(f"ratings: {report['sheet']['marked']:,} of {report['sheet']['rows']:,} rows{bad}")
    off = report["switched_off"]
    if off:
        words = "off from the next run on" if report["written"] else "to be switched off"
        lines += [f"{words}:", *(f"  {name}: {why}" for name, why in sorted(off.items()))]
    else:
        lines.append("no operator is to be switched off")
    if report["taken_back"]:
        words = "on again from the next run on" if report["written"] else "to be switched on again"
        lines.append(f"{words}: {', '.join(report['taken_back'])}")
    lines += [f"{name}: {place}" for name, place in report["wrote"].items()]
    return lines
