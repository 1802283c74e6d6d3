"""The table and the picture of rooms in docs/architecture.md, made from setup.cfg and what each room says of itself.

Run `python -m tests.house.rooms` after a room, its sentence or its size has changed; a test compares.
"""

from __future__ import annotations

import ast
import configparser
from html import escape
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGE, PICTURE = ROOT / "docs" / "architecture.md", ROOT / "docs" / "house.svg"
BEGIN, END = "<!-- rooms: python -m tests.house.rooms -->\n", "<!-- end of rooms -->\n"
_WIDTH, _LEFT, _GAP, _HEIGHT, _STEP = 1180, 55, 14, 58, 70
_STYLE = """text { font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; fill: #1d2733 }
.name { font-weight: 650; font-size: 15px }
.small { font-size: 12px; fill: #45525f }
.box { fill: #eef4f9; stroke: #5b87ad; stroke-width: 1.2 }
.pure { fill: #eff6ee; stroke: #5d9160; stroke-width: 1.2 }"""
# Kept from heavy libraries by a contract, and shown in another colour.
_PURE = {"methods", "languages", "recipe", "serving", "errors", "schemas", "inputs", "bots"}
_BESIDE = {"_packaged", "bootstrap"}  # set-up and files in a wheel: no part of a floor that people build on


class Room(NamedTuple):
    """A room, or a module that stands on a floor by itself; `lines` and `files` are those of all that lies in it."""

    name: str
    sentence: str
    files: int
    lines: int
    is_package: bool


def floors() -> list[list[Room]]:
    """The floors from the top down, each with its rooms from left to right."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    layers = setup["importlinter:contract:floors"]["layers"].split("\n")
    names = [line.replace("|", " ").replace(":", " ").split() for line in layers if line.strip()]
    return [[room(name) for name in floor if name not in _BESIDE] for floor in names]


def room(name: str) -> Room:
    """What the package says of the room, and how large it is."""
    folder = ROOT / "mlpipeline" / name
    is_package = (folder / "__init__.py").is_file()
    paths = sorted(folder.rglob("*.py")) if is_package else [folder.with_suffix(".py")]
    text = (folder / "__init__.py" if is_package else paths[0]).read_text("utf-8")
    sentence = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0].replace("\n", " ")
    return Room(
        name, sentence, len(paths), sum(len(path.read_text("utf-8").splitlines()) for path in paths), is_package
    )


def table() -> str:
    """The rooms as a table, from the top floor down."""
    rows = ["| floor | room | what it is | files | lines |", "|---|---|---|---|---|"]
    for number, rooms in zip(range(len(floors()), 0, -1), floors(), strict=True):
        for one in rooms:
            path = f"mlpipeline/{one.name}/" if one.is_package else f"mlpipeline/{one.name}.py"
            rows.append(f"| {number} | `{path}` | {one.sentence} | {one.files} | {one.lines:,} |")
    return "\n".join(rows) + "\n"


def picture() -> str:
    """The floors as an SVG."""
    listed = floors()
    height = 24 + _STEP * len(listed) + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'role="img" aria-labelledby="t d">',
        '<title id="t">The house of mlpipeline</title>',
        f'<desc id="d">{len(listed)} floors; a room imports only rooms on floors below it.</desc>',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, rooms in enumerate(listed):
        top = 20 + _STEP * number
        parts.append(f'<text class="name" x="20" y="{top + 36}">{len(listed) - number}</text>')
        wide = (_WIDTH - _LEFT - 20 - _GAP * (len(rooms) - 1)) / len(rooms)
        for place, one in enumerate(rooms):
            parts += _box(one, _LEFT + place * (wide + _GAP), top, wide)
    foot = 20 + _STEP * len(listed) + 16
    parts += [
        f'<rect class="box" x="{_LEFT}" y="{foot - 12}" width="22" height="15" rx="3"/>',
        f'<text class="small" x="{_LEFT + 30}" y="{foot}">may import heavy libraries</text>',
        f'<rect class="pure" x="{_LEFT + 240}" y="{foot - 12}" width="22" height="15" rx="3"/>',
        f'<text class="small" x="{_LEFT + 270}" y="{foot}">kept from heavy libraries by a contract</text>',
        f'<text class="small" x="{_LEFT}" y="{foot + 24}">A room imports only what stands on a floor below it; '
        "rooms side by side do not know each other.</text>",
        "</svg>\n",
    ]
    return "\n".join(parts)


def _box(one: Room, left: float, top: int, wide: float) -> list[str]:
    kind = "pure" if one.name in _PURE else "box"
    name = f"{one.name}/" if one.is_package else f"{one.name}.py"
    most = int(wide / 6.1)
    words = one.sentence.split(":")[0].rstrip(".")
    short = words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0] + " …"
    middle = f'x="{left + wide / 2:.0f}"'
    return [
        f'<rect class="{kind}" x="{left:.0f}" y="{top}" width="{wide:.0f}" height="{_HEIGHT}" rx="7"/>',
        f'<text class="name" {middle} y="{top + 25}" text-anchor="middle">{escape(name)}</text>',
        f'<text class="small" {middle} y="{top + 44}" text-anchor="middle">{escape(short)}</text>',
    ]


def main() -> None:
    """Writes both."""
    text = PAGE.read_text("utf-8")
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    PAGE.write_text(head + BEGIN + table() + END + tail, "utf-8")
    PICTURE.write_text(picture(), "utf-8")


if __name__ == "__main__":
    main()
