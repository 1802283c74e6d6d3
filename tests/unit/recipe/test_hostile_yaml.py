"""Whatever bytes a recipe file or --set holds: a result or a RecipeError, nothing else."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import RecipeError
from mlpipeline.recipe.merge import set_layer
from mlpipeline.recipe.origins import MAX_BYTES, read_layer, read_value
from tests.properties import examples

_YAMLISH = st.text(
    alphabet="ab:{}[],-?&*!|>%@`'\"#~ \n\t\\0123456789.eE+_<\u00e9\ud55c\x00\x07\ufeff\u2028\x85", max_size=80
)


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    try:
        read_layer(raw, "x.yaml")
    except RecipeError as error:
        assert error.where.startswith("x.yaml")
        assert "\n" not in str(error)


@examples(400)
@given(_YAMLISH)
def test_anything_like_yaml(text: str) -> None:
    try:
        layer = read_layer(text.encode(), "x.yaml")
    except RecipeError as error:
        assert error.where.startswith("x.yaml")
    else:
        assert all(line >= 1 for line in layer.lines.values())


@given(st.text(max_size=60))
def test_any_set(text: str) -> None:
    for one in (text, f"train.epochs={text}"):
        try:
            set_layer(one)
        except RecipeError:
            continue


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(_PLAIN)
def test_what_yaml_writes_is_read_back(value: object) -> None:
    text = yaml.safe_dump(value, default_flow_style=True)
    assert read_value(text, "--set") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("no", "no"), ("on", "on"), ("true", True), ("1e-4", 1e-4), ("200_000", 200000), ("010", 10), ("12:30", "12:30"),
     ("2026-11-21", "2026-11-21"), ('"3"', "3"), ("~", None), ("", None), ("-1", -1), (".5", 0.5), ("1_", "1_")],
)  # fmt: skip
def test_scalars(text: str, value: object) -> None:
    assert read_value(text, "--set") == value


@pytest.mark.parametrize("opening", ["[", "- ", "? ", "a: {"])
@pytest.mark.parametrize("times", [30, 2000, 200_000])
def test_depth_is_bounded(opening: str, times: int) -> None:
    with pytest.raises(RecipeError):
        read_layer((opening * times).encode(), "x.yaml")


def test_bombs_and_giants_are_refused() -> None:
    bomb = 'a: &a ["x","x"]\n' + "".join(
        f"{c}: &{c} [*{p},*{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=False)
    )
    with pytest.raises(RecipeError, match="aliases"):
        read_layer(bomb.encode(), "x.yaml")
    with pytest.raises(RecipeError, match="too large"):
        read_layer(b"#" * (MAX_BYTES + 1), "x.yaml")
    with pytest.raises(RecipeError, match=r"x\.yaml:2.*UTF-8|UTF-8"):
        read_layer(b"a: 1\nb: \xff\n", "x.yaml")
    with pytest.raises(RecipeError):
        read_layer(b"a: &x [*x]\n", "x.yaml")
    with pytest.raises(RecipeError):
        read_layer(b"a: {x: 1}\nb:\n  <<: {c: 1}\n", "x.yaml")
