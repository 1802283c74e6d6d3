"""Words that stand in the same places are exchanged, but for those that tell intents apart."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token
from mlpipeline.languages.paraphrase.protected import is_whole, kept
from mlpipeline.languages.paraphrase.tools import Plain
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus
from mlpipeline.methods.augmentation.neighbours import neighbours_of
from mlpipeline.methods.augmentation.synonyms import LEAST_TEXTS, Marks, slots_of, synonyms, words_of
from tests.properties import examples
from tests.unit.methods.augmentation.augment_rows import ENGLISH, rules

# Words of a list stand in the same places; "on" and "off" are all that tells two intents apart.
ROOMS = ("kitchen", "bedroom", "garage", "hall", "cellar", "attic")
THINGS = ("lamp", "light", "heater", "fan", "radio")
FRAMES = {
    "switch_on": "{please} turn the {thing} in the {room} on {soon}",
    "switch_off": "{please} turn the {thing} in the {room} off {soon}",
    "delete": "{please} {delete} the {list} of {day} {soon}",
    "read": "{please} {read} the {list} of {day} {soon}",
}
WORDS = {
    "please": ("please", "kindly", "now"),
    "thing": THINGS,
    "room": ROOMS,
    "soon": ("today", "tonight", "soon"),
    "delete": ("delete", "erase", "drop"),
    "read": ("read", "show", "open"),
    "list": ("list", "calendar", "inbox"),
    "day": ("monday", "tuesday", "friday"),
}
WANTED = dict.fromkeys(FRAMES, 20)


def sentences(frame: str) -> list[str]:
    names = [name for name in WORDS if f"{{{name}}}" in frame]
    made = [frame.format(**dict(zip(names, words, strict=True))) for words in product(*(WORDS[name] for name in names))]
    Random(frame).shuffle(made)
    return made


def bot(rows: int = 8, logs: int = 400, **changed: Any) -> Corpus:
    texts, intents, unlabelled = [], [], []
    for intent, frame in FRAMES.items():
        every = sentences(frame)
        texts += every[:rows]
        intents += [intent] * rows
        unlabelled += every[rows : rows + logs]
    ids = [f"{at:03d}" for at in range(len(texts))]
    given = {"ids": ids, "texts": texts, "intents": intents, "logs": unlabelled}
    return Corpus(**{"profile": ENGLISH, **given, **changed}).ordered()[0]


def exchanged(corpus: Corpus, tool: Any = None) -> tuple[list[Candidate], dict[str, Any]]:
    told: dict[str, Any] = {}
    return list(synonyms(corpus, WANTED, rules(), tool or Plain(), told)), told


@pytest.fixture(scope="module")
def usual() -> tuple[Corpus, list[Candidate], dict[str, Any]]:
    """The bot, and what is made of it, for tests that only read."""
    corpus = bot()
    return corpus, *exchanged(corpus)


def pairs(corpus: Corpus, made: list[Candidate]) -> set[tuple[str, str]]:
    found = set()
    for one in made:
        before, after = corpus.texts[one.row].split(), one.text.split()
        assert len(before) == len(after)
        differ = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        assert len(differ) == 1
        found.add(differ[0])
    return found


def test_a_word_is_exchanged_for_one_that_stands_in_its_places(usual: Any) -> None:
    corpus, made, told = usual
    assert len(made) > 20 and told["words"] > 10
    kinds = {word: kind for kind, words in WORDS.items() for word in words}
    assert all(kinds[old] == kinds[new] for old, new in pairs(corpus, made))
    assert {one.operators for one in made} == {("synonym",)}
    assert len({one.text for one in made}) == len(made)


def test_a_word_that_tells_intents_apart_stays(usual: Any) -> None:
    corpus, made, _ = usual
    assert not {"on", "off", "delete", "read"} & {
        old for old, new in pairs(corpus, made) if kind_of(old) != kind_of(new)
    }
    assert not {("on", "off"), ("off", "on")} & pairs(corpus, made)


def kind_of(word: str) -> str:
    return next((kind for kind, words in WORDS.items() if word in words), word)


def test_the_order_of_what_comes_in_changes_nothing(usual: Any) -> None:
    corpus, made, told = usual
    turned = Corpus(ENGLISH, corpus.ids[::-1], corpus.texts[::-1], corpus.intents[::-1], (), corpus.logs[::-1])
    assert (made, told) == exchanged(turned.ordered()[0])


def test_few_texts_teach_nothing() -> None:
    made, told = exchanged(bot(logs=20))
    assert not made
    assert str(LEAST_TEXTS) in told["reason"]


def test_only_for_intents_that_lack_rows() -> None:
    corpus = bot()
    told: dict[str, Any] = {}
    made = list(synonyms(corpus, {"delete": 5}, rules(), Plain(), told))
    assert made and {corpus.intents[one.row] for one in made} == {"delete"}
    assert not list(synonyms(corpus, {}, rules(), Plain(), told))


def test_what_the_language_knows_to_be_the_opposite_is_not_made(usual: Any) -> None:
    corpus, made, _ = usual
    old, new = min(pairs(corpus, made))
    tool = Plain()
    tool.operators = {"turn": Operator("turn", "", "words", lambda one, _: iter([one.text.replace(old, new)]), True)}
    assert (old, new) not in pairs(corpus, exchanged(corpus, tool)[0])


def test_marks_of_intents() -> None:
    rows = [{("on", ""), ("lamp", "")}] * 8 + [{("off", ""), ("lamp", "")}] * 8 + [{("rain", "")}] * 8
    marks = Marks(["a"] * 8 + ["b"] * 8 + ["c"] * 8, rows)
    assert marks.marks(("on", ""), "a") and not marks.marks(("on", ""), "b")
    assert not marks.may_exchange(("on", ""), ("off", ""), "a")
    assert not marks.may_exchange(("on", ""), ("unseen", ""), "a")
    assert not marks.may_exchange(("lamp", ""), ("rain", ""), "a")
    assert marks.may_exchange(("nowhere", ""), ("unseen", ""), "a")


@pytest.mark.parametrize("text", ["call <PHONE> at 8", "do not stop me", "seven of nine", "p m", "http://a.b/c", ""])
def test_numbers_negations_and_protected_parts_stay(text: str) -> None:
    tool = Plain()
    words = {text[one.start : one.stop] for one in slots_of(tool.analyse(text), tool)}
    assert not words & {"<PHONE>", "PHONE", "8", "not", "stop", "seven", "nine", "p", "m", "http://a.b/c"}


def test_a_part_of_a_korean_word_stays() -> None:
    class Korean(Plain):
        def analyse(self, text: str) -> Sentence:
            return Sentence(text, [Token("음", "음", "NNG", 0, 1), Token("소거", "소거", "NNG", 1, 3)])

        def stems(self, text: str) -> list[str]:
            return ["음", "소거"]

    assert not slots_of(Korean().analyse("음소거"), Korean())


def test_rare_words_have_no_neighbours() -> None:
    assert neighbours_of([[(("a", ""), True), (("b", ""), True)]] * 3) == {}
    assert neighbours_of([]) == {}


@pytest.mark.slow
@examples(10)
@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_text_among_the_rows_comes_out_whole(texts: list[str]) -> None:
    corpus = bot(rows=4, logs=300)
    mixed = Corpus(
        ENGLISH,
        [*corpus.ids, *(f"x{at}" for at in range(len(texts)))],
        [*corpus.texts, *texts],
        [*corpus.intents, *("delete" for _ in texts)],
        (),
        [*corpus.logs, *texts],
    ).ordered()[0]
    for one in exchanged(mixed)[0]:
        assert is_whole(one.text)
        assert kept(mixed.texts[one.row], one.text)


@examples(60)
@given(st.text(max_size=60))
def test_words_of_any_text(text: str) -> None:
    tool = Plain()
    sentence = tool.analyse(text)
    assert len(words_of(sentence, tool)) == len(sentence.tokens)
