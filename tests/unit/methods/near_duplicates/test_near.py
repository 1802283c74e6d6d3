"""Near duplicates are exactly the pairs that comparing every text with every other finds."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.methods.near_duplicates import grams, join, state
from mlpipeline.methods.near_duplicates.contents import (
    NamedPairs,
    Pairs,
    class_pairs,
    classes_of,
    components,
    components_of,
    content_pairs,
    similarities,
)
from mlpipeline.methods.near_duplicates.grams import gram_sets
from mlpipeline.methods.near_duplicates.index import read
from mlpipeline.methods.near_duplicates.join import Bound
from mlpipeline.methods.near_duplicates.signatures import signatures_of
from mlpipeline.methods.near_duplicates.state import State, compared, pair_similarities
from tests.properties import examples

# few letters, so that random texts are often near each other
TEXTS = st.lists(st.text(alphabet="ab 가\U0001f600", max_size=14).map(str.strip), max_size=14)


def plain_grams(text: str) -> set[str]:
    """The definition, written again for one text."""
    grams = {text[at : at + length] for length in (2, 3) for at in range(len(text) - length + 1)}
    words = text.split()
    grams |= {f"<{word}>" for word in words if len(words) > 1}
    return grams or {text}


def jaccard(one: str, other: str) -> float:
    left, right = plain_grams(one), plain_grams(other)
    return len(left & right) / len(left | right)


def strings(texts: list[str]) -> pa.Array:
    return pa.array(texts, pa.string())


@given(TEXTS)
def test_gram_sets_are_the_definition(texts: list[str]):
    sets = gram_sets(strings(texts))
    assert sets.sizes.tolist() == [len(plain_grams(text)) for text in texts]
    pairs = list(itertools.combinations(range(len(texts)), 2))
    left, right = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    found = similarities(sets, left, right).tolist() if pairs else []
    assert found == pytest.approx([jaccard(texts[one], texts[other]) for one, other in pairs])


def as_named(pairs: NamedPairs) -> list[tuple[int, int, float]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), pairs.similarity.tolist(), strict=True))


@examples(60)
@given(TEXTS, st.sampled_from([0.5, 0.6, 0.75, 0.8, 0.9, 1.0]))
def test_no_pair_is_lost_and_none_invented(texts: list[str], threshold: float):
    classes, bound = classes_of(strings(texts)), Bound(1000)
    texts_of = {int(classes.names[place]): text for place, text in zip(classes.of_text, texts, strict=True)}
    wanted = [
        (one, other, jaccard(texts_of[one], texts_of[other]))
        for one, other in itertools.combinations(sorted(texts_of), 2)
        if jaccard(texts_of[one], texts_of[other]) >= threshold - 1e-12
    ]
    assert as_named(class_pairs(classes, threshold, bound)) == wanted
    assert not bound.skipped


@given(TEXTS, st.randoms(use_true_random=False))
def test_neither_the_order_of_texts_nor_that_of_grams_changes_a_pair(texts: list[str], random):
    shuffled = list(texts)
    random.shuffle(shuffled)
    levels = np.random.default_rng(1).integers(0, 200, 1024).astype(np.uint8)
    wanted = as_named(class_pairs(classes_of(strings(texts)), 0.6, Bound(1000)))
    assert as_named(class_pairs(classes_of(strings(shuffled)), 0.6, Bound(1000))) == wanted
    assert as_named(class_pairs(classes_of(strings(texts), levels), 0.6, Bound(1000))) == wanted


def test_a_bucket_has_a_bound_and_what_it_costs_is_counted():
    classes, wide, tight = classes_of(strings([f"abcdefgh{n}" for n in range(60)])), Bound(1000), Bound(1)
    all_of_them, some = (class_pairs(classes, 0.5, bound) for bound in (wide, tight))
    assert not wide.skipped
    assert sum(tight.skipped.values()) > 0
    assert len(some.left) < len(all_of_them.left)


def test_a_hundred_thousand_equal_texts_and_a_long_one():
    texts = strings(["ㅋㅋㅋ", "ㅋㅋㅋㅋ"] * 50_000 + ["가나다라 " * 25_000, ""])
    classes = classes_of(texts)
    assert len(classes.names) == 3
    named = class_pairs(classes, 0.8, Bound(1000))
    left, right = np.searchsorted(classes.names, named.left), np.searchsorted(classes.names, named.right)
    pairs = content_pairs(classes.of_text, Pairs(left, right, named.similarity))
    assert len(pairs.left) == 99_999, "each with the least, not each with each"
    found = components(len(texts), pairs)
    assert found[:100_000].max() == 0
    assert found[100_000:].tolist() == [100_000, 100_001]


def test_no_texts_no_pairs():
    pairs = class_pairs(classes_of(strings([])), 0.8, Bound(100))
    assert len(pairs.left) == 0
    assert len(components_of(np.zeros(0, np.uint64), pairs)) == 0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_components_are_what_chains_lead_to(edges: list[tuple[int, int]]):
    contents = np.arange(31, dtype=np.uint64)
    least = list(range(31))
    for _ in range(31):
        for one, other in edges:
            least[one] = least[other] = min(least[one], least[other])
    left, right = (np.array([edge[side] for edge in edges], np.uint64) for side in (0, 1))
    assert components_of(contents, NamedPairs(left, right, np.ones(len(edges)))).tolist() == least


def test_bits_are_counted_without_numpy_2():
    values = np.array([0, 1, 2**64 - 1, 2**63 + 5], np.uint64)
    assert join._ones_by_table(values).tolist() == [0, 1, 64, 3]


def state_of(texts: dict[int, str], last: State | None = None, most: int = 1000) -> State:
    contents = np.array(sorted(texts), np.uint64)
    return compared(contents, strings([texts[int(content)] for content in contents]), 0.6, most, last)


def said(state: State) -> list[tuple[int, int, float]]:
    pairs = content_pairs(state.of_content, state.pairs)
    return as_named(NamedPairs(state.contents[pairs.left], state.contents[pairs.right], pairs.similarity))


@examples(60)
@given(st.dictionaries(st.integers(0, 99), st.text(alphabet="ab 가", max_size=12), min_size=4, max_size=30), st.data())
def test_a_day_later_only_what_is_new_is_compared_and_the_result_is_the_same(texts: dict[int, str], data):
    gone = data.draw(st.sets(st.sampled_from(sorted(texts)), max_size=3))
    new = data.draw(st.sets(st.sampled_from(sorted(texts)), max_size=len(texts) // 5)) - gone
    before = {content: text for content, text in texts.items() if content not in new}
    after = {content: text for content, text in texts.items() if content not in gone}
    kept = State.from_buffer(state_of(before).to_buffer())
    rolled, full = state_of(after, kept), state_of(after)
    assert said(rolled) == said(full)
    assert said(state_of(texts, State.from_buffer(rolled.to_buffer()))) == said(state_of(texts))


DAYS = st.lists(st.sets(st.integers(0, 39)), min_size=2, max_size=6)


@pytest.mark.slow
@examples(60)
@given(st.lists(st.text(alphabet="ab 가", max_size=8), min_size=40, max_size=40), DAYS)
def test_contents_go_and_come_back_and_every_day_is_that_of_a_full_run(texts: list[str], days: list[set[int]]):
    kept = None
    with pytest.MonkeyPatch.context() as patch:
        # However much is new, and however much has gone
        patch.setattr(state, "_MOSTLY_NEW", 1e9)
        for day in days:
            today = {number: texts[number] for number in day}
            rolled, full = state_of(today, kept), state_of(today)
            assert said(rolled) == said(full)
            kept = State.from_buffer(rolled.to_buffer())


def test_what_comes_back_meets_what_came_while_it_was_gone():
    others = {number: f"quite another sentence {number}" for number in range(10, 30)}
    kept = state_of({**others, 1: "cancel my order"})
    kept = state_of({**others, 2: "cancel my orders"}, kept)
    last = state_of({**others, 1: "cancel my order", 2: "cancel my orders"}, kept)
    assert len(last.index.names) == len(others) + 3, "rolled, not compared again"
    assert (1, 2) in [pair[:2] for pair in said(last)]


def test_only_the_buckets_of_what_is_new_are_read():
    kept = state_of({number: f"sentence {number} of a corpus" for number in range(200)} | {200: "rarely so"})
    made = classes_of(strings(["rarely so!"]), kept.levels)
    reading = read(kept.index, signatures_of(made.sets, made.names, 0.6))
    assert set(kept.index.rows[reading.inside]) == {kept.of_content[200]}


def test_rows_of_contents_that_are_gone_do_not_pile_up():
    texts = {number: f"sentence {number} of a corpus" for number in range(40)}
    kept = state_of(texts)
    for day in range(20):
        texts = {**{number: text for number, text in texts.items() if number > day}, 100 + day: f"day {day}"}
        kept = state_of(texts, State.from_buffer(kept.to_buffer()))
        assert len(kept.index.names) <= 1.2 * len(texts)
    assert said(kept) == said(state_of(texts))


def test_what_was_compared_yesterday_is_not_compared_again(monkeypatch):
    texts = {number: f"sentence {number} of a corpus" for number in range(50)}
    kept = state_of(texts)
    asked: list[int] = []
    of_chunk = grams._of_chunk

    def counted(chunk):
        asked.append(len(chunk))
        return of_chunk(chunk)

    monkeypatch.setattr(grams, "_of_chunk", counted)
    state_of({**texts, 50: "quite another one"}, kept)
    assert sum(asked) == 1


def test_a_bucket_that_grows_too_large_is_compared_as_a_whole_again():
    texts = {number: f"abcdefgh{number}" for number in range(60)}
    kept = state_of({number: text for number, text in texts.items() if number < 55})
    rolled, full = state_of(texts, kept, most=10), state_of(texts, most=10)
    assert full.skipped
    assert said(rolled) == said(full)
    assert rolled.skipped == full.skipped


@given(TEXTS.filter(bool))
def test_similarities_are_exact_also_of_the_ends_of_a_chain(texts: list[str]):
    state = state_of(dict(enumerate(texts)))
    pairs = np.array(list(itertools.product(range(len(texts)), repeat=2)), np.int64)
    found = pair_similarities(state, strings(texts), pairs[:, 0], pairs[:, 1])
    assert found.tolist() == pytest.approx([jaccard(texts[one], texts[other]) for one, other in pairs])
