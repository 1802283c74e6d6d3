"""Golden questions before and after: which the champion had right and the new model has not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mlpipeline.networks.features import as_ids, fit_vocabulary
from mlpipeline.stages.release.golden import _ask, ask_released, broken_questions, count_broken
from mlpipeline.stages.release.network import Network
from mlpipeline.store.bundles.content import open_bundle, put_bundle
from mlpipeline.store.registry.pointers import Released
from tests.unit.serving.conftest import LABELS, QUESTIONS, SPEC, make_contents, network_of

HOURS, DELIVERY = QUESTIONS[0][0], QUESTIONS[3][0]


def golden(question: str, intent: str, predicted: str) -> dict[str, Any]:
    return {"question": question, "intent": intent, "predicted": predicted}


ROWS = [golden(HOURS, "hours", "hours"), golden(DELIVERY, "delivery", "delivery")]


def all_hours() -> bytes:
    """A network that takes everything for `hours`."""
    texts = [text for text, _ in QUESTIONS]
    vocabulary = fit_vocabulary(texts, SPEC, min_df=1)
    table = np.zeros((len(vocabulary) + 1, len(LABELS)), np.float32)
    table[np.unique(as_ids(texts, SPEC, vocabulary)), 1] = 1.0
    return network_of(table)


def test_questions_that_were_right_and_are_not_any_more_are_broken():
    same, worse = make_contents(), make_contents(onnx=all_hours())
    assert broken_questions(ROWS, same, str) == []
    assert broken_questions(ROWS, worse, str) == ROWS[1:]


def test_what_was_wrong_before_and_intents_that_are_gone_do_not_count():
    rows = [golden(DELIVERY, "delivery", "hours"), golden("환불", "refund", "refund")]
    assert broken_questions(rows, make_contents(onnx=all_hours()), str) == []


def test_a_question_is_normalised_as_a_message_is():
    shouted = [golden(f"  {DELIVERY}!! ", "delivery", "delivery")]
    assert broken_questions(shouted, make_contents(), lambda text: text.strip(" !")) == []


def test_they_are_counted_against_the_champion_as_it_stands_in_its_bundle(tmp_path: Path):
    folder, digest = put_bundle(tmp_path, make_contents(golden=ROWS))
    today = Released("shop/ko", 1, str(folder), digest, {})
    assert count_broken(today, make_contents(onnx=all_hours()), str) == 1.0
    assert count_broken(today, make_contents(), str) == 0.0
    assert count_broken(None, make_contents(), str) is None
    (folder / "golden.jsonl").write_text("{}", "utf-8")
    assert count_broken(today, make_contents(), str) is None, "damaged: nothing is known"


def released(home: Path, rows: list[dict[str, Any]] = ROWS, **changed: Any) -> Released:
    """A bundle that says of itself what the rows say."""
    folder, digest = put_bundle(home, make_contents(golden=rows, **changed))
    return Released("shop/ko", 1, str(folder), digest, {})


def test_what_was_released_is_asked_where_it_stands(tmp_path: Path):
    assert ask_released(released(tmp_path)) == (2, 0, "")


def test_labels_in_another_order_fail_though_every_file_is_as_sealed(tmp_path: Path):
    asked = ask_released(released(tmp_path, labels=[*LABELS[1:], LABELS[0]]))
    assert asked.questions == asked.failed == 2
    assert asked.why.startswith("the question of hours gets ")


def test_another_network_fails_where_it_says_something_else(tmp_path: Path):
    asked = ask_released(released(tmp_path, onnx=all_hours()))
    assert asked == (2, 1, "the question of delivery gets hours, not delivery")


def test_what_cannot_be_opened_or_run_fails_with_all(tmp_path: Path):
    asked = ask_released(released(tmp_path, onnx=b"no network"))
    assert asked[:2] == (2, 2) and asked.why.startswith("it cannot be asked: ")
    gone = ask_released(Released("shop/ko", 1, str(tmp_path / "none"), "0" * 64, {}))
    assert gone[:2] == (0, 1) and "no bundle here" in gone.why


def test_another_score_or_answer_fails_though_the_intent_is_the_same(tmp_path: Path):
    contents = make_contents(golden=ROWS)
    folder, digest = put_bundle(tmp_path, contents)
    network = Network.of_files(open_bundle(folder, digest=digest))
    (_, score), _ = _ask(network, [HOURS, DELIVERY])
    told = [{**ROWS[0], "score": score, "answer": contents.answers.get("hours", {}).get("answer")}]
    assert ask_released(released(tmp_path / "same", rows=told)) == (1, 0, "")
    colder = {**contents.thresholds, "temperature": 50.0}
    assert " scores " in ask_released(released(tmp_path / "cold", rows=told, thresholds=colder)).why
    other = {**contents.answers, "hours": {"answer": "never"}}
    assert ask_released(released(tmp_path / "other", rows=told, answers=other)).why.endswith("has another answer")
