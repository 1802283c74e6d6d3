"""Rasa's nlu.yml: the examples of each intent as plain utterances, with the line each stands on.

The YAML is read as a stream of events and nothing is ever constructed from it: anchors, aliases (a "YAML bomb") and
deep nesting, which no nlu.yml needs, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from mlpipeline.errors import InputError
from mlpipeline.store.corpus_rows import (
    MAX_TEXT,
    NoUtterances,
    Problem,
    Reject,
    Row,
    checked_annotator,
    checked_intent,
    checked_parent,
    checked_text,
    checked_verified,
)

MAX_DEPTH = 20

# sections of `nlu:` that hold no utterances
_OTHER_SECTIONS = frozenset({"synonym", "regex", "lookup"})

# what YAML may not contain travels as private characters, so that one bad byte costs one example and not the file
_INVALID, _NUL, _CONTROL = "\uf8fb", "\uf8fc", "\uf8fd"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
_MARKS = {
    _INVALID: ("invalid_utf8", "a byte here is not UTF-8: save the file as UTF-8"),
    _NUL: ("nul_character", "NUL in the example"),
    _CONTROL: ("control_character", "a control character that YAML does not allow"),
}

# [paris](city), [paris](city:Paris), [paris]{"entity": "city"}, [paris][{...}, {...}]
_ENTITY = re.compile(r"\[([^\[\]]+)\](?:\([^()]*\)|\{[^{}]*\}|\[\s*\{[^\[\]]*\}\s*\])")


@dataclass
class _Node:
    """A YAML node with the line it starts on (from 1): a text, a list, or a mapping as a list of pairs."""

    line: int
    text: str | None = None
    block: bool = False
    items: list[_Node] = field(default_factory=list)
    is_map: bool = False

    def get(self, key: str) -> _Node | None:
        for name, value in zip(self.items[::2], self.items[1::2], strict=False):
            if self.is_map and name.text == key:
                return value
        return None

    def keys(self) -> list[str]:
        return [name.text or "?" for name in self.items[::2]] if self.is_map else []


# What the other files of a Rasa project have at their top: domain.yml, stories.yml, rules.yml, config.yml and so on.
_WITHOUT_UTTERANCES = frozenset(
    {"version", "intents", "entities", "slots", "responses", "forms", "actions", "e2e_actions", "session_config"}
    | {"config", "templates", "stories", "rules", "recipe", "assistant_id", "language", "pipeline", "policies"}
)


def read_rasa(data: bytes, name: str) -> Iterator[Row | Reject]:
    """Rows of an nlu.yml; a retrieval intent keeps its full name ``faq/opening_hours``.

    ``annotator``, ``verified`` and ``parent`` are taken from the ``metadata:`` of an example, else of its intent.

    Raises:
        InputError: broken YAML, anchors or aliases, nesting deeper than 20, no ``nlu:`` section.
    """
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    text = _FORBIDDEN.sub(_as_mark, text)
    lines = text.split("\n")
    documents = _parsed(text, name)
    sections = [found for found in (document.get("nlu") for document in documents) if found is not None]
    if documents and not sections:
        there = [key for document in documents for key in _Node.keys(document)]
        keys = ", ".join(key[:40] for key in there[:10])
        raise (NoUtterances if there and set(there) <= _WITHOUT_UTTERANCES else InputError)(
            f"no `nlu:` section (keys here: {keys or 'none'})",
            where=name,
            fix="give the nlu.yml of a Rasa project, or a JSONL or CSV file",
        )
    return (row for section in sections for item in _items(section) for row in _examples(item, lines))


def _items(section: _Node) -> list[_Node]:
    # `nlu:` with nothing below it is an empty text
    return section.items if not section.is_map and section.text is None else [section] if section.text != "" else []


def _parsed(text: str, name: str) -> list[_Node]:
    """Top nodes of all documents, built without recursion."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tops: list[_Node] = []
    stack: list[_Node] = []
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise InputError(
                    "YAML anchors and aliases are not read here (they can blow a small file up to gigabytes)",
                    where=f"{name}:{_line_of(event)}",
                    fix="write the examples out instead of & and *",
                )
            if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                stack.pop()
            elif isinstance(event, yaml.NodeEvent):
                node = _node_of(event)
                (stack[-1].items if stack else tops).append(node)
                if node.text is None:
                    stack.append(node)
            if len(stack) > MAX_DEPTH:
                raise InputError(
                    f"YAML nested deeper than {MAX_DEPTH} levels",
                    where=f"{name}:{_line_of(event)}",
                    fix="give the nlu.yml of a Rasa project; it needs four levels",
                )
    except yaml.YAMLError as error:
        raise _broken_yaml(error, name) from error
    return tops


