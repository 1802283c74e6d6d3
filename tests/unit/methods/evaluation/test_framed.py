"""The same rows with and without greetings and thanks around them."""

from __future__ import annotations

from mlpipeline.methods.evaluation.framed import framed_figures, framed_words


def test_rows_that_were_asked_both_ways_are_compared():
    found = framed_figures(["pay", "pay", "go", "pay"], ["pay", "pay", "go", "go"], ["pay", "go", "go", "go"])
    assert found is not None
    low, high = found["difference_interval"] or [0.0, 0.0]
    assert [found["rows"], found["plain"], found["accuracy"], found["difference"]] == [4, 0.75, 0.5, -0.25]
    assert -1 <= low < -0.25 < high <= 1


def test_nothing_is_told_where_none_was_asked():
    assert framed_figures([], [], []) is None
    assert framed_words(None) == framed_words({"rows": "x"}) == ""


def test_the_words_say_how_much_it_costs():
    found = framed_figures(["pay"] * 1000, ["pay"] * 1000, ["go"] * 12 + ["pay"] * 988)
    assert framed_words(found) == "-1.2 points with greetings and thanks around the question (1,000 rows)"
