"""Real sentences of the unlabelled logs that say what an intent says: people's own paraphrases.

What all rows say of a sentence, near ones most, is its intent (regularised least squares on similarities). It is taken
when its margin before the next intent is one with which rows, left out one by one, were right often enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus, coded, left_alone, rng_of
from mlpipeline.methods.augmentation.settings import MakingSettings
from mlpipeline.methods.label_noise.noise_data import Codes, Floats, as_noise_data

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

OPERATOR = "retrieval"
# Of two equally sure sentences, the one whose nearest rows all carry its intent comes first. To ask that of all takes a
# tenth of them, and no more of those that stay are right
_NEIGHBOURS = 2
_LEAST_KNOWN = 20  # rows; of fewer nothing can be learnt about other sentences
_MOST_ROWS = 4000  # that sentences are compared with: the classifier costs their cube
_MOST_LOGS = 50_000
_DIMS = 200
_RIDGE = 0.5
_BLOCK = 2000  # sentences compared with all rows at once
_LOOSE = 100.0  # nearly no penalty on the two numbers of a curve

Margins = NDArray[np.float64]


@dataclass(frozen=True)
class Decisions:
    """What the rows say of n texts.

    Attributes:
        intent: (n,) codes.
        margin: (n,) how far its score is above that of the next intent; scores of rows are near 0 or 1.
        agree: (n,) whether the nearest rows all carry it.
        nearest: (n,) place of the nearest row of that intent.
    """

    intent: Codes
    margin: Margins
    agree: NDArray[np.bool_]
    nearest: Codes


def retrieval(
    corpus: Corpus, counts: Mapping[str, int], rules: MakingSettings, tool: Tool, report: MutableMapping[str, object]
) -> Iterator[Candidate]:
    """Sentences of the logs for intents that lack rows, the surest first; held-out rows are never looked at.

    Args:
        corpus: in its canonical order.
        counts: intent -> rows that it lacks.
        rules: the recipe's `augment` part.
        tool: of its language.
        report: gets `rows` and `logs` that were looked at, and `reason` where nothing is given, else `floor` (a
            margin), `known` and `right` (rows above it when they were left out, and those of them that were right),
            `found`.
    """
    rows = _voters(corpus, rules.seed)
    logs = _sentences(corpus, rules.seed)
    report.update(rows=len(rows), logs=len(logs))
    names, codes = coded([corpus.intents[row] for row in rows])
    if not logs or not counts or len(names) < 2:
        lacks = "there are no logs" if not logs else "there are fewer than two intents"
        report["reason"] = lacks if counts else "no intent lacks rows"
        return
    left_out, asked = decisions_of([corpus.texts[row] for row in rows], codes, logs, rules.seed)
    right, aim = left_out.intent == codes, rules.retrieval_precision
    floor = floor_of(left_out.margin, right, aim)
    if not np.isfinite(floor):
        report["reason"] = f"no margin is known with which a row that was left out is right so often ({aim:.0%})"
        return
    above = left_out.margin >= floor
    taken = np.flatnonzero(asked.margin >= floor)
    report.update(floor=round(floor, 4), known=int(above.sum()), right=int(right[above].sum()), found=len(taken))
    for at in taken[np.lexsort((~asked.agree[taken], -asked.margin[taken]))].tolist():
        text = logs[at]
        if counts.get(names[asked.intent[at]], 0) > 0 and _count_words(text, tool) > 1:
            yield Candidate(text, text, rows[int(asked.nearest[at])], (OPERATOR,))


def decisions_of(texts: Sequence[str], labels: Codes, logs: Sequence[str], seed: int) -> tuple[Decisions, Decisions]:
    """What the rows say of each other, each left out once, and of the logs; on one thread.

    Texts are compared by their n-grams, weighed by tf-idf, and by what these share in all texts, logs among them
    (latent semantic analysis: Deerwester et al. 1990), half and half. What leaving out a row changes is known without
    learning anew (Rifkin and Lippert, Notes on regularized least squares, 2007).

    Args:
        texts: n normalised rows.
        labels: (n,) codes of at least two intents, from 0 on.
        logs: m normalised sentences.
        seed: of the random projection.
    """
    from threadpoolctl import threadpool_limits

    matrix = as_noise_data([*texts, *logs]).matrix
    # a task has one core; and the last digits of a sum hang on how many threads take part in it
    with threadpool_limits(1):
        return _compared(matrix, labels, seed)


def _compared(matrix: csr_matrix, labels: Codes, seed: int) -> tuple[Decisions, Decisions]:
    count, every = len(labels), matrix.shape[0]
    vectors = _shared(matrix, seed)
    similar = _similarities(matrix, vectors, slice(0, count), count)
    targets = np.eye(int(labels.max()) + 1)[labels]
    inverse = np.linalg.inv(similar + _RIDGE * np.eye(count))
    weights = inverse @ targets
    own = targets - weights / np.diag(inverse)[:, None]
    np.fill_diagonal(similar, -np.inf)
    left_out = _verdicts(similar, own, labels)
    parts = []
    for start in range(count, every, _BLOCK):
        block = _similarities(matrix, vectors, slice(start, start + _BLOCK), count)
        parts.append(_verdicts(block, block @ weights, labels))
    columns = zip(*((one.intent, one.margin, one.agree, one.nearest) for one in parts), strict=True)
    return left_out, Decisions(*(np.concatenate(column) for column in columns))


def floor_of(margins: Margins, right: NDArray[np.bool_], aim: float) -> float:
    """The least margin with which a text is right so often; infinite where no margin says so much.

    A logistic curve through what is known (Platt 1999, with his targets: of ten rows that are all right, none says more
    than eleven in twelve).

    Args:
        margins: (n,) of texts whose intent is known and was not looked at.
        right: (n,) whether the classifier was right.
        aim: share of right ones.
    """
    from sklearn.linear_model import LogisticRegression

    good, bad = int(right.sum()), int((~right).sum())
    if len(margins) < _LEAST_KNOWN or not good:
        return float("inf")
    most = (good + 1) / (good + 2)
    if most < aim:
        return float("inf")
    least = float(margins.min())
    if not bad:
        return least
    chance = np.where(right, most, 1 / (bad + 2))
    curve = LogisticRegression(C=_LOOSE)
    points = np.concatenate([margins, margins])[:, None]
    is_right = np.repeat([1, 0], len(margins))
    curve.fit(points, is_right, sample_weight=np.concatenate([chance, 1 - chance]))
    slope, begin = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    if slope <= 0:
        return float("inf")
    return max((float(np.log(aim / (1 - aim))) - begin) / slope, least)


def _verdicts(similar: Margins, scores: Margins, labels: Codes) -> Decisions:
    at = np.arange(len(similar))
    intent = np.asarray(scores.argmax(axis=1), np.int64)
    best = scores[at, intent]
    others = scores.copy()
    others[at, intent] = -np.inf
    count = min(_NEIGHBOURS, similar.shape[1])
    nearest = np.argpartition(-similar, count - 1, axis=1)[:, :count]
    agree = (labels[nearest] == intent[:, None]).all(axis=1)
    own = np.where(labels[None, :] == intent[:, None], similar, -np.inf).argmax(axis=1)
    return Decisions(intent, best - others.max(axis=1), agree, np.asarray(own, np.int64))


def _shared(matrix: csr_matrix, seed: int) -> Floats:
    from sklearn.decomposition import TruncatedSVD

    dims = min(_DIMS, min(matrix.shape) - 1)
    if dims < 2:
        return np.zeros((matrix.shape[0], 1), np.float32)
    vectors = TruncatedSVD(dims, random_state=seed % 2**32).fit_transform(matrix)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def _similarities(matrix: csr_matrix, vectors: Floats, rows: slice, count: int) -> Margins:
    grams = np.asarray((matrix[rows] @ matrix[:count].T).toarray(), np.float64)
    return 0.5 * grams + 0.5 * np.asarray(vectors[rows] @ vectors[:count].T, np.float64)


def _voters(corpus: Corpus, seed: int) -> list[int]:
    """Rows that sentences are compared with; of a large bot as many of each intent."""
    if len(corpus.texts) <= _MOST_ROWS:
        return list(range(len(corpus.texts)))
    intents = corpus.rows_of_intents()
    most, rng = max(_MOST_ROWS // len(intents), _NEIGHBOURS), rng_of(seed, OPERATOR, "rows")
    return sorted(row for rows in intents.values() for row in rng.sample(rows, min(most, len(rows))))


def _sentences(corpus: Corpus, seed: int) -> list[str]:
    """The logs, each text once, without those that are rows."""
    texts = sorted(set(corpus.logs) - set(corpus.texts) - set(corpus.held_out))
    if len(texts) > _MOST_LOGS:
        texts = sorted(rng_of(seed, OPERATOR, "logs").sample(texts, _MOST_LOGS))
    return [text for text in texts if not left_alone(text, corpus.profile)]


def _count_words(text: str, tool: Tool) -> int:
    return sum(1 for one in tool.analyse(text).tokens if any(map(str.isalpha, one.form)))
