"""Leaks of a split: counted as an all-pairs reference counts them, the worst listed first."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import InputError
from mlpipeline.methods.evaluation.leaks import Leaks, Sample, find_leaks
from tests.properties import examples

SPLITS = ("train", "validation", "test")


def leaks_of(samples: list[Sample], threshold: float = 0.8) -> Leaks:
    return find_leaks(samples, str.strip, str.casefold, threshold)


def grams(text: str) -> frozenset[str]:
    text = text.casefold()
    found = {text[at : at + size] for size in (2, 3) for at in range(len(text) - size + 1)}
    words = text.split(" ")
    return frozenset(found | ({f"<{word}>" for word in words if word} if len([w for w in words if w]) > 1 else set()))


def similar(one: str, other: str) -> float:
    left, right = grams(one) or {one.casefold()}, grams(other) or {other.casefold()}
    return len(left & right) / len(left | right)


def reference(samples: list[Sample], threshold: float) -> dict[tuple[str, str], dict[str, int]]:
    """Rows of the second split that leak with the first, every row compared with every other."""
    told = {}
    for one, other in combinations([split for split in SPLITS if split in {row.split for row in samples}], 2):
        first, second = ([row for row in samples if row.split == split] for split in (one, other))
        counts = dict.fromkeys(("exact", "near", "parent", "any"), 0)
        for row in second:
            texts = {mine.text.strip() for mine in first}
            exact = row.text.strip() in texts
            near = not exact and any(similar(row.text.strip(), text) >= threshold for text in texts)
            parent = any(kin(row, mine, samples) for mine in first)
            for name, there in (("exact", exact), ("near", near), ("parent", parent)):
                counts[name] += there
            counts["any"] += exact or near or parent
        told[one, other] = counts
    return told


def kin(one: Sample, other: Sample, samples: list[Sample]) -> bool:
    keys = {row.parent.strip().lower() for row in samples if row.parent}

    def families(row: Sample) -> set[str]:
        own = {row.text.strip().lower(), row.name or ""} & keys
        return own | ({row.parent.strip().lower()} if row.parent else set())

    return bool(families(one) & families(other))


WORDS = st.sampled_from(["ab", "abc", "abcd", "Abc", "배송", "배송 언제", "배송 언제 와", "언제 와", "a", "", " "])
ROWS = st.builds(
    Sample,
    text=st.builds(lambda one, two, many: f"{one} {two}".strip() * many or "x", WORDS, WORDS, st.integers(1, 2)),
    split=st.sampled_from(SPLITS),
    parent=st.sampled_from([None, None, "배송 언제", "n1", "lost"]),
    name=st.sampled_from([None, "n1", "n2"]),
)


@examples(40)
@given(st.lists(ROWS, min_size=1, max_size=14), st.sampled_from([0.5, 0.8, 1.0]))
def test_counts_are_those_of_all_pairs(rows: list[Sample], threshold: float):
    found = leaks_of(rows, threshold)
    assert found.rows == reference(rows, threshold)
    for leak in found.pairs:
        assert leak.left.split != leak.right.split
        if leak.kind == "near":
            assert leak.similarity == pytest.approx(similar(leak.left.text.strip(), leak.right.text.strip()))
    counted = any(told["any"] for told in found.rows.values())
    assert bool(found.pairs) == counted, "what is counted is listed"
    shuffled = random.Random(1).sample(rows, len(rows))
    assert leaks_of(shuffled, threshold).rows == found.rows


def test_the_worst_come_first_and_name_both_rows():
    rows = [
        Sample("배송 언제 와요", "train", "delivery", line=1),
        Sample("배송 언제 와요?", "test", "refund", line=2),
        Sample("환불 하고 싶어요", "train", "refund", line=3),
        Sample("환불 하고 싶어요", "test", "refund", line=4),
        Sample("주소를 바꿀게요", "validation", "address", line=5),
        Sample("이사 했어요", "train", "address", parent="주소를  바꿀게요 ", line=6),
        Sample("아무 상관 없는 말", "test", "other", line=7),
    ]
    found = leaks_of(rows, 0.6)
    assert [leak.kind for leak in found.pairs] == ["exact", "parent", "near"]
    assert (found.pairs[2].left.line, found.pairs[2].right.line) == (1, 2) and 0.6 < found.pairs[2].similarity < 1
    assert found.rows["train", "test"] == {"exact": 1, "near": 1, "parent": 0, "any": 2}
    assert found.rows["train", "validation"] == {"exact": 0, "near": 0, "parent": 1, "any": 1}
    assert found.sizes == {"train": 3, "validation": 1, "test": 3}


def test_a_family_on_one_side_is_no_leak():
    rows = [Sample("a b c", "train", parent="x"), Sample("d e f", "train", parent="x"), Sample("g h i", "test")]
    assert not leaks_of(rows).pairs


def test_one_sentence_a_hundred_thousand_times_is_two_rows_of_work():
    rows = [Sample("ㅋㅋㅋ", "train")] * 60_000 + [Sample("ㅋㅋㅋ", "test")] * 40_000 + [Sample("ㅋㅋㅋㅋ", "test")]
    found = leaks_of(rows)
    assert found.rows["train", "test"]["exact"] == 40_000
    assert {leak.kind for leak in found.pairs} == {"exact", "near"} and len(found.pairs) == 2


def test_a_column_that_is_no_split_is_refused():
    with pytest.raises(InputError, match="21 values"):
        leaks_of([Sample("a", f"s{number}") for number in range(21)])
