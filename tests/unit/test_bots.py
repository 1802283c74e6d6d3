"""The name of a bot, and of a version of its model."""

from __future__ import annotations

import pytest

from mlpipeline.bots import Bot, BotVersion
from mlpipeline.errors import UsageError


@pytest.mark.parametrize("name", ["shop/ko", "shop/zh-Hant-TW", "*/ko", "a b/th"])
def test_a_bot_is_written_as_it_is_read(name: str):
    assert str(Bot.parse(name)) == name
    assert Bot.parse(name) == tuple(name.split("/"))


@pytest.mark.parametrize("name", ["", "shop", "/", "shop/", "/ko", "shop/ko/7", "shop//ko"])
def test_what_is_no_bot_is_a_mistake_with_its_name(name: str):
    with pytest.raises(UsageError, match="is no bot") as caught:
        Bot.parse(name)
    assert repr(name) in caught.value.what and "DOMAIN/LANG" in caught.value.fix


@pytest.mark.parametrize(
    ("name", "bot", "version"),
    [
        ("shop/ko@3", "shop/ko", "3"),
        ("shop/ko@previous", "shop/ko", "previous"),
        ("shop/zh-Hant", "shop/zh-Hant", None),
    ],
)
def test_a_version_is_written_as_it_is_read(name: str, bot: str, version: str | None):
    assert BotVersion.parse(name) == (bot, version) and str(BotVersion.parse(name)) == name


@pytest.mark.parametrize(
    "name", ["shop/ko@", "@3", "shop/ko@0", "shop/ko@-1", "shop/ko@3@4", "shop/ko@v3", "shop/ko@\u0663"]
)
def test_what_names_no_version_is_a_mistake(name: str):
    with pytest.raises(UsageError, match="names no version of a bot -> write DOMAIN/LANG@VERSION"):
        BotVersion.parse(name)
