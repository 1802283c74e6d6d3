"""Linear machines over n-gram rows: margins of labels against all other rows, and naive Bayes."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpipeline.networks.noise.material import Codes

UNSEEN = -2.0  # decision of a linear model for a label that its rows do not hold; those it knows reach about -1
# LIBLINEAR draws from one generator of the whole process and lets other threads run meanwhile: fitted side by side, two
# machines take each other's numbers, and come out different each time.
_ONE_LIBLINEAR = threading.Lock()

# Gives rows (m, v) their scores (m, k), k being the labels that were learnt.
Decide = Callable[[Any], NDArray[np.floating]]


def fit_margins(
    rows: Any,
    labels: Codes,
    seed: int,
    *,
    c: float = 0.3,
    passes: int = 1000,
    weights: NDArray[np.float64] | None = None,
) -> tuple[Decide, Codes]:
    """One linear machine a label with squared hinge loss (Fan et al. 2008, LIBLINEAR).

    Args:
        rows: scipy CSR (n, v) of at least two labels.
        labels: (n,).
        seed: of the order in which rows are looked at.
        c: how dear a mistake is.
        passes: over the rows, at most; three take half the time and rank the rows as well, two a little worse.
        weights: (n,) of the rows; all the same without them.

    Returns:
        What gives rows (m, v) their margins (m, k), and the k labels that were learnt, ascending.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    # A tolerance of 0.03 ranks rows as 0.0001 does.
    model = LinearSVC(C=c, tol=0.03, max_iter=passes, random_state=seed)
    with _ONE_LIBLINEAR, warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The number of unique classes")  # labels that stand once are no news
        model.fit(rows, labels, sample_weight=weights)

    def decide(asked: Any) -> NDArray[np.floating]:
        decided = model.decision_function(asked)
        return np.stack([-decided, decided], axis=1) if decided.ndim == 1 else decided

    return decide, model.classes_


def fit_bayes(rows: Any, labels: Codes, alpha: float = 0.3) -> tuple[Decide, Codes]:
    """Complement naive Bayes (Rennie et al. 2003): seconds, whatever the number of labels.

    As scikit-learn's ComplementNB, up to a constant a row, without its dense labels x n-grams: only n-grams that rows
    of a label hold make its weights differ from those of a label without any row.

    Args:
        rows: scipy CSR (n, v).
        labels: (n,).
        alpha: how often each n-gram counts before the first one is seen.

    Returns:
        What gives rows (m, v) their scores (m, k), and the k labels that were learnt, ascending.
    """
    from scipy.sparse import csr_matrix

    known, place = np.unique(labels, return_inverse=True)
    rows, ones = rows.astype(np.float64), np.ones(len(labels))
    held = (csr_matrix((ones, (place.reshape(-1), np.arange(len(labels)))), (len(known), len(labels))) @ rows).tocsr()
    whole = np.asarray(rows.sum(axis=0)).reshape(-1) + alpha
    others = whole.sum() - np.asarray(held.sum(axis=1)).reshape(-1)
    held.data = -np.log1p(-held.data / whole[held.indices])
    turned = held.T.tocsr()

    def decide(asked: Any) -> NDArray[np.floating]:
        mass = np.asarray(asked.sum(axis=1), np.float64)
        return np.asarray((asked.astype(np.float64) @ turned).toarray() + mass * np.log(others))

    return decide, known
