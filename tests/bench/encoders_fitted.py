"""What a map gains that is fitted to intents behind `use`: the encoder `use-fitted` beside `use`, on rows of neither.

    python -m tests.bench.encoders_fitted --data DIR [--only ko-KR,clinc150] [--draws 3]

DIR as for `tests.bench.encoders`. Of each draw: share of test rows whose five nearest labelled rows have their intent,
triplets of test rows (of one intent nearer than of two), and a linear SVM on the vectors. Gains are paired.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from mlpipeline.cluster.device import CPU
from mlpipeline.networks.encoders.contract import Vectors
from mlpipeline.networks.encoders.use_encoder import open_use
from mlpipeline.networks.encoders.use_fitted import fit_on_intents
from tests.bench.encoders import draw, read_set
from tests.bench.quality import SETS, Split

_NEAREST, _TRIPLETS, _MANY = 5, 40_000, 2000
_FIGURES = ("k-NN", "triplets", "SVM")


class Remembered:
    """`use` for texts that it has encoded before."""

    name, digest, device = "use", "remembered", CPU

    def __init__(self, texts: Sequence[str]) -> None:
        self._vectors = dict(zip(texts, open_use().encode(texts), strict=True))
        self.dims = 512

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As it was."""
        return np.stack([self._vectors[text] for text in texts])

    def to_bytes(self) -> bytes | None:
        """It does not travel."""
        return None


def hits(known: Vectors, labels: np.ndarray, asked: Vectors, wanted: np.ndarray) -> list[np.ndarray]:
    """1 where right: a row each for k-NN and SVM, a triplet each."""
    names, codes = np.unique(labels, return_inverse=True)
    cosines = asked @ known.T
    near = np.argpartition(-cosines, _NEAREST, axis=1)[:, :_NEAREST]
    votes = np.zeros((len(asked), len(names)))
    for column in near.T:
        np.add.at(votes, (np.arange(len(asked)), codes[column]), cosines[np.arange(len(asked)), column])
    random = np.random.default_rng(0)  # the same triplets for all draws and encoders
    first, other, third = random.integers(0, len(asked), (3, _TRIPLETS * 20))
    fits = (wanted[first] == wanted[other]) & (first != other) & (wanted[first] != wanted[third])
    first, other, third = first[fits][:_TRIPLETS], other[fits][:_TRIPLETS], third[fits][:_TRIPLETS]
    nearer = np.einsum("nd,nd->n", asked[first], asked[other]) > np.einsum("nd,nd->n", asked[first], asked[third])
    svm = LinearSVC(random_state=0).fit(known, labels).predict(asked)
    return [names[votes.argmax(axis=1)] == wanted, nearer, svm == wanted]


def print_gains(name: str, train: Split, test: Split, draws: int) -> None:
    """Lines of the table for one data set: few rows an intent, and many rows."""
    base, wanted = Remembered([*train.texts, *test.texts]), np.array(test.labels)
    few = 10 if name == "clinc150" else 8
    asked = base.encode(test.texts)
    for told in (f"{few} an intent", f"{_MANY:,}"):
        before, after = [], []
        for seed in range(draws):
            random = np.random.default_rng(seed)
            places = draw(train, few, seed) if told[0] != "2" else random.permutation(len(train.texts))[:_MANY].tolist()
            texts, labels = [train.texts[place] for place in places], np.array(train.labels)[places]
            fitted = fit_on_intents(base, texts, labels.tolist())
            before.append(hits(base.encode(texts), labels, asked, wanted))
            after.append(hits(fitted.encode(texts), labels, fitted.encode(test.texts), wanted))
        cells = []
        for at in range(len(_FIGURES)):
            old, new = (np.mean([one[at] for one in all_draws], axis=0) for all_draws in (before, after))
            error = 196 * np.std(new - old) / np.sqrt(len(old))
            gain = f"{(new - old).mean() * 100:+.1f} ± {error:.1f}"
            cells.append(f"{old.mean() * 100:.1f} → {new.mean() * 100:.1f} ({gain})")
        print(f"| {name} | {told} | {' | '.join(cells)} |", flush=True)


def main() -> int:
    """Prints the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", default=",".join(name for name in SETS if name != "vi-VN"))
    parser.add_argument("--draws", type=int, default=3)
    options = parser.parse_args()
    print(f"| data | rows | {' | '.join(_FIGURES)} |\n|{'---|' * (2 + len(_FIGURES))}")
    with threadpool_limits(1):
        for name in options.only.split(","):
            print_gains(name, *read_set(options.data, name), options.draws)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
