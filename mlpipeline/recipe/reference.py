"""The page that explains every key of a recipe: Markdown, a table a section."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from pydantic.json_schema import JsonSchemaValue

from mlpipeline.recipe.json_schema import recipe_schema

_HEAD = """\
# Recipe reference

Every key that a recipe may hold. `make reference` writes this page from `mlpipeline/recipe/fields.py`: do not edit it
by hand. [recipe.md](recipe.md) explains the layers of a recipe, `--set` and the gate.

Each section has one table. The defaults stand in [conf/base.yaml](../conf/base.yaml); language files have some of their
own. A changed key runs the stages again that read its section, and then the stages that read their results.
`mlpipeline plan` names them before anything runs.
"""
_WIDTH = 120  # characters of a line of prose
_NAMES = 12  # of allowed values that are written out
_KINDS: Mapping[str, str] = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
}


def reference_page(stages: Mapping[str, Sequence[str]], notes: Mapping[str, str]) -> str:
    """The page, with a line break at its end.

    Args:
        stages: section -> names of the stages that receive it.
        notes: section -> what else is to be known of what a change of it runs again.
    """
    sections = {name: told for name, told in recipe_schema()["properties"].items() if "properties" in told}
    return "\n".join([_HEAD, *(_section(name, told, stages.get(name, ()), notes) for name, told in sections.items())])


def _section(name: str, told: JsonSchemaValue, stages: Sequence[str], notes: Mapping[str, str]) -> str:
    readers = f"Read by: {', '.join(stages)}." if stages else "Read by no stage."
    read_by = wrap(f"{readers}{notes.get(name, '')}", _WIDTH, break_long_words=False, break_on_hyphens=False)
    lines = [f"## {name}", "", f"{told['description']}.", "", *read_by, ""]
    lines += ["| key | type | default | range | explanation |", "|---|---|---|---|---|"]
    for key, one in _keys(told["properties"], f"{name}."):
        default = f"`{json.dumps(one['default'], ensure_ascii=False)}`" if "default" in one else ""
        cells = [f"`{key}`", _type_of(one), default, _range_of(one), f"{one['description']}."]
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join([*lines, ""])


def _keys(properties: JsonSchemaValue, prefix: str) -> Iterator[tuple[str, JsonSchemaValue]]:
    for name, told in properties.items():
        yield prefix + name, told
        if "properties" in told:
            yield from _keys(told["properties"], f"{prefix}{name}.")


def _type_of(told: JsonSchemaValue) -> str:
    """What a value is, in words of YAML: "whole number", "list of texts", "text or null"."""
    kinds = [one for one in told.get("anyOf", [told]) if one.get("type") != "null"]
    kind, nothing = kinds[0], len(kinds) < len(told.get("anyOf", [told]))
    if kind.get("type") == ["object", "null"] or (kind["type"] == "object" and "properties" in kind):
        return "keys with values, or null"
    if kind["type"] == "object":
        text = "keys with texts"
    elif "prefixItems" in kind:
        text = f"list of {len(kind['prefixItems'])} whole numbers"
    elif kind["type"] == "array":
        text = "list of words" if "enum" in kind["items"] else "list of texts"
    else:
        text = "word" if "enum" in kind else _KINDS[kind["type"]]
    return f"{text}, or null" if nothing else text


def _range_of(told: JsonSchemaValue) -> str:
    """Which values are accepted; empty where all of the type are."""
    kind = next(one for one in told.get("anyOf", [told]) if one.get("type") != "null")
    items = kind.get("items", kind.get("prefixItems", [{}])[0] if "prefixItems" in kind else {})
    allowed = kind.get("enum", items.get("enum", kind.get("propertyNames", {}).get("enum", [])))
    if allowed:
        return ", ".join(f"`{one}`" for one in allowed) if len(allowed) <= _NAMES else f"{len(allowed)} names"
    if kind.get("type") == "string":
        most = f", at most {kind['maxLength']} characters" if "maxLength" in kind else ""
        return f"not empty{most}" if kind.get("minLength") else ""
    return _bounds(items if "minimum" in items else kind)


def _bounds(told: JsonSchemaValue) -> str:
    low, over = _number(told.get("minimum")), _number(told.get("exclusiveMinimum"))
    high, under = _number(told.get("maximum")), _number(told.get("exclusiveMaximum"))
    lower = f"from {low}" if low else f"above {over}" if over else ""
    upper = f"to {high}" if high else f"below {under}" if under else ""
    return f"{lower} {upper}".strip()


def _number(value: float | None) -> str:
    return "" if value is None else f"{int(value) if value == int(value) else value:,}"
