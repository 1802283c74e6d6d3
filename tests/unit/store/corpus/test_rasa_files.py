"""Nothing of an nlu.yml is lost in silence: keys, sections, markup, and what YAML takes for the end of a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import InputError
from mlpipeline.store.corpus.rasa_files import read_rasa
from mlpipeline.store.corpus.rasa_markup import strip_markup
from mlpipeline.store.corpus.rows import Problem, Reject, Row
from tests.properties import examples


def _read(text: str | bytes) -> list[Row | Reject]:
    return list(read_rasa(text if isinstance(text, bytes) else text.encode(), "nlu.yml"))


def _told(text: str | bytes) -> list[tuple[int, str, str]]:
    found = _read(text)
    return [
        (row.line, row.text, row.intent or "") if isinstance(row, Row) else (row.line, "!", row.reason) for row in found
    ]


def test_every_section_and_every_list_of_examples_is_read():
    document = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hi
  examples: |
    - hello
version: "3.1"
nlu:
- intent: bye
  examples: |
    - see you
---
nlu:
  intent: alone
  examples: ["- one", two]
---
"""
    assert _told(document) == [
        *((5, "hi", "greet"), (7, "hello", "greet"), (12, "see you", "bye")),
        *((16, "one", "alone"), (16, "two", "alone")),
    ]


DOUBTFUL = """nlu:
- intent: bye
  intent: leave
  examples: |
    - bye

    - see you
- intent: x
  example:
  - misspelt key
  - text: and here
- Intent: upper
  examples: |
    - a
- intent: y
  examples:
  - text: one
    text: two
  - txet: three
  - {text: four, metadata: {verified: true, verified: false}}
  - text: |
      - five
      - six
nlue:
- intent: z
  examples: |
    - seven
own: 3
"""


def test_what_nobody_reads_is_rejected_line_by_line():
    assert _told(DOUBTFUL) == [
        *((5, "!", "duplicate_key"), (7, "!", "duplicate_key")),
        *((10, "!", "unknown_key"), (11, "!", "unknown_key"), (14, "!", "no_intent")),
        *((17, "!", "duplicate_key"), (19, "!", "no_text"), (20, "!", "duplicate_key")),
        *((22, "five", "y"), (23, "six", "y")),
        *((27, "!", "unknown_key"), (28, "!", "unknown_key")),
    ]
    details = " ".join(row.detail for row in _read(DOUBTFUL) if isinstance(row, Reject))
    for said in ("in lines 2 and 3", "mean `examples:`", "mean `intent:`", "mean `text:`", "mean `nlu:`"):
        assert said in details


@pytest.mark.parametrize(
    ("examples", "lines"),
    [
        (">\n    - hi there\n\n    - hello\n", [4, 6]),
        ('"- hi there\n    - hello"\n', [3, 4]),
        ("- hi\n    there\n", None),
        ('"- hi there\\n- hello"\n', []),
    ],
)
def test_folded_lines_are_no_examples(examples: str, lines: list[int] | None):
    document = f"nlu:\n- intent: a\n  examples: {examples}- intent: b\n  examples: |\n    - ok\n"
    if lines is None:
        with pytest.raises(InputError):
            _read(document)
        return
    folded = [row for row in _read(document) if isinstance(row, Reject)]
    assert [row.line for row in folded] == lines
    assert all("write `examples: |`" in row.detail for row in folded)
    assert len(_read(document)) == (len(lines) or 2) + 1


KEYS = ["intent", "intent", "intent", "Intent", "intents", "examples", "examples", "examples", "exampels", "comment"]


@examples(50)
@given(st.data())
def test_each_example_is_a_row_or_a_rejected_line(data: st.DataObject):
    lines, places = ["nlu:"], {}
    for _ in range(data.draw(st.integers(1, 4))):
        dash = "- "
        for key in data.draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=5)):
            if key.lower().startswith("intent"):
                lines.append(f"{dash}{key}: a")
            else:
                form = data.draw(st.sampled_from(["|", ">", "list"]))
                lines.append(f"{dash}{key}:{'' if form == 'list' else f' {form}'}")
                for _ in range(data.draw(st.integers(1, 3))):
                    places[f"t{len(lines)}"] = len(lines) + 1
                    lines.append(f"    - t{len(lines)}")
            dash = "  "
    found = _read("\n".join(lines))
    rows = {row.text: row.line for row in found if isinstance(row, Row)}
    rejected = {row.line for row in found if isinstance(row, Reject)}
    for text, line in places.items():
        assert rows.get(text) == line or (line in rejected and text not in rows)


