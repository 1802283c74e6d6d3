"""From layers to checked sections: merge, validate, and say where a mistake stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mlpipeline.errors import RecipeError, did_you_mean
from mlpipeline.recipe.fields import SECTIONS
from mlpipeline.recipe.origins import Layer, read_value
from mlpipeline.recipe.renamed import check_renamed
from mlpipeline.recipe.values import RULE, UNKNOWN, Section

SET = "--set"
_SET = re.compile(r"\s*([a-z_]+(?:\.[^.=\s]+)*)\s*=(.*)\Z", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# what YAML calls a thing, for what pydantic calls it
_IN_WORDS = {
    "tuple_type": "should be a list such as [a, b], or [] for none",
    "dict_type": "should be keys with values such as {text: question}, or {} for none",
    "string_type": "should be a text, in quotes where YAML reads something else",
    "bool_type": "should be true or false",
    "model_type": "should be keys with values",
    "missing": "should have one item more",
}
_MOST = 8  # mistakes shown at once
_MOST_NAMES = 60


@dataclass
class Merger:
    """Merges and validates sections; equal sections of many bots are merged and validated once."""

    _parts: dict[object, tuple[Section, dict[str, str]]] = field(default_factory=dict)
    _kept: list[Layer] = field(default_factory=list)  # keeps layers alive, so that their ids stay theirs

    def section(self, name: str, layers: Sequence[Layer], bot: Mapping[str, str]) -> tuple[Section, dict[str, str]]:
        """Return section `name` of the bot and the origin of each of its dotted keys.

        Args:
            name: a key of SECTIONS.
            layers: lowest first.
            bot: what {domain} and {lang} stand for.

        Raises:
            RecipeError: unknown key, wrong type or value, or a missing key.
        """
        holding = [layer for layer in layers if layer.data.get(name) is not None]
        key: tuple[object, ...] = (name, *map(id, holding))
        if key in self._parts:
            return self._parts[key]
        merged: dict[str, object] = {}
        origins: dict[str, str] = {}
        for layer in holding:
            value = layer.data[name]
            if not isinstance(value, dict):
                raise RecipeError(f"{name} should be a mapping, got {value!r}", where=layer.where(name), fix=_USAGE)
            _merge(merged, value, name, layer, origins)
        filled = {key: _filled(value, bot, f"{name}.{key}", holding) for key, value in merged.items()}
        if filled != merged:
            return _checked(name, filled, holding), origins
        self._kept.extend(holding)
        self._parts[key] = (_checked(name, merged, holding), origins)
        return self._parts[key]


_USAGE = "write its keys below it, indented"


def check_top_level(layer: Layer, also: Sequence[str] = ()) -> None:
    """Raise RecipeError when `layer` has a key that is neither a section nor in `also`."""
    known = [*SECTIONS, *also]
    for key in layer.data:
        if key not in known:
            hint = did_you_mean(key, known)
            fix = f"use one of {', '.join(known)}"
            raise RecipeError(f"unknown key {key}{hint}", where=layer.where(key), fix=fix)


def set_layer(text: str) -> Layer:
    """Read one `--set section.key=value`; the value is YAML. Raises RecipeError."""
    found = _SET.match(text)
    if found is None:
        raise RecipeError(f"cannot read {text!r}", where=SET, fix="write --set train.epochs=20")
    value = read_value(found[2].strip(), f"{SET} {found[1]}")
    for word in reversed(found[1].split(".")):
        value = {word: value}
    layer = Layer(SET, value if isinstance(value, dict) else {}, {})
    check_renamed(layer)
    check_top_level(layer)
    return layer


def _merge(
    target: dict[str, object], source: Mapping[str, object], path: str, layer: Layer, origins: dict[str, str]
) -> None:
    for key, value in source.items():
        dotted = f"{path}.{key}"
        if isinstance(value, dict) and value:
            below = target.get(key)
            if not isinstance(below, dict):
                _forget(origins, dotted)
            inner: dict[str, object] = below if isinstance(below, dict) else {}
            target[key] = inner
            _merge(inner, value, dotted, layer, origins)
        else:
            _forget(origins, dotted)
            target[key] = dict(value) if isinstance(value, dict) else value
            origins[dotted] = layer.where(dotted)


def _forget(origins: dict[str, str], dotted: str) -> None:
    for key in [key for key in origins if key == dotted or key.startswith(dotted + ".")]:
        del origins[key]


def _filled(value: object, bot: Mapping[str, str], dotted: str, layers: Sequence[Layer]) -> object:
    """Replace {domain} and {lang} in every text of `value`."""
    if isinstance(value, dict):
        return {key: _filled(one, bot, f"{dotted}.{key}", layers) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, bot, dotted, layers) for one in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    for name in _PLACEHOLDER.findall(value):
        if name not in bot:
            where = _where(dotted, layers)
            raise RecipeError(
                f"{dotted}: {{{name}}} in {value!r}", where=where, fix="only {domain} and {lang} are known"
            )
    return _PLACEHOLDER.sub(lambda found: bot[found[1]], value)


def _checked(name: str, data: Mapping[str, object], layers: Sequence[Layer]) -> Section:
    try:
        return SECTIONS[name].model_validate(_with_lists(name, data))
    except ValidationError as error:
        mistakes = [_mistake(name, one, layers) for one in error.errors(include_url=False)]
    first, *more = mistakes
    if not more:
        raise first
    lines = "".join(f"\n{one}" for one in more[: _MOST - 1])
    rest = f"\nand {len(mistakes) - _MOST} more" if len(mistakes) > _MOST else ""
    raise RecipeError(first.what, where=first.where, fix=f"{first.fix}{lines}{rest}")


def _with_lists(name: str, data: Mapping[str, object]) -> dict[str, object]:
    """The section with a word in the place of a list as a list of one: `files: a.csv` is `files: [a.csv]`."""
    lists = {key for key, field in SECTIONS[name].model_fields.items() if get_args(field.annotation)[1:] == (...,)}
    return {key: [value] if key in lists and isinstance(value, str) else value for key, value in data.items()}


def _mistake(section: str, error: ErrorDetails, layers: Sequence[Layer]) -> RecipeError:
    dotted = ".".join([section, *(str(step) for step in error["loc"] if isinstance(step, str))])
    where = _where(dotted, layers)
    model = _model_at(section, error["loc"])
    if error["type"] == "extra_forbidden":
        known = list(model.model_fields)
        key = str(error["loc"][-1])
        hint = did_you_mean(key, known) or _elsewhere(key)
        return RecipeError(f"unknown key {dotted}{hint}", where=where, fix=f"use one of {', '.join(known)}")
    if error["type"] == "missing" and isinstance(error["loc"][-1], str):
        named = model.model_fields.get(str(error["loc"][-1]))
        about = f" ({named.description})" if named and named.description else ""
        return RecipeError(f"{dotted} is missing{about}", where=where, fix=f"add it below `{section}:`")
    if error["type"] == RULE:
        keys = [f"{section}.{key}" for key in error["ctx"]["keys"]]
        last = max(keys, key=lambda key: max((at for at, one in enumerate(layers) if _holds(one.data, key)), default=0))
        return RecipeError(f"{last} {error['msg']}", where=_where(last, layers), fix="correct the value")
    if error["type"] == UNKNOWN:
        told = error["ctx"]
        hint = did_you_mean(told["name"], told["known"])
        few = len(told["known"]) <= _MOST_NAMES
        fix = f"there are: {', '.join(told['known'])}" if few else "`mlpipeline augment operators LANG` names them"
        return RecipeError(f"{dotted}: there is no {told['kind']} {told['name']!r}{hint}", where=where, fix=fix)
    should = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "should be")
    should = _IN_WORDS.get(error["type"], should.replace("Tuple should", "should").replace(" after validation", ""))
    if places := [step + 1 for step in error["loc"] if isinstance(step, int)]:
        dotted += f", item {places[0]},"
    if error["type"] == "literal_error" and isinstance(error["input"], str):
        should += did_you_mean(error["input"], re.findall(r"'([^']*)'", str(error["msg"])))
    return RecipeError(f"{dotted} {should}, got {_short(error['input'])}", where=where, fix="correct the value")


def _where(dotted: str, layers: Sequence[Layer]) -> str:
    """Return the place of `dotted` in the topmost layer that has it, or that has the nearest key above it."""
    key = dotted
    while key:
        for layer in reversed(layers):
            if _holds(layer.data, key):
                return layer.where(dotted)
        key = key.rpartition(".")[0]
    return layers[-1].name if layers else ""


def _holds(data: object, dotted: str) -> bool:
    for word in dotted.split("."):
        if not isinstance(data, Mapping) or word not in data:
            return False
        data = data[word]
    return True


def _model_at(section: str, loc: Sequence[int | str]) -> type[BaseModel]:
    model: type[BaseModel] = SECTIONS[section]
    for step in loc[:-1]:
        info = model.model_fields.get(str(step))
        kinds = [info.annotation, *get_args(info.annotation)] if info else []
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return model


def _elsewhere(word: str) -> str:
    homes = [f"{name}.{word}" for name, model in SECTIONS.items() if word in model.model_fields]
    return f", did you mean {' or '.join(homes)}?" if homes else ""


def _short(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
