"""Tables and figures in whatever shows a notebook: Jupyter, Zeppelin, or a terminal."""

from __future__ import annotations

import base64
import html
import io
import os
import sys
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def canvas(width: float = 9, height: float = 3.5, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty figure (size in inches) and its axes, row by row. Hand the figure to `show`."""
    # Not through pyplot: Jupyter would draw the figure a second time, and each would stay in memory.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def show(thing: pd.DataFrame | Figure | object, *, rows: int = 20) -> None:
    """Shows a pandas table (its first rows), a figure, or anything else as text."""
    if hasattr(thing, "savefig"):
        _show_image(as_png(cast("Figure", thing)))
    elif hasattr(thing, "to_html"):
        thing = cast("pd.DataFrame", thing)
        if len(thing):
            _show_table(thing.head(rows), len(thing))
        else:
            print("no rows")
    else:
        print(thing)


def as_png(figure: Figure) -> bytes:
    """The figure as it looks."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=100)
    return out.getvalue()


def _show_image(png: bytes) -> None:
    if _in_ipython():
        from IPython.display import Image, display

        display(Image(data=png))
    elif _in_zeppelin():
        print(f'\n%html <img src="data:image/png;base64,{base64.b64encode(png).decode()}"/>\n')
    else:
        print(f"(a figure, {len(png):,} bytes: open this notebook in Jupyter or Zeppelin to see it)")


def _show_table(table: pd.DataFrame, count: int) -> None:
    more = f"{len(table)} of {count:,} rows" if count > len(table) else ""
    if _in_ipython():
        from IPython.display import HTML, display

        display(HTML(table.to_html(escape=True) + html.escape(more)))
    elif _in_zeppelin():
        print(f"\n%html {table.to_html(escape=True)}{html.escape(more)}\n")
    else:
        print(table.to_string() + (f"\n{more}" if more else ""))


def _in_ipython() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    # A shell in a terminal cannot show pictures.
    return shell is not None and getattr(shell, "kernel", None) is not None


def _in_zeppelin() -> bool:
    return bool(os.environ.get("ZEPPELIN_HOME"))
