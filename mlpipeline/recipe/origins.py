"""YAML with line numbers: every key remembers the file and line that it came from.

Only plain data is read: no tags, no aliases (so no YAML bombs), no duplicate keys, bounded size and depth. Scalars
follow YAML 1.2 (`no` and `on` are words, not booleans: `no` is a language); numbers may be written 1e-4 and 200_000.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import yaml

from mlpipeline.errors import RecipeError

MAX_BYTES = 1_000_000
MAX_TEXTS = 10_000_000
MAX_DEPTH = 20
# Below this size no text can nest deeply enough to hurt libyaml's recursive composer (it crashes near 10^5 levels).
_SMALL = 4096
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INT = re.compile(r"[-+]?[0-9](?:_?[0-9]){0,17}\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9](?:_?[0-9])*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?\Z")
_WORDS: Mapping[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NOTHING = frozenset(word for word, value in _WORDS.items() if value is None)
# Unicode calls them line ends, and so does YAML 1.1; a person's editor shows a line. They travel as what nobody writes.
_BREAKS = {0x85: "\U0010fff4", 0x2028: "\U0010fff5", 0x2029: "\U0010fff6"}
_RESTORED = {ord(mark): chr(code) for code, mark in _BREAKS.items()}
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("null", "bool", "int", "float", "str", "seq", "map", "timestamp", "value", "merge")
)


@dataclass(frozen=True)
class Layer:
    """One file (or `--set`) as plain data; `lines` maps dotted keys to the line of the key, counted from 1."""

    name: str
    data: Mapping[str, object]
    lines: Mapping[str, int]

    def where(self, dotted: str) -> str:
        """Return "file:line" of `dotted` or of the nearest key above it."""
        key = dotted
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return f"{self.name}:{self.lines[key]}" if key else self.name


def read_layer(raw: bytes, name: str) -> Layer:
    """Read the bytes of a YAML file that holds a mapping (or nothing).

    Args:
        raw: the file's content, UTF-8.
        name: how messages call the file.

    Raises:
        RecipeError: not UTF-8, not YAML, not a mapping, too large, too deep, an alias, a tag or a duplicate key.
    """
    if len(raw) > MAX_BYTES:
        raise RecipeError(f"{len(raw)} bytes is too large for a recipe", where=name, fix="keep it under 1 MB")
    return _read_mapping(raw, name, _Reader)


def read_texts(raw: bytes, name: str) -> Layer:
    """Read the bytes of a YAML file whose words are all texts: `yes`, `1.0`, `007` and `12:30` stay what is written.

    Keys are in NFC without outer blanks. A value that is left empty, or is a plain `null` or `~`, is None.

    Args:
        raw: the file's content, UTF-8.
        name: how messages call it.

    Raises:
        RecipeError: as `read_layer`; also two keys that differ by Unicode form or outer blanks only.
    """
    if len(raw) > MAX_TEXTS:
        raise RecipeError(f"{len(raw)} bytes is too large for texts", where=name, fix="keep it under 10 MB")
    return _read_mapping(raw, name, _TextReader)


def _read_mapping(raw: bytes, name: str, reader: type[_Reader]) -> Layer:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RecipeError("not UTF-8 text", where=f"{name}:{line}", fix="save the file as UTF-8") from None
    node = _compose(text, name)
    lines: dict[str, int] = {}
    if node is None:
        return Layer(name, {}, lines)
    data = reader(name, lines).build(node, "", 1)
    if data is None:
        return Layer(name, {}, lines)
    if not isinstance(data, dict):
        raise RecipeError("not a mapping of keys to values", where=f"{name}:1", fix='write lines such as "train:"')
    return Layer(name, data, lines)


def read_value(text: str, name: str) -> object:
    """Read the right side of `--set a.b=c`: a YAML scalar, list or mapping on one line; raises RecipeError."""
    if len(text) > MAX_BYTES:
        raise RecipeError("value too large", where=name, fix="put it into a file under conf/")
    node = _compose(text, name)
    return None if node is None else _Reader(name, {}).build(node, "", 1)


def _compose(text: str, name: str) -> yaml.Node | None:
    text = text.translate(_BREAKS)
    try:
        if len(text) > _SMALL:
            _check_depth(text, name)
        found: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        problem = " ".join(str(error.problem or error.context or "unreadable").split())
        raise RecipeError(f"not valid YAML: {problem}", where=f"{name}{line}", fix="correct that line") from None
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        problem = " ".join(str(error).split())[:200]
        raise RecipeError(f"not valid YAML: {problem}", where=name, fix="remove control characters") from None
    return found


def _check_depth(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep(name, event.start_mark.line + 1 if event.start_mark else 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_deep(name: str, line: int) -> RecipeError:
    return RecipeError(f"nested deeper than {MAX_DEPTH} levels", where=f"{name}:{line}", fix="flatten it")


class _Reader:
    """Turns composed nodes into plain data, noting the line of every key."""

    def __init__(self, name: str, lines: dict[str, int]) -> None:
        self._name = name
        self._lines = lines
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, dotted: str, depth: int) -> object:
        line = node.start_mark.line + 1
        if id(node) in self._seen:
            raise RecipeError("aliases (*name) are not read", where=f"{self._name}:{line}", fix="write the value out")
        self._seen.add(id(node))
        if node.tag not in _PLAIN_TAGS:
            raise RecipeError(f"tag {node.tag!r} is not read", where=f"{self._name}:{line}", fix="remove it")
        if depth > MAX_DEPTH:
            raise _too_deep(self._name, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, dotted, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, dotted, depth + 1) for child in node.value]
        plain = isinstance(node, yaml.ScalarNode) and not node.style  # None or '' by loader
        return self.scalar(node.value.translate(_RESTORED), plain)

    def scalar(self, text: str, plain: bool) -> object:
        """The value of a word; `plain` where it stands without quotes."""
        return read_scalar(text) if plain else text

    def key(self, text: str) -> str:
        """The key that a word is."""
        return text

    def _mapping(self, node: yaml.MappingNode, dotted: str, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                raise RecipeError("a key must be a word", where=f"{self._name}:{line}", fix='write "key: value"')
            word = self.key(key.value.translate(_RESTORED))
            path = f"{dotted}.{word}" if dotted else word
            if word in found:
                place = f"{self._name}:{line}"
                raise RecipeError(f"{path} is set twice, first in line {first[word]}", where=place, fix="keep one")
            first[word] = line
            self._lines[path] = line
            found[word] = self.build(value, path, depth + 1)
        return found


class _TextReader(_Reader):
    def scalar(self, text: str, plain: bool) -> object:
        return None if plain and text in _NOTHING else text

    def key(self, text: str) -> str:
        return unicodedata.normalize("NFC", text.strip())


def read_scalar(text: str) -> object:
    """Read an unquoted YAML 1.2 scalar: null, true/false, a whole number, a number, else the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    reader: Callable[[str], object] | None = int if _INT.match(text) else float if _FLOAT.match(text) else None
    return text if reader is None else reader(text.replace("_", ""))
