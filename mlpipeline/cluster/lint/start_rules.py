"""What Spark refuses at its start, found before: the tables of `startup` carried out on settings in hand."""

from __future__ import annotations

import glob
import math
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

from mlpipeline.cluster.image_names import find_image_mistake
from mlpipeline.cluster.lint.classes import find_class_mistake
from mlpipeline.cluster.lint.startup import (
    CLASSES,
    FILES,
    HIGHEST_PORT,
    IMAGES,
    LOWEST_PORT,
    NEEDS,
    ORDERS,
    OTHER_PORTS,
    Order,
)
from mlpipeline.cluster.lint.table import find_key
from mlpipeline.cluster.lint.view import NOT_THERE, Finding, View
from mlpipeline.cluster.time_zones import find_zone_mistake
from mlpipeline.cluster.units import as_bytes, as_microseconds, as_text

DRIVER_HEAP = "spark.driver.memory"
_ZONE = "spark.sql.session.timeZone"
_JAVA_HEAP = re.compile(r"\d+[kmgt]", re.IGNORECASE)
_UNITS = {"MICROSECONDS": "us", "MILLISECONDS": "ms", "SECONDS": "s", "BYTE": "b", "KiB": "k", "MiB": "m", "GiB": "g"}


def order_of_settings(view: View) -> Iterator[Finding]:
    """Two settings of which one may not be above the other; what is not stated counts with Spark's default."""
    found: set[str] = set()
    for order in ORDERS:
        stated = [key for key in (order.less, order.more) if view.has(key)]
        # One bound that is crossed is enough: the next may have the same value, as its default.
        if not stated or order.less in found or (order.when and not view.on(order.when)):
            continue
        less, more = _amount(view, order.less), _amount(view, order.more)
        if less is None or more is None or less < more or (less == more and not order.strict):
            continue
        found.add(order.less)
        yield view.finding(order.severity, order.name, stated[0], *_crossed(view, order, stated[0]))


def _crossed(view: View, order: Order, stated: str) -> tuple[str, str]:
    others = {key: _stated(view, key) for key in (order.less, order.more)}
    named = [f"{key} {others[key]}" + ("" if view.has(key) else " (the default)") for key in (order.less, order.more)]
    what = f"{named[0]} has to be {'below' if order.strict else 'at most'} {named[1]}: {order.why}"
    lower, raised = f"lower {order.less}", f"raise {order.more}"
    return what, f"{lower}, or {raised}" if stated == order.less else f"{raised}, or {lower}"


def _stated(view: View, key: str) -> str:
    """The value of a setting, or its default, which may be another setting's value."""
    if view.has(key):
        return view.text(key)
    known = find_key(key)
    default = known.default if known else ""
    if default.startswith("= "):
        return _stated(view, default[2:])
    # What Spark derives in its code: as long as nothing is heard of an executor.
    return _stated(view, "spark.network.timeout") if key.endswith("blockManagerHeartbeatTimeoutMs") else default


def _amount(view: View, key: str) -> float | None:
    """The value in microseconds, bytes, or as a number; None when it is none (that is said elsewhere)."""
    known, text = find_key(key), _stated(view, key)
    unit = _UNITS.get(known.unit, "") if known else ""
    try:
        if known is None or known.base in ("int", "long", "double"):
            # The largest message is counted in MB by its name alone.
            return float(text) * (2**20 if key == "spark.rpc.message.maxSize" else 1)
        inherited = not view.has(key) and key.endswith("blockManagerHeartbeatTimeoutMs")
        read = as_bytes if known.base == "bytes" else as_microseconds
        return float(read(text, "s" if inherited else unit))
    except ValueError:
        return None


def needs_of_switches(view: View) -> Iterator[Finding]:
    """A switch that is on, and what it needs is off, or none."""
    for need in NEEDS:
        if not view.on(need.switch) or view.on(need.needs):
            continue
        known = find_key(need.needs)
        if known is not None and known.base == "bytes" and (_amount(view, need.needs) or 0) > 0:
            continue
        what = f"{need.switch} needs {need.needs}: the session does not start"
        yield view.finding("error", "switch alone", need.switch, what, f"add {need.fix}")


def driver_heap(view: View) -> Iterator[Finding]:
    """The heap of a driver on this machine goes to Java as it is written, and Java counts bare numbers in bytes."""
    text = view.text(DRIVER_HEAP)
    if not text or not view.driver_is_here or _JAVA_HEAP.fullmatch(text):
        return
    if text.isdigit():
        what = f"{DRIVER_HEAP} {text} is {text} bytes to Java: it says `Too small maximum heap` and does not start"
        fix = f"write the unit: {text}{'g' if int(text) <= 64 else 'm'}"
        yield view.finding("error", "heap as Java writes it", DRIVER_HEAP, what, fix)
        return
    try:
        megabytes = max(1, as_bytes(text, "m") // 2**20)
    except ValueError:
        return  # said elsewhere
    what = f"{DRIVER_HEAP} {text}: Java has no such unit and does not start"
    yield view.finding("error", "heap as Java writes it", DRIVER_HEAP, what, f"write {as_text(megabytes)}")


def ports(view: View) -> Iterator[Finding]:
    """Ports that Spark does not bind: 0 is any free one, below 1024 it refuses all."""
    for key in view.settings:
        known = find_key(key)
        if not key.endswith(".port") or known is None or known.base != "int":
            continue
        number = view.number(key, math.nan)
        lowest = 1 if key in OTHER_PORTS else LOWEST_PORT
        if math.isnan(number) or number == 0 or lowest <= number <= HIGHEST_PORT:
            continue
        what = f"{key} {view.text(key)} is no port that Spark binds"
        yield view.finding("error", "port", key, what, f"{lowest} to {HIGHEST_PORT}, or 0 for a free one")


def names(view: View) -> Iterator[Finding]:
    """Names of classes, images and time zones that there cannot be."""
    checks: list[tuple[tuple[str, ...], str, Callable[[str, str], tuple[str, str] | None]]] = [
        (tuple(CLASSES), "class", lambda key, text: find_class_mistake(text, CLASSES[key], _default(key))),
        (IMAGES, "image", lambda key, text: find_image_mistake(text)),
        ((_ZONE,), "wrong value", lambda key, text: find_zone_mistake(text, offsets=True)),
    ]
    for keys, name, find in checks:
        for key in keys:
            wrong = find(key, view.text(key)) if view.text(key) and "${" not in view.text(key) else None
            if wrong:
                yield view.finding("error", name, key, f"{key}: {wrong[0]}", wrong[1])


def _default(key: str) -> str:
    known = find_key(key)
    return known.default if known else ""


def files(view: View) -> Iterator[Finding]:
    """Files of this machine that are not there; Spark says so late, or leaves them out."""
    if not view.driver_is_here:
        return
    for key in FILES:
        for part in filter(None, (part.strip() for part in view.text(key).split(","))):
            address = urlsplit(part.partition("#")[0])
            path = unquote(address.path) if address.scheme == "file" else address.path
            if address.scheme in ("", "file") and path and "${" not in path and not glob.glob(path):
                yield view.finding("error", NOT_THERE, key, f"{key}: {part} is not there", "correct the path")


AT_START: tuple[Callable[[View], Iterator[Finding]], ...] = (
    order_of_settings,
    needs_of_switches,
    driver_heap,
    ports,
    names,
    files,
)
