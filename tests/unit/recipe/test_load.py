"""Layers, origins and the messages for what is wrong in them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mlpipeline.errors import RecipeError, UsageError
from mlpipeline.recipe.load import Resolved, load_recipes
from mlpipeline.recipe.select import parse_selection
from mlpipeline.recipe.write import show

Write = Callable[[str, str], Path]


def _one(conf: Path, bot: str, *sets: str) -> Resolved:
    (found,) = load_recipes(conf, select=parse_selection(bot), sets=sets)
    return found


def test_each_layer_wins_over_those_below_and_is_named(write: Write) -> None:
    write("base.yaml", "train:\n  epochs: 1\n  batch_size: 11\n  dims: 12\n  min_df: 2\n")
    write("languages/ko.yaml", "language:\n  name: K\n  steps: []\n  scripts: []\ntrain:\n  epochs: 2\n  dims: 22\n")
    write("domains/shop/domain.yaml", "languages: [ko]\ntrain:\n  epochs: 3\n  min_df: 3\n")
    conf = write("domains/shop/ko.yaml", "\ntrain:\n  epochs: 4\n  max_ids: 44\n")
    train = _one(conf, "shop/ko").recipe.train
    assert (train.epochs, train.batch_size, train.dims, train.min_df, train.max_ids) == (4, 11, 22, 3, 44)
    resolved = _one(conf, "shop/ko", "train.max_ids=55")
    assert resolved.recipe.train.max_ids == 55
    assert resolved.origin("train.max_ids") == "--set"
    assert resolved.origin("train.epochs").endswith("conf/domains/shop/ko.yaml:3")
    assert resolved.origin("train.min_df").endswith("conf/domains/shop/domain.yaml:4")
    assert resolved.origin("train.dims").endswith("conf/languages/ko.yaml:7")
    assert resolved.origin("train.batch_size").endswith("conf/base.yaml:3")
    assert resolved.origin("train.seed").startswith("packaged conf/base.yaml:")
    assert resolved.home == conf.parent


def test_origins_are_relative_to_the_current_folder(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\ntrain:\n  epochs: 3\n")
    monkeypatch.chdir(conf.parent)
    assert _one(conf, "shop/ko").origin("train.epochs") == "conf/domains/shop/domain.yaml:3"


def test_every_value_has_an_origin(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\ningest:\n  map: {text: q, intent: a}\n")
    rows = show(_one(conf, "shop/ko"))
    assert all(row.origin for row in rows)
    assert next(row for row in rows if row.key == "ingest.map.text").value == "q"


def test_null_takes_the_gate_away(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko, ja]\n")
    write("domains/shop/ko.yaml", "release:\n  gate: null\n")
    assert _one(conf, "shop/ko").recipe.release.gate is None
    assert _one(conf, "shop/ja").recipe.release.gate is not None
    partly = _one(conf, "shop/ja", "release.gate.min_accuracy=0.9").recipe.release.gate
    assert partly is not None
    assert (partly.min_accuracy, partly.min_macro_f1) == (0.9, 0.5)


def test_domain_and_lang_are_filled_in(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", 'languages: [ko, ja]\ningest:\n  files: ["data/{domain}.{lang}.csv"]\n')
    ko, ja = load_recipes(conf)
    assert ko.recipe.ingest.files == ("data/shop.ko.csv",)
    assert ja.recipe.ingest.files == ("data/shop.ja.csv",)
    assert ko.locate(ko.recipe.ingest.files[0]) == str(conf.parent / "data/shop.ko.csv")
    assert ko.locate("s3a://b/c") == "s3a://b/c"
    assert ko.recipe.train is ja.recipe.train  # validated once


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("train:\n  epoch: 3\n", ":3", "unknown key train.epoch, did you mean epochs?"),
        ("trian:\n  epochs: 3\n", ":2", "unknown key trian, did you mean train?"),
        ("embed:\n\n  epochs: 3\n", ":4", "unknown key embed.epochs, did you mean train.epochs?"),
        ("train:\n  epochs: many\n", ":3", "train.epochs should be a valid integer, got 'many'"),
        ("train:\n  epochs: 0\n", ":3", "train.epochs should be greater than or equal to 1, got 0"),
        ("train:\n  epochs: true\n", ":3", "got True"),
        ("train: 7\n", ":2", "train should be a mapping, got 7"),
        ("ingest:\n  format: jsnl\n", ":3", "did you mean jsonl?"),
        ("ingest:\n  files: ['{langs}.csv']\n", ":3", "{langs}"),
        ("train:\n  char_ngrams: [4, 1]\n", ":3", "shortest <= longest"),
        ("release:\n  gate:\n    min_acuracy: 0.5\n", ":4", "did you mean min_accuracy?"),
        ("train:\n  epochs: 1\n  epochs: 2\n", ":4", "train.epochs is set twice, first in line 3"),
        ("train: &a\n  epochs: 1\nembed: *a\n", "", "aliases"),
        ("train: !!python/object:os.system\n  epochs: 1\n", ":2", "tag"),
        ("train:\n  epochs: [1\n", "", "not valid YAML"),
        ("split:\n  validation: 0.5\n  test: 0.5\n", "", "validation + test"),
        ("clean:\n  min_chars: 5\n  max_chars: 4\n", "", "max_chars"),
        ("train:\n  epochs: .nan\n", ":3", "train.epochs"),
    ],
)
def test_mistakes_are_named_with_file_line_and_key(write: Write, text: str, where: str, what: str) -> None:
    conf = write("domains/shop/domain.yaml", f"languages: [ko]\n{text}")
    with pytest.raises(RecipeError) as caught:
        load_recipes(conf)
    assert f"domain.yaml{where}" in caught.value.where
    assert what in str(caught.value)
    assert caught.value.fix


def test_a_word_where_a_list_stands_is_a_list_of_one(write: Write) -> None:
    stated = (
        "ingest: {files: 'a b.csv', logs: l.csv}\nclean: {fold: nfc}\naugment: {kinds: form}\nexport: {targets: onnx}\n"
    )
    conf = write("domains/shop/domain.yaml", f"languages: [ko]\n{stated}")
    recipe = _one(conf, "shop/ko", "augment.disabled=splice").recipe
    assert recipe.ingest.files == ("a b.csv",) and recipe.ingest.logs == ("l.csv",) and recipe.clean.fold == ("nfc",)
    assert recipe.augment.kinds == ("form",) and recipe.export.targets == ("onnx",)
    assert recipe.augment.disabled == ("splice",)


@pytest.mark.parametrize(
    ("stated", "what"),
    [
        ("ingest: {files: 3}", "ingest.files should be a list such as [a, b], or [] for none, got 3"),
        ("ingest: {logs: {a: b}}", "ingest.logs should be a list such as"),
        ("ingest: {files: [a.csv, 1]}", "ingest.files, item 2, should be a text"),
        ("ingest: {map: [a]}", "ingest.map should be keys with values such as {text: question}"),
        ("ingest: {map: {ts: 1}}", "ingest.map.ts should be a text"),
        ("train: {char_ngrams: 3}", "train.char_ngrams should be a list such as"),
        ("train: {char_ngrams: [3]}", "train.char_ngrams, item 2, should have one item more, got [3]"),
        ("train: {char_ngrams: [3, 4, 5]}", "train.char_ngrams should have at most 2 items, not 3"),
        ("denoise: {network: 3}", "denoise.network should be true or false"),
        ("language: {steps: }", "language.steps should be a list such as [a, b], or [] for none, got nothing"),
    ],
)
def test_what_a_value_should_be_is_said_in_words_of_yaml(write: Write, stated: str, what: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipes(write("domains/shop/domain.yaml", f"languages: [ko]\n{stated}\n"))
    assert what in caught.value.what and caught.value.where.endswith("domain.yaml:2")


def test_a_null_in_the_map_leaves_a_column_out(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\ningest: {map: {ts: null, text: q}}\n")
    assert _one(conf, "shop/ko").recipe.ingest.map == {"ts": None, "text": "q"}


def test_several_mistakes_are_told_at_once(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\ntrain:\n  epochs: a\n  dims: b\n  sed: 1\n")
    with pytest.raises(RecipeError) as caught:
        load_recipes(conf)
    assert all(f"domain.yaml:{line}" in str(caught.value) for line in (3, 4, 5))


def test_a_mistake_in_another_domain_does_no_harm(write: Write) -> None:
    write("domains/bad/domain.yaml", "languages: [ko]\nnonsense: 1\n")
    conf = write("domains/good/domain.yaml", "languages: [ko]\n")
    assert _one(conf, "good/ko").domain == "good"
    with pytest.raises(RecipeError):
        load_recipes(conf)


@pytest.mark.parametrize(
    ("stated", "what"),
    [("", "languages should be"), ("languages: ko\n", "should be"), ("languages: []\n", "should be"),
     ("languages: [ko, ko_KR]\n", "stands twice"), ("languages: [klingonese]\n", "not a language tag")],
)  # fmt: skip
def test_languages_of_a_domain(write: Write, stated: str, what: str) -> None:
    conf = write("domains/shop/domain.yaml", stated)
    with pytest.raises(RecipeError, match=what):
        load_recipes(conf)


def test_aliases_are_taken_and_told(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [zh_TW, ko-KR, jp]\n")
    write("domains/shop/zh_tw.yaml", "train:\n  epochs: 99\n")
    found = load_recipes(conf)
    assert [one.lang for one in found] == ["zh-TW", "ko", "ja"]
    assert found[0].recipe.train.epochs == 99
    assert [one.messages[0].partition(": ")[2] for one in found] == [
        "zh_TW read as zh-TW", "ko-KR read as ko", "jp read as ja"
    ]  # fmt: skip


def test_a_ninth_language_is_one_file(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [fr]\n")
    with pytest.raises(RecipeError) as caught:
        load_recipes(conf)
    assert "conf/languages/fr.yaml" in caught.value.fix
    write("languages/fr.yaml", "language:\n  name: French\n  steps: [nfc]\n  scripts: [Latn]\n")
    assert _one(conf, "shop/fr").recipe.language.tag == "fr"


def test_languages_inherit(write: Write) -> None:
    write("languages/fr.yaml", "language:\n  name: French\n  steps: [nfc]\n  scripts: [Latn]\nclean:\n  max_chars: 7\n")
    write("languages/fr-CA.yaml", "inherits: fr\nlanguage:\n  name: Quebec\n")
    conf = write("domains/shop/domain.yaml", "languages: [fr-CA, fr]\n")
    canada, france = load_recipes(conf)
    assert (canada.recipe.language.tag, canada.recipe.language.name) == ("fr-CA", "Quebec")
    assert (france.recipe.language.tag, france.recipe.language.name) == ("fr", "French")
    assert canada.recipe.clean.max_chars == 7
    assert canada.origin("clean.max_chars").endswith("languages/fr.yaml:6")


def test_circles_and_wrong_tags_are_refused(write: Write) -> None:
    write("languages/fr.yaml", "inherits: fr-CA\n")
    write("languages/fr-CA.yaml", "inherits: fr\n")
    conf = write("domains/shop/domain.yaml", "languages: [fr]\n")
    with pytest.raises(RecipeError, match="circle: fr -> fr-CA -> fr"):
        load_recipes(conf)
    write("languages/fr.yaml", "language:\n  tag: de\n")
    with pytest.raises(RecipeError, match="'de' in the file of fr"):
        load_recipes(conf)


def test_a_language_file_without_its_section_says_what_is_missing(write: Write) -> None:
    write("languages/fr.yaml", "clean:\n  max_chars: 7\n")
    conf = write("domains/shop/domain.yaml", "languages: [fr]\n")
    with pytest.raises(RecipeError, match=r"languages/fr\.yaml.*language\.name is missing"):
        load_recipes(conf)


def test_impossible_domain_names_are_refused(write: Write) -> None:
    conf = write("domains/Shop/domain.yaml", "languages: [ko]\n")
    with pytest.raises(RecipeError, match="'Shop' cannot name a domain"):
        load_recipes(conf)


@pytest.mark.parametrize("text", ["train.epochs", "=3", "train.epochs 3", "nothing.here=1", "train.epochs=[1", "a=b=c"])
def test_set_must_be_readable(write: Write, text: str) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\n")
    with pytest.raises(RecipeError, match="--set"):
        load_recipes(conf, sets=[text])


def test_set_reads_yaml(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\n")
    sets = ["train.char_ngrams=[2, 3]", "train.learning_rate=1e-3", "ingest.format=csv", "ingest.map={text: 질문}"]
    recipe = _one(conf, "shop/ko", *sets).recipe
    assert (recipe.train.char_ngrams, recipe.train.learning_rate) == ((2, 3), 0.001)
    assert (recipe.ingest.format, recipe.ingest.map) == ("csv", {"text": "질문"})


def test_nothing_selected_names_what_there_is(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\n")
    with pytest.raises(UsageError, match="did you mean domain:shop"):
        load_recipes(conf, select=parse_selection("domain:shpo"))
    with pytest.raises(RecipeError, match="no such folder"):
        load_recipes(conf / "nowhere")


def test_a_pipe_among_the_recipes_is_not_waited_for(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\n")
    os.mkfifo(conf / "domains/shop/ko.yaml")
    with pytest.raises(RecipeError, match=r"ko\.yaml: is no plain file"):
        load_recipes(conf)


def test_unreadable_file_is_named(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko]\n")
    (conf / "domains/shop/ko.yaml").mkdir()
    with pytest.raises(RecipeError, match=r"shop/ko\.yaml"):
        load_recipes(conf)


@pytest.mark.slow
def test_eight_hundred_bots_are_read_fast(write: Write) -> None:
    for number in range(400):
        conf = write(f"domains/d{number:03}/domain.yaml", "languages: [ko, ja]\ningest:\n  files: ['{lang}.csv']\n")
        write(f"domains/d{number:03}/ko.yaml", "train:\n  epochs: 13\n")
    started = time.process_time()
    assert len(load_recipes(conf)) == 800
    assert time.process_time() - started < 0.7


def test_the_packaged_defaults_need_no_folder_of_ours(tmp_path: Path) -> None:
    (tmp_path / "my conf 설정" / "domains" / "shop").mkdir(parents=True)
    conf = tmp_path / "my conf 설정"
    (conf / "domains/shop/domain.yaml").write_text("languages: [ko]\n", encoding="utf-8")
    assert _one(conf, "shop/ko").lang == "ko"
    assert os.listdir(conf) == ["domains"]
