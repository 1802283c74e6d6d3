"""The nearest vectors: exact, in any batch, on one thread."""

from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from mlpipeline.networks.search import DIGITS, one_thread, search


def unit_rows(seed: int, rows: int, dims: int) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((rows, dims)).astype(np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


@given(seed=st.integers(0, 50), rows=st.integers(1, 40), asked=st.integers(0, 20), count=st.integers(1, 12))
def test_the_nearest_are_found_alone_and_among_others(seed: int, rows: int, asked: int, count: int) -> None:
    vectors, questions = unit_rows(seed, rows, 5), unit_rows(seed + 1, asked, 5)
    vectors[rows // 2] = vectors[0]  # a tie
    found = search(vectors, questions, count)
    assert len(found) == asked
    for question, one in zip(questions, found, strict=True):
        exact = vectors.astype(np.float64) @ question.astype(np.float64)
        best = np.sort(exact[exact > 1e-4])[::-1][:count]
        assert len(one.rows) == len(set(one.rows)) >= len(best)
        np.testing.assert_allclose(one.similarities, exact[one.rows], atol=2 * 10.0**-DIGITS)
        np.testing.assert_allclose(one.similarities[: len(best)], best, atol=2 * 10.0**-DIGITS)
        ties = zip(one.similarities, one.rows, strict=True)
        assert list(one.rows) == [row for _, row in sorted(ties, key=lambda tie: (-tie[0], tie[1]))]
        assert search(vectors, question[None], count) == [one]


def test_nothing_is_near_where_nothing_is_there() -> None:
    questions = unit_rows(0, 2, 5)
    assert [one.rows for one in search(np.zeros((0, 5), np.float32), questions, 3)] == [[], []]
    assert [one.rows for one in search(np.zeros((4, 5), np.float32), questions, 3)] == [[], []]
    assert [one.rows for one in search(questions, questions, 0)] == [[], []]


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_one_question_wakes_no_other_thread() -> None:
    before = threads()
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread():
            inside.set()
            leave.wait(10)

    beside = threading.Thread(target=other)
    with one_thread():
        assert threads() == {1}
        beside.start()
        assert inside.wait(10)
    assert threads() == {1}, "the other block is not over"
    leave.set()
    beside.join()
    assert threads() == before
    with one_thread(False):
        assert threads() == before
