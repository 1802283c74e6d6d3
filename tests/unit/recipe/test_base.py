"""conf/base.yaml is complete, is the only place with defaults, and every key in it is explained."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from mlpipeline._packaged import packaged
from mlpipeline.recipe.fields import SECTIONS, Recipe
from mlpipeline.recipe.merge import Merger
from mlpipeline.recipe.origins import Layer, read_layer
from mlpipeline.recipe.release_fields import Gate


def _base() -> tuple[Layer, list[str]]:
    raw = packaged("conf", "base.yaml").read_bytes()
    return read_layer(raw, "conf/base.yaml"), raw.decode().splitlines()


def _declared(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        if field.annotation == Gate | None:
            yield from _declared(Gate, f"{prefix}{name}.")


def test_base_has_every_key_and_no_other() -> None:
    layer, _ = _base()
    declared = {key for name, model in SECTIONS.items() if name != "language" for key in _declared(model, f"{name}.")}
    assert {key for key in layer.lines if "." in key} == declared


def test_base_is_valid() -> None:
    layer, _ = _base()
    merger = Merger()
    for name in SECTIONS:
        if name != "language":
            merger.section(name, [layer], {})


def test_every_line_of_base_says_what_it_is() -> None:
    layer, text = _base()
    bare = [f"{key} (line {line})" for key, line in layer.lines.items() if "  # " not in text[line - 1]]
    assert not bare


def test_fields_are_explained_and_have_no_defaults() -> None:
    models: tuple[type[BaseModel], ...] = (Recipe, Gate, *SECTIONS.values())
    for model in models:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name} is not explained"
            assert field.is_required(), f"{model.__name__}.{name} has a default outside base.yaml"
        assert model.model_config["frozen"]
        assert model.model_config["extra"] == "forbid"
