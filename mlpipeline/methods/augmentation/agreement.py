"""What a model of the rows of persons says of made ones: one linear machine a bot, learnt once, asked in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.machines import UNSEEN, fit_margins, fit_rivals
from mlpipeline.methods.label_noise.noise_data import as_matrix, fit_ngrams
from mlpipeline.methods.label_noise.views import View, predict_rows, quick_views
from mlpipeline.networks.features import FeatureSpec

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

_SPEC = FeatureSpec()
_MOST_ROWS = 20_000  # that the model learns; intents with fewer than their share give all
_BLOCK_CELLS = 1 << 23  # texts x intents at a time: 64 MB
_PARTS = 4  # one row of so many is kept from the model, once, to see how far its scores can be believed
_SCALES = np.geomspace(0.25, 32.0, 15)
_USUAL_SCALE = 4.0  # of a margin, where no row can be spared


class Agreement(NamedTuple):
    """Of each made text (n,), the probability of its intent, whether it comes first, and which intent does."""

    probability: Floats
    first: NDArray[np.bool_]
    predicted: Codes

    def accepts(self, least: float) -> NDArray[np.bool_]:
        """Which texts have their intent first, or at least so probably."""
        return self.first | (self.probability >= least)


def agreement_of(
    texts: Sequence[str], labels: Codes, candidates: Sequence[str], expected: Codes, seed: int
) -> Agreement | None:
    """What a model of the texts says of made ones.

    Its scores are made probabilities by one number (temperature scaling: Guo et al., ICML 2017), chosen on rows that it
    had not learnt.

    Args:
        texts: m normalised training texts.
        labels: (m,) their intents, as codes from 0 on.
        candidates: n normalised texts.
        expected: (n,) the intent that each should have.
        seed: of what is random in the model.

    Returns:
        None where there are fewer than two intents: then there is nothing to disagree with.
    """
    classes = int(labels.max()) + 1 if len(labels) else 0
    if classes < 2 or len(np.unique(labels)) < 2:
        return None
    learnt = _spared(labels, max(_MOST_ROWS // classes, _PARTS))
    labels, texts = labels[learnt], [texts[row] for row in learnt]
    vocabulary = fit_ngrams(texts, len(texts), _SPEC)
    matrix = as_matrix(texts, _SPEC, vocabulary)
    view = quick_views(classes, len(labels))[0]
    scale = _scale(view, matrix, labels, classes, seed)
    # most texts have one candidate each: nothing is gained by asking equal ones once
    parts = [
        _judged(scores * scale, expected[start : start + len(scores)])
        for start, scores in _asked(view, matrix, labels, classes, as_matrix(candidates, _SPEC, vocabulary), seed)
    ]
    none = Agreement(np.zeros(0), np.zeros(0, bool), np.zeros(0, np.int64))
    return Agreement(*(np.concatenate(columns) for columns in zip(none, *parts, strict=True)))


def _judged(scores: Floats, wanted: Codes) -> Agreement:
    scores = scores - scores.max(axis=1, keepdims=True)
    chances = np.exp(scores)
    chances /= chances.sum(axis=1, keepdims=True)
    said = np.asarray(scores.argmax(axis=1), np.int64)
    return Agreement(chances[np.arange(len(said)), wanted], said == wanted, said)


def _spared(labels: Codes, most: int) -> Codes:
    """Rows, in their order, of which no intent has more than so many when there are too many in all."""
    if len(labels) <= _MOST_ROWS:
        return np.arange(len(labels))
    return np.flatnonzero(_place(labels) < most)


def _place(labels: Codes) -> Codes:
    """The how manieth row of its intent each one is, from 0 on."""
    order = np.argsort(labels, kind="stable")
    begins = np.searchsorted(labels[order], labels[order])
    place = np.empty(len(labels), np.int64)
    place[order] = np.arange(len(labels)) - begins
    return place


def _scale(view: View, matrix: csr_matrix, labels: Codes, classes: int, seed: int) -> float:
    """What scores are multiplied by so that they are the logits of believable probabilities."""
    asked = _place(labels) % _PARTS == 1
    if not asked.any() or len(np.unique(labels[~asked])) < 2:
        return _USUAL_SCALE
    lost = np.zeros(len(_SCALES))
    for start, scores in _asked(view, matrix[~asked], labels[~asked], classes, matrix[asked], seed):
        right = labels[asked][start : start + len(scores)]
        for number, scale in enumerate(_SCALES):
            chances = _judged(scores * scale, right).probability
            lost[number] -= np.log(np.maximum(chances, 1e-12)).sum()
    return float(_SCALES[np.argmin(lost)])


def _asked(
    view: View, matrix: csr_matrix, labels: Codes, classes: int, asked: csr_matrix, seed: int
) -> Iterator[tuple[int, Floats]]:
    """Blocks of asked rows: where they begin, and their scores (n, classes)."""
    step = max(_BLOCK_CELLS // classes, 1)
    if view.how in ("linear", "rivals"):
        decide, known = (fit_margins if view.how == "linear" else fit_rivals)(matrix, labels, seed)
        for start in range(0, asked.shape[0], step):
            decided = decide(asked[start : start + step])
            scores = np.full((len(decided), classes), UNSEEN)
            scores[:, known] = decided
            yield start, scores
        return
    for start in range(0, asked.shape[0], step):
        said = predict_rows(view, matrix, labels, asked[start : start + step], classes, seed)
        yield start, np.asarray(said, np.float64)