def _line_of(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


def _node_of(event: yaml.NodeEvent) -> _Node:
    line = _line_of(event)
    if isinstance(event, yaml.ScalarEvent):
        return _Node(line, text=event.value, block=event.style in ("|", ">"))
    return _Node(line, is_map=isinstance(event, yaml.MappingStartEvent))


def _broken_yaml(error: yaml.YAMLError, name: str) -> InputError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f"{name}:{mark.line + 1}" if mark is not None else name
    return InputError(f"this is no valid YAML ({problem})", where=where, fix="correct this line and run again")


def _examples(item: _Node, lines: list[str]) -> Iterator[Row | Reject]:
    """Rows of one entry below ``nlu:``."""
    raw = lines[item.line - 1] if item.line <= len(lines) else ""
    try:
        intent = _intent_of(item)
    except Problem as problem:
        yield problem.as_reject(item.line, _unmarked(raw))
        return
    examples = item.get("examples")
    if intent is None:
        return
    if examples is None or examples.is_map or (not examples.items and not (examples.text or "").strip()):
        yield Problem("no_text", f"the intent {intent} has no examples").as_reject(item.line, _unmarked(raw))
    elif examples.text is None:
        for entry in examples.items:
            yield _listed(entry, intent, item)
    else:
        first = examples.line + 1 if examples.block else examples.line
        for offset, line in enumerate(examples.text.split("\n")):
            if line.strip():
                yield _example(line, intent, first + offset, item)


def _intent_of(item: _Node) -> str | None:
    """The intent of an entry, None for synonyms, lookups and regexes. Raises Problem."""
    if not item.is_map:
        raise Problem("not_an_object", "an entry below nlu: must have `intent:` and `examples:`")
    name = item.get("intent")
    if name is None:
        if _OTHER_SECTIONS.isdisjoint(item.keys()):
            raise Problem("no_intent", f"an entry with {', '.join(item.keys()[:5]) or 'no keys'} but no `intent:`")
        return None
    if name.text is None:
        raise Problem("intent_not_a_string", "the intent is a list or an object")
    _check_marks(name.text)
    intent = checked_intent(name.text)
    if intent is None:
        raise Problem("no_intent", "the intent is empty")
    return intent


def _listed(entry: _Node, intent: str, item: _Node) -> Row | Reject:
    """One entry of the long form: ``- text: |`` with metadata, or a plain list of texts."""
    node = entry.get("text") if entry.is_map else entry
    if node is None or node.text is None:
        return Problem("no_text", f"an example of {intent} without `text:`").as_reject(entry.line, "")
    value = node.text.strip()
    line = node.line + 1 if node.block else node.line
    return _example(value if value.startswith("- ") else f"- {value}", intent, line, entry, item)


def _example(line: str, intent: str, number: int, *places: _Node) -> Row | Reject:
    value = line.strip()
    try:
        if not value.startswith("-"):
            raise Problem("not_an_example", "a line of examples must begin with `- `")
        if len(value) > 4 * MAX_TEXT:
            raise Problem("too_long", f"{len(value):,} characters; at most {MAX_TEXT:,} are read")
        _check_marks(value)
        text = checked_text(_ENTITY.sub(r"\1", value[1:].strip()))
        annotator, verified, parent = (_said(places, name) for name in ("annotator", "verified", "parent"))
        about = checked_annotator(annotator), checked_verified(verified), checked_parent(parent)
        return Row(text, intent, None, None, number, *about)
    except Problem as problem:
        return problem.as_reject(number, _unmarked(line))


def _said(places: tuple[_Node, ...], name: str) -> str | None:
    """What the nearest `metadata:` says under a name."""
    for place in places:
        value = metadata.get(name) if (metadata := place.get("metadata")) is not None else None
        if value is not None and value.text not in (None, "", "null", "~"):
            _check_marks(value.text)
            return value.text
    return None


def _as_mark(found: re.Match[str]) -> str:
    character = found[0]
    return _NUL if character == "\0" else _INVALID if "\ud800" <= character <= "\udfff" else _CONTROL


def _check_marks(text: str) -> None:
    for mark, (reason, detail) in _MARKS.items():
        if mark in text:
            raise Problem(reason, detail)


def _unmarked(text: str) -> str:
    return text.replace(_NUL, "\0").replace(_INVALID, "\ufffd").replace(_CONTROL, "\ufffd")
