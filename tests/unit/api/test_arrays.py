"""Functions on arrays: they find what the command line finds in a file of the same rows, and mistakes get one line."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlpipeline
from mlpipeline.cli.main import main
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.orders.labelled_texts import near_components, read_settings
from tests.unit.methods.label_noise.noise_rows import WRONG, rows

QUICK = {"denoise.folds": 3, "denoise.audit": 0.0}
QUESTIONS = ["where is my order", "Where is my order?", "cancel it", "where is my orders", "CANCEL it", "!!!", ""]


@pytest.fixture(scope="module")
def noisy() -> tuple[list[str], list[str]]:
    made = rows(WRONG)
    return [row["text"] for row in made], [row["intent"] for row in made]


def test_label_issues_are_those_of_denoise_check(noisy, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    texts, labels = noisy
    # A repeat of a wrong one and a text of nothing but marks, as files have them.
    texts, labels = [*texts, texts[WRONG[0]], "..."], [*labels, labels[WRONG[0]], labels[0]]
    found = mlpipeline.find_label_issues(np.array(texts), pd.Series(labels), "ko", recipe=QUICK)
    lines = [json.dumps({"text": t, "intent": label}) for t, label in zip(texts, labels, strict=True)]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    sets = [word for key, value in QUICK.items() for word in ("--set", f"{key}={value}")]
    listed = tmp_path / "issues.csv"
    words = ["denoise", "check", str(tmp_path / "rows.jsonl"), "--lang", "ko", "--to", str(listed), "--json", "--quiet"]
    assert main([*words, "--conf", str(tmp_path / "none"), *sets]) == 0
    report = json.loads(capsys.readouterr().out)
    assert found.report == {name: report[name] for name in found.report} and found.summary == report["line"]
    with listed.open(encoding="utf-8-sig", newline="") as stream:
        issues = list(csv.DictReader(stream))
    assert [
        (f"{one.score:.4f}", one.label, one.suggested, one.kind, " ".join(str(row + 1) for row in one.rows))
        for one in found
    ] == [(row["score"], row["given"], row["suggested"], row["kind"], row["lines"]) for row in issues]
    assert found.left_out == (len(texts) - 1,) and (WRONG[0], len(texts) - 2) in [one.rows for one in found]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert sum(one.row in WRONG for one in found[:20]) >= 18


@pytest.mark.slow
def test_vectors_of_an_encoder_are_looked_at(noisy):
    texts, labels = noisy
    names = sorted(set(labels))
    right = [row["intent"] for row in rows()]
    vectors = np.eye(len(names), dtype=np.float64)[[names.index(name) for name in right]]
    found = mlpipeline.find_label_issues(texts, labels, "ko", vectors=vectors, recipe=QUICK)
    alone = mlpipeline.find_label_issues(texts, labels, "ko", recipe=QUICK)
    flagged = {one.row for one in found if one.flagged}
    assert len(flagged & set(WRONG)) / len(flagged | set(WRONG)) > 0.9
    assert {view["view"] for view in found.report["views"]} - {view["view"] for view in alone.report["views"]}


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        ([], [], "there is no text"),
        (["...", "…"], ["a", "b"], "there is no text"),
        (["hello"], ["a"], "all texts are one and the same"),
        (["hello", "good bye"], ["a", "b"], "labels were not checked: "),
    ],
)
def test_where_labels_cannot_be_judged_the_summary_says_why(texts, labels, said: str):
    found = mlpipeline.find_label_issues(texts, labels, "en")
    assert list(found) == [] and said in found.summary


def test_one_text_under_two_labels_is_found_in_two_rows():
    found = mlpipeline.find_label_issues(["hello", "Hello"], [1, 2], "en")
    assert [(one.row, one.label, one.suggested, one.kind) for one in found] == [
        (0, "1", "2", "contradiction"), (1, "2", "1", "contradiction"),
    ]  # fmt: skip


def test_texts_of_which_nothing_is_left_are_told(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, "mlpipeline"):
        assert mlpipeline.find_label_issues(["a", "..."], ["x", "y"], "en").left_out == (1,)
    assert "normalised: 1, the first at 1" in caplog.text


def test_near_duplicates_come_in_groups_with_what_connects_them():
    orders, cancels = mlpipeline.near_duplicates(QUESTIONS, "en", 0.8)
    assert (orders.rows, cancels.rows) == ((0, 1, 3), (2, 4))
    assert cancels.pairs == ((2, 4, 1.0),) and cancels.similarity == 1.0
    assert 0.8 <= orders.similarity < 1 and orders.similarity == min(pair[2] for pair in orders.pairs)
    assert mlpipeline.near_duplicates(QUESTIONS, "en", 1.0) == [cancels]
    assert mlpipeline.near_duplicates(pd.Series(QUESTIONS, index=list("gfedcba")), None, 1.0) == [cancels]


def test_near_duplicates_of_nothing_and_of_one():
    assert mlpipeline.near_duplicates([], "en") == mlpipeline.near_duplicates(["a"], "ko") == []
    assert mlpipeline.near_duplicates(["", "!", "!"], "ko") == []


def test_paraphrases_are_those_that_augment_try_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    made = mlpipeline.augment("점심 먹었니?", "ko-KR", seed=7)
    assert main(["augment", "try", "ko-KR", "점심 먹었니?", "--conf", str(tmp_path), "--seed", "7", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["wordings"]
    kept = {(one["text"], tuple(one["operators"])) for one in listed if one["decision"] == "kept" and one["used"]}
    assert {(one.text, one.operators) for one in made} == kept and kept
    assert made == mlpipeline.augment(["점심 먹었니?"], "ko", seed=7)
    assert all(one.row == 0 and 0 < one.similarity < 1 for one in made)
    first = mlpipeline.augment("점심 먹었니?", "ko", limit=3)
    assert len({one.operators for one in first}) == 3


def test_paraphrases_of_several_texts_say_whose_they_are():
    made = mlpipeline.augment(["점심 먹었니?", "🙂", "where is my order", "", "배송비가 얼마인가요?"], "ko", limit=2)
    assert [one.row for one in made] == [0, 0, 4, 4]
    assert mlpipeline.augment([], "ko") == mlpipeline.augment("점심 먹었니?", "ko", limit=0) == []


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mlpipeline.near_duplicates(["a"], "tlh"), "lang: no language file for tlh, there are: en, ja, ko"),
        (lambda: mlpipeline.augment("a", "tlh"), "zh-TW -> create CONF/languages/tlh.yaml"),
        (lambda: mlpipeline.find_label_issues(["a"], ["b"], "x-?"), "'x-?' is not a language tag"),
        (lambda: mlpipeline.find_label_issues(["a"], [], "en"), "1 texts need as many labels, got 0"),
        (lambda: mlpipeline.find_label_issues(["a"], ["b"], "en", processes=0), "0 processes cannot work"),
        (lambda: mlpipeline.find_label_issues(["a"], ["b"], "en", recipe={"denoise.fold": 3}), "did you mean folds?"),
        (lambda: mlpipeline.find_label_issues(["a"], ["b"], "en", recipe={"denoise.folds": {1}}), "set is no value"),
        (lambda: mlpipeline.find_label_issues(["a"], ["b"], "en", conf="nowhere"), "nowhere: no such folder"),
        (lambda: mlpipeline.near_duplicates(["a"], "en", 1.5), "a threshold of 1.5 is no similarity"),
        (lambda: mlpipeline.augment(3, "en"), "texts: int is no list"),  # type: ignore[arg-type]
        (lambda: mlpipeline.augment("a", "en", limit=-1), "a limit of -1 is no number of wordings"),
        (lambda: mlpipeline.augment("a", "en", chain=6), "a chain of 6 is no chain -> give 1 to 5"),
    ],
)
def test_a_mistake_is_one_line(call: Callable[[], Any], said: str):
    with pytest.raises(mlpipeline.MLPipelineError) as error:
        call()
    assert said in str(error.value) and "\n" not in str(error.value)


def test_groups_are_the_components_that_clean_and_denoise_see():
    with (Path(__file__).parents[3] / "examples" / "assistant" / "ko.jsonl").open(encoding="utf-8") as stream:
        texts = [json.loads(line)["text"] for line in stream]
    language, _, clean = read_settings(None, "ko", [])
    normalize = normalizer(Profile.of(language))
    rows: dict[str, list[int]] = {}
    for at, name in enumerate(near_components([normalize(text) for text in texts], clean).to_pylist()):
        rows.setdefault(name, []).append(at)
    found = mlpipeline.near_duplicates(texts, "ko")
    assert [group.rows for group in found] == sorted(tuple(own) for own in rows.values() if len(own) > 1) and found
    for group in found:
        assert {row for one, other, _ in group.pairs for row in (one, other)} == set(group.rows)
        assert group.similarity >= clean.near_threshold - 1e-6 and all(one < other for one, other, _ in group.pairs)
