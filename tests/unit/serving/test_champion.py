"""What answers for a bot is a bundle of that bot."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.errors import StoreError
from mlpipeline.serving.champion import open_answerer
from mlpipeline.store.bundles.content import put_bundle
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.pointers import Released, write_pointer
from tests.unit.serving.conftest import make_contents


@pytest.mark.parametrize("bot", ["shop/ko", "bank/ko"])
def test_a_whole_bundle_of_another_bot_answers_nobody(tmp_path: Path, bot: str):
    folder, digest = put_bundle(tmp_path / "bundles" / bot, make_contents())
    write_pointer(Released(bot, 1, str(folder), digest, {}))
    store = Store(str(tmp_path))
    if bot == "shop/ko":
        assert open_answerer(store, bot, nearest=0).answer(["배송비"])[0].version == 1
        return
    with pytest.raises(StoreError, match="the bundle of shop/ko stands where that of bank/ko was released"):
        open_answerer(store, bot)
