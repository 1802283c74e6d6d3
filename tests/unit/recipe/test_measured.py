"""The measured layer: above the bot's own file, below --set, adding to what is off, never a bot of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

from mlpipeline.errors import RecipeError
from mlpipeline.recipe.load import Resolved, load_recipes
from mlpipeline.recipe.measured import measured_file, read_reasons, write_measured
from mlpipeline.recipe.select import parse_selection

Write = Callable[[str, str], Path]


def one(conf: Path, bot: str, *sets: str, measured: bool = True) -> Resolved:
    (found,) = load_recipes(conf, select=parse_selection(bot), sets=sets, measured=measured)
    return found


@pytest.fixture
def conf(write: Write) -> Path:
    write("domains/shop/domain.yaml", "languages: [ko, ja]\n")
    return write("domains/shop/ko.yaml", "augment:\n  disabled: [typo_swap, honorific]\n")


def test_what_was_measured_adds_to_what_people_switched_off(conf: Path, write: Write) -> None:
    write("domains/shop/ko.measured.yaml", "# head\naugment:\n  disabled:\n    - same_word  # -2.0\n    - honorific\n")
    ko = one(conf, "shop/ko")
    assert ko.recipe.augment.disabled == ("typo_swap", "honorific", "same_word")
    origin = ko.origin("augment.disabled")
    assert "ko.measured.yaml:3, with " in origin and origin.endswith("domains/shop/ko.yaml:2")
    assert ko.origin("augment.fill_to").startswith("packaged conf/base.yaml:")
    (message,) = ko.messages
    assert "ko.measured.yaml:3" in message and message.endswith("same_word")
    assert one(conf, "shop/ja").recipe.augment.disabled == one(conf, "shop/ja", measured=False).recipe.augment.disabled


def test_set_is_above_it_and_a_verb_that_measures_does_without(conf: Path, write: Write) -> None:
    write("domains/shop/ko.measured.yaml", "augment: {disabled: [same_word]}\n")
    over = one(conf, "shop/ko", "augment.disabled=[]")
    assert over.recipe.augment.disabled == () and over.origin("augment.disabled") == "--set" and not over.messages
    assert one(conf, "shop/ko", measured=False).recipe.augment.disabled == ("typo_swap", "honorific")


def test_an_operator_that_is_no_more_is_told_and_left_out(conf: Path, write: Write) -> None:
    write("domains/shop/ko.measured.yaml", "augment: {disabled: [renamed_since, same_word]}\n")
    ko = one(conf, "shop/ko")
    assert ko.recipe.augment.disabled == ("typo_swap", "honorific", "same_word")
    assert "there is no operator renamed_since any more" in ko.messages[1]


def test_it_makes_no_bot(conf: Path, write: Write) -> None:
    write("domains/shop/ko.measured.yaml", "augment: {disabled: [same_word]}\n")
    write("domains/shop/ja.measured.yaml", "")
    assert [bot.lang for bot in load_recipes(conf)] == ["ko", "ja"]
    assert not one(conf, "shop/ja").messages


@pytest.mark.parametrize(
    ("name", "text", "where", "what"),
    [
        ("ko.measured.yaml", "augment: {of: [a]}", ":1", "unknown key augment.of"),
        ("ko.measured.yaml", "augment: {fill_to: 3}", ":1", "augment.fill_to: nothing measures it"),
        ("ko.measured.yaml", "train: {epochs: 3}", ":1", "unknown key train"),
        ("ko.measured.yaml", "augment: {disabled: same_word}", ":1", "should be a list"),
        ("ko.measured.yaml", "augment: {disabled: [1]}", ":1", "list of names"),
        ("ko.measured.yaml", "augment: [same_word]", ":1", "should be a mapping"),
        ("ko.measured.yaml", "augment: {disabled: [", "", "not valid YAML"),
        ("korean!.measured.yaml", "augment: {disabled: [a]}", "korean!", "named after no language"),
        ("jp.measured.yaml", "augment: {disabled: [a]}", "jp.measured", "named after no language"),
        ("ko.measured.yml", "augment: {disabled: [a]}", "ko.measured.yml", "named after no language"),
    ],
)
def test_mistakes_in_it_are_named(conf: Path, write: Write, name: str, text: str, where: str, what: str) -> None:
    write(f"domains/shop/{name}", f"{text}\n")
    with pytest.raises(RecipeError) as caught:
        load_recipes(conf)
    assert where in caught.value.where and what in caught.value.what and caught.value.fix


def test_what_is_written_is_read_back_and_goes_when_nothing_is_left(conf: Path) -> None:
    file = measured_file(conf, "shop", "ko")
    when = datetime(2026, 11, 21, 17, 0, tzinfo=timezone.utc)
    write_measured(file, "shop/ko", {"same_word": "gain -2.0 points\n[-3.1, -0.9]", "splice": "marks: 2 of 20"}, when)
    text = file.read_text("utf-8")
    assert "mlpipeline augment report" in text and "2026-11-21 17:00 UTC" in text and "shop/ko" in text
    assert read_reasons(file) == {"same_word": "gain -2.0 points [-3.1, -0.9]", "splice": "marks: 2 of 20"}
    assert one(conf, "shop/ko").recipe.augment.disabled == ("typo_swap", "honorific", "same_word", "splice")
    write_measured(file, "shop/ko", {})
    assert not file.exists() and read_reasons(file) == {}
    write_measured(file, "shop/ko", {})


def test_a_folder_that_cannot_be_written_to_is_said_with_what_to_do(conf: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        write_measured(conf / "domains" / "nowhere" / "ko.measured.yaml", "nowhere/ko", {"same_word": "bad"})
    assert "cannot be written" in caught.value.what and "disabled: [same_word]" in caught.value.fix
    with pytest.raises(RecipeError, match="names no operator"):
        write_measured(measured_file(conf, "shop", "ko"), "shop/ko", {"a b": ""})
