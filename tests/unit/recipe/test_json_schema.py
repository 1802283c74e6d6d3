"""The schema for editors accepts what ships, and refuses what reading a recipe refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mlpipeline import __version__
from mlpipeline._packaged import packaged
from mlpipeline.cli.main import main
from mlpipeline.recipe.comments import descriptions
from mlpipeline.recipe.json_schema import recipe_schema
from mlpipeline.recipe.origins import read_layer

_CONF = Path(str(packaged("conf")))
_VALIDATOR = Draft202012Validator(recipe_schema())


def _errors(text: str) -> list[str]:
    return [error.message for error in _VALIDATOR.iter_errors(read_layer(text.encode(), "x.yaml").data)]


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for value in schema.values():
            yield from _objects(value)


def test_it_is_a_schema_of_the_draft_that_it_names() -> None:
    schema = recipe_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:mlpipeline:recipe:{__version__}"
    assert all(one["additionalProperties"] is False and "required" not in one for one in _objects(schema))


@pytest.mark.parametrize("file", sorted(_CONF.rglob("*.yaml")), ids=lambda file: file.relative_to(_CONF).as_posix())
def test_every_file_that_ships_is_valid(file: Path) -> None:
    assert _errors(file.read_text("utf-8")) == []


def test_every_key_has_its_description() -> None:
    told = {}

    def walk(schema: dict[str, Any], prefix: str) -> None:
        for name, one in schema["properties"].items():
            told[prefix + name] = one["description"]
            if "properties" in one:
                walk(one, f"{prefix}{name}.")

    walk(recipe_schema(), "")
    assert told.pop("languages") and told.pop("inherits")
    assert told == descriptions()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "train:\n",
        "train: {epochs: 3}",
        "ingest: {files: a.csv}",
        "ingest: {map: {ts: null, text: q}}",
        "release: {gate: null, answers: null}",
        "release: {gate: {max_ece: null}}",
        "train: {char_ngrams: [2, 4], word_ngrams: [0, 0]}",
        "augment: {disabled: [splice], kinds: form}",
        "languages: [ko, zh-TW]",
        "inherits: zh-Hant",
    ],
)
def test_what_a_file_may_hold_is_valid(text: str) -> None:
    assert _errors(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "train: {epoch: 3}",
        "trian: {epochs: 3}",
        "release: {gate: {min_acuracy: 0.5}}",
        "train: {epochs: many}",
        "train: {epochs: 0}",
        "train: {epochs: null}",
        "train: {dropout: 1.0}",
        "train: 7",
        "train: {char_ngrams: [2]}",
        "train: {char_ngrams: [2, 9]}",
        "train: {char_ngrams: [2, 3, 4]}",
        "train: {out_of_scope_label: ''}",
        "ingest: {format: jsnl}",
        "ingest: {map: {txt: q}}",
        "ingest: {files: [a.csv, 1]}",
        "clean: {fold: [drop_spacs]}",
        "language: {scripts: hang}",
        "augment: {enabled: [nothing]}",
        "augment: {kinds: [froms]}",
        "export: {targets: [saved_model]}",
        "export: {targets: [onnx, onnx]}",
        "denoise: {network: 3}",
        "languages: []",
    ],
)
def test_mistakes_are_marked(text: str) -> None:
    assert _errors(text)


def test_the_verb_prints_it_and_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed) == recipe_schema()
    file = tmp_path / "recipe.schema.json"
    assert main(["config", "schema", "--to", str(file)]) == 0
    assert file.read_text("utf-8") == printed
    assert main(["config", "schema", "--to", str(tmp_path / "no" / "folder")]) == 2
    assert "No such file or directory -> name another file" in capsys.readouterr().err
