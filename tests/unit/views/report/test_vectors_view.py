"""The page on encoders: labels in the map side by side, bars in their box, and languages without lists."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.methods.vector_quality.plane import Plane
from mlpipeline.orders.embedding_results import BotResult, ComparedResult, VectorReport
from mlpipeline.orders.embedding_rows import BotTexts
from mlpipeline.views.report.vectors_page import render_vectors
from mlpipeline.views.report.vectors_view import bar_of, colour_dots, map_labels
from tests.properties import examples

FIGURE: ComparedResult = {"value": 0.8, "low": 0.7, "high": 0.9, "items": 10, "against": None, "gain": None}


def texts(codes: list[int], intents: list[str]) -> BotTexts:
    names = [f"t{place}" for place in range(len(codes))]
    return BotTexts("shop/ja", names, names, names, intents, np.array(codes), np.arange(len(codes)), len(codes))


@examples(30)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_labels_stand_in_the_map_and_none_over_another(seed: int, intents: int) -> None:
    rng = np.random.default_rng(seed)
    data = texts([code for code in range(intents) for _ in range(3)], [f"intent_{one}" * 2 for one in range(intents)])
    corner = rng.choice([0.001, 1.0], 2)
    labels = map_labels(data, Plane(np.vstack([rng.random((3 * intents - 1, 2)) * corner, [[1.0, 1.0]]]), 0.5))
    assert len(labels) == min(intents, 8)
    for place, one in enumerate(labels):
        assert 4 < one["y"] < 100 and 0 < one["x"] < 160
        for other in labels[:place]:
            apart = abs(one["x"] - other["x"]) >= 2.5 * len(one["intent"])
            assert apart or abs(one["y"] - other["y"]) > 4.5


def test_points_lie_in_the_map_and_equal_ones_too() -> None:
    data = texts([0, 0, 1], ["a", "b"])
    dots, more = colour_dots(data, Plane(np.zeros((3, 2)), 0.0))
    assert [one["rows"] for one in dots] == [2, 1] and dots[0]["colour"] != dots[1]["colour"] and not more
    numbers = [float(one) for one in re.findall(r"[\d.]+", dots[0]["line"].replace("h0", ""))]
    assert all(0 <= one <= 160 for one in numbers)


def test_a_bar_has_its_figure_in_it() -> None:
    placed = bar_of({"value": 0.0, "low": -0.5, "high": 0.5, "items": 3}, -1.0)
    assert placed == {"low": 25.0, "width": 50.0, "point": 50.0}
    assert bar_of({"value": 1.0, "low": 0.5, "high": 1.2, "items": 3}, 0.0) == {
        "low": 50.0,
        "width": 50.0,
        "point": 100.0,
    }


def test_a_page_of_a_bot_with_few_texts_in_a_language_without_lists() -> None:
    bot: BotResult = {
        "bot": "shop/ja",
        "encoder": "use",
        "against": None,
        "rows": 2,
        "of": 9,
        "intents": 1,
        "map_explained": 0.5,
        "figures": {"knn_accuracy": FIGURE, "triplet_accuracy": None, "separation": None},
        "probes": [{"text": "返品 & <b>", "intent": "a<b", "nearest": []}],
        "confused": [],
    }
    report: VectorReport = {
        "against": None,
        "bots": [bot],
        "across": [],
        "wrote": {},
        "languages": [{"lang": "eo", "encoder": "use", "against": None, "paraphrases": None, "analogies": []}],
        "gate": {"min_knn_accuracy": 0.9, "refused": [{"bot": "shop/ja", "knn_accuracy": 0.8}]},
    }
    page = render_vectors(report, [(texts([0, 0], ["a<b"]), Plane(np.eye(2), 0.5))])
    assert "<b>返品" not in page and '<span lang="ja">返品 &amp; &lt;b&gt;</span>' in page and "a&lt;b" in page
    assert "The gate refused 1 of 1" in page and "too few texts" in page and "nothing is like it" in page
    assert "eo: no lists" in page and "2 of 9 texts" in page and "<script" not in page
