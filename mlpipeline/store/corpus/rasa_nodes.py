"""A YAML document as nodes that know their lines, every scalar as the text that stands there: yes is `yes`.

It is read as a stream of events and nothing is ever constructed from it: anchors, aliases (a "YAML bomb") and deep
nesting are refused. A key that stands twice is there twice. One bad byte costs its text, not the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from mlpipeline.errors import InputError
from mlpipeline.store.corpus.encodings import proposed_encoding, seems_to_be
from mlpipeline.store.corpus.rows import Problem

MAX_DEPTH = 20
BLOCKS = ("|", ">")

# What YAML may not contain, or would take for the end of a line, travels as characters that nobody has: line ends at
# \n only, so that what a person calls a line is one here.
_INVALID, _NUL, _CONTROL = "\U0010fff0", "\U0010fff1", "\U0010fff2"
_BREAKS = {"\r": "\U0010fff3", "\x85": "\U0010fff4", "\u2028": "\U0010fff5", "\u2029": "\U0010fff6"}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]|\r(?!\n)")
_RESTORED = re.compile(f"[{''.join(_BREAKS.values())}]")
_BREAK_OF = {mark: character for character, mark in _BREAKS.items()}


@dataclass
class Node:
    """A YAML node with the lines it starts and ends on (from 1): a text, a list, or a mapping as a list of pairs.

    `style` of a text is | or > for a block, a quote, or "" for a plain one; a block begins below its own line.
    """

    line: int
    end: int = 0
    text: str | None = None
    style: str = ""
    items: list[Node] = field(default_factory=list)
    is_map: bool = False

    @property
    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """(key, value) in the document's order; none for what is no mapping."""
        return zip(self.items[::2], self.items[1::2], strict=False) if self.is_map else iter(())

    def values(self, key: str) -> list[Node]:
        """What stands under a key, each time that it stands there."""
        return [value for name, value in self.pairs if name.text == key]

    def get(self, key: str) -> Node | None:
        """What stands first under a key, None where it is not there."""
        return next(iter(self.values(key)), None)

    @property
    def names(self) -> list[str]:
        """The keys as they are written; `?` for one that is no text."""
        return [name.text or "?" for name, _ in self.pairs]


@dataclass
class Document:
    """The top nodes of a file, its raw lines, and what its bytes seem to be where they are not UTF-8."""

    tops: list[Node]
    lines: list[str]
    encoding: str = ""

    def raw(self, line: int) -> str:
        """A line of the file, from 1, fit to be shown."""
        return shown_again(self.lines[line - 1]) if 0 < line <= len(self.lines) else ""

    def lines_of(self, node: Node) -> list[int]:
        """The lines, from 1, that the text of a node stands on and that are not blank."""
        if node.style not in BLOCKS:
            return list(range(node.line, node.end + 1))
        found: list[int] = []
        indent = -1
        for number, line in enumerate(self.lines[node.line :], node.line + 1):
            if line.strip():
                depth = len(line) - len(line.lstrip(" "))
                indent = depth if indent < 0 else indent
                if depth < indent:
                    break
                found.append(number)
        return found

    def checked(self, text: str) -> str:
        """The text as it stands in the file. Raises Problem when YAML could not hold a character of it."""
        if _NUL in text:
            raise Problem("nul_character", "NUL in the example")
        if _INVALID in text:
            raise Problem("invalid_utf8", f"a byte here is not UTF-8: save the file as UTF-8{self.encoding}")
        if _CONTROL in text:
            raise Problem("control_character", "a control character that YAML does not allow")
        return _RESTORED.sub(lambda found: _BREAK_OF[found[0]], text)


def read_nodes(data: bytes, name: str) -> Document:
    """The nodes of all documents of a file.

    Raises:
        InputError: broken YAML, anchors or aliases, nesting deeper than 20.
    """
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if "\n" not in text:
        text = text.replace("\r", "\n")  # an old Mac's line ends
    text = _FORBIDDEN.sub(_as_mark, text)
    encoding = seems_to_be(proposed_encoding(data)) if _INVALID in text else ""
    return Document(_parsed(text, name), text.split("\n"), encoding)


def shown_again(text: str) -> str:
    """The text for a person: what was marked as it was, or as a replacement."""
    text = text.replace(_NUL, "\0").replace(_INVALID, "\ufffd").replace(_CONTROL, "\ufffd")
    return _RESTORED.sub(lambda found: _BREAK_OF[found[0]], text)


def _as_mark(found: re.Match[str]) -> str:
    character = found[0]
    if character in _BREAKS:
        return _BREAKS[character]
    return _NUL if character == "\0" else _INVALID if "\ud800" <= character <= "\udfff" else _CONTROL


def _parsed(text: str, name: str) -> list[Node]:
    """Top nodes of all documents, built without recursion."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tops: list[Node] = []
    stack: list[Node] = []
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


def _node_of(event: yaml.NodeEvent) -> Node:
    line = _line_of(event)
    end = event.end_mark.line + 1 if event.end_mark is not None else line
    if isinstance(event, yaml.ScalarEvent):
        return Node(line, end, text=event.value, style=event.style or "")
    return Node(line, end, is_map=isinstance(event, yaml.MappingStartEvent))


def _broken_yaml(error: yaml.YAMLError, name: str) -> InputError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f"{name}:{mark.line + 1}" if mark is not None else name
    return InputError(f"this is no valid YAML ({problem})", where=where, fix="correct this line and run again")
