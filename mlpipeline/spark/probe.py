"""Makes the table of settings anew from the installed jars: `python -m mlpipeline.spark.probe FILE`.

Spark declares its settings as ConfigEntry objects that know their default and their converter. What a converter says to
a value that fits no type tells the type. Settings that Spark reads without declaring them are found as texts in the
class files; deprecated and removed ones stand in tables of SparkConf and SQLConf.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.cluster.environment import DELTA_SPARK, PYSPARK, pyspark_folder
from mlpipeline.cluster.jars import delta_jars
from mlpipeline.cluster.lint.table import HEAD, Key, as_line

if TYPE_CHECKING:
    from py4j.java_gateway import JavaObject, JVMView

_DECLARING = [
    *(f"org.apache.spark.internal.config.{name}$" for name in (
        "package", "Python", "Worker", "Deploy", "UI", "History", "Status", "R", "Kryo", "Network", "Streaming"
    )),
    "org.apache.spark.deploy.yarn.config.package$",
    "org.apache.spark.deploy.k8s.Config$",
    "org.apache.spark.sql.internal.SQLConf$",
    "org.apache.spark.sql.internal.StaticSQLConf$",
    "org.apache.spark.sql.hive.HiveUtils$",
    "org.apache.spark.sql.connect.config.Connect$",
    "org.apache.spark.streaming.StreamingConf$",
    "org.apache.spark.sql.delta.sources.DeltaSQLConf$",
]  # fmt: skip
# Their defaults depend on cores, heap, time zone and folder of the machine that is asked.
_OF_THE_MACHINE = {
    "spark.connect.session.connectML.mlCache.memoryControl.maxInMemorySize",
    "spark.driver.host",
    "spark.history.fs.numCompactThreads",
    "spark.history.fs.numReplayThreads",
    "spark.sql.session.timeZone",
    "spark.sql.streaming.stateStore.numStateStoreMaintenanceThreads",
    "spark.sql.warehouse.dir",
    "spark.testing.memory",
}
_WRONG = "no such value"
_TYPE = re.compile(r"should be a/an '([^']+)' value")
_OPTIONS = re.compile(r"should be one of '([^']+)'|Valid values are (.+?)\.? SQLSTATE|must be one of: \(([^)]+)\)")
_WORD = re.compile(r"[\w.-]+")
# Where bounds are looked for: numbers around the usual ones, exact between two whole ones.
_MOST = 2**31 - 1
_WHOLE = (-1, 0, 1, 2, 3, 10, 100, 1024, 10**4, 10**5, 2**20, 2**22, 2**24, 10**9, _MOST)
_TINY = 1e-9
_FRACTIONS = (-1.0, -_TINY, 0.0, _TINY, 0.5, 1 - _TINY, 1.0, 1 + _TINY, 2.0, 10.0, 100.0, 1000.0, 1e9)
_TEXT = re.compile(rb"\x01(..)(spark\.[A-Za-z0-9_.\-]+)", re.DOTALL)
_DELTA_TABLES = "spark.databricks.delta.properties.defaults."


def probe(jvm: JVMView) -> list[Key]:
    """Return every setting that the running Spark and Delta know, sorted by key."""
    loader = jvm.Thread.currentThread().getContextClassLoader()
    for name in _DECLARING:
        try:
            kind = jvm.java.lang.Class.forName(name, True, loader)
        except Exception as error:  # py4j wraps whatever the class loader throws
            print(f"not there: {name}: {str(error).splitlines()[-1][:100]}", file=sys.stderr)
            continue
        _force_lazy(kind)
    declared = _field(jvm, loader, "org.apache.spark.internal.config.ConfigEntry$", "knownConfigs")
    static = set(_field(jvm, loader, "org.apache.spark.sql.internal.SQLConf$", "staticConfKeys"))
    found = {key: _key(declared[key], key in static) for key in list(declared.keys())}
    found.update({key.name: key for key in _delta_table_properties(jvm, loader)})
    texts = _texts() | set(found)
    for name in sorted(texts - set(found)):
        # A family's beginning (`spark.executor`) is no setting.
        if any(other.startswith(f"{name}.") for other in texts):
            continue
        found[name] = Key(name, "string", "", "", "read without being declared", "plain")
    for name, note in _given_up(jvm, loader):
        old = found.get(name, Key(name, "string", "", "", "", ""))
        found[name] = old._replace(status=note)
    # One space between words, as the table's lines have it.
    return [Key(*(" ".join(part.split()) for part in found[name])) for name in sorted(found)]


def _force_lazy(kind: JavaObject) -> None:
    """Some settings are lazy vals, declared when first asked for: what is found must not hang on what ran before."""
    module = kind.getField("MODULE$").get(None)
    names = [method.getName() for method in kind.getDeclaredMethods()]
    for name in (name.removesuffix("$lzycompute") for name in names if name.endswith("$lzycompute")):
        method = kind.getDeclaredMethod(name, None)
        if "ConfigEntry" in method.getReturnType().getName():
            method.invoke(module, None)


def _field(jvm: JVMView, loader: JavaObject, owner: str, name: str) -> JavaObject:
    kind = jvm.java.lang.Class.forName(owner, True, loader)
    module = kind.getField("MODULE$").get(None)
    field = next(each for each in kind.getDeclaredFields() if each.getName().endswith(name))
    field.setAccessible(True)
    return field.get(module)


def _key(entry: JavaObject, static: bool) -> Key:
    status = "static" if static else "" if entry.isPublic() else "internal"
    doc = re.sub(r"\s+", " ", entry.doc() or "").strip()
    default = entry.defaultValueString()
    same = re.match(r"<value of (.+)>\Z", default)
    told = f"= {same[1]}" if same else "<of the machine>" if entry.key() in _OF_THE_MACHINE else default
    return Key(entry.key(), _type(entry), told, entry.version(), _short(doc), status)


def _type(entry: JavaObject) -> str:
    said = _refusal(entry, _WRONG)
    options = _options(said)
    if options:
        return options
    known = _TYPE.search(said)
    if not known:
        return "string"
    kind = known[1].replace("bytes in ", "bytes:").replace("time in ", "time:")
    if kind == "double":
        return kind + _bounds(entry, _FRACTIONS, "{:.12g}")
    if not kind.startswith(("int", "long", "bytes", "time")):
        return kind
    # What takes a few numbers only says so when it is asked with another one.
    few = next(filter(None, (_options(_refusal(entry, str(number))) for number in (-1, 0, _MOST))), "")
    return few or kind + _bounds(entry, _WHOLE, "{}")


def _options(said: str) -> str:
    found = _OPTIONS.search(said)
    listed = next(filter(None, found.groups())) if found else ""
    words = [word for word in _WORD.findall(listed) if word != "and"]
    if all(word.lstrip("-").isdigit() for word in words):
        words.sort(key=int)
    return "enum:" + "|".join(words) if words else ""


def _bounds(entry: JavaObject, grid: Sequence[float], form: str) -> str:
    """What a converter takes of numbers: `>=0<1`, "" for any; the numbers between two of the grid are halved."""

    def takes(number: float) -> bool:
        return not _refusal(entry, form.format(number))

    if takes(grid[0]) and takes(grid[-1]):
        return ""
    taken = [takes(number) for number in grid]
    if not any(taken):
        return ""
    first, last = taken.index(True), len(taken) - 1 - taken[::-1].index(True)
    # Some refuse 0 alone, and take -1 for "never": no bound says that.
    if not all(taken[first : last + 1]):
        return ""
    low = "" if first == 0 else _edge(grid[first - 1], grid[first], takes)
    high = "" if last == len(grid) - 1 else _edge(grid[last + 1], grid[last], takes)
    return (f">{low}" if low else "") + (f"<{high}" if high else "")


def _edge(refused: float, taken: float, takes: Callable[[float], bool]) -> str:
    """`=N` where N is the last number that is taken, `N` where the first refused one is the bound itself."""
    if abs(refused - taken) < 1:
        return f"{refused:g}" if refused == int(refused) else f"={taken:g}"
    while abs(refused - taken) > 1:
        half = (int(refused) + int(taken)) // 2
        refused, taken = (refused, half) if takes(half) else (half, taken)
    return f"={taken:.0f}"


def _refusal(entry: JavaObject, value: str) -> str:
    try:
        entry.valueConverter().apply(value)
    except Exception as error:  # py4j wraps what the converter throws
        return str(getattr(error, "java_exception", error))
    return ""


def _short(doc: str) -> str:
    sentence = re.split(r"(?<=[.!?])\s", doc, maxsplit=1)[0]
    return sentence if len(sentence) <= 120 else sentence[:117].rsplit(" ", 1)[0] + " ..."


def _given_up(jvm: JVMView, loader: JavaObject) -> Iterator[tuple[str, str]]:
    """Key and what to say of it: deprecated and removed settings, and old names that still work."""
    for config in _values(_field(jvm, loader, "org.apache.spark.SparkConf$", "deprecatedConfigs")):
        yield config.key(), f"deprecated: since {config.version()}. {config.deprecationMessage()}"
    alternatives = _field(jvm, loader, "org.apache.spark.SparkConf$", "allAlternatives")
    for pair in _pairs(alternatives):
        yield pair._1(), f"deprecated: use {pair._2()._1()}"
    sql = "org.apache.spark.sql.internal.SQLConf$"
    for config in _values(_field(jvm, loader, sql, "deprecatedSQLConfigs")):
        yield config.key(), f"deprecated: since {config.version()}. {config.comment()}"
    for config in _values(_field(jvm, loader, sql, "removedSQLConfigs")):
        yield config.key(), f"removed: in {config.version()}. {config.comment()}"


def _pairs(scala_map: JavaObject) -> Iterator[JavaObject]:
    iterator = scala_map.iterator()
    while iterator.hasNext():
        yield iterator.next()


def _values(scala_map: JavaObject) -> Iterator[JavaObject]:
    return (pair._2() for pair in _pairs(scala_map))


def _delta_table_properties(jvm: JVMView, loader: JavaObject) -> Iterable[Key]:
    entries = _field(jvm, loader, "org.apache.spark.sql.delta.DeltaConfigs$", "entries")
    for config in entries.values():
        name = config.key().removeprefix("delta.")
        yield Key(_DELTA_TABLES + name, "string", str(config.defaultValue()), "", "default of new Delta tables", "")


def _texts() -> set[str]:
    """Every text like a setting's name in the class files of Spark and Delta."""
    folder = pyspark_folder()
    jars = [*(folder.glob("jars/spark-*.jar") if folder else []), *map(Path, delta_jars())]
    found: set[str] = set()
    for jar in jars:
        with zipfile.ZipFile(jar) as packed:
            for name in packed.namelist():
                if name.endswith(".class"):
                    content = packed.read(name)
                    for match in _TEXT.finditer(content):
                        length = int.from_bytes(match[1], "big")
                        found.add(match[2][:length].decode("ascii") if length <= len(match[2]) else "")
    return {name for name in found if re.match(r"spark\.[a-z][\w.\-]*[\w]\Z", name)}


def write_table(file: Path) -> int:
    """Write the table; gives the number of settings."""
    from mlpipeline.spark.session import open_session

    with open_session("settings", master="local[1]") as spark:
        keys = probe(spark._jvm)
    title = f"# The settings of Apache Spark {PYSPARK} and Delta {DELTA_SPARK} (both Apache-2.0, see NOTICE)."
    lines = [title, "# Made by: python -m mlpipeline.spark.probe FILE", HEAD, *map(as_line, keys)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(keys)


if __name__ == "__main__":
    print(write_table(Path(sys.argv[1])))
