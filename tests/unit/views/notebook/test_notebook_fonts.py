"""Plots show every script, or say what to install."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pandas as pd
import pytest
from matplotlib import font_manager, rcParams

from mlpipeline.views.notebook.fonts import SAMPLES, choose_fonts, use_fonts
from mlpipeline.views.notebook.showing import as_png, canvas, show


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    before = list(rcParams["font.family"])
    yield
    rcParams["font.family"] = before


def drawn_without(script: str) -> list[str]:
    """What matplotlib complains of when it draws the letters of a script."""
    figure, (axes,) = canvas(4, 1)
    axes.text(0.1, 0.5, SAMPLES[script])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert as_png(figure).startswith(b"\x89PNG")
    return [str(one.message) for one in caught if "missing from" in str(one.message)]


# One without and one with a font of its own; to look for the fonts of a script takes longer than most tests.
@pytest.mark.parametrize(
    "script", [name if name in ("Latin", "Korean") else pytest.param(name, marks=pytest.mark.slow) for name in SAMPLES]
)
def test_each_script_is_drawn_with_letters_and_not_with_boxes(script: str):
    said = use_fonts()
    _, missing = choose_fonts([font_manager.findfont("DejaVu Sans"), *sorted(font_manager.findSystemFonts())])
    if script in missing:
        assert script in said and "install" in said
        assert drawn_without(script), "and boxes are what is drawn"
    else:
        assert script not in said.partition("no font for")[2]
        assert drawn_without(script) == []


def test_without_any_font_the_line_says_what_to_install():
    said = use_fonts([])
    assert said.startswith("fonts: DejaVu Sans; no font for Korean, Japanese, Chinese (simplified)")
    assert "Thai" in said and "apt-get install fonts-noto-cjk" in said and "~/.local/share/fonts" in said
    assert "Vietnamese" not in said and "Latin" not in said, "matplotlib brings a font for these"
    assert drawn_without("Korean") and not drawn_without("Vietnamese")


def test_a_file_that_is_no_font_is_passed_over(tmp_path):
    broken = tmp_path / "NotoSansCJK-Regular.ttf"
    broken.write_bytes(b"no font")
    bundled = font_manager.findfont("DejaVu Sans")
    chosen, missing = choose_fonts([bundled, str(broken)])
    assert chosen == [bundled] and "Korean" in missing


def test_few_fonts_are_taken(monkeypatch: pytest.MonkeyPatch):
    opened = []

    class Font:
        def __init__(self, path: str) -> None:
            opened.append(path)
            self.all = "CJK" in path

        def get_char_index(self, code: int) -> int:
            return int(self.all or code < 0x2000)

    monkeypatch.setattr("matplotlib.ft2font.FT2Font", Font)
    files = ["a.ttf", *(f"f{number}.ttf" for number in range(500)), "NotoSansCJK-Bold.ttc", "NotoSansCJK-Regular.ttc"]
    assert choose_fonts(files) == (["a.ttf", "NotoSansCJK-Regular.ttc"], [])
    assert len(opened) == 2, "names that promise much are opened first"


def test_tables_and_figures_without_a_notebook(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ZEPPELIN_HOME", raising=False)
    table = pd.DataFrame({"text": [f"말 {number}" for number in range(30)]})
    show(table, rows=3)
    show(table[:0])
    show(canvas()[0])
    out = capsys.readouterr().out
    assert "말 2" in out and "말 3" not in out and "3 of 30 rows" in out and "no rows" in out and "a figure" in out


def test_in_zeppelin_pictures_and_tables_are_html(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ZEPPELIN_HOME", "/opt/zeppelin")
    show(pd.DataFrame({"text": ["<b>말</b>"]}))
    show(canvas()[0])
    out = capsys.readouterr().out
    assert "\n%html <table" in out and "&lt;b&gt;말" in out and '\n%html <img src="data:image/png;base64,iVBOR' in out
