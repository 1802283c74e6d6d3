"""Paraphrases, translations, analogies and maps of planted vectors, and the lists that come with the package."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mlpipeline.methods.vector_quality.analogies import score_analogies, words_of
from mlpipeline.methods.vector_quality.plane import principal_plane, probe, typical_rows
from mlpipeline.methods.vector_quality.retrieval import score_paraphrases, score_translations
from mlpipeline.methods.vector_quality.samples import (
    analogy_pairs,
    grouped_sentences,
    parallel_texts,
    paraphrases,
)
from mlpipeline.networks.encoders.contract import unit

TAGS = ("en", "ja", "ko", "th", "vi", "zh-Hans", "zh-Hant", "zh-TW")


def test_the_rank_of_a_paraphrase() -> None:
    angles = np.radians([0, 5, 12, 50, 90, 8])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    scored = score_paraphrases(vectors, np.array([0, 0, 1, 1, 2, 0]))
    # 2 (12 degrees) has 8, 5 and 0 nearer than 50; 3 (50) has 12 nearest; 4 is alone in its group.
    assert scored.hits.values.tolist() == [1.0, 1.0, 0.0, 1.0, 1.0]
    assert scored.reciprocal_ranks.values[2] == pytest.approx(1 / 4)
    assert not score_paraphrases(np.zeros((4, 2), np.float32), np.array([0, 0, 1, 1])).hits.values.any()
    assert not len(score_paraphrases(np.zeros((0, 2), np.float32), np.zeros(0, np.int64)).hits.values)


def test_a_translation_is_the_nearest_of_the_other_language() -> None:
    space = np.eye(4, dtype=np.float32)
    scored = score_translations(space, space[[0, 1, 3, 2]])
    assert scored is not None and scored.hits.values.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert scored.pairs == 0.5 and scored.others == pytest.approx(2 / 12)
    same = score_translations(np.ones((3, 1), np.float32), np.ones((3, 1), np.float32))
    assert same is not None and not same.hits.values.any(), "where all are as near, none is found"
    assert score_translations(space[:0], space[:0]) is None


def test_analogies_of_vectors_in_which_they_hold_and_of_others() -> None:
    rng = np.random.default_rng(1)
    stems, shift = rng.standard_normal((6, 40)), 2 * rng.standard_normal(40)
    pairs = [(f"a{one}", f"b{one}") for one in range(6)]
    words = words_of({"kind": pairs, "other": [("x", "y")]})
    table = {f"a{one}": stem for one, stem in enumerate(stems)} | {f"b{one}": s + shift for one, s in enumerate(stems)}
    rows = [table.get(word, rng.standard_normal(40)) for word in words]
    scored = score_analogies(words, unit(np.array(rows, np.float32)), pairs)
    assert len(scored.values) == 30 and scored.values.mean() > 0.9 and set(scored.clusters) == set(range(6))
    assert not score_analogies(words, np.zeros((len(words), 4), np.float32), pairs).values.any()
    assert not len(score_analogies([], np.zeros((0, 4), np.float32), []).values)


def test_a_map_keeps_what_lies_in_a_plane() -> None:
    flat = np.array([[3, 0], [-3, 0], [0, 1], [0, -1]], np.float32)
    turned = flat @ np.linalg.qr(np.random.default_rng(2).standard_normal((5, 5)))[0][:2].astype(np.float32)
    plane = principal_plane(turned)
    assert plane.explained == pytest.approx(1.0, abs=1e-5)
    assert np.abs(plane.points).round(3).tolist() == np.abs(flat).tolist()
    assert np.array_equal(principal_plane(turned).points, plane.points)
    assert principal_plane(turned[:1]).points.tolist() == [[0.0, 0.0]]
    assert principal_plane(np.ones((3, 4), np.float32)).explained == 0.0


def test_the_typical_text_of_an_intent_and_its_neighbours() -> None:
    angles = np.radians([0, 10, 20, 90, 100, 11])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    intents, groups = np.array([0, 0, 0, 1, 1, 0]), np.array([0, 1, 2, 3, 4, 1])
    assert typical_rows(vectors, intents, 5)[0] in (1, 5) and len(typical_rows(vectors, intents, 1)) == 1
    near = probe(vectors, groups, 1, 3)
    assert near.nearest[:2] in ((0, 2), (2, 0)) and 5 not in near.nearest, "its near duplicate is none"
    assert len(near.nearest) == 3 and near.cosines[0] == pytest.approx(np.cos(np.radians(10)), abs=1e-4)


@pytest.mark.parametrize("lang", TAGS)
def test_each_language_has_its_lists(lang: str) -> None:
    kinds = analogy_pairs(lang)
    third = "tense" if lang in ("en", "ja", "ko") else "opposite"
    assert set(kinds) == {"capital", "gender", third}
    for pairs in kinds.values():
        assert len(pairs) * (len(pairs) - 1) >= 40
        counts = Counter(word for pair in pairs for word in pair)
        assert counts.most_common(1)[0][1] == 1, "a word of two pairs would be two answers"
    found = paraphrases(lang)
    assert len(found.texts) == len(set(found.texts)) == 48 and set(Counter(found.groups).values()) == {3}
    assert len(parallel_texts(lang)) == len(set(parallel_texts(lang))) == 120


def test_tags_find_the_list_of_their_script_or_language() -> None:
    assert analogy_pairs("zh-TW") == analogy_pairs("zh-Hant-HK") == analogy_pairs("zh-Hant") != analogy_pairs("zh-CN")
    assert analogy_pairs("zh-CN") == analogy_pairs("zh-Hans") and analogy_pairs("ko-KR") == analogy_pairs("ko")
    assert not analogy_pairs("fr") and not paraphrases("fr").texts and not parallel_texts("fr")


def test_whole_groups_are_drawn() -> None:
    pairs = [(f"{group} {number}", f"g{group}") for group in range(9) for number in range(3)]
    every = grouped_sentences([*pairs, ("alone", "x"), ("twice", "y"), ("twice", "y")], most=99, seed=1)
    assert len(every.texts) == 27 and "alone" not in every.texts and "twice" not in every.texts
    some = grouped_sentences(pairs, most=10, seed=1)
    assert len(some.texts) == 9 and set(Counter(some.groups).values()) == {3}
    assert some == grouped_sentences(pairs, most=10, seed=1) and some.texts != every.texts[:9]
