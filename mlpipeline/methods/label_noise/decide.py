"""From verdicts to findings: what kind of mistake, what to do, and the rows that show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.detect import Detection
from mlpipeline.methods.label_noise.estimate import NoiseEstimate
from mlpipeline.methods.label_noise.fuse import votes
from mlpipeline.methods.label_noise.noise_data import Codes, NoiseData

KINDS = ("flip", "out of scope", "contradiction", "outlier", "unclear")
ACTIONS = ("keep", "queue", "drop", "relabel", "report")
PROMISED = 0.7  # share of the noise that the list holds at least, as far as it is known: reviewers are told so

_DOUBTED = 0.25  # rows are listed from this probability of a wrong label on
_ODD = 0.05  # a text that resembles nothing is listed from this probability on
_CLEAR = 0.9  # a clear case: this likely wrong
_HOPELESS = 0.6  # no case is clear where the rate may be as high as this: ten rows, or texts without sense
_WEAK = 0.4  # nor where the views miss so many right labels: of 300 rows of 50 intents, half the clear were right
_CLEAR_KINDS = ("flip", "out of scope")  # and of a kind that no human needs to weigh
_FITS = 0.3  # an intent that the views together find less likely than this does not fit
_FAR = 0.15  # similarity to the nearest other text; below it a text resembles nothing (measured: 1 % of CLINC150)
_LISTED = 3  # rows that stand for an intent in a finding
_BLOCK = 2000


@dataclass(frozen=True)
class Finding:
    """One doubted row.

    Attributes:
        row: its number.
        given: label code that it carries.
        suggested: label code that fits best instead.
        wrong: probability that the given label is wrong.
        flagged: whether it counts among the rows that are called wrong.
        kind: one of `KINDS`.
        action: one of `ACTIONS`.
        votes: label code by the name of the view.
        like_given: the most similar rows with the given label, most similar first.
        like_suggested: the same with the suggested label.
    """

    row: int
    given: int
    suggested: int
    wrong: float
    flagged: bool
    kind: str
    action: str
    votes: Mapping[str, int]
    like_given: tuple[int, ...]
    like_suggested: tuple[int, ...]


def list_findings(
    detection: Detection,
    noise_data: NoiseData,
    labels: Codes,
    *,
    policy: str = "drop",
    outside: int | None = None,
    verified: NDArray[np.bool_] | None = None,
) -> list[Finding]:
    """The rows to look at, the likeliest mistakes first.

    Args:
        detection: what was found.
        noise_data: the rows that were judged.
        labels: (n,) given label codes.
        policy: what to do with clear cases: `keep`, `queue`, `drop` or `relabel`; all others are queued.
        outside: code of the label that stands for "not my business", if there is one.
        verified: (n,) rows that a human verified or that are golden: only ever reported.

    Raises:
        StageError: for an unknown policy.
    """
    if policy not in ("keep", "queue", "drop", "relabel"):
        raise StageError(f"no policy is called {policy!r}", fix="choose of keep, queue, drop, relabel")
    estimate = detection.estimate
    rows, kinds = _doubted(detection, noise_data, labels, outside)
    heard = votes(detection.views)
    voted = np.stack([heard[name][rows] for name in heard]) if heard else np.zeros((0, len(rows)), np.int64)
    agreed = (voted == estimate.suggested[rows]).all(axis=0).tolist()
    shown = _examples(noise_data, labels, rows, estimate.suggested)
    kept = np.zeros(len(labels), bool) if verified is None else verified
    flagged = estimate.flagged
    clear = flagged & (estimate.wrong >= _CLEAR) & (not _know_too_little(estimate, labels))
    sure = [bool(clear[row]) and kind in _CLEAR_KINDS for row, kind in zip(rows.tolist(), kinds, strict=True)]
    return [
        Finding(
            row=row,
            given=int(labels[row]),
            suggested=int(estimate.suggested[row]),
            wrong=round(float(estimate.wrong[row]), 6),
            flagged=bool(flagged[row]),
            kind=kinds[place],
            action="report" if kept[row] else choose_action(policy, clear=sure[place], agreed=agreed[place]),
            votes={name: int(voted[number, place]) for number, name in enumerate(heard)},
            like_given=shown[place][0],
            like_suggested=shown[place][1],
        )
        for place, row in enumerate(rows.tolist())
    ]


def _know_too_little(estimate: NoiseEstimate, labels: Codes) -> bool:
    """Whether the views may be wrong about most rows, or are about many of those that seem right."""
    rate = estimate.noise.rate
    missed = float((estimate.fused.argmax(axis=1) != labels).mean()) - rate
    return estimate.noise.high >= _HOPELESS or missed > _WEAK * (1.0 - rate)


def _doubted(
    detection: Detection, noise_data: NoiseData, labels: Codes, outside: int | None
) -> tuple[Codes, list[str]]:
    """The rows to list, the likeliest mistakes first, and the kind of each."""
    estimate = detection.estimate
    opposed, far = _contradicted(labels, noise_data.groups), nearest_similarity(noise_data) < _FAR
    listed = (estimate.wrong >= min(_DOUBTED, estimate.cut)) | opposed | (far & (estimate.wrong > _ODD))
    listed[_promised(estimate)] = True
    rows = estimate.order[listed[estimate.order]]
    return rows, _kinds(detection, rows, opposed, far, outside)


def _promised(estimate: NoiseEstimate) -> Codes:
    """The first rows of the list that together hold the promised share of the noise; none where nothing is flagged."""
    count = estimate.rows_for(PROMISED) if estimate.flagged.any() else None
    return estimate.order[: count or 0]


def choose_action(policy: str, *, clear: bool, agreed: bool) -> str:
    """What to do with a row: the policy for clear cases, else a human; relabelled only when all views agree."""
    if policy == "keep":
        return "keep"
    if not clear:
        return "queue"
    if policy == "relabel" and not agreed:
        return "queue"
    return policy


def nearest_similarity(noise_data: NoiseData) -> NDArray[np.float32]:
    """Cosine similarity of each row to the nearest row of another group, by n-grams: (n,); one row a group is asked.

    At most 4,000 rows, evenly drawn, are compared with: a text that resembles none of them is rare either way, and the
    time stays linear in the rows.
    """
    _, first, member = np.unique(noise_data.groups, return_index=True, return_inverse=True)
    count = len(first)
    drawn = np.unique(np.linspace(0, count - 1, min(count, 4000)).astype(np.int64)) if count else first
    known, result = noise_data.matrix[first[drawn]].T.tocsr(), np.zeros(count, np.float32)
    for start in range(0, count, _BLOCK):
        part = (noise_data.matrix[first[start : start + _BLOCK]] @ known).toarray()
        part[np.arange(start, start + len(part))[:, None] == drawn[None]] = 0.0
        result[start : start + _BLOCK] = part.max(axis=1)
    return np.asarray(result[member.reshape(-1)], np.float32)


def _contradicted(labels: Codes, groups: Codes) -> NDArray[np.bool_]:
    """(n,) rows whose group of near duplicates carries more than one label."""
    order = np.lexsort((labels, groups))
    borders = np.flatnonzero(np.concatenate([[True], np.diff(groups[order]) != 0, [True]]))
    result = np.zeros(len(labels), bool)
    for start, stop in pairwise(borders.tolist()):
        own = order[start:stop]
        result[own] = labels[own[0]] != labels[own[-1]]
    return result


def _kinds(
    detection: Detection, rows: Codes, opposed: NDArray[np.bool_], far: NDArray[np.bool_], outside: int | None
) -> list[str]:
    estimate = detection.estimate
    best = np.exp(estimate.fused[rows].max(axis=1))
    flagged, kinds = estimate.flagged, []
    for place, row in enumerate(rows.tolist()):
        if opposed[row]:
            kinds.append("contradiction")
        elif far[row]:
            kinds.append("outlier")
        elif not flagged[row]:
            kinds.append("unclear")
        elif estimate.suggested[row] == outside or best[place] < _FITS:
            kinds.append("out of scope")
        else:
            kinds.append("flip")
    return kinds


def _examples(
    noise_data: NoiseData, labels: Codes, rows: Codes, suggested: Codes
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """For each row: the most similar rows with its given and with its suggested label."""
    members = {int(label): np.flatnonzero(labels == label) for label in np.unique(labels)}
    shown: list[list[tuple[int, ...]]] = [[] for _ in range(len(rows))]
    for wanted in (labels[rows], suggested[rows]):
        found: list[tuple[int, ...]] = [()] * len(rows)
        for label in np.unique(wanted).tolist():
            places, own = np.flatnonzero(wanted == label), members.get(label, np.empty(0, np.int64))[:_BLOCK]
            if not len(own):
                continue
            turned = noise_data.matrix[own].T.tocsr()
            for start in range(0, len(places), _BLOCK):
                part = places[start : start + _BLOCK]
                similar = (noise_data.matrix[rows[part]] @ turned).toarray()
                similar[rows[part][:, None] == own[None]] = -1.0  # a row does not stand for itself
                order = np.argsort(-similar, axis=1, kind="stable")[:, :_LISTED]
                for line, place in enumerate(part.tolist()):
                    found[place] = tuple(int(own[one]) for one in order[line] if similar[line, one] >= 0.0)
        for place, examples in enumerate(found):
            shown[place].append(examples)
    return [(pair[0], pair[1]) for pair in shown]
