"""How often the gate against the champion refuses models that are as good, and models that are worse.

    python -m tests.bench.gates [--releases 200]

Each release is two models on the same rows. Retraining moves a share of the rows; a worse model loses rows on top.
"""

from __future__ import annotations

import argparse

import numpy as np

from mlpipeline.methods.evaluation.paired import count_paired
from mlpipeline.recipe.release_fields import Gate
from mlpipeline.stages.release.gate import Bound, ChampionFigures, check_gate

_ACCURACY = 0.85
_BOUNDS: tuple[Bound, ...] = ("upper", "point")


def refused(rows: int, moved: float, loss: float, bound: Bound, releases: int) -> float:
    """The share of releases that are refused.

    Args:
        rows: that both models have.
        moved: share of the rows that a retraining answers anew.
        loss: share of rows by which the new model is worse.
        bound: as the recipe has it.
        releases: how many.
    """
    rng, count = np.random.default_rng(7), 0
    limits = Gate.model_validate({**dict.fromkeys(Gate.model_fields), "max_drop_from_champion": 0.02})
    for _ in range(releases):
        base = rng.random(rows) < _ACCURACY
        sides = [np.where(rng.random(rows) < moved, rng.random(rows) < _ACCURACY, base) for _ in range(2)]
        sides[1] = sides[1] & (rng.random(rows) >= loss / _ACCURACY)
        champion = ChampionFigures({}, count_paired(*(side.tolist() for side in sides)))
        count += not check_gate(limits, {}, champion, bot="shop/ko", bound=bound)[0].passed
    return count / releases


def main() -> None:
    """Prints one row for each number of rows and share of moved ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=200)
    given = parser.parse_args()
    print("| rows | moved | refused: equal, upper | equal, point | 5 points worse, upper | 5 points worse, point |")
    print("|---:|---:|---:|---:|---:|---:|")
    for rows in (61, 120, 300, 1200):
        for moved in (0.05, 0.1, 0.2):
            shares = [refused(rows, moved, loss, bound, given.releases) for loss in (0.0, 0.05) for bound in _BOUNDS]
            print(f"| {rows:,} | {moved:.0%} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")


if __name__ == "__main__":
    main()
