"""What can be known to be wrong is refused when a recipe is read: names, ranges, sizes, lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mlpipeline.errors import RecipeError
from mlpipeline.languages.folding import FOLDS
from mlpipeline.languages.paraphrase.tools import _MODULES, CONVERSION, Plain, load_tool
from mlpipeline.languages.profile import STEPS
from mlpipeline.languages.scripts import RANGES
from mlpipeline.methods.augmentation import generator, retrieval, rewriting, synonyms
from mlpipeline.recipe import names
from mlpipeline.recipe.fields import SECTIONS
from mlpipeline.recipe.load import load_recipes
from mlpipeline.recipe.release_fields import Gate
from mlpipeline.store.corpus.rows import FIELDS

Write = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("clean.fold", "[nosuch]", "there is no folding step 'nosuch'"),
        ("clean.fold", "[drop_spacs]", "did you mean drop_spaces?"),
        ("language.scripts", "[Klingon]", "there is no script 'Klingon'"),
        ("language.scripts", "[hang]", "did you mean Hang?"),
        ("language.steps", "[nfkcc]", "did you mean nfkc?"),
        ("augment.disabled", "[splices]", "did you mean splice?"),
        ("augment.enabled", "[nothing_like_it_at_all]", "augment operators"),
        ("augment.kinds", "[froms]", "did you mean form?"),
        ("export.opset", "99999", "less than or equal to 21"),
        ("export.targets", "[saved_model]", "onnx among them"),
        ("export.targets", "[onnx, onnx]", "each target once"),
        ("train.max_ids", "100000000", "less than or equal to 4096"),
        ("train.dims", "65536", "1 GB"),
        ("train.max_vocabulary", "100_000_000", "1 GB"),
        ("train.batch_size", "1000000000", "65536"),
        ("train.epochs", "1000000000", "10000"),
        ("train.min_steps", "1000000000000", "1000000"),
        ("train.max_steps", "0", "greater than or equal to 1"),
        ("train.word_weight", "1e30", "1000"),
        ("train.char_ngrams", "[0, 0]", ""),
        ("train.out_of_scope_label", "''", "at least 1 character"),
        ("evaluate.bins", "1000000000", "1000"),
        ("ingest.files", "{a: b}", "should be a list such as"),
        ("ingest.files", "['']", "at least 1 character"),
        ("ingest.files", "null", "should be a list such as"),
        ("ingest.map", "{txt: question}", "did you mean text?"),
    ],
)
def test_what_can_be_known_is_refused_with_key_and_place(write: Write, key: str, value: str, words: str) -> None:
    section, field = key.split(".")
    conf = write("domains/shop/domain.yaml", f"languages: [ko]\n{section}:\n  {field}: {value}\n")
    if not words:
        assert load_recipes(conf)
        return
    with pytest.raises(RecipeError) as caught:
        load_recipes(conf)
    assert key in caught.value.what and caught.value.where.endswith("domain.yaml:3")
    assert words in f"{caught.value}" and "tuple" not in f"{caught.value}"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("section", ["train", "embed"])
def test_something_must_be_read_of_a_text(write: Write, section: str) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\n")
    with pytest.raises(RecipeError, match=r"cannot both be \[0, 0\]"):
        load_recipes(conf, sets=[f"{section}.char_ngrams=[0, 0]", f"{section}.word_ngrams=[0, 0]"])


def _numbers() -> Iterator[tuple[str, FieldInfo]]:
    models: dict[str, type[BaseModel]] = {**SECTIONS, "release.gate": Gate}
    for section, model in models.items():
        for name, field in model.model_fields.items():
            if field.annotation in (int, float):
                yield f"{section}.{name}", field


def test_every_number_has_a_least_and_a_largest_value() -> None:
    open_ended = {"embed.retrain_growth", "augment.max_length_ratio"}  # a share of what there is; no harm in any
    found = list(_numbers())
    assert len(found) > 40
    for key, field in found:
        assert any(isinstance(bound, Ge | Gt) for bound in field.metadata), key
        assert key in open_ended or any(isinstance(bound, Le | Lt) for bound in field.metadata), key


def test_the_names_are_those_of_the_languages_and_of_a_row() -> None:
    assert sorted(names.STEPS) == sorted(STEPS)
    assert sorted(names.FOLDS) == sorted(FOLDS)
    assert sorted(names.SCRIPTS) == sorted(RANGES)
    assert tuple(FIELDS) == names.ROW_FIELDS


@pytest.mark.slow
def test_the_operators_are_those_that_the_languages_have() -> None:
    common: dict[str, str] = {name: one.kind for name, one in Plain().operators.items()}
    common |= dict.fromkeys((rewriting.SPLICE, rewriting.SLOT_EXCHANGE), "words")
    common |= dict.fromkeys((generator.OPERATOR, retrieval.OPERATOR, synonyms.OPERATOR), names.SOURCE)
    there = {(names.ANY_LANGUAGE, kind, name) for name, kind in common.items()}
    for tag, module in _MODULES.items():
        others = [one for one in _MODULES if _MODULES[one] == module == "chinese" and one != tag]
        tool: Any = load_tool(tag, [CONVERSION + one.replace("-", "_") for one in others])
        for name, one in tool.operators.items():
            if name not in common:
                there.add((tag, names.CONVERSION if name.startswith(CONVERSION) else one.kind, name))
    assert {tuple(one) for one in names.operator_names()} == there


@pytest.mark.parametrize(
    ("augment", "is_told"),
    [
        ("{kinds: []}", False),
        ("{kinds: [], disabled: [synonym]}", True),
        ("{kinds: [], disabled: [synonym], fill_to: 0}", False),
        ("{kinds: [], disabled: [synonym], enabled: [honorific]}", False),
        ("{kinds: [], disabled: [synonym, honorific], enabled: [honorific]}", True),
        ("{kinds: [], disabled: [synonym], enabled: [interjection]}", True),
        ("{kinds: [], disabled: [synonym], generator: 'http://x'}", False),
        ("{kinds: [typing], disabled: [synonym]}", False),
    ],
)
def test_rows_that_are_wanted_where_no_operator_is_left_are_told(write: Write, augment: str, is_told: bool) -> None:
    conf = write("domains/shop/domain.yaml", f"languages: [ko]\naugment: {augment}\n")
    (bot,) = load_recipes(conf)
    assert any("no operator is left for ko" in text for text in bot.messages) == is_told


def test_two_names_for_what_is_out_of_scope_are_told(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\ntrain: {out_of_scope_label: oos}\n")
    (bot,) = load_recipes(conf)
    assert any("what is out of scope has one name" in text for text in bot.messages)
