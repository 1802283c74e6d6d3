"""The report of a run as one page that needs nothing else: no network, no script, light and dark.

It is written for a planner: totals first, then what needs a look, one line a bot, and the details to open.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined

from mlpipeline.cluster.doctor.finding import amount
from mlpipeline.views.report.run_view import view_of, words

_TEMPLATES = (
    "report.html.j2",
    "report_bot.html.j2",
    "report_charts.html.j2",
    "report_noise.html.j2",
    "report_augment.html.j2",
    "report_misread.html.j2",
    "runs.html.j2",
    "noise.html.j2",
    "vectors.html.j2",
    "report.css",
)
_DASH = "–"


def render_report(run: Mapping[str, object]) -> str:
    """The report of one run as HTML.

    Args:
        run: what `run.json` holds. Every key may be missing: a run that failed at its first step has a report too.

    Returns:
        One self-contained HTML page, UTF-8. All texts of the run are escaped.
    """
    return open_templates().get_template("report.html.j2").render(view_of(run))


@cache
def open_templates() -> Environment:
    """The templates of reports, with the filters that they use; read and compiled once a process."""
    folder = files("mlpipeline.views.report")
    sources = {name: (folder / name).read_text("utf-8") for name in _TEMPLATES}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(pct=percent, points=points, num=count, secs=duration, mem=memory, size=size, words=words)
    return environment


def percent(value: float | None, digits: int = 1) -> str:
    """0.8731 -> `87.3 %`; None -> a dash."""
    return _DASH if value is None else f"{100.0 * value:.{digits}f} %"


def points(value: float | None) -> str:
    """0.0173 -> `+1.7 points`: a difference of two shares; None -> a dash."""
    if value is None:
        return _DASH
    return f"{100.0 * value:+.1f} points".replace("-", "\N{MINUS SIGN}")


def count(value: float | None) -> str:
    """12345 -> `12,345`; None -> a dash."""
    return _DASH if value is None else f"{value:,.0f}"


def duration(value: float | None) -> str:
    """Seconds for people: `0.4 s`, `42 s`, `3 min 05 s`, `2 h 10 min`."""
    if value is None:
        return _DASH
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(value: float | None) -> str:
    """Bytes for people: `0 B`, `640 kB`, `1.3 MB`."""
    return _DASH if value is None else amount(value)


def memory(value: float | None) -> str:
    """Megabytes for people: `640 MB`, `1.3 GB`."""
    if value is None:
        return _DASH
    return f"{value:,.0f} MB" if value < 1000 else f"{value / 1024:,.1f} GB"
