"""What answers for a bot: the champion of a store, or one version of it, opened and verified."""

from __future__ import annotations

from pathlib import Path

from mlpipeline.errors import StoreError
from mlpipeline.serving.answer import Answerer
from mlpipeline.serving.bundle import load_bundle
from mlpipeline.store.bundles.seals import remedy
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.released import find_released, with_remedy


def open_answerer(store: Store, bot: str, version: str | None = None, nearest: int = 3) -> Answerer:
    """What answers for a bot: its champion, or one version of it.

    Args:
        store: where the bot was released.
        bot: DOMAIN/LANG.
        version: a version of the registry; None: the champion.
        nearest: how many known questions an answer names.

    Raises:
        StoreError: the bot has no bundle, or it is damaged.
        UsageError: it has others than the version that is asked for.
    """
    found = find_released(store, bot, version)
    try:
        bundle = load_bundle(Path(found.folder), digest=found.digest)
        if bundle.bot != bot:
            fix = remedy(Path(found.folder))
            raise StoreError(f"the bundle of {bundle.bot} stands where that of {bot} was released", where=bot, fix=fix)
        return Answerer(bundle, nearest=nearest, version=found.version)
    except StoreError as error:
        raise with_remedy(store, bot, found, error) from error
