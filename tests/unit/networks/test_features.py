"""Texts to ids: the same for a text alone, in any batch, in any order; nothing makes it fall over."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.networks import features
from mlpipeline.networks.features import FeatureSpec, Vocabulary, as_ids, as_rows, fit_vocabulary, hash_ngrams

SPEC = FeatureSpec(max_ids=64)
MIXED = [
    "금요일 오전에 깨워줘",
    "金曜日の午前九時に起こして",
    "ปลุกฉันตอนเก้าโมง",
    "gọi tôi dậy",
    "wake me up",
    "👩‍👩‍👧 𝒳𝓎",
    "",
]

any_text = st.text(max_size=40)
some_texts = st.lists(any_text, max_size=8)


def slow_chars(text: str, low: int, high: int) -> int:
    """How many character n-grams a text has, counted one by one: windows of each word between its edges."""
    count = 0
    for word in text.split(" "):
        if word:
            framed = len(word) + 2
            count += sum(max(framed - n + 1, 0) for n in range(max(low, 2), high + 1))
            count += len(word) if low == 1 else 0
    return count


def grams(text: str, spec: FeatureSpec = SPEC) -> list[int]:
    return sorted(hash_ngrams([text], spec)[0].tolist())


@given(some_texts)
def test_a_text_has_the_same_ngrams_alone_and_in_a_batch(texts: list[str]) -> None:
    hashes, offsets = hash_ngrams(texts, SPEC)
    assert offsets[-1] == len(hashes) and len(offsets) == len(texts) + 1
    for place, text in enumerate(texts):
        assert sorted(hashes[offsets[place] : offsets[place + 1]].tolist()) == grams(text)


@given(some_texts, st.integers(0, 2**32 - 1))
def test_neither_order_nor_batches_change_the_ids(texts: list[str], seed: int) -> None:
    vocabulary = fit_vocabulary([*MIXED, *texts], SPEC, min_df=1)
    whole = as_ids(texts, SPEC, vocabulary)
    order = np.random.default_rng(seed).permutation(len(texts))
    assert np.array_equal(as_ids([texts[place] for place in order], SPEC, vocabulary), whole[order])
    for place, text in enumerate(texts):
        assert np.array_equal(as_ids([text], SPEC, vocabulary)[0], whole[place])


@given(some_texts, st.integers(0, 2**32 - 1))
def test_the_vocabulary_does_not_depend_on_the_order(texts: list[str], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(texts))
    one, other = fit_vocabulary(texts, SPEC, 1), fit_vocabulary([texts[place] for place in order], SPEC, 1)
    assert np.array_equal(one.keys, other.keys) and np.array_equal(one.idf, other.idf)
    assert np.all(one.keys[1:] > one.keys[:-1])


@given(some_texts)
def test_small_chunks_give_what_one_large_one_gives(texts: list[str]) -> None:
    vocabulary = fit_vocabulary(texts, SPEC, 1)
    whole = as_ids(texts, SPEC, vocabulary)
    before = features._CHUNK_CHARS
    try:
        features._CHUNK_CHARS = 7
        assert np.array_equal(as_ids(texts, SPEC, vocabulary), whole)
        again = fit_vocabulary(texts, SPEC, 1)
    finally:
        features._CHUNK_CHARS = before
    assert np.array_equal(again.keys, vocabulary.keys) and np.array_equal(again.idf, vocabulary.idf)


@given(any_text)
def test_ids_are_distinct_known_and_padded_at_the_end(text: str) -> None:
    vocabulary = fit_vocabulary([*MIXED, text], SPEC, 1)
    (row,) = as_ids([text], SPEC, vocabulary)
    filled = row[row > 0]
    assert row.dtype == np.int32 and row.shape == (64,)
    assert len(set(filled.tolist())) == len(filled) and not row[len(filled) :].any()
    assert filled.max(initial=0) <= len(vocabulary)


@given(st.text("abcé漢한ก𝒳👍 ", max_size=30))
def test_as_many_character_ngrams_as_counted_by_hand(text: str) -> None:
    for low, high in ((1, 4), (2, 3), (1, 1)):
        spec = FeatureSpec(char_ngrams=(low, high), word_ngrams=(0, 0))
        assert len(hash_ngrams([text], spec)[0]) == slow_chars(text, low, high)


def test_words_are_what_stands_between_spaces_and_punctuation() -> None:
    words = FeatureSpec(char_ngrams=(0, 0), word_ngrams=(1, 1))
    assert grams("red, green! (blue)", words) == grams("blue green red", words)
    assert len(grams("don't stop", words)) == 2
    assert len(grams("買い物。終わり、はい", words)) == 3
    pairs = FeatureSpec(char_ngrams=(0, 0), word_ngrams=(2, 2))
    assert len(grams("a b c", pairs)) == 2 and grams("a b", pairs) != grams("b a", pairs)


def test_hashes_never_change() -> None:
    # Bundles in the registry hold these numbers: a change of the code that changes them must raise the format.
    assert grams("a", FeatureSpec((1, 2), (1, 1))) == GOLDEN_A
    assert sum(grams("금요일 👍 ok?")) % 2**64 == GOLDEN_MIXED


GOLDEN_A = [5138391658343674430, 10797102168587610163, 11801771031805965361, 14973268260356533842]
GOLDEN_MIXED = 14723662509699607454


def test_neighbours_do_not_leak_into_each_other() -> None:
    assert sorted(set(grams("ab")) & set(grams("cd"))) == []
    hashes, offsets = hash_ngrams(["", "ab", "", "cd", ""], SPEC)
    assert np.diff(offsets).tolist() == [0, len(grams("ab")), 0, len(grams("cd")), 0]
    assert len(hashes) == offsets[-1]


def test_ngrams_may_run_over_a_space_when_asked() -> None:
    apart, across = FeatureSpec(word_ngrams=(0, 0)), FeatureSpec(word_ngrams=(0, 0), cross_words=True)
    assert set(grams("ab cd", apart)) < set(grams("ab cd", across))
    assert grams("abcd", apart) == grams("abcd", across)


def test_a_very_long_text_is_bounded() -> None:
    text = " ".join(f"w{number}" for number in range(16_000))
    assert len(text) > 90_000
    vocabulary = fit_vocabulary([text], SPEC, 1)
    (row,) = as_ids([text], SPEC, vocabulary)
    assert (row > 0).all() and len(row) == SPEC.max_ids
    again = as_ids(["short", text, "a" * 100_000], SPEC, vocabulary)
    assert np.array_equal(again[1], row)


def test_odd_characters_pass() -> None:
    texts = ["\x00", "\ud800 lone", "\u200b", "\t\n", "　", "e\u0301", "🏳️‍🌈", "\U0010ffff", " a", "a "]
    vocabulary = fit_vocabulary(texts, SPEC, 1)
    ids = as_ids(texts, SPEC, vocabulary)
    assert not ids[3].any() and not ids[4].any()
    assert np.array_equal(ids[8], ids[9]) and ids[8].any()


def test_no_texts_at_all() -> None:
    vocabulary = fit_vocabulary([], SPEC, 1)
    assert len(vocabulary) == 0
    assert as_ids([], SPEC, vocabulary).shape == (0, 64)
    assert not as_ids(["abc"], SPEC, vocabulary).any()
    ids, offsets = as_rows([], SPEC, vocabulary)
    assert len(ids) == 0 and offsets.tolist() == [0]


def test_the_vocabulary_keeps_the_frequent_and_weighs_the_rare() -> None:
    texts = ["aa bb", "aa cc", "aa dd", "zz"]
    words = FeatureSpec(char_ngrams=(0, 0), word_ngrams=(1, 1), word_weight=1.0)
    assert len(fit_vocabulary(texts, words, 1)) == 5
    assert len(fit_vocabulary(texts, words, 2)) == 1
    (kept,) = fit_vocabulary(texts, words, 1, max_size=1).keys
    assert [int(kept)] == grams("aa", words)
    everything = fit_vocabulary(texts, words, 1)
    common = everything.lookup(np.array(grams("aa", words), np.uint64))[0] - 1
    assert everything.idf[common] == everything.idf.min() == pytest.approx(np.log(5 / 4) + 1)


def test_words_weigh_more_than_characters() -> None:
    plain = fit_vocabulary(["ab"], FeatureSpec(word_weight=1.0), 1)
    heavy = fit_vocabulary(["ab"], FeatureSpec(word_weight=2.0), 1)
    assert np.array_equal(plain.keys, heavy.keys)
    assert sorted(heavy.idf / plain.idf) == [1.0] * (len(plain) - 1) + [2.0]


def test_unknown_ngrams_are_dropped() -> None:
    vocabulary = Vocabulary(np.array(grams("a"), np.uint64), np.ones(len(grams("a")), np.float32))
    assert vocabulary.lookup(np.array([0, 2**64 - 1], np.uint64)).tolist() == [0, 0]
    assert not as_ids(["zzz"], SPEC, vocabulary).any()


def test_the_spec_survives_json_and_refuses_nonsense() -> None:
    spec = FeatureSpec((2, 3), (0, 0), 12, 1.5, True)
    assert FeatureSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    for wrong in ({"char_ngrams": (3, 2)}, {"word_ngrams": (0, 1)}, {"char_ngrams": (1, 64)}, {"max_ids": 0}):
        with pytest.raises(ValueError, match=r"at least|shortest"):
            FeatureSpec(**wrong)
    with pytest.raises(TypeError):
        FeatureSpec.from_dict({"chars": [1, 2]})
