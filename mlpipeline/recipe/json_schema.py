"""The files of conf/ as a JSON Schema, so that an editor completes keys and marks mistakes while they are typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue

from mlpipeline import __version__
from mlpipeline._packaged import packaged
from mlpipeline.recipe import names
from mlpipeline.recipe.comments import inner_model
from mlpipeline.recipe.fields import SECTIONS, Recipe
from mlpipeline.recipe.origins import read_layer
from mlpipeline.recipe.values import Known, check_columns, check_range, check_targets

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TAGS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_OTHER_KEYS: Mapping[str, Mapping[str, object]] = {
    "languages": {**_TAGS, "description": "The languages of the domain, in domain.yaml: BCP 47 tags such as [ko, en]"},
    "inherits": {"type": "string", "description": "In a language file: the tag of the language that it builds on"},
}
# What pydantic cannot tell of a check that is a function.
_CHECKED: Mapping[Callable[..., object], Callable[[JsonSchemaValue], JsonSchemaValue]] = {
    check_range: lambda told: {"prefixItems": [{**one, "minimum": 0, "maximum": 8} for one in told["prefixItems"]]},
    check_targets: lambda told: {"uniqueItems": True, "contains": {"const": "onnx"}},
    check_columns: lambda told: {"propertyNames": {"enum": list(names.ROW_FIELDS)}},
}


def recipe_schema() -> JsonSchemaValue:
    """The schema of base.yaml, of a language file, and of domain.yaml and the files beside it: every key is optional.

    JSON Schema, draft 2020-12, with the description, the range, the names and the default of each key. What no schema
    can say is checked when a recipe is read: {domain} and {lang}, and keys that do not go together.
    """
    defaults = read_layer(packaged("conf", "base.yaml").read_bytes(), "packaged conf/base.yaml").data
    sections = {}
    for name, model in SECTIONS.items():
        given = defaults.get(name)
        section = _object(model, given if isinstance(given, dict) else {})
        sections[name] = {**section, "type": ["object", "null"], "description": Recipe.model_fields[name].description}
    return {
        "$schema": DIALECT,
        "$id": f"urn:mlpipeline:recipe:{__version__}",
        "title": "A file of an mlpipeline recipe",
        "type": ["object", "null"],
        "properties": {**_OTHER_KEYS, **sections},
        "additionalProperties": False,
    }


def _object(model: type[BaseModel], defaults: Mapping[str, object]) -> JsonSchemaValue:
    """A section, or a mapping in one, without what pydantic requires: a file holds what differs."""
    told = model.model_json_schema()["properties"]
    fields = {
        name: _property(told[name], field, defaults.get(name), name in defaults)
        for name, field in model.model_fields.items()
    }
    return {"type": "object", "properties": fields, "additionalProperties": False}


def _property(told: Mapping[str, object], field: FieldInfo, default: object, has_default: bool) -> JsonSchemaValue:
    kind = {key: value for key, value in told.items() if key not in ("title", "description")}
    inner = inner_model(field.annotation)
    if inner is not None:
        kind = {**_object(inner, default if isinstance(default, dict) else {}), "type": ["object", "null"]}
        return {"description": field.description, **kind}
    kind |= {key: value for one in field.metadata for key, value in _from_check(one, kind).items()}
    if get_args(field.annotation)[1:] == (...,):  # one word stands for a list of one
        kind = {"anyOf": [kind, kind["items"]]}
    return {"description": field.description, **kind, **({"default": default} if has_default else {})}


def _from_check(check: object, told: JsonSchemaValue) -> JsonSchemaValue:
    """What a check of a field says beyond its type."""
    if not isinstance(check, AfterValidator):
        return {}
    if isinstance(check.func, Known):
        return {"items": {"type": "string", "enum": list(check.func.known)}}
    return _CHECKED[check.func](told) if check.func in _CHECKED else {}
