"""The code that decides what a stage makes: followed along its imports, digested without comments and layout.

Lists kept by hand forget modules, and a forgotten one means stale results that nobody sees. So the modules are derived
from the sources: all that a module imports, at its top or inside a function, but for what only a type checker reads.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.abc import Traversable

from mlpipeline.errors import StoreError
from mlpipeline.store.fingerprint import digest
from mlpipeline.store.layout import Store

_PACKAGE = "mlpipeline"
_PREFIX = f"{_PACKAGE}."
_FORMAT = 2  # of the cache; another one when digests are made in another way


@dataclass(frozen=True)
class Source:
    """What is known of one module: a digest of what it does, and (module, name) of all that it imports."""

    digest: str
    imports: tuple[tuple[str, str], ...]


class CodeReader:
    """Digests of modules, remembered by the SHA-256 of each source, so that a second plan parses nothing.

    One reader reads each file once: stages share most of their modules. Who wants to see a change takes a new one.

    Args:
        known: what an earlier reader remembered, see `as_json`.
    """

    def __init__(self, known: Mapping[str, Source] | None = None) -> None:
        self._known = dict(known or {})
        self._modules: dict[str, tuple[Source, list[str]] | None] = {}
        self._lists: dict[str, dict[str, str]] = {}
        self.changed = False

    def modules_of(self, starts: Iterable[str], outside: Mapping[str, str] | Iterable[str] = ()) -> dict[str, Source]:
        """All modules below `mlpipeline` that decide what the named ones do.

        Args:
            starts: names below the package, such as `stages.clean`; a package counts with all modules in it when its
                name ends in `.*`, else with its `__init__` and what that imports.
            outside: modules and packages that do not count and are not followed.

        Returns:
            name below the package -> what is known of it; sorted by name.
        """
        left_out = tuple(outside)
        waiting = [name for start in starts for name in _spelled_out(start)]
        found: dict[str, Source] = {}
        while waiting:
            name = waiting.pop()
            if name in found or any(name == one or name.startswith(f"{one}.") for one in left_out):
                continue
            module = self._module(name)
            if module is not None:
                found[name], imported = module
                waiting += imported
        return dict(sorted(found.items()))

    def code_digest(self, starts: Iterable[str], outside: Mapping[str, str] | Iterable[str] = ()) -> str:
        """Digest of all modules that `modules_of` finds, with the word lists (.tsv) of their packages."""
        modules = self.modules_of(starts, outside)
        packages = {name if _is_package(name) else name.rpartition(".")[0] for name in modules}
        lists = {path: found for package in sorted(packages) for path, found in self._word_lists(package).items()}
        return digest({**{name: source.digest for name, source in modules.items()}, **lists})

    def read(self, data: bytes) -> Source:
        """What is known of the module with these bytes."""
        key = hashlib.sha256(data).hexdigest()[:32]
        if key not in self._known:
            self._known[key] = _parsed(data)
            self.changed = True
        return self._known[key]

    def _module(self, name: str) -> tuple[Source, list[str]] | None:
        """What is known of a module, and the modules that it imports; None if there is no such module."""
        if name not in self._modules:
            file = _file_of(name)
            if file is None:
                self._modules[name] = None
            else:
                source = self.read(file.read_bytes())
                self._modules[name] = source, [one for pair in source.imports for one in _modules_named(*pair)]
        return self._modules[name]

    def _word_lists(self, package: str) -> dict[str, str]:
        """Digests of the word lists of a package, by path."""
        if package not in self._lists:
            self._lists[package] = dict(_word_lists(package))
        return self._lists[package]

    def as_json(self) -> bytes:
        """What this reader knows, for `known_from`."""
        kept = {key: [source.digest, source.imports] for key, source in self._known.items()}
        return json.dumps({"format": _FORMAT, "sources": kept}).encode()


@cache
def _parsed(data: bytes) -> Source:
    """What is known of a module with these bytes; one process plans more than once, and parsing is dear."""
    tree = ast.parse(data)
    return Source(tree_digest(tree), tuple(sorted(set(imports_of(tree)))))


def known_from(data: bytes | None) -> dict[str, Source]:
    """What an earlier reader remembered; nothing when that cannot be understood."""
    try:
        read = json.loads(data or b"{}")
        if read.get("format") != _FORMAT:
            return {}
        return {
            key: Source(str(found), tuple((str(module), str(name)) for module, name in imports))
            for key, (found, imports) in read["sources"].items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def with_code_reader(store: Store, use: Callable[[CodeReader], Mapping[str, str]]) -> Mapping[str, str]:
    """Gives `use` a reader that remembers in the store; what it learnt is kept where that can be written."""
    path = store.path("cache", "code.json")
    reader = CodeReader(known_from(store.read(path)))
    result = use(reader)
    if reader.changed and store.has_begun:
        # Planning works on a store that is read-only, only slower.
        with suppress(StoreError):
            store.write(path, reader.as_json())
    return result


def tree_digest(tree: ast.Module) -> str:
    """16 hex characters for what a module does: neither comments nor layout nor docstrings count.

    Nor does `STAGE = Stage(...)`: what is declared there counts by its content where it decides what is made.
    """
    tree.body = [node for node in tree.body if not _is_declaration(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    # 3.12 has one more field, empty in all code that 3.10 can read: the same code has one digest on both.
    dumped = ast.dump(tree).replace(", type_params=[]", "")
    return hashlib.sha256(dumped.encode()).hexdigest()[:16]


def _is_declaration(node: ast.stmt) -> bool:
    made = node.value.func if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) else None
    return isinstance(made, ast.Name) and made.id == "Stage"


def imports_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(module, name) of each import, the name empty for `import module`; those for type checkers are left out."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        waiting += node.orelse if isinstance(node, ast.If) and for_types else ast.iter_child_nodes(node)


def _modules_named(module: str, name: str) -> list[str]:
    """Names below the package that an import runs: the module, the packages around it, and `name` if it is a module."""
    if module != _PACKAGE and not module.startswith(_PREFIX):
        return []
    path = module.split(".")[1:]
    inner = ".".join([*path, name])
    around = [".".join(path[: length + 1]) for length in range(len(path))]
    return [*around, inner] if name and _file_of(inner) is not None else around


def _spelled_out(start: str) -> list[str]:
    """A start as module names: `room.*` is the room with all modules in it."""
    if not start.endswith(".*"):
        return [start]
    return [start[:-2], *_modules_in(start[:-2])]


def _modules_in(package: str) -> list[str]:
    found = []
    for entry in _place(package).iterdir():
        if entry.is_dir() and entry.joinpath("__init__.py").is_file():
            found += [f"{package}.{entry.name}", *_modules_in(f"{package}.{entry.name}")]
        elif entry.name.endswith(".py") and entry.name != "__init__.py":
            found.append(f"{package}.{entry.name[:-3]}")
    return found


def _place(name: str) -> Traversable:
    place: Traversable = resources.files(_PACKAGE)
    for word in filter(None, name.split(".")):
        place = place.joinpath(word)
    return place


@cache
def _file_of(name: str) -> Traversable | None:
    """The source of a module or package below `mlpipeline`, None if there is no such module."""
    package, last = name.rpartition(".")[0], name.rpartition(".")[2]
    for file in (_place(name).joinpath("__init__.py"), _place(package).joinpath(f"{last}.py")):
        if file.is_file():
            return file
    return None


def _is_package(name: str) -> bool:
    file = _file_of(name)
    return file is not None and file.name == "__init__.py"


def _word_lists(package: str) -> Iterator[tuple[str, str]]:
    """(path, digest) of the word lists of a package: in it, and in its folders that are no packages."""
    waiting = [(f"{package}/", _place(package))]
    while waiting:
        under, folder = waiting.pop()
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.joinpath("__init__.py").is_file():
                waiting.append((f"{under}{entry.name}/", entry))
            elif entry.name.endswith(".tsv"):
                yield under + entry.name, hashlib.sha256(entry.read_bytes()).hexdigest()[:16]
