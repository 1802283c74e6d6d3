"""The corpora in examples/ are what their README promises."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from mlpipeline.store.corpus.files import Row, read_file

EXAMPLES = Path(__file__).parents[4] / "examples"
TAGS = ["ko", "ja", "en", "zh-Hant", "zh-Hans", "zh-TW", "th", "vi"]
BOTS = [("assistant", tag, f"{tag}.txt") for tag in TAGS] + [("smalltalk", "ko", "smalltalk.ko.txt")]


def _corpus(domain: str, tag: str) -> list[tuple[str, str | None]]:
    rows = list(read_file(str(EXAMPLES / domain / f"{tag}.jsonl")))
    return [(row.text, row.intent) for row in rows if isinstance(row, Row)] if rows else []


@pytest.mark.parametrize(("domain", "tag", "questions"), BOTS)
def test_a_sample_bot_is_complete(domain: str, tag: str, questions: str):
    corpus = _corpus(domain, tag)
    intents = Counter(intent for _, intent in corpus)
    answers = yaml.safe_load((EXAMPLES / domain / f"answers.{tag}.yaml").read_text("utf-8"))
    asked = (EXAMPLES / "questions" / questions).read_text("utf-8").splitlines()
    assert len(corpus) >= 800
    assert len(intents) >= 20
    assert set(intents) == set(answers)
    for intent, entry in answers.items():
        assert (entry["question"], intent) in corpus
        assert entry["answer"]
    assert len(asked) == 3
    assert not set(asked) & {text for text, _ in corpus}


@pytest.mark.parametrize(("domain", "tag"), [(domain, tag) for domain, tag, _ in BOTS])
def test_no_address_and_no_number_of_a_person(domain: str, tag: str):
    for text, _ in _corpus(domain, tag):
        assert not re.search(r"@|\d{5,}|https?:|gmail|hotmail", text), text


def test_the_assistant_says_the_same_in_all_languages():
    labels = [[intent for _, intent in _corpus("assistant", tag)] for tag in TAGS]
    assert all(one == labels[0] for one in labels)


def test_the_samples_are_small():
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()) < 1_500_000


def test_the_quickstart_is_complete_and_tests_what_was_not_learnt():
    folder = EXAMPLES / "quickstart"
    mapping = {"text": "question", "intent": "label"}
    learnt = [row for row in read_file(str(folder / "questions.csv"), mapping=mapping) if isinstance(row, Row)]
    tested = [row for row in read_file(str(folder / "test.jsonl")) if isinstance(row, Row)]
    answers = yaml.safe_load((folder / "answers.yaml").read_text("utf-8"))
    intents = Counter(row.intent for row in learnt)
    assert set(intents) == {row.intent for row in tested} == set(answers) and min(intents.values()) >= 20
    assert len(tested) >= 24 and not {row.text for row in learnt} & {row.text for row in tested}
    assert {(entry["question"], intent) for intent, entry in answers.items()} <= {(r.text, r.intent) for r in learnt}
    assert (folder / "messages.csv").read_text("utf-8").startswith("id,text\n")
