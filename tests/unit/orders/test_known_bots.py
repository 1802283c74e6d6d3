"""Which bot a person means, by the store and the recipes that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.errors import UsageError
from mlpipeline.orders.known_bots import find_bot, known_bots
from mlpipeline.store.layout import Store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Recipes of `shop` in two languages, and a bundle of a bot without a recipe; no table."""
    domain = tmp_path / "conf" / "domains" / "shop"
    domain.mkdir(parents=True)
    (domain / "domain.yaml").write_text("languages: [ko, zh-TW]\ningest: {files: [x.jsonl]}\n", "utf-8")
    (tmp_path / "store" / "bundles" / "bank" / "en").mkdir(parents=True)
    return tmp_path


def found(home: Path, text: str) -> str:
    return find_bot(Store(str(home / "store")), home / "conf", text)


def test_bots_of_the_recipes_and_of_the_store_are_known(home: Path):
    assert known_bots(Store(str(home / "store")), home / "conf") == ["bank/en", "shop/ko", "shop/zh-TW"]
    assert found(home, "bank/en") == "bank/en"


def test_a_tag_in_another_spelling_is_read_and_said(home: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    assert found(home, "shop/ko") == "shop/ko" and not caplog.messages
    assert found(home, "shop/zh_tw") == "shop/zh-TW" and len(caplog.messages) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shop", "'shop' is no bot"),
        ("shop/ko/cleaned", "is no bot"),
        ("shp/ko", "there is no bot shp/ko, did you mean shop/ko? -> there are: bank/en, shop/ko"),
        ("shop/x-?", "shop/x-?"),
    ],
)
def test_what_is_no_bot_is_answered_in_words(home: Path, text: str, said: str):
    with pytest.raises(UsageError) as error:
        found(home, text)
    assert said in str(error.value)
    assert sorted(path.name for path in home.iterdir()) == ["conf", "store"]
