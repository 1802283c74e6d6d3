"""Sentences of the logs: only those that the rows are sure of, only as many as is known of them."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.languages.paraphrase.tools import Plain
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus
from mlpipeline.methods.augmentation.retrieval import decisions_of, floor_of, retrieval
from mlpipeline.methods.augmentation.sources import NAMES, sources_of
from tests.properties import examples
from tests.unit.methods.augmentation.augment_rows import ENGLISH, rules

AIM = 0.95

OPENINGS = ("please", "can you", "i want to", "could you now", "hey", "kindly")
SAID = {
    "alarm": ("set an alarm for", "wake me up at", "put an alarm on"),
    "music": ("play a song by", "put on music of", "start the playlist with"),
    "weather": ("show the weather in", "tell the forecast for", "is there rain in"),
    "ticket": ("book a train ticket to", "buy a ticket for the train to", "reserve a seat on the train to"),
}
ENDS = {
    "alarm": ("monday morning", "the evening", "friday noon", "tomorrow night"),
    "music": ("queen", "the beatles", "mozart", "abba"),
    "weather": ("seoul", "tokyo", "hanoi", "bangkok"),
    "ticket": ("busan", "osaka", "hue", "taipei"),
}
STRANGERS = ("the cat sat on a mat yesterday", "my uncle paints old boats", "what a lovely jumper that is", "ok")
WANTED = dict.fromkeys(SAID, 20)


def bot(rows: int = 12, strangers: tuple[str, ...] = STRANGERS, **changed: Any) -> tuple[Corpus, dict[str, str]]:
    """Some sentences of each intent as rows, the others as logs, and what they really are."""
    texts, intents, logs, truth = [], [], [], dict[str, str]()
    for intent, said in SAID.items():
        every = [" ".join(words) for words in product(OPENINGS, said, ENDS[intent])]
        Random(intent).shuffle(every)
        texts += every[:rows]
        intents += [intent] * rows
        logs += every[rows:]
        truth.update(dict.fromkeys(every, intent))
    ids = [f"{at:03d}" for at in range(len(texts))]
    given = {"ids": ids, "texts": texts, "intents": intents, "logs": [*logs, *strangers]}
    return Corpus(**{"profile": ENGLISH, **given, **changed}).ordered()[0], truth


def retrieved(
    corpus: Corpus, wanted: dict[str, int] | None = None, aim: float = AIM
) -> tuple[list[Candidate], dict[str, Any]]:
    told: dict[str, Any] = {}
    return list(
        retrieval(corpus, WANTED if wanted is None else wanted, rules(retrieval_precision=aim), Plain(), told)
    ), told


def test_sentences_of_the_logs_get_the_intent_that_they_have() -> None:
    corpus, truth = bot()
    made, told = retrieved(corpus)
    assert len(made) > 100
    assert all(truth[one.text] == corpus.intents[one.row] for one in made)
    assert {one.operators for one in made} == {("retrieval",)}
    assert all(one.text == one.normalized and one.text in corpus.logs for one in made)
    assert told["found"] == len(made) and told["right"] == told["known"]


def test_only_for_intents_that_lack_rows() -> None:
    corpus, _ = bot()
    made, _ = retrieved(corpus, {"music": 3})
    assert made and {corpus.intents[one.row] for one in made} == {"music"}
    assert retrieved(corpus, {})[1] == {"rows": 48, "logs": 244, "reason": "no intent lacks rows"}


def test_rows_and_held_out_sentences_are_not_given() -> None:
    corpus, _ = bot()
    held_out = retrieved(corpus)[0][0].text
    again = Corpus(corpus.profile, corpus.ids, corpus.texts, corpus.intents, (held_out,), [*corpus.logs, *corpus.texts])
    made = {one.text for one in retrieved(again)[0]}
    assert made and held_out not in made and not made & set(corpus.texts)


def test_the_order_of_what_comes_in_changes_nothing() -> None:
    corpus, _ = bot()
    other = Corpus(
        corpus.profile,
        corpus.ids[::-1],
        corpus.texts[::-1],
        corpus.intents[::-1],
        (),
        [*corpus.logs[::-1], *corpus.logs],
    )
    assert retrieved(corpus) == retrieved(other.ordered()[0])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"logs": ()}, "there are no logs"),
        ({"intents": ["alarm"] * 48}, "fewer than two intents"),
        ({"intents": [("a", "b")[at % 2] for at in range(48)]}, "no margin is known"),
    ],
)
def test_why_nothing_is_given(changed: dict[str, Any], reason: str) -> None:
    made, told = retrieved(bot(**changed)[0], {"a": 9, "b": 9, "alarm": 9})
    assert not made
    assert reason in told["reason"]


def test_too_few_rows_say_nothing() -> None:
    made, told = retrieved(bot(rows=3)[0])
    assert not made and "no margin is known" in told["reason"]


def test_a_row_that_is_left_out_does_not_judge_itself() -> None:
    corpus, _ = bot()
    codes = np.unique(corpus.intents, return_inverse=True)[1]
    wrong = codes.copy()
    wrong[0] = (codes[0] + 1) % 4
    left_out, _ = decisions_of(corpus.texts, wrong, corpus.logs[:3], 20)
    assert left_out.intent[0] == codes[0]
    assert left_out.nearest[0] != 0


def test_leaving_out_by_algebra_is_leaving_out() -> None:
    corpus, _ = bot()
    codes = np.asarray(np.unique(corpus.intents, return_inverse=True)[1])
    left_out, _ = decisions_of(corpus.texts, codes, corpus.logs[:1], 20)
    # what a row would get if it were one of the logs, and no row; the vocabulary is the same either way
    others = [at for at in range(len(codes)) if at != 5]
    _, asked = decisions_of([corpus.texts[at] for at in others], codes[others], [corpus.texts[5], corpus.logs[0]], 20)
    assert asked.intent[0] == left_out.intent[5]
    assert asked.margin[0] == pytest.approx(left_out.margin[5], abs=0.02)


def test_the_floor_stands_where_rows_are_right_so_often() -> None:
    random = np.random.default_rng(1)
    margins = random.random(4000)
    right = random.random(4000) < 1 / (1 + np.exp(-(margins - 0.3) * 10))
    # at 0.3 + ln(19) / 10 they are right 19 times in 20
    assert floor_of(margins, right, AIM) == pytest.approx(0.3 + np.log(AIM / (1 - AIM)) / 10, abs=0.05)


def test_few_rows_that_are_all_right_prove_little() -> None:
    few, more = np.linspace(0.1, 0.9, 15), np.linspace(0.1, 0.9, 30)
    assert floor_of(few, np.ones(15, bool), AIM) == np.inf
    assert floor_of(more, np.ones(30, bool), AIM) == pytest.approx(0.1)
    assert floor_of(more, np.zeros(30, bool), AIM) == np.inf
    assert floor_of(more, more < 0.5, AIM) == np.inf


@examples(60)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80))
def test_a_floor_is_never_below_what_is_known(known: list[tuple[float, bool]]) -> None:
    margins, right = np.array([margin for margin, _ in known]), np.array([good for _, good in known])
    assert floor_of(margins, right, AIM) >= margins.min()


@examples(30)
@given(
    st.lists(st.tuples(st.text(max_size=12), st.sampled_from("abc")), min_size=1, max_size=40),
    st.lists(st.text(max_size=12), max_size=20),
)
def test_any_texts_pass_and_only_logs_come_back(rows: list[tuple[str, str]], logs: list[str]) -> None:
    texts, intents = [text for text, _ in rows], [intent for _, intent in rows]
    corpus = Corpus(ENGLISH, [str(at) for at in range(len(rows))], texts, intents, (), logs).ordered()[0]
    made, _ = retrieved(corpus, {"a": 5, "b": 5, "c": 5})
    assert {one.text for one in made} <= set(logs) - set(texts)


def test_the_recipe_says_which_sources_there_are() -> None:
    def names(**changed: Any) -> list[str]:
        said = {"retrieve_to": 100, "generator": None, **changed}
        return list(sources_of(rules(**said), Plain())[1])

    assert names() == ["synonym", "retrieval"]
    assert names(retrieve_to=0, generator="http://localhost:1/") == ["synonym", "generator"]
    assert names(generator="folder", disabled=NAMES) == []


def test_a_source_tells_what_it_did() -> None:
    corpus, _ = bot()
    sources, said = sources_of(rules(retrieve_to=100, retrieval_precision=AIM, disabled=("synonym",)), Plain())
    assert list(sources[0](corpus, WANTED)) == retrieved(corpus)[0]
    assert said["retrieval"] == retrieved(corpus)[1]
    foreign = Corpus(corpus.profile, ["1", "2"], ["ปิดไฟ", "เปิดไฟ"], ["a", "b"], (), corpus.logs)
    assert not list(sources[0](foreign, WANTED))
    assert "not in the language" in str(said["retrieval"]["reason"])
