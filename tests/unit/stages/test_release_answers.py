"""The answers file of a bot: every word is a text, nothing stands twice, and what does not meet is told."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import InputError
from mlpipeline.stages.release.answers import read_answers, unmatched
from tests.properties import examples


def answers(folder: Path, text: str | bytes) -> dict[str, dict[str, str]]:
    (folder / "answers.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_answers(str(folder / "answers.yaml"), "answers.yaml", "ko")


def test_answers_with_and_without_a_question(tmp_path: Path):
    found = answers(
        tmp_path, "hours: 아홉 시부터\nrefund: {question: 환불?, answer: 네}\nbye: {answer: 네, question: ~}\n"
    )
    assert found == {
        "hours": {"question": "", "answer": "아홉 시부터"},
        "refund": {"question": "환불?", "answer": "네"},
        "bye": {"question": "", "answer": "네"},
    }


WORDS = [
    "yes",
    "No",
    "on",
    "off",
    "null",
    "~",
    "true",
    "1.0",
    "007",
    "1_000",
    "0x1F",
    "12:30",
    "2024-01-05",
    "1e3",
    ".inf",
]


def test_intents_and_answers_are_the_words_as_written(tmp_path: Path):
    lines = [f"{word}: {word if word not in ('null', '~') else repr(word)}" for word in WORDS]
    found = answers(tmp_path, "\n".join(lines))
    assert {intent: one["answer"] for intent, one in found.items()} == {word: word for word in WORDS}


def test_intents_meet_those_of_a_corpus(tmp_path: Path):
    text = f'{unicodedata.normalize("NFD", "인사")}: 안녕하세요\n" 작별 ": 잘 가요\n'
    assert list(answers(tmp_path, text)) == ["인사", "작별"]
    (tmp_path / "answers.yaml").rename(tmp_path / unicodedata.normalize("NFD", "답.yaml"))
    assert list(read_answers(str(tmp_path / "답.yaml"), "답.yaml")) == ["인사", "작별"], "a name from a Mac"


def test_a_separator_of_lines_stays_within_its_answer(tmp_path: Path):
    found = answers(tmp_path, 'a: one\u2028two\nb: "x\u2029y"\nc: |\n  p\x85q\n  r\n')
    assert [one["answer"] for one in found.values()] == ["one\u2028two", "x\u2029y", "p\x85q\nr\n"]
    with pytest.raises(InputError) as refused:
        answers(tmp_path, "a: one\u2028two\nb: x\nb: y\n")
    assert refused.value.where == "answers.yaml:3"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("greet: hi\nbye: x\ngreet: second hi\n", "answers.yaml:3: greet is set twice, first in line 1"),
        (
            f'인사: a\n"{unicodedata.normalize("NFD", "인사")} ": b\n',
            "answers.yaml:2: 인사 is set twice, first in line 1",
        ),
        ("a: {answer: x, answer: y}\n", "answers.yaml:1: a.answer is set twice"),
        ("a: x\nhours:\n  anwser: nine\n", "answers.yaml:3: nobody reads anwser of hours, did you mean answer?"),
        ("- a\n", "answers.yaml:1: not a mapping"),
        ("hours: {question: x}\n", "answers.yaml:1: hours has no text under `answer`"),
        ("x: y\nhours: [1]\n", "answers.yaml:2: the answer of hours is a list"),
        ("x: y\nhours:\n", "answers.yaml:2: hours has no answer"),
        ("hours: null\n", "answers.yaml:1: hours has no answer"),
        ("hours: {answer: [1]}\n", "answers.yaml:1: the answer of hours is no text"),
        ("hours: ' '\n", "answers.yaml:1: hours has no text"),
        ("a: b: c\n", "answers.yaml:1: not valid YAML"),
        ("a: &x b\nc: *x\n", "answers.yaml:1: aliases"),
        ("", "answers.yaml: no answer in it"),
        ("a: x\nb: 안녕\n".encode("cp949"), "answers.yaml:2: byte 0xbe is not UTF-8; it seems to be cp949"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, text: str | bytes, said: str):
    with pytest.raises(InputError) as refused:
        answers(tmp_path, text)
    assert str(refused.value).startswith(said) and refused.value.fix


@examples(50)
@given(
    st.dictionaries(
        st.text("abc한019.: -yn", min_size=1, max_size=6).map(str.strip).filter(bool), st.text("ab1 ~", min_size=1)
    )
)
def test_quoted_words_come_back(tmp_path_factory: pytest.TempPathFactory, table: dict[str, str]):
    folder = tmp_path_factory.getbasetemp()
    table = {key: value for key, value in table.items() if value.strip()}
    if table:
        found = answers(folder, "".join(f'"{key}": "{value}"\n' for key, value in table.items()))
        assert {intent: one["answer"] for intent, one in found.items()} == table


def test_what_does_not_meet_is_named():
    assert unmatched({"a": {}, "b": {}}, ["b", "a"]) == []
    told = unmatched({"a": {}, "refnud": {}, "zz": {}}, ["a", "refund", "hours"])
    assert told == [
        "2 of 3 intents have no answer: hours, refund",
        "2 of 3 answers are of no intent of the bot: refnud (did you mean refund?), zz",
    ]
    (line,) = unmatched({}, [f"i{number:02}" for number in range(20)])
    assert line.endswith("i07 and 12 more")
