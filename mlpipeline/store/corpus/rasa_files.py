"""Rasa's nlu.yml: the examples of each intent as plain utterances, with the line each stands on.

Nothing in it is lost in silence: what is no example, a key that nobody reads and a key that stands twice become
rejected rows with their lines. Two `nlu:` sections and two `examples:` of one intent are read both.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence

from mlpipeline.errors import InputError
from mlpipeline.store.corpus.rasa_markup import strip_markup
from mlpipeline.store.corpus.rasa_nodes import BLOCKS, Document, Node, read_nodes, shown_again
from mlpipeline.store.corpus.rows import (
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

# entries of `nlu:` that hold no utterances
_OTHER_ENTRIES = ("synonym", "regex", "lookup")
_ENTRY = ("intent", "examples", "metadata")
_LISTED = ("text", "intent", "metadata", "entities")

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
    document = read_nodes(data, name)
    sections = [section for top in document.tops for section in top.values("nlu")]
    if document.tops and not sections:
        there = [key for top in document.tops for key in top.names]
        keys = ", ".join(key[:40] for key in there[:10])
        raise (NoUtterances if there and set(there) <= _WITHOUT_UTTERANCES else InputError)(
            f"no `nlu:` section (keys here: {keys or 'none'})",
            where=name,
            fix="give the nlu.yml of a Rasa project, or a JSONL or CSV file",
        )
    return _rows(document)


def _rows(document: Document) -> Iterator[Row | Reject]:
    for top in document.tops:
        if not top.is_map and top.text != "":  # nothing behind the last `---` is nothing lost
            problem = Problem("not_an_object", "a document of this file has no `nlu:` section")
            yield from _lost(top, document, problem)
        for key, value in top.pairs:
            if key.text == "nlu":
                for entry in _entries(value):
                    yield from _entry(entry, document)
            elif key.text not in _WITHOUT_UTTERANCES:
                yield from _lost(value, document, _unknown(key, ("nlu", *_WITHOUT_UTTERANCES)), key.line)


def _entries(section: Node) -> list[Node]:
    # `nlu:` with nothing below it is an empty text
    return section.items if not section.is_map and section.text is None else [section] if section.text != "" else []


def _entry(entry: Node, document: Document) -> Iterator[Row | Reject]:
    """Rows of one entry below ``nlu:``."""
    try:
        intent = _intent_of(entry, document)
    except Problem as problem:
        yield from _lost(entry, document, problem)
        return
    if intent is None:
        return
    unknown = [(key, value) for key, value in entry.pairs if key.text not in _ENTRY]
    for key, value in unknown:
        yield from _lost(value, document, _unknown(key, _ENTRY), key.line)
    found = entry.values("examples")
    for examples in found:
        yield from _examples(examples, intent, entry, document)
    if not found and not unknown:
        nothing = Problem("no_text", f"the intent {intent} has no examples")
        yield nothing.as_reject(entry.line, document.raw(entry.line))


def _intent_of(entry: Node, document: Document) -> str | None:
    """The intent of an entry, None for synonyms, lookups and regexes. Raises Problem."""
    if not entry.is_map:
        raise Problem("not_an_object", "an entry below nlu: must have `intent:` and `examples:`")
    _check_once(entry, also="examples")
    name = entry.get("intent")
    if name is None:
        keys = entry.names
        if not set(keys) & set(_OTHER_ENTRIES):
            meant = next(filter(None, (_meant(key, ("intent", *_OTHER_ENTRIES)) for key in keys)), "")
            raise Problem("no_intent", f"an entry with {', '.join(keys[:5]) or 'no keys'} but no `intent:`{meant}")
        return None
    if name.text is None:
        raise Problem("intent_not_a_string", "the intent is a list or an object")
    intent = checked_intent(document.checked(name.text))
    if intent is None:
        raise Problem("no_intent", "the intent is empty")
    return intent


def _check_once(node: Node, also: str = "") -> None:
    """Raises Problem for a key that stands twice: nobody knows which of the two was meant."""
    for key, times in Counter(node.names).items():
        if times > 1 and key != also:
            lines = " and ".join(str(name.line) for name, _ in node.pairs if name.text == key)
            raise Problem("duplicate_key", f"`{key[:40]}:` stands twice, in lines {lines}: keep one")


def _unknown(key: Node, known: Sequence[str]) -> Problem:
    name = (key.text or "?")[:40]
    return Problem("unknown_key", f"nobody reads `{name}:`{_meant(name, known)}")


def _meant(key: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.6)
    return f", did you mean `{close[0]}:`?" if close else ""


def _lost(node: Node, document: Document, problem: Problem, line: int = 0) -> Iterator[Reject]:
    """A rejected row for each line of examples below a node that is not read; one where there is none."""
    lines = sorted(_lines_of_examples(node, document))
    for number in lines or [line or node.line]:
        yield problem.as_reject(number, document.raw(number))


def _lines_of_examples(node: Node, document: Document) -> set[int]:
    found: set[int] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        waiting += one.items
        if one.text and one.style in BLOCKS:
            found.update(document.lines_of(one))
        elif one.text is None:  # a list of plain examples, or one of `text:` each
            texts = one.values("text") if one.is_map else one.items
            found |= {item.line for item in texts if item.text is not None and item.style not in BLOCKS}
    return found


def _examples(examples: Node, intent: str, entry: Node, document: Document) -> Iterator[Row | Reject]:
    if examples.is_map or (not examples.items and not (examples.text or "").strip()):
        problem = Problem("no_text", f"the intent {intent} has no examples")
        yield problem.as_reject(entry.line, document.raw(entry.line))
    elif examples.text is None:
        for item in examples.items:
            yield from _listed(item, intent, entry, document)
    elif _is_folded(examples):
        folded = "" if examples.style == ">" else " (this text goes over several lines)"
        detail = f"YAML folds these lines into one text: write `examples: |`{folded}"
        problem = Problem("folded_text", detail)
        yield from (problem.as_reject(number, document.raw(number)) for number in document.lines_of(examples))
    else:
        for number, line in _lines(examples):
            yield _example(line, intent, number, document, entry)


def _is_folded(text: Node) -> bool:
    return text.style == ">" or (text.style != "|" and text.end > text.line)


def _lines(text: Node) -> list[tuple[int, str]]:
    """The lines of a text that are not blank, each with where it stands."""
    first, step = (text.line + 1, 1) if text.style in BLOCKS else (text.line, 0)
    lines = (text.text or "").split("\n")
    return [(first + step * offset, line) for offset, line in enumerate(lines) if line.strip()]


def _listed(entry: Node, intent: str, item: Node, document: Document) -> Iterator[Row | Reject]:
    """One entry of the long form: ``- text: |`` with metadata, or a plain text."""
    node = entry.get("text") if entry.is_map else entry
    try:
        if entry.is_map:
            _check_once(entry)
        if node is None or node.text is None:
            there = next((_meant(key, ("text",)) for key in entry.names if key not in _LISTED), "")
            raise Problem("no_text", f"an example of {intent} without `text:`{there}")
    except Problem as problem:
        yield problem.as_reject(entry.line, document.raw(entry.line))
        return
    lines = _lines(node)
    if len(lines) > 1 and all(line.strip().startswith("- ") for _, line in lines):
        for number, line in lines:  # several examples under one `text: |`
            yield _example(line, intent, number, document, entry, item)
        return
    if node.style == ">" and node.text.strip().startswith("- ") and " - " in node.text:
        detail = "YAML folds these lines into one text: write `text: |`"
        yield from _lost(node, document, Problem("folded_text", detail))
        return
    value = node.text.strip()
    first = lines[0][0] if lines else node.line
    yield _example(value if value.startswith("- ") else f"- {value}", intent, first, document, entry, item)


def _example(line: str, intent: str, number: int, document: Document, *places: Node) -> Row | Reject:
    value = line.strip()
    try:
        if not value.startswith("-"):
            raise Problem("not_an_example", "a line of examples must begin with `- `")
        if len(value) > 4 * MAX_TEXT:
            raise Problem("too_long", f"{len(value):,} characters; at most {MAX_TEXT:,} are read")
        text = checked_text(strip_markup(document.checked(value)[1:].strip()).strip())
        annotator, verified, parent = (_said(places, name, document) for name in ("annotator", "verified", "parent"))
        about = checked_annotator(annotator), checked_verified(verified), checked_parent(parent)
        return Row(text, intent, None, None, number, *about)
    except Problem as problem:
        return problem.as_reject(number, shown_again(line))


def _said(places: tuple[Node, ...], name: str, document: Document) -> str | None:
    """What the nearest `metadata:` says under a name. Raises Problem where one says it twice."""
    for place in places:
        metadata = place.get("metadata")
        if metadata is None:
            continue
        _check_once(metadata)
        value = metadata.get(name)
        if value is not None and value.text not in (None, "", "null", "~"):
            return document.checked(value.text)
    return None
