"""What a planner is told of a bot's labels: figures, curves, and one line with what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlpipeline.languages.labels import spelled_apart
from mlpipeline.methods.label_noise.analysis import NoiseAnalysis
from mlpipeline.methods.label_noise.annotating import Answer, annotator_report
from mlpipeline.methods.label_noise.audit import Audit, WorkCurve, promised_curve
from mlpipeline.methods.label_noise.confusable import find_confusing
from mlpipeline.methods.label_noise.decide import PROMISED, Finding
from mlpipeline.methods.label_noise.estimate import Noise, NoiseEstimate
from mlpipeline.methods.label_noise.examples import Examples, Flags

SHARES = (0.5, 0.7, 0.9)  # of the noise; for each, how many rows a reviewer has to read
_PARTS = {0: "human", 1: "made"}
_PAIRS = 20  # confusing pairs of intents that are kept
_KIND_WORDS = {
    "random": "random flips",
    "pairs": "between intents that are taken for each other",
    "mixed": "random flips and intents that are taken for each other",
}


def report_of(examples: Examples, analysis: NoiseAnalysis, answers: Sequence[Answer] = ()) -> dict[str, Any]:
    """Everything about one bot but the findings themselves, as JSON takes it; shares are 0 to 1.

    Args:
        units: of the bot.
        verdict: on them.
        answers: what annotators said.
    """
    learnt = int((~examples.held_out).sum())
    report: dict[str, object] = {
        "rows": learnt,
        "test_rows": len(examples) - learnt,
        "intents": len(examples.intents),
        "judged": analysis.detection is not None,
        "reason": analysis.reason,
        "alike_intents": spelled_apart(examples.intents),
        "annotators": annotator_report(examples, analysis, answers),
    }
    if analysis.cheaper:
        report["cheaper_views"] = analysis.cheaper
    if analysis.detection is None:
        return {**report, "line": f"labels were not checked: {analysis.reason}"}
    parts = analysis.detection.noise
    estimate = _of_all(analysis.detection.estimate, parts, examples.synthetic[~examples.held_out])
    own = [one for one in analysis.findings if not examples.held_out[one.row]]
    report |= {
        **_noise(estimate.noise),
        "flagged": int(estimate.flagged.sum()),
        "expected_f1": _rounded(estimate.expected_f1),
        "parts": {_PARTS.get(n, str(n)): _noise(one) for n, one in sorted(parts.items())},
        "views": [{"view": name, "agrees": _rounded(share)} for name, share in analysis.agreed.items()],
        "kinds": dict(Counter(one.kind for one in own).most_common()),
        "actions": dict(Counter(one.action for one in own).most_common()),
        "test": _test(examples, analysis),
        "curve": as_points(promised_curve(estimate)),
        "audit": [_audited(one) for one in analysis.audits],
        "confusing": _confusing(examples, analysis),
    }
    report["review"] = [_review(estimate, examples, own, share) for share in SHARES]
    return {**report, "line": planner_line(report)}


def planner_line(report: Mapping[str, Any]) -> str:
    """One sentence: how many labels are wrong, and what reading how many rows does about it."""
    dropped, relabelled = (report["actions"].get(name, 0) for name in ("drop", "relabel"))
    spread = f"{_percent(report['low'], 1)} to {_percent(report['high'], 1)}"
    about = f"about {_percent(report['rate'], 1)} of {report['rows']:,} labels are wrong ({spread})"
    if report["kind"] == "none" or not report["flagged"]:
        return f"{about}: nothing that is worth a review"
    kind = _KIND_WORDS.get(report["kind"])
    done = [
        f"{count:,} clear one{'' if count == 1 else 's'} {word}"
        for count, word in ((dropped, "dropped"), (relabelled, "relabelled"))
        if count
    ]
    wanted = next(row for row in report["review"] if row["share"] == PROMISED)
    if wanted["rows"] is None:
        advice = f"review the {report['flagged']:,} flagged rows"
    elif not wanted["rows"]:
        advice = f"with that, {_percent(PROMISED)} of the noise is gone"
    else:
        spread = f"{_percent(wanted['low'])} to {_percent(wanted['high'])}"
        rows = "this row" if wanted["rows"] == 1 else f"these {wanted['rows']:,} rows"
        advice = f"review {rows} to remove {_percent(PROMISED)} of the noise ({spread})"
    return f"{about}{f', {kind}' if kind else ''}: {'; '.join([*done, advice])}"


def as_points(curve: WorkCurve) -> list[dict[str, object]]:
    """A work curve as JSON takes it: rows to read, share of the noise removed, and its 95 % interval."""
    columns = (curve.rows, curve.removed, curve.low, curve.high)
    return [
        {"rows": int(rows), "removed": _rounded(removed), "low": _rounded(low), "high": _rounded(high)}
        for rows, removed, low, high in zip(*columns, strict=True)
    ]


def _of_all(estimate: NoiseEstimate, parts: Mapping[int, Noise], made: Flags) -> NoiseEstimate:
    """The judgement with the rate of all n rows, and not that of its first part: human rows are wrong less often.

    Args:
        judgement: of n rows.
        parts: noise of those that were judged apart; rows of another part are too few to change the rate.
        made: bool (n,), 0 and 1 are the numbers of the parts.
    """
    rows = np.array([(made == number).sum() for number in parts], np.float64)

    def mean(name: str) -> float:
        return float(np.average([getattr(noise, name) for noise in parts.values()], weights=rows))

    whole = replace(estimate.noise, rate=mean("rate"), low=mean("low"), high=mean("high"))
    return replace(estimate, noise=whole)


def _noise(noise: Noise) -> dict[str, object]:
    return {
        "rate": _rounded(noise.rate),
        "low": _rounded(min(noise.low, noise.rate)),
        "high": _rounded(max(noise.high, noise.rate)),
        "kind": noise.kind,
        "pairing": _rounded(noise.pairing),
    }


def _test(examples: Examples, analysis: NoiseAnalysis) -> dict[str, object] | None:
    if analysis.test is None:
        return None
    rows = examples.held_out
    return {
        "rows": int(rows.sum()),
        "rate": _rounded(float(analysis.test.wrong[rows].mean())),
        "flagged": int(analysis.test.flagged[rows].sum()),
    }


def _review(
    estimate: NoiseEstimate, examples: Examples, findings: Sequence[Finding], share: float
) -> dict[str, object]:
    """How many rows to read, in the order of the list, until with what was dropped this share of the noise is gone."""
    place = np.cumsum(~examples.held_out) - 1
    gone = {int(place[one.row]) for one in findings if one.action in ("drop", "relabel")}
    order = [row for row in estimate.order.tolist() if row not in gone]
    wrong, total = estimate.wrong, estimate.expected
    before = float(wrong[sorted(gone)].sum())
    grown = before + np.concatenate([[0.0], np.cumsum(wrong[order])])
    reached = np.flatnonzero(grown >= share * total - 1e-9)
    if not len(reached):
        return {"share": share, "rows": None, "low": None, "high": None}
    found = float(grown[reached[0]])
    most = max(estimate.noise.high * len(wrong), total)
    least = max(min(estimate.noise.low * len(wrong), total), 1e-9)
    return {
        "share": share,
        "rows": int(reached[0]),
        "low": _rounded(min(found / most, 1.0)),
        "high": _rounded(min(found / least, 1.0)),
    }


def _audited(one: Audit) -> dict[str, object]:
    figures = {name: _rounded(getattr(one, name)) for name in ("recall", "precision", "estimated")}
    return {"kind": one.kind, "planted": one.planted, **figures, "curve": as_points(one.curve)}


def _confusing(examples: Examples, analysis: NoiseAnalysis) -> list[dict[str, object]]:
    """Pairs of intents that overlap as wholes, with sentences of both."""
    if analysis.detection is None:
        return []
    learnt = np.flatnonzero(~examples.held_out)
    vectors = None if examples.vectors is None else examples.vectors[learnt]
    chances, groups = analysis.detection.estimate.fused, examples.groups[learnt]
    found = find_confusing(
        examples.labels[learnt], len(examples.intents), vectors=vectors, chances=chances, groups=groups, most=_PAIRS
    )
    return [
        {
            "left": examples.intents[pair.left],
            "right": examples.intents[pair.right],
            "left_as_right": _rounded(pair.left_as_right),
            "right_as_left": _rounded(pair.right_as_left),
            "overlap": _rounded(pair.overlap),
            "similarity": None if pair.similarity is None else _rounded(pair.similarity),
            "advice": pair.advice,
            "left_examples": [examples.texts[learnt[row]] for row in pair.left_examples],
            "right_examples": [examples.texts[learnt[row]] for row in pair.right_examples],
        }
        for pair in found.pairs
    ]


def _rounded(value: float) -> float:
    return round(float(value), 4)


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"
