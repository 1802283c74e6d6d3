"""Golden questions before and after: which the champion had right and the new model has not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mlpipeline.networks.features import as_ids, fit_vocabulary
from mlpipeline.stages.release.golden import broken_questions, count_broken
from mlpipeline.store.bundles.content import put_bundle
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
