"""What a split lets through: rows of one side that stand on another side too, nearly so, or by their parent. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.errors import InputError
from mlpipeline.languages.folding import text_key
from mlpipeline.methods.near_duplicates.contents import Classes, class_pairs, classes_of, similarities
from mlpipeline.methods.near_duplicates.join import Bound

KINDS = ("exact", "parent", "near")
MOST_SPLITS = 20
# Comparisons of one text with others that share a rare gram: what is beyond is counted and told.
MOST_COMPARISONS = 20_000
_STRICTNESS = {"train": 0, "training": 0, "validation": 1, "valid": 1, "val": 1, "dev": 1, "test": 2, "testing": 2}

Table = NDArray[np.int64]


class Sample(NamedTuple):
    """One row of a split; `name` is what `parent` of another row may call it, `line` where it stands."""

    text: str
    split: str
    intent: str | None = None
    parent: str | None = None
    name: str | None = None
    line: int = 0


class Leak(NamedTuple):
    """Two rows on two sides that belong on one: `kind` is one of KINDS."""

    kind: str
    similarity: float
    left: Sample
    right: Sample


@dataclass
class Leaks:
    """What was found.

    `sizes`: rows of each split, train first. `rows`: (split, split) -> kind -> rows of the second split that leak
    with the first, `any` for all kinds together. `pairs`: of two texts once, the worst first. `skipped`: comparisons
    not made, because too many texts share their rarest grams. `empty`: rows of which nothing is left once they are
    normalised; they are in no other figure.
    """

    sizes: dict[str, int]
    rows: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    pairs: list[Leak] = field(default_factory=list)
    skipped: int = 0
    empty: list[Sample] = field(default_factory=list)


def find_leaks(
    samples: Sequence[Sample],
    normalize: Callable[[str], str],
    fold: Callable[[str], str],
    threshold: float,
    most: int = MOST_COMPARISONS,
) -> Leaks:
    """Every leak of a split, found exactly: no two texts at or above the threshold are missed.

    Args:
        samples: the rows, in any order.
        normalize: as `clean` does; texts that are then equal are exact leaks.
        fold: normalised text -> what is compared.
        threshold: Jaccard similarity of the gram sets from which two texts are near duplicates.
        most: comparisons of one text with others that share a rare gram.

    Raises:
        InputError: there are more than 20 splits: the column holds something else.
    """
    splits = _splits(samples)
    normalized = [normalize(sample.text) for sample in samples]
    empty = [sample for sample, text in zip(samples, normalized, strict=True) if not text]
    samples = [sample for sample, text in zip(samples, normalized, strict=True) if text]
    look = _Look.of(samples, [text for text in normalized if text], splits, fold)
    found = look.near_classes(threshold, most)
    leaks = Leaks({split: int(count) for split, count in zip(splits, look.counts.sum(axis=0), strict=True)})
    leaks.skipped, leaks.empty = found.skipped, empty
    flags = {"exact": look.exact(), "near": look.near(found), "parent": look.parents()}
    for one, other in combinations(range(len(splits)), 2):
        mine = look.split == other
        told = {kind: int((flag[:, one] & mine).sum()) for kind, flag in flags.items()}
        told["any"] = int(((flags["exact"] | flags["near"] | flags["parent"])[:, one] & mine).sum())
        leaks.rows[splits[one], splits[other]] = told
    leaks.pairs = sorted([*look.exact_pairs(), *look.parent_pairs(), *look.near_pairs(found)], key=_badness)
    return leaks


def _badness(leak: Leak) -> tuple[object, ...]:
    one, other = leak.left, leak.right
    same = one.intent == other.intent
    return KINDS.index(leak.kind), -leak.similarity, same, one.text, one.line, other.text, other.line


def _splits(samples: Sequence[Sample]) -> list[str]:
    found = Counter(sample.split for sample in samples)
    if len(found) > MOST_SPLITS:
        some = ", ".join(list(found)[:3])
        raise InputError(f"the split column holds {len(found):,} values ({some}, ...)", fix="--map split=COLUMN")
    return sorted(found, key=lambda split: (_STRICTNESS.get(split.casefold(), 1), split))


class _Pairs(NamedTuple):
    """Classes by number."""

    left: Table
    right: Table
    similarity: NDArray[np.float64]
    skipped: int


@dataclass
class _Look:
    """The rows as arrays: `content` (a normalised text) and `split` of each row, the class of each content, rows of
    each content and split (`counts`), and its first row in each of its splits as a stretch of `first`."""

    samples: Sequence[Sample]
    splits: Sequence[str]
    content: Table
    split: Table
    classes: Classes
    counts: Table
    first: Table
    starts: Table
    groups: Sequence[Sequence[int]]

    @classmethod
    def of(
        cls,
        samples: Sequence[Sample],
        normalized: Sequence[str],
        splits: Sequence[str],
        fold: Callable[[str], str],
    ) -> _Look:
        encoded = pa.array(normalized, pa.string()).dictionary_encode()
        texts, content = encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)
        place = {split: number for number, split in enumerate(splits)}
        split = np.array([place[sample.split] for sample in samples], np.int64)
        counts = np.zeros((len(texts), len(splits)), np.int64)
        np.add.at(counts, (content, split), 1)
        classes = classes_of(pa.array([fold(text) for text in texts], pa.string()))
        groups = _groups(samples, normalized)
        places, first = np.unique(content * len(splits) + split, return_index=True)
        starts = np.searchsorted(places // len(splits), np.arange(len(texts) + 1))
        return cls(samples, splits, content, split, classes, counts, first, starts, groups)

    def exact(self) -> NDArray[np.bool_]:
        """Row x split: the row's content stands there too."""
        return np.asarray((self.counts > 0)[self.content])

    def near_classes(self, threshold: float, most: int) -> _Pairs:
        """The pairs of classes that are similar enough."""
        bound = Bound(most)
        names, found = self.classes.names, class_pairs(self.classes, threshold, bound)
        left, right = np.searchsorted(names, found.left), np.searchsorted(names, found.right)
        return _Pairs(left, right, found.similarity, sum(bound.skipped.values()))

    def near(self, found: _Pairs) -> NDArray[np.bool_]:
        """Row x split: a near duplicate of the row stands there, and not the content itself."""
        here, of_content = self.counts > 0, self.classes.of_text
        held = np.zeros((len(self.classes.names), len(self.splits)), np.int64)
        np.add.at(held, of_content, here)
        beside = np.zeros(held.shape, bool)
        np.logical_or.at(beside, found.left, held[found.right] > 0)
        np.logical_or.at(beside, found.right, held[found.left] > 0)
        return np.asarray(((beside[of_content] | (held[of_content] - here > 0)) & ~here)[self.content])

    def parents(self) -> NDArray[np.bool_]:
        """Row x split: the row's parent, a row made from it, or one made from the same parent stands there."""
        flags = np.zeros((len(self.samples), len(self.splits)), bool)
        for group in self.groups:
            rows = np.array(group)
            there = np.bincount(self.split[rows], minlength=len(self.splits)) > 0
            flags[rows] |= there
        return flags

    def exact_pairs(self) -> Iterator[Leak]:
        """One pair for each content and each two splits that have it."""
        for content in np.flatnonzero((self.counts > 0).sum(axis=1) > 1):
            for left, right in self._across(self._firsts(int(content))):
                yield Leak("exact", 1.0, self.samples[left], self.samples[right])

    def parent_pairs(self) -> Iterator[Leak]:
        """One pair for each parent and each two splits that its family stands in."""
        pairs = [pair for group in self.groups for pair in self._across(group)]
        if pairs:
            left, right = np.array(pairs).T
            of_row = self.classes.of_text[self.content]
            alike = similarities(self.classes.sets, of_row[left], of_row[right])
            for (one, other), similarity in zip(pairs, alike.tolist(), strict=True):
                yield Leak("parent", similarity, self.samples[one], self.samples[other])

    def near_pairs(self, found: _Pairs) -> Iterator[Leak]:
        """One pair for each two near classes, or two contents of one class, and each two splits that have them."""
        members = defaultdict(list)
        for content, number in enumerate(self.classes.of_text.tolist()):
            members[number].append(content)
        for left, right, similarity in zip(found.left, found.right, found.similarity, strict=True):
            yield from self._beside(members[int(left)], members[int(right)], float(similarity))
        for contents in members.values():
            if len(contents) > 1:
                yield from self._beside(contents, contents, 1.0)

    def _beside(self, ones: Sequence[int], others: Sequence[int], similarity: float) -> Iterator[Leak]:
        left, right = self._places(ones), self._places(others)
        for one, other in combinations(range(len(self.splits)), 2):
            # The same two splits both ways round, unless both sides are the same contents.
            for here, there in ((left, right),) if ones is others else ((left, right), (right, left)):
                pairs = ((mine, theirs) for mine in here[one] for theirs in there[other] if mine[0] != theirs[0])
                for (_, first), (_, second) in islice(pairs, 1):
                    yield Leak("near", similarity, self.samples[first], self.samples[second])

    def _places(self, contents: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
        """The first row of a content in each split, of two contents at most: (content, row)."""
        places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for content in contents:
            for row in self._firsts(content):
                held = places[int(self.split[row])]
                if len(held) < 2:
                    held.append((content, row))
        return places

    def _across(self, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The first row of each split among `rows`, by twos."""
        first: dict[int, int] = {}
        for row in rows:
            first.setdefault(int(self.split[row]), row)
        for one, other in combinations(sorted(first), 2):
            yield first[one], first[other]

    def _firsts(self, content: int) -> list[int]:
        """The first row of a content in each of its splits."""
        return list(self.first[self.starts[content] : self.starts[content + 1]].tolist())


def _groups(samples: Sequence[Sample], normalized: Sequence[str]) -> list[list[int]]:
    """Rows that belong together by a parent: the parent first, then what was made from it."""
    made = defaultdict(list)
    for row, sample in enumerate(samples):
        if sample.parent:
            made[text_key(sample.parent)].append(row)
    if not made:
        return []
    parents = defaultdict(list)
    for row, (sample, text) in enumerate(zip(samples, normalized, strict=True)):
        for key in {text_key(name) for name in (sample.text, text, sample.name or "")} & made.keys():
            parents[key].append(row)
    return [list(dict.fromkeys([*parents[key], *rows])) for key, rows in made.items()]
