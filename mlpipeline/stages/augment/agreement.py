"""What a model of the rows of persons says of made ones: one linear machine a bot, learnt once, asked in blocks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.features import FeatureSpec, Vocabulary, fit_vocabulary
from mlpipeline.networks.fitting import as_sparse
from mlpipeline.networks.noise.material import Material
from mlpipeline.networks.noise.views import View, choose_views, predict_fold

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

_SPEC = FeatureSpec()
_TINY = 2000  # rows; below that, every n-gram is known
_MOST_NGRAMS = 60_000
_MOST_ROWS = 20_000  # that the model learns; intents with fewer than their share give all
_BLOCK_CELLS = 1 << 23  # texts x intents at a time: 64 MB
_PARTS = 4  # one row of so many is kept from the model, once, to see how far its scores can be believed
_SCALES = np.geomspace(0.25, 32.0, 15)
_USUAL_SCALE = 4.0  # of a margin, where no row can be spared


class Agreement(NamedTuple):
    """Of each made text (n,), the probability of its intent, whether it comes first, and which intent does."""

    probability: Floats
    first: NDArray[np.bool_]
    said: Codes


def agreement_of(
    texts: Sequence[str], labels: Codes, made: Sequence[str], wanted: Codes, seed: int
) -> Agreement | None:
    """What a model of the texts says of made ones.

    Its scores are made probabilities by one number (temperature scaling: Guo et al., ICML 2017), chosen on rows that it
    had not learnt.

    Args:
        texts: m normalised training texts.
        labels: (m,) their intents, as codes from 0 on.
        made: n normalised texts.
        wanted: (n,) the intent that each should have.
        seed: of what is random in the model.

    Returns:
        None where there are fewer than two intents: then there is nothing to disagree with.
    """
    classes = int(labels.max()) + 1 if len(labels) else 0
    if classes < 2 or len(np.unique(labels)) < 2:
        return None
    learnt = _spared(labels, max(_MOST_ROWS // classes, _PARTS))
    labels, texts = labels[learnt], [texts[row] for row in learnt]
    vocabulary = fit_vocabulary(texts, _SPEC, 1 if len(texts) < _TINY else 2, _MOST_NGRAMS)
    matrix = _rows(texts, vocabulary)
    scale = _scale(matrix, labels, classes, seed)
    # most texts have one candidate each: nothing is gained by asking equal ones once
    parts = [
        _judged(scores * scale, wanted[start : start + len(scores)])
        for start, scores in _asked(matrix, labels, classes, _rows(made, vocabulary), seed)
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


def _rows(texts: Sequence[str], vocabulary: Vocabulary) -> Any:
    from scipy.sparse import csr_matrix

    rows = as_sparse(list(texts), _SPEC, vocabulary)
    shape = (len(texts), max(len(vocabulary), 1))
    return csr_matrix((rows.values, rows.ids - 1, rows.offsets), shape=shape, dtype=np.float32)


def _scale(matrix: Any, labels: Codes, classes: int, seed: int) -> float:
    """What scores are multiplied by so that they are the logits of believable probabilities."""
    asked = _place(labels) % _PARTS == 1
    if not asked.any() or len(np.unique(labels[~asked])) < 2:
        return _USUAL_SCALE
    lost = np.zeros(len(_SCALES))
    for start, scores in _asked(matrix[~asked], labels[~asked], classes, matrix[asked], seed):
        right = labels[asked][start : start + len(scores)]
        for number, scale in enumerate(_SCALES):
            chances = _judged(scores * scale, right).probability
            lost[number] -= np.log(np.maximum(chances, 1e-12)).sum()
    return float(_SCALES[np.argmin(lost)])


def _asked(matrix: Any, labels: Codes, classes: int, asked: Any, seed: int) -> Iterator[tuple[int, Floats]]:
    """Blocks of asked rows: where they begin, and their scores (n, classes)."""
    view = choose_views(classes, vectors=False, network=False)[0]
    step = max(_BLOCK_CELLS // classes, 1)
    if view.how == "linear":
        decide = _linear(matrix, labels, classes, seed)
        for start in range(0, asked.shape[0], step):
            yield start, decide(asked[start : start + step])
        return
    for start in range(0, asked.shape[0], step):
        yield start, _by_view(view, matrix, labels, classes, asked[start : start + step], seed)


def _linear(matrix: Any, labels: Codes, classes: int, seed: int) -> Any:
    """As the view of that name: one machine an intent with squared hinge loss (Fan et al. 2008, LIBLINEAR)."""
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=0.3, tol=0.03, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes")
        model.fit(matrix, labels)

    def decide(asked: Any) -> Floats:
        decided = model.decision_function(asked)
        if decided.ndim == 1:
            decided = np.stack([-decided, decided], axis=1)
        # an intent that was not learnt is less likely than any that was
        scores = np.full((len(decided), classes), -2.0)
        scores[:, model.classes_] = decided
        return scores

    return decide


def _by_view(view: View, matrix: Any, labels: Codes, classes: int, asked: Any, seed: int) -> Floats:
    from scipy.sparse import vstack

    count, more = matrix.shape[0], asked.shape[0]
    rows = vstack([matrix, asked]).tocsr()
    material = Material(rows, np.zeros((count + more, 0), np.float32), np.arange(count + more))
    folds = (np.arange(count + more) >= count).astype(np.int64)
    given = np.concatenate([labels, np.zeros(more, np.int64)])
    return np.asarray(predict_fold(view, material, given, folds, 1, classes, seed=seed)[1], np.float64)
