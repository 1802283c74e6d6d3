"""Names of classes in settings: whether they can be some, and, of Spark's own, whether there is such a class."""

from __future__ import annotations

import difflib
import re
import zipfile
from collections.abc import Sequence
from functools import lru_cache

from mlpipeline.cluster.environment import pyspark_folder

_CLASS = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)+")
_OURS = "org.apache.spark."


def find_class_mistake(text: str, words: Sequence[str], default: str = "") -> tuple[str, str] | None:
    """What is wrong with the name of a class, or with one of several with commas; None when it can be one.

    Classes below org.apache.spark are looked up in the jars of the installed Spark; others may come with jars.

    Args:
        text: the value of a setting.
        words: short ones that Spark takes instead, in any letters.
        default: the setting's own, whose package is where others are likely to be.
    """
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name.lower() in words:
            continue
        like = _alike(name, default)
        fix = f"did you mean {like}?" if like else _fix(words)
        if not _CLASS.fullmatch(name):
            return f"{name!r} is no class{' and no codec' if 'zstd' in words else ''}", fix
        outer = name.partition("$")[0]
        # Jars bring packages of their own below org.apache.spark; in Spark's they bring nothing.
        if outer.rpartition(".")[0] in packages() and outer not in classes():
            return f"Spark has no class {name}", fix
    return None


def _fix(words: Sequence[str]) -> str:
    return f"write one of {', '.join(words)}" if words else "write its whole name, with the package"


def _alike(name: str, default: str) -> str:
    """The class of Spark that was probably meant: of the package that is named, or of the default's."""
    package = (name if name.startswith(_OURS) else default if default.startswith(_OURS) else "").rpartition(".")[0]
    simple = {found.rpartition(".")[2].lower(): found for found in classes() if found.rpartition(".")[0] == package}
    if default and not name.startswith(_OURS):
        # A short word: of the same kind as the default, by the last word of its name.
        kind = re.sub(r".*(?=[A-Z])", "", default).lower()
        simple = {one: found for one, found in simple.items() if one.endswith(kind)}
    word = name.rpartition(".")[2].lower()
    near = difflib.get_close_matches(word, simple, n=1, cutoff=0.7) or [one for one in simple if one.startswith(word)]
    return simple[near[0]] if near else ""


@lru_cache(maxsize=1)
def packages() -> frozenset[str]:
    """The packages of the classes of the installed Spark."""
    return frozenset(name.rpartition(".")[0] for name in classes())


@lru_cache(maxsize=1)
def classes() -> frozenset[str]:
    """Every public-looking class of the installed Spark; empty where there is none."""
    folder = pyspark_folder()
    found: set[str] = set()
    for jar in folder.glob("jars/spark-*.jar") if folder else ():
        with zipfile.ZipFile(jar) as packed:
            names = (name for name in packed.namelist() if name.startswith("org/apache/spark/"))
            found.update(name[:-6].replace("/", ".") for name in names if name.endswith(".class") and "$" not in name)
    return frozenset(found)