def test_a_line_ends_at_a_line_feed_and_nowhere_else():
    for odd, kept in (
        ("\u2028", True),
        ("\u2029", True),
        ("\x85", True),
        ("\r", True),
        ("\x0b", False),
        ("\x0c", False),
    ):
        document = f"nlu:\n- intent: a\n  examples: |\n    - hello\n    - one{odd}two\n    - three\n- intent: b{odd}\n"
        document += f"  examples:\n  - four # {odd}five\n- intent: c{odd}d\n  examples: |\n    - six\n"
        told = _told(document)
        assert told[0] == (4, "hello", "a") and told[2] == (6, "three", "a")
        assert told[1] == ((5, f"one{odd}two", "a") if kept else (5, "!", "control_character"))
        assert told[3][0] == 9 and told[-1] == (12, "!", "bad_intent" if kept else "control_character")
    assert _told("nlu:\n- intent: a\n  examples: |\n    - b\n".replace("\n", "\r")) == [(4, "b", "a")]


def test_the_encoding_that_fits_is_named():
    document = "nlu:\n- intent: a\n  examples: |\n    - 내일 날씨 알려줘\n".encode("cp949")
    (row,) = _read(document)
    assert isinstance(row, Reject) and row.reason == "invalid_utf8" and "cp949" in row.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bye [[Kim](person) now](x)", "bye Kim now"),
        ("go to [MacBook](device:Mac (2019))", "go to MacBook"),
        ('call [Lee]{"entity": "person", "value": "Lee {boss}"}', "call Lee"),
        ('call [Lee][{"entity": "a", "value": "]"}, {"entity": "b"}] now', "call Lee now"),
        ("call [Lee]{'entity': 'person'}", "call Lee"),
        (r"price of [a\]b](item)", "price of a]b"),
        (r"\[not marked\](x)", "[not marked](x)"),
        ("see [docs](https://example.com/a_(b))", "see docs"),
        ("row [0] of [a][b], [c] (d)", "row [0] of [a][b], [c] (d)"),
        (r"¯\_(ツ)_/¯ \d{5} :[ (", r"¯\_(ツ)_/¯ \d{5} :[ ("),
    ],
)
def test_marked_entities_become_what_was_said(text: str, said: str):
    assert strip_markup(text) == said
    (row,) = _read(f"nlu:\n- intent: a\n  examples: |\n    - {text}\n")
    assert isinstance(row, Row) and row.text == said


@pytest.mark.parametrize(
    "text", ["go to [Rome](city", "[a](b :( c)", "Rome](city)", '[a]{"b": "c"', "[[Kim](person)", "[a][{b"]
)
def test_brackets_that_do_not_balance_are_rejected(text: str):
    (row,) = _read(f"nlu:\n- intent: a\n  examples: |\n    - {text}\n")
    assert isinstance(row, Reject) and row.reason == "entity_markup"


PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="[](){}\\"), max_size=5)
VALUE = st.recursive(PLAIN, lambda inner: inner.map("({})".format), max_leaves=3)


@st.composite
def marked(draw: st.DrawFn, depth: int = 0) -> tuple[str, str]:
    """(an example with markup, what was said)."""
    written, said = "", ""
    for _ in range(draw(st.integers(0, 3))):
        plain = draw(PLAIN)
        inner = (plain, plain) if depth > 1 else draw(marked(depth + 1))
        kind = draw(st.sampled_from(["({})", '{{"entity": "{}"}}', '[{{"entity": "{}"}}]', ""]))
        behind = kind.format(draw(PLAIN).replace('"', "") if '"' in kind else draw(VALUE))
        behind = "".join(letter for letter in behind if '"' not in kind or letter.isprintable())
        written += f"{plain}[{inner[0]}]{behind}" if kind else plain
        said += f"{plain}{inner[1]}" if kind else plain
    return written, said


@examples(50)
@given(marked())
def test_letters_outside_of_markup_are_never_lost(example: tuple[str, str]):
    assert strip_markup(example[0]) == example[1]


@given(st.text(st.sampled_from("[](){}\\\"':, ab한"), max_size=40))
def test_stripping_ends_and_adds_nothing(text: str):
    try:
        said = strip_markup(text)
    except Problem:
        return
    rest = iter(text)
    assert all(letter in rest for letter in said), "what is left stands in the text, in its order"
    if "](" not in text and "]{" not in text and "][" not in text:
        assert said.replace("[", "").replace("]", "") == text.replace("\\[", "").replace("\\]", "").replace(
            "[", ""
        ).replace("]", "")
