"""The name of a bot."""

from __future__ import annotations

import pytest

from mlpipeline.bots import Bot
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
