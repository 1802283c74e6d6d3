"""How many labels are wrong, and of what kind, without one verified row.

A row's out-of-fold probabilities do not depend on its own label. So rows can be given wrong labels on paper, without
training anything again, and their scores are those that wrong labels have. Where the scores of the rows as they are
look like those, there are wrong labels: learning from positive and unlabelled rows (Elkan and Noto 2008, "Learning
Classifiers from Only Positive and Unlabeled Data"). Wrong labels on paper follow the noise at hand: any label, or the
label that is confused with the right one, in the shares that the confident joint shows (Northcutt et al. 2021,
"Confident Learning").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.fuse import Mistaken, best_other, fuse, fused_features, margins
from mlpipeline.methods.label_noise.noise_data import Codes, Floats
from mlpipeline.methods.label_noise.rates import Doubles, find_interval, find_rate

_ROUNDS = 2  # which rows seem wrong decides where wrong labels are put on paper, so both are found in turns
_COPIES = 4  # wrong labels on paper for each row
_SEEMS_WRONG = 0.5  # no wrong labels on paper for rows of this chance and more
_JUDGES = 5  # parts of the rows, each scored by a judge that has learnt the others
_BLOCK = 8192  # rows copied at once
# The rate if all flips were random, by the rate if all were pairs: below the first number they are pairs, above the
# second random. Measured on CLINC150 and MASSIVE, from 1,000 rows on: up to .23, and from .63.
_ALL_PAIRED, _ALL_RANDOM = 0.25, 0.6
_MOST_RAISED = 2.0  # times the rate, see _chances


@dataclass(frozen=True)
class Noise:
    """How the labels of one bot are wrong.

    Attributes:
        rate: share of wrong labels.
        low: lower end of a 95 % interval of it (resampled rows and the spread between cut-offs).
        high: upper end.
        pairing: 0 when any label is mistaken for any other, 1 when each is mistaken for one other only.
        kind: `none`, `random`, `pairs` or `mixed`.
        joint: int64 (k, k), confident counts: row is the likely label, column the given one; zero diagonal.
    """

    rate: float
    low: float
    high: float
    pairing: float
    kind: str
    joint: NDArray[np.int64]


@dataclass(frozen=True)
class NoiseEstimate:
    """n rows judged.

    Attributes:
        wrong: float64 (n,), probability that the given label is wrong.
        score: float64 (n,), what the probability grows with; tells rows of equal probability apart.
        cut: a row is flagged from this probability on: the cut-off with the greatest expected F1.
        expected_f1: what F1 is expected of the flags, by the probabilities themselves.
        suggested: int64 (n,), the likeliest other label.
        fused: float32 (n, k), log probabilities of all views together.
        noise: how many labels are wrong and how.
    """

    wrong: Doubles
    score: Doubles
    cut: float
    expected_f1: float
    suggested: Codes
    fused: Floats
    noise: Noise

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """(n,) which rows are called wrong."""
        return np.asarray(self.wrong >= self.cut)

    @property
    def expected(self) -> float:
        """How many labels are wrong: by the rate, or by the probabilities if they say more; above 0, to divide by."""
        return max(self.noise.rate * len(self.wrong), float(self.wrong.sum()), 1e-9)

    def rows_for(self, share: float) -> int | None:
        """How many rows of the list hold this share of what is expected; None when not even all of them do."""
        grown = np.cumsum(self.wrong[self.order])
        reached = int(np.searchsorted(grown, share * self.expected - 1e-9))
        return reached + 1 if reached < len(grown) else None

    def expand(self, index: Codes) -> NoiseEstimate:
        """The same for m rows, of which `index` (m,) tells as which row each was judged."""
        told = {name: getattr(self, name)[index] for name in ("wrong", "score", "suggested", "fused")}
        return replace(self, **told)

    @property
    def order(self) -> Codes:
        """(n,) row numbers, the likeliest mistakes first."""
        return np.asarray(np.lexsort((-self.score, -self.wrong)), np.int64)


def estimate_noise(views: Sequence[Floats], labels: Codes, seed: int = 20) -> NoiseEstimate:
    """Judge every row.

    Args:
        views: log probabilities (n, k) of each view, out of fold.
        labels: (n,) given label codes.
        seed: of the wrong labels on paper.
    """
    fused = fuse(views)
    joint = confident_pairs(fused, labels)
    assumed = {pairing: _assume(views, fused, labels, joint, pairing, seed) for pairing in (0.0, 1.0)}
    pairing = pairing_of(assumed[0.0].rate, assumed[1.0].rate)
    seen = assumed.get(pairing) or _assume(views, fused, labels, joint, pairing, seed)
    wrong = _chances(_odds(seen.scores, seen.planted), seen.rate)
    cut, expected = best_cut(wrong)
    low, high = find_interval(seen.scores, seen.planted, np.random.default_rng(seed))
    noise = Noise(min(seen.rate, 1.0), low, high, pairing, _name(seen.rate, pairing), joint)
    return NoiseEstimate(wrong, seen.scores, cut, expected, best_other(fused, labels), fused, noise)


def confident_pairs(fused: Floats, labels: Codes) -> NDArray[np.int64]:
    """cleanlab's confident joint, likely label by given label, without its diagonal: int64 (k, k).

    Only of rows whose likeliest label is confident. Else a rare label that no model is ever sure of is confident at a
    chance of one in twenty, and with skewed labels such rows outnumber all others (MASSIVE). Rows are counted in
    blocks: with 2,000 intents, cleanlab's copies of all rows would be gigabytes.
    """
    from cleanlab.count import compute_confident_joint

    count = fused.shape[1]
    own = np.exp(fused[np.arange(len(labels)), labels].astype(np.float64))
    rows = np.bincount(labels, minlength=count)
    # As cleanlab has it: the mean chance of a label among its rows; no chance reaches 2.
    limits = np.where(rows > 0, np.bincount(labels, weights=own, minlength=count) / np.maximum(rows, 1), 2.0)
    joint = np.zeros((count, count), np.int64)
    for start in range(0, len(labels), _BLOCK):
        part = slice(start, start + _BLOCK)
        chances = np.exp(fused[part].astype(np.float64))
        sure = chances.max(axis=1) >= limits[chances.argmax(axis=1)]
        if sure.any():
            joint += compute_confident_joint(labels[part][sure], chances[sure], thresholds=limits, calibrate=False).T
    np.fill_diagonal(joint, 0)
    return joint


def pairing_of(random: float, paired: float) -> float:
    """0 when wrong labels are any other ones, 1 when labels are mistaken for those only that the joint shows.

    Where they are pairs, hardly any row looks like a random flip, and who assumes random flips finds a rate that is
    far too low. The joint itself says less: of few rows, those that are hard and right pair up as well.

    Args:
        random: the rate if all flips are random.
        paired: the rate if all are pairs.
    """
    ratio = random / max(paired, 1e-9)
    return float(np.clip((_ALL_RANDOM - ratio) / (_ALL_RANDOM - _ALL_PAIRED), 0.0, 1.0))


@dataclass(frozen=True)
class _Seen:
    """Scores (n,) of the rows as they are, scores (m,) of wrong labels on paper, and the share of wrong rows."""

    scores: Doubles
    planted: Doubles
    rate: float


def _assume(
    views: Sequence[Floats], fused: Floats, labels: Codes, joint: NDArray[np.int64], pairing: float, seed: int
) -> _Seen:
    """What is seen if this is the kind of noise."""
    random = np.random.default_rng(seed)
    scores = margins(fused, np.arange(len(labels)), labels).astype(np.float64)
    wrong = np.where(scores > 0, 0.9, 0.0)
    for _ in range(_ROUNDS):
        planted = margins(fused, *_wrong_on_paper(labels, wrong, joint, pairing, random)).astype(np.float64)
        wrong = _chances(_odds(scores, planted), find_rate(scores, planted))
    on_paper = _wrong_on_paper(labels, wrong, joint, pairing, random)
    scores, planted = _learnt_scores(views, fused, labels, on_paper, seed)
    return _Seen(scores, planted, find_rate(scores, planted))


def best_cut(wrong: Doubles) -> tuple[float, float]:
    """The cut-off with the greatest expected F1, and that F1; (above 1, 0) when nothing is likely wrong.

    The rows above the cut-off hold sum(wrong above) true hits of sum(wrong) in all (Lewis 1995, "Evaluating and
    Optimizing Autonomous Text Classification Systems").
    """
    ordered = np.sort(wrong)[::-1]
    if not len(ordered) or ordered[0] <= 0.0:
        return 1.1, 0.0
    value = 2.0 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + ordered.sum())
    best = int(value.argmax())
    return float(ordered[best]), float(value[best])


def _wrong_on_paper(
    labels: Codes,
    wrong: Doubles,
    joint: NDArray[np.int64],
    pairing: float,
    random: np.random.Generator,
) -> tuple[Codes, Codes]:
    """Rows with a label that they should not have: row numbers (m,) and labels (m,).

    Of rows that seem right. With the others under the label that fits them better, hard rows that are right after all
    would be taken for wrong ones, and then for proof of that.
    """
    count = len(joint)
    rows = np.tile(np.flatnonzero(wrong < _SEEMS_WRONG), _COPIES)
    right = labels[rows]
    given = (right + random.integers(1, max(count, 2), len(rows))) % count
    grown = np.cumsum(joint, axis=1)
    total = grown[:, -1][right]
    drawn = random.random(len(rows)) * total
    # The first label whose running count exceeds what was drawn: one search in one long ascending array.
    base = np.concatenate([[0], np.cumsum(grown[:, -1])[:-1]])
    long = (grown + base[:, None]).reshape(-1)
    paired = np.searchsorted(long, drawn + base[right], side="right") - right * count
    use = (random.random(len(rows)) < pairing) & (total > 0)
    given = np.where(use, np.clip(paired, 0, count - 1), given)
    kept = given != right
    return rows[kept], given[kept]


def _learnt_scores(
    views: Sequence[Floats], fused: Floats, labels: Codes, on_paper: tuple[Codes, Codes], seed: int
) -> tuple[Doubles, Doubles]:
    """A linear judge of rows as they are against wrong labels on paper: scores of both."""

    if not len(on_paper[0]):
        return margins(fused, np.arange(len(labels)), labels).astype(np.float64), np.empty(0)
    mistaken = Mistaken.count(fused, labels)
    actual = fused_features(views, fused, np.arange(len(labels)), labels, mistaken)
    planted = fused_features(views, fused, *on_paper, mistaken)
    # By both: a column that hardly differs among the rows as they are may differ a great deal on paper.
    both = np.concatenate([actual, planted])
    middle, spread = both.mean(axis=0), both.std(axis=0) + 1e-6
    actual, planted = (actual - middle) / spread, (planted - middle) / spread
    # No row is scored by a judge that has learnt it: the wrong labels among the rows would look less like those on
    # paper than they are, and the rate too low.
    part = np.random.default_rng(seed).permutation(len(labels)) % _JUDGES
    scores, paper = np.zeros(len(actual)), np.zeros(len(planted))
    for number in range(_JUDGES):
        own, other = part == number, part[on_paper[0]] == number
        judge_of = _fit_judge(actual[~own], planted[~other])
        scores[own], paper[other] = judge_of(actual[own]), judge_of(planted[other])
    return scores, paper


def _fit_judge(actual: Doubles, planted: Doubles) -> Callable[[Doubles], Doubles]:
    """Rows (m, e) -> scores (m,), the higher the more they resemble wrong labels on paper."""
    from sklearn.linear_model import LogisticRegression

    if not len(planted) or not len(actual):
        return lambda rows: np.zeros(len(rows))
    target = np.repeat([0, 1], [len(actual), len(planted)])
    weight = np.repeat([1.0, len(actual) / len(planted)], [len(actual), len(planted)])
    # Ten columns and many rows: Newton's steps take half the time of L-BFGS, and F1 stays within .003 either way.
    model = LogisticRegression(solver="newton-cholesky", max_iter=300)
    model.fit(np.concatenate([actual, planted]), target, sample_weight=weight)
    return lambda rows: np.asarray(model.decision_function(rows) if len(rows) else np.zeros(0))


def _odds(scores: Doubles, planted: Doubles) -> Doubles:
    """How much likelier a score is among wrong labels on paper than among rows as they are, growing with it: (n,)."""
    from sklearn.isotonic import IsotonicRegression

    if not len(planted):
        return np.zeros(len(scores))
    weight = np.repeat([1.0 / len(scores), 1.0 / len(planted)], [len(scores), len(planted)])
    target = np.repeat([0.0, 1.0], [len(scores), len(planted)])
    curve = IsotonicRegression(out_of_bounds="clip").fit(
        np.concatenate([scores, planted]), target, sample_weight=weight
    )
    share = curve.predict(scores)
    return np.asarray(share / np.maximum(1.0 - share, 1e-9))


def _chances(odds: Doubles, rate: float) -> Doubles:
    """Probability that a row is wrong: rate x odds. They add up to the rate, as few rows make a coarse, low curve."""
    wanted, low, high = rate * len(odds), 0.0, _MOST_RAISED * rate
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if np.minimum(middle * odds, 1.0).sum() < wanted else (low, middle)
    return np.asarray(np.minimum(high * odds, 1.0))


def _name(rate: float, pairing: float) -> str:
    if rate < 0.005:
        return "none"
    if pairing < 1 / 3:
        return "random"
    return "pairs" if pairing > 2 / 3 else "mixed"
