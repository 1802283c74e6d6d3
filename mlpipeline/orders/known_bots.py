"""The bot that a person names, and those that they choose: known to the store or to the recipes."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from mlpipeline.bots import Bot
from mlpipeline.errors import RecipeError, UsageError, did_you_mean
from mlpipeline.recipe.tags import canonical_tag
from mlpipeline.store.layout import Store

_log = logging.getLogger(__name__)

_MOST = 10  # bots that a message names


def find_bot(store: Store, conf: Path, text: str) -> str:
    """The bot of `shop/ko`, `shop/zh_TW` or, where only French is there, `shop/fr-CA`.

    Args:
        store: whose bots are known.
        conf: the folder of recipes, whose bots are known too; there need not be one.
        text: what a person wrote.

    Returns:
        DOMAIN/LANG, the language a canonical tag.

    Raises:
        UsageError: the words are no bot, or neither the store nor the recipes have it, and they have others.
    """
    try:
        domain, lang = Bot.parse(text)
    except UsageError as error:
        raise UsageError(f"{error.what}{did_you_mean(text, known_bots(store, conf))}", fix=error.fix) from None
    try:
        tag, note = canonical_tag(lang)
        if store.exists(store.path("bundles", domain, tag)):
            return str(Bot(domain, tag))
        # Slow, for bots that are not released, and for mistakes.
        known = known_bots(store, conf)
        tag, note = canonical_tag(lang, {one.lang for one in map(Bot.parse, known) if one.domain == domain})
    except RecipeError as error:
        raise UsageError(error.what, where=text, fix=error.fix) from None
    bot = str(Bot(domain, tag))
    if known and bot not in known:  # where nothing is yet, the caller says what makes it
        there = ", ".join(known[:_MOST]) + (f" and {len(known) - _MOST:,} more" if len(known) > _MOST else "")
        raise UsageError(f"there is no bot {bot}{did_you_mean(bot, known)}", fix=f"there are: {there}")
    if note and tag != lang:
        _log.info("note: %s", note, extra={"bot": bot})
    return bot


def known_bots(store: Store, conf: Path) -> list[str]:
    """The bots of the store and those of the recipes, sorted; a domain that cannot be read has none."""
    # Here, because a released bot is found without the recipes and the tables, and an answer must come quickly.
    from mlpipeline.recipe.load import bots_of
    from mlpipeline.store.tables.manifests import load_manifest

    found = {bot for name in ("utterance", "released") for bot in load_manifest(store, name).entries}
    bundles = store.path("bundles")
    for domain in store.names(bundles):
        found |= {str(Bot(domain, lang)) for lang in store.names(f"{bundles}/{domain}")}
    if conf.is_dir():
        with suppress(RecipeError):
            found |= {str(bot) for bot in bots_of(conf) if bot.lang != "*"}
    return sorted(found)


def chosen_bots(known: Collection[str], select: str | Sequence[str] | None, exclude: Sequence[str]) -> set[str]:
    """Those of the known bots that are asked for; `*/ko`, what all bots of a language share, counts as one.

    Raises:
        UsageError: there are bots, and none of them is chosen.
    """
    from mlpipeline.recipe.select import parse_selection

    tags = {Bot.parse(bot).lang for bot in known}
    chosen = parse_selection(select).fitted(tags)
    without = [parse_selection(one, option="--exclude").fitted(tags) for one in exclude]
    found = {
        bot
        for bot in known
        if chosen.matches(*Bot.parse(bot)) and not any(one.matches(*Bot.parse(bot)) for one in without)
    }
    if known and not found:
        named = sorted(bot for bot in known if not bot.startswith("*"))
        words = [*named, *(f"domain:{Bot.parse(bot).domain}" for bot in named), *(f"lang:{tag}" for tag in tags)]
        hint = did_you_mean(str(chosen), words) if chosen else ""
        raise UsageError(f"no bot of the store is chosen{hint}", fix=f"there are: {', '.join(named[:_MOST])}")
    return found
