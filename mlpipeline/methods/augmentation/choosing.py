"""Which of the good candidates of an intent stay: evenly over its rows and operators, the least alike first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.methods.augmentation.corpus import RETRIEVAL, AugmentedRow, Corpus, lacking, open_to_logs
from mlpipeline.methods.augmentation.nearness import as_texts
from mlpipeline.methods.augmentation.settings import MakingSettings
from mlpipeline.methods.near_duplicates.grams import GramSets, Numbers

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Keys allow slips in any word, so that slips would be half of what is made: each counts as so many other operators
_SLIP_COSTS = 3
# Candidates of an intent that are compared with each other; of more, rows take their turns in parts
_TOGETHER = 4000


def choose_rows(corpus: Corpus, rules: MakingSettings, tool: Tool, passed: Sequence[AugmentedRow]) -> list[int]:
    """Which of the made rows that passed all gates stay, by their places, ascending.

    Sentences of the logs join an intent in their order up to `retrieve_to` rows, whatever operators make; these fill it
    up to `fill_to`, evenly over its rows and operators.

    Args:
        corpus: of the bot; `row` of a candidate is a place in it.
        rules: the recipe's `augment` part, with `fold` and `near_threshold`.
        tool: of its language.
        passed: in an order that hangs on nothing but the rows.
    """
    found: dict[tuple[str, bool], list[int]] = {}
    for at, one in enumerate(passed):
        key = corpus.intents[one.candidate.row], RETRIEVAL in one.candidate.operators
        found.setdefault(key, []).append(at)
    missing, room = lacking(corpus, rules), open_to_logs(corpus, rules)
    sets = as_texts([one.candidate.normalized for one in passed], (), (), rules.fold)
    costs = {name: _SLIP_COSTS for name, one in tool.operators.items() if one.kind == "typing"}
    stay = list[int]()
    for (intent, of_logs), places in found.items():
        if of_logs:
            stay += places[: room.get(intent, 0)]
            continue
        made = [passed[at].candidate for at in places]
        chosen = choose(
            np.array([one.row for one in made], np.int64),
            [one.operators for one in made],
            sets.sets.take(sets.of_candidates[places]),
            missing.get(intent, 0),
            rules.per_row,
            rules.near_threshold,
            costs,
        )
        stay += [places[at] for at in chosen]
    return sorted(stay)


def choose(
    rows: Numbers,
    operators: Sequence[tuple[str, ...]],
    sets: GramSets,
    most: int,
    per_row: int,
    threshold: float,
    costs: Mapping[str, int] | None = None,
) -> list[int]:
    """The candidates that stay, in the order in which they were chosen.

    One after another: of the row that has given least, by the operator that was used least, the one least like those
    that were chosen before. What is nearly the same as a chosen one comes in only where nothing else is left.

    Args:
        rows: (n,) parents.
        operators: the chain of each; it counts as used as often as its most used operator.
        sets: of their n texts.
        most: so many stay at most.
        per_row: so many of one row at most.
        threshold: similarity from which two are nearly the same.
        costs: of operators that count more than once when they are used.
    """
    parts = -(-len(rows) // _TOGETHER) or 1
    _, parent = np.unique(rows, return_inverse=True)
    part, chosen = parent.reshape(-1) % parts, list[int]()
    for number in range(parts):
        at = np.flatnonzero(part == number)
        share = most * (number + 1) // parts - most * number // parts
        chains = [operators[place] for place in at.tolist()]
        found = _chosen(rows[at], chains, sets.take(at), share, per_row, threshold, costs or {})
        chosen += at[found].tolist()
    return chosen


def _chosen(
    rows: Numbers,
    operators: Sequence[tuple[str, ...]],
    sets: GramSets,
    most: int,
    per_row: int,
    threshold: float,
    costs: Mapping[str, int],
) -> list[int]:
    known = sorted({name for chain in operators for name in chain})
    number = {name: at for at, name in enumerate(known)}
    chains = [[number[name] for name in chain] for chain in operators]
    used, in_chain = np.zeros(len(known), np.int64), _incidence(chains, len(known))
    price = [costs.get(name, 1) for name in known]
    matrix, sizes = _grams(sets)
    picked = np.zeros(matrix.shape[1], np.float32)
    _, parent = np.unique(rows, return_inverse=True)
    parent = parent.reshape(-1)
    given = np.zeros(int(parent.max(initial=-1)) + 1, np.int64)
    alike, worn = np.zeros(len(rows)), np.zeros(len(rows), np.int64)
    open_, chosen = np.ones(len(rows), bool), list[int]()
    while len(chosen) < most and open_.any():
        place = _next(open_, alike >= threshold, given[parent], worn, alike)
        chosen.append(place)
        open_[place] = False
        given[parent[place]] += 1
        if given[parent[place]] >= per_row:
            open_[parent == parent[place]] = False
        for name in chains[place]:
            used[name] += price[name]
            worn[in_chain[name]] = np.maximum(worn[in_chain[name]], used[name])
        grams = matrix.indices[matrix.indptr[place] : matrix.indptr[place + 1]]
        picked[grams] = 1.0
        shared = matrix @ picked
        picked[grams] = 0.0
        alike = np.maximum(alike, shared / (sizes + sizes[place] - shared))
    return chosen


def _next(open_: NDArray[np.bool_], near: NDArray[np.bool_], *keys: np.ndarray) -> int:
    """The first of the open ones that has the least key, keys in their order."""
    left = np.flatnonzero(open_ & ~near)
    if not len(left):
        left = np.flatnonzero(open_)
    for key in keys:
        values = key[left]
        left = left[values == values.min()]
        if len(left) == 1:
            break
    return int(left[0])


def _incidence(chains: Sequence[Sequence[int]], count: int) -> list[Numbers]:
    """Of each operator, the candidates that it had a part in."""
    found: list[list[int]] = [[] for _ in range(count)]
    for place, chain in enumerate(chains):
        for name in chain:
            found[name].append(place)
    return [np.array(places, np.int64) for places in found]


def _grams(sets: GramSets) -> tuple[csr_matrix, NDArray[np.float64]]:
    """A row of ones a text, only for grams that are there."""
    from scipy.sparse import csr_matrix

    known, place = np.unique(sets.ids, return_inverse=True)
    shape = (len(sets.sizes), max(len(known), 1))
    matrix = csr_matrix((np.ones(len(place), np.float32), place.reshape(-1), sets.starts), shape=shape)
    return matrix, sets.sizes.astype(np.float64)
