"""Which words a bot's own texts use in the same places, by counts alone.

Which words stand how near, weighed by positive pointwise mutual information and reduced by a singular value
decomposition (Levy and Goldberg, NIPS 2014; the settings of Levy, Goldberg and Dagan, TACL 2015).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# A word as it is written, in small letters, and its class as the language's tool has it; empty where it has none.
Word = tuple[str, str]
# The words of a text, and whether each can be exchanged; None stands for a number, a placeholder and the like.
Words = Sequence[tuple[Word | None, bool]]
Vectors = NDArray[np.float64]

_LEAST_COUNT = 8  # of a word in all texts
_MOST_WORDS = 3000  # that are compared, each with each
_REACH = 2  # places before and behind a word; each place is a context of its own
_SMOOTHING = 0.75  # of how often contexts stand: rare ones lose weight
_DIMS = 100
_LEAST_SIMILAR = 0.6
_NEAREST = 4  # two words are neighbours when each is among so many nearest of the other
_FREQUENT = 100  # words that tell word classes apart by standing beside them
_SAME_CLASS = 0.7
_NO_CLASS = ("", "x")  # jieba says x of what it does not know
_STEPS = tuple(step for step in range(-_REACH, _REACH + 1) if step)


def neighbours_of(texts: Sequence[Words]) -> dict[Word, list[Word]]:
    """Words that stand where others stand.

    Args:
        texts: of each its words, and whether each can be exchanged.

    Returns:
        Word -> its neighbours of the same class, the likest first: each is among the nearest of the other.
    """
    from threadpoolctl import threadpool_limits

    counted = Counter(word for text in texts for word, _ in text if word)
    free_words = Counter(word for text in texts for word, can in text if word and can)
    targets = [word for word, _ in sorted(free_words.items(), key=lambda one: (-one[1], one[0]))]
    targets = [word for word in targets[:_MOST_WORDS] if free_words[word] >= _LEAST_COUNT]
    contexts = sorted(word for word, count in counted.items() if count >= 2)
    if len(targets) < 3:
        return {}
    matrix = _counts(texts, targets, contexts)
    frequent = {word for word, _ in counted.most_common(_FREQUENT)}
    # a task has one core; and the last digits of a sum hang on how many threads take part in it
    with threadpool_limits(1):
        return _mutual(targets, _similarities(targets, matrix, contexts, frequent))


def _similarities(
    targets: Sequence[Word], matrix: csr_matrix, contexts: Sequence[Word], frequent: Collection[Word]
) -> Vectors:
    """(n, n), -1 for words of different classes."""
    vectors = _reduced(_informative(matrix))
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -1.0)
    similar[~_same_class(targets, matrix, contexts, frequent)] = -1.0
    return np.asarray(similar, np.float64)


def _mutual(targets: Sequence[Word], similar: Vectors) -> dict[Word, list[Word]]:
    count = min(_NEAREST, len(targets) - 1)
    order = np.argsort(-similar, axis=1, kind="stable")[:, :count]
    near = [{int(one) for one in row if similar[at, one] >= _LEAST_SIMILAR} for at, row in enumerate(order)]
    found = {
        targets[at]: [targets[one] for one in order[at].tolist() if one in near[at] and at in near[one]]
        for at in range(len(targets))
    }
    return {word: others for word, others in found.items() if others}


def _counts(texts: Sequence[Words], targets: Sequence[Word], contexts: Sequence[Word]) -> csr_matrix:
    """CSR (targets, places x contexts): how often each context stands in each place beside each word."""
    from scipy.sparse import csr_matrix

    rows_of = {word: at for at, word in enumerate(targets)}
    columns_of = {word: at for at, word in enumerate(contexts)}
    # an edge of the text is a context too, the last column of each place
    width = len(contexts) + 1
    rows, columns = list[int](), list[int]()
    for text in texts:
        words = [word for word, _ in text]
        for at, (word, can) in enumerate(text):
            row = rows_of.get(word, -1) if can and word else -1
            if row < 0:
                continue
            for place, step in enumerate(_STEPS):
                there = at + step
                inside = 0 <= there < len(words)
                context = columns_of.get(words[there] or ("", ""), -1) if inside else len(contexts)
                if context >= 0:
                    rows.append(row)
                    columns.append(place * width + context)
    ones = np.ones(len(rows))
    return csr_matrix((ones, (rows, columns)), shape=(len(targets), len(_STEPS) * width))


def _informative(matrix: csr_matrix) -> csr_matrix:
    """Positive pointwise mutual information of counts."""
    found = matrix.tocoo()
    said = np.asarray(matrix.sum(axis=1)).reshape(-1)
    beside = np.asarray(matrix.sum(axis=0)).reshape(-1) ** _SMOOTHING
    beside /= max(beside.sum(), 1e-9)
    found.data = np.maximum(np.log(found.data / (said[found.row] * beside[found.col])), 0.0)
    found = found.tocsr()
    found.eliminate_zeros()
    return found


def _reduced(matrix: csr_matrix) -> Vectors:
    """Rows of unit length; singular values count by their root."""
    from sklearn.decomposition import TruncatedSVD

    dims = min(_DIMS, min(matrix.shape) - 1)
    model = TruncatedSVD(dims, random_state=20)
    vectors = model.fit_transform(matrix) / np.sqrt(np.maximum(model.singular_values_, 1e-9))
    return _unit(vectors)


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float64)


def _same_class(
    targets: Sequence[Word], matrix: csr_matrix, contexts: Sequence[Word], frequent: Collection[Word]
) -> csr_matrix:
    """Boolean (n, n): words of one class. Where the tool does not tell classes, they are those that stand between the
    same frequent words (Schuetze, EACL 1995)."""
    width = len(contexts) + 1
    telling = [at for at, word in enumerate(contexts) if word in frequent] + [len(contexts)]
    beside = [place * width + at for place, step in enumerate(_STEPS) if abs(step) == 1 for at in telling]
    profiles = _unit(np.sqrt(matrix[:, beside].toarray()))
    tags = np.array([tag if tag not in _NO_CLASS else "" for _, tag in targets])
    same = tags[:, None] == tags[None, :]
    return same & ((tags != "")[:, None] | (profiles @ profiles.T >= _SAME_CLASS))
