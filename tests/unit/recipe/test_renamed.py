"""An old name of a key is answered with the new one, its file and its line, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlpipeline.cli.main import main
from mlpipeline.errors import RecipeError
from mlpipeline.recipe.comments import descriptions
from mlpipeline.recipe.load import load_recipes
from mlpipeline.recipe.origins import read_layer
from mlpipeline.recipe.renamed import RENAMED, check_renamed, with_new_names

Write = Callable[[str, str], Path]
_TABLE = {
    "train.passes": "train.rounds",
    "train.rounds": "train.epochs",
    "noise": "denoise",
    "noise.parts": "denoise.folds",
    "release.gate.min_f1": "release.gate.min_macro_f1",
    "embed.oov": "train.max_ids",
    "tongues": "languages",
}


def test_the_names_of_the_table_are_old_and_lead_to_keys_of_today() -> None:
    known = {*descriptions(), "languages", "inherits"}
    for old, new in RENAMED.items():
        assert old not in known and (new in known or new in RENAMED), old


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("train:\n  passes: 3\n", 2, "train.passes is called train.epochs now -> write `epochs:` instead of `passes:`"),
        ("train: {dims: 3, rounds: 2}\n", 1, "train.rounds is called train.epochs now"),
        ("train:\n  epochs: 3\n  passes: 4\n", 3, "train.epochs now -> remove it: train.epochs stands in line 2"),
        ("release:\n  gate:\n    min_f1: 0.5\n", 3, "release.gate.min_f1 is called release.gate.min_macro_f1 now"),
        ("embed:\n  oov: 3\n", 2, "embed.oov is called train.max_ids now -> write `max_ids:` below `train:`"),
        ("\nnoise:\n  seed: 3\n", 2, "noise is called denoise now -> write `denoise:` instead of `noise:`"),
        ("noise:\n", 1, "noise is called denoise now"),
        ("tongues: [ko]\n", 1, "tongues is called languages now"),
    ],
)
def test_old_and_new_name_file_and_line_are_told(text: str, line: int, told: str) -> None:
    with pytest.raises(RecipeError) as caught:
        check_renamed(read_layer(text.encode(), "x.yaml"), _TABLE)
    assert str(caught.value).startswith(f"x.yaml:{line}: ") and told in str(caught.value)
    assert caught.value.exit_code == 2


def test_several_are_told_at_once() -> None:
    text = b"noise:\n  parts: 3\ntrain:\n  passes: 3\n"
    with pytest.raises(RecipeError) as caught:
        check_renamed(read_layer(text, "x.yaml"), _TABLE)
    assert [line.partition(" is called")[0] for line in str(caught.value).split("\n")] == [
        "x.yaml:2: noise.parts", "x.yaml:4: train.passes", "x.yaml:1: noise",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "train: {epochs: 3}", "train:", "train: [passes]", "release: {gate: null}"])
def test_a_file_without_old_names_is_read(text: str) -> None:
    check_renamed(read_layer(text.encode(), "x.yaml"), _TABLE)


@pytest.mark.parametrize("file", ["base.yaml", "languages/ko.yaml", "domains/shop/domain.yaml", "domains/shop/ko.yaml"])
def test_every_file_of_a_recipe_is_looked_at(write: Write, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.setitem(RENAMED, "train.passes", "train.epochs")
    head = {"domain.yaml": "languages: [ko]\n", "ko.yaml": ""}
    conf = write("domains/shop/domain.yaml", head["domain.yaml"])
    language = "language:\n  name: K\n  steps: []\n  scripts: []\n" if file.startswith("languages") else ""
    write(file, f"{language}{head.get(Path(file).name, '')}train:\n  passes: 3\n")
    with pytest.raises(RecipeError, match=r"train\.passes is called train\.epochs now") as caught:
        load_recipes(conf)
    assert f"conf/{file}:" in caught.value.where


def test_the_command_line_says_it_in_one_line(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(RENAMED, "train.passes", "train.epochs")
    conf = write("domains/shop/domain.yaml", "languages: [ko]\ntrain: {passes: 3}\n")
    monkeypatch.chdir(conf.parent)
    assert main(["config", "show", "shop/ko"]) == 2
    told = "train.passes is called train.epochs now -> write"
    error = capsys.readouterr().err
    assert error == f"error: conf/domains/shop/domain.yaml:2: {told} `epochs:` instead of `passes:`\n"
    write("domains/shop/domain.yaml", "languages: [ko]\n")
    assert main(["config", "show", "shop/ko", "--set", "train.passes=3"]) == 2
    assert capsys.readouterr().err == f"error: --set: {told} train.epochs=VALUE\n"


def test_what_a_store_recorded_under_an_old_name_is_compared_under_the_new_one() -> None:
    recorded = {"train": {"passes": 3, "dims": 4}, "noise": {"parts": 5, "seed": 1}}
    data, told = with_new_names(recorded, _TABLE)
    assert data == {"train": {"epochs": 3, "dims": 4}, "denoise": {"folds": 5, "seed": 1}}
    assert told == [
        "noise.parts is called denoise.folds now", "train.passes is called train.epochs now",
        "noise is called denoise now",
    ]  # fmt: skip
    assert recorded["train"] == {"passes": 3, "dims": 4}
    assert with_new_names(data, _TABLE) == (data, [])
