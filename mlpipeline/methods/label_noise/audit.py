"""The audit of the audit: plant mistakes that are known, look for them, and say how much work finds how many.

The work curve says: reading the first `rows` rows of the list removes the share `removed` of all wrong labels. It is
measured on planted mistakes, so it can be wrong where real mistakes differ from them; therefore both kinds are planted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.decide import PROMISED
from mlpipeline.methods.label_noise.estimate import NoiseEstimate
from mlpipeline.methods.label_noise.noise_data import Codes, NoiseData

PLANTED = ("random", "pairs")

_POINTS = 20
_RESAMPLES = 200


@dataclass(frozen=True)
class WorkCurve:
    """What reading the list from its top removes; m points.

    Attributes:
        rows: int64 (m,), rows that are read.
        removed: float64 (m,), share of the wrong labels among them.
        low: lower end of a 95 % interval of it.
        high: upper end.
    """

    rows: Codes
    removed: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def rows_for(self, share: float) -> int | None:
        """The fewest rows to read to remove this share of the noise; None when the whole curve does not."""
        reached = np.flatnonzero(self.removed >= share)
        return int(self.rows[reached[0]]) if len(reached) else None


@dataclass(frozen=True)
class Audit:
    """How well planted mistakes of one kind are found.

    Attributes:
        kind: `random` or `pairs`.
        planted: number of planted mistakes.
        recall: share of them that is flagged.
        precision: share of planted ones among the flagged rows that were not flagged before planting.
        estimated: the estimated rate after planting.
        curve: work against noise removed.
    """

    kind: str
    planted: int
    recall: float
    precision: float
    estimated: float
    curve: WorkCurve


def plant(
    labels: Codes,
    kind: str,
    share: float,
    noise_data: NoiseData,
    *,
    usable: NDArray[np.bool_] | None = None,
    seed: int = 20,
) -> tuple[Codes, NDArray[np.bool_]]:
    """Give a share of the rows a wrong label.

    Args:
        labels: (n,) label codes.
        kind: `random`: any other label; `pairs`: the label whose rows resemble those of the own label most.
        share: of all rows.
        noise_data: the rows, for what resembles what.
        usable: (n,) rows that may be changed; verified rows and rows that are doubted already should not be.
        seed: of the choice.

    Returns:
        New labels (n,) and which rows were changed (n,).

    Raises:
        StageError: for an unknown kind.
    """
    if kind not in PLANTED:
        raise StageError(f"no kind of noise is called {kind!r}", fix=f"choose of {', '.join(PLANTED)}")
    random = np.random.default_rng(seed)
    free = np.arange(len(labels)) if usable is None else np.flatnonzero(usable)
    chosen = random.permutation(free)[: round(share * len(labels))]
    known, place = np.unique(labels, return_inverse=True)
    place = place.reshape(-1)
    changed = labels.copy()
    if kind == "random":
        changed[chosen] = known[(place[chosen] + random.integers(1, max(len(known), 2), len(chosen))) % len(known)]
    else:
        changed[chosen] = known[nearest_labels(noise_data, place)[place[chosen]]]
    return changed, changed != labels


def nearest_labels(noise_data: NoiseData, labels: Codes) -> Codes:
    """For each label in [0, k) the other label whose mean row is most similar: (k,)."""
    from scipy.sparse import csr_matrix

    count = int(labels.max()) + 1
    ones = np.ones(len(labels), np.float32)
    member = csr_matrix((ones, (labels, np.arange(len(labels)))), shape=(count, len(labels)))
    summed = member @ noise_data.matrix
    similar = (summed @ summed.T).toarray()
    length = np.sqrt(np.maximum(similar.diagonal(), 1e-12))
    similar = similar / length[:, None] / length[None]
    np.fill_diagonal(similar, -1.0)
    return np.asarray(similar.argmax(axis=1), np.int64)


def audit(
    labels: Codes,
    noise_data: NoiseData,
    before: NoiseEstimate,
    again: Callable[[Codes], NoiseEstimate],
    *,
    share: float = 0.1,
    verified: NDArray[np.bool_] | None = None,
    kinds: Sequence[str] = PLANTED,
    seed: int = 20,
) -> list[Audit]:
    """Plant mistakes of each kind into rows that seem right, and look for them.

    Args:
        labels: (n,) given label codes.
        noise_data: the rows.
        before: the judgement of the labels as they are.
        again: judges other labels of the same rows; the same detector or, to save time, a part of it.
        share: of the rows that get a wrong label.
        verified: (n,) rows that are left as they are.
        kinds: which kinds of mistakes.
        seed: of what is planted.
    """
    usable = ~before.flagged if verified is None else ~before.flagged & ~verified
    reports = []
    for kind in kinds:
        changed, planted = plant(labels, kind, share, noise_data, usable=usable, seed=seed)
        found = again(changed)
        fresh = found.flagged & ~before.flagged
        hits = int((found.flagged & planted).sum())
        reports.append(
            Audit(
                kind=kind,
                planted=int(planted.sum()),
                recall=hits / max(int(planted.sum()), 1),
                precision=hits / max(int(fresh.sum()), 1),
                estimated=found.noise.rate,
                curve=measured_curve(found.order, planted, ~before.flagged, seed=seed),
            )
        )
    return reports


def measured_curve(
    listed: Codes,
    planted: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    *,
    points: int = _POINTS,
    seed: int = 20,
) -> WorkCurve:
    """The work curve of planted mistakes, with resampled rows for its interval.

    Args:
        listed: (n,) row numbers in the order of reading.
        planted: (n,) rows with a planted mistake.
        counted: (n,) rows that are read; those that were doubted before planting would hide what is measured.
        points: how many points the curve has.
        seed: of the resampling.
    """
    order = listed[counted[listed]]
    hit = planted[order]
    total = max(int(hit.sum()), 1)
    rows = _budgets(len(order), 2 * total, points)
    found = np.concatenate([[0], np.cumsum(hit)])
    random, drawn = np.random.default_rng(seed), np.empty((_RESAMPLES, len(rows)))
    for turn in range(_RESAMPLES):
        times = np.bincount(random.integers(0, len(order), len(order)), minlength=len(order))
        read, caught = np.cumsum(times), np.cumsum(times * hit)
        place = np.minimum(np.searchsorted(read, rows, "left"), len(order) - 1)
        drawn[turn] = caught[place] / max(int(caught[-1]), 1)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return WorkCurve(rows, found[rows] / total, low, high)


def promised_curve(estimate: NoiseEstimate, *, points: int = _POINTS) -> WorkCurve:
    """The work curve of the labels as they are, by the probabilities themselves; the rate's interval widens it.

    It goes on to where the promised share is reached, if it is.
    """
    ordered = np.sort(estimate.wrong)[::-1]
    grown = np.concatenate([[0.0], np.cumsum(ordered)])
    total = estimate.expected
    beyond = math.ceil(1.1 * (estimate.rows_for(PROMISED) or 0))  # the point is not to stand on the chart's edge
    rows = _budgets(len(ordered), max(2 * round(total), beyond), points)
    least = max(estimate.noise.low * len(ordered), 1e-9)
    most = max(estimate.noise.high * len(ordered), total)
    share = grown[rows] / total
    return WorkCurve(rows, share, grown[rows] / most, np.minimum(grown[rows] / min(least, total), 1.0))


def _budgets(count: int, last: int, points: int) -> Codes:
    """Even steps up to that many rows, at least a row each, at most all rows."""
    return np.unique(np.linspace(0, min(max(last, points), count), points + 1).round().astype(np.int64))
