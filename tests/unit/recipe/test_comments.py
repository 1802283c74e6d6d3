"""The comments of a base.yaml come from the descriptions of the fields; its values stay as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline._packaged import packaged
from mlpipeline.errors import RecipeError
from mlpipeline.recipe.comments import descriptions, main, with_comments
from mlpipeline.recipe.origins import read_layer

_BASE = packaged("conf", "base.yaml").read_text("utf-8")


def test_a_comment_that_was_changed_by_hand_is_put_right() -> None:
    told = descriptions()["train.epochs"]
    assert f"# {told}\n" in _BASE
    assert with_comments(_BASE.replace(told, "how often")) == _BASE
    assert with_comments(_BASE.replace(f"         # {told}\n", "\n")) == _BASE


def test_values_their_notation_and_the_head_stay() -> None:
    changed = _BASE.replace("epochs: 10 ", "epochs: 2_0").replace("tolerance: 1e-4", "tolerance: 1.0e-04")
    again = with_comments(f"# Ours.\n{changed}")
    assert again.startswith("# Ours.\n")
    assert "  epochs: 2_0 " in again and "  tolerance: 1.0e-04 " in again
    layer = read_layer(again.encode(), "x")
    assert isinstance(layer.data["train"], dict) and layer.data["train"]["epochs"] == 20


def test_a_long_description_goes_on_in_the_next_line_below_its_beginning() -> None:
    lines = with_comments(_BASE).split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("  policy: drop "))
    assert lines[at].index("#") == lines[at + 1].index("#") and lines[at + 1].lstrip().startswith("# ")
    assert all(len(line) <= 120 for line in lines)
    # A comment that goes on is replaced too, however many lines it had.
    assert with_comments(_BASE.replace("\n  folds: 5", "\n      # and more\n      # and more\n  folds: 5")) == _BASE


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("  epochs: 10 ", "  epoch: 10 ", r"^base.yaml:\d+: unknown key train.epoch, did you mean train.epochs\?"),
        ("    max_ece: 0.25 ", "    max_ec: 0.25 ", "unknown key release.gate.max_ec"),
        ("  epochs: 10 ", "# epochs: 10 ", "train.epochs has no line"),
        ("  fold: [] ", "  fold:\n  - nfc ", "is no line `key: value`"),
    ],
)
def test_a_line_that_is_no_key_is_named(old: str, new: str, what: str) -> None:
    with pytest.raises(RecipeError, match=what):
        with_comments(_BASE.replace(old, new))


def test_the_command_writes_the_file_or_says_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "base.yaml"
    file.write_text(_BASE.replace("  # ", "  # old: "), "utf-8")
    assert main([str(file)]) == 0 and file.read_text("utf-8") == _BASE
    file.write_text("train:\n  epoch: 3\n", "utf-8")
    assert main([str(file)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {file}:2: unknown key train.epoch")
