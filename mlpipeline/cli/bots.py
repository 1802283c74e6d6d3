"""The bot that a person names: in the language that there is, and known to the store or to the recipes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from mlpipeline.cli.options import Desk
from mlpipeline.errors import RecipeError, UsageError, did_you_mean

_MOST = 10  # bots that a message names


def meant_bot(desk: Desk, text: str) -> str:
    """The bot of `shop/ko`, `shop/zh_TW` or, where only French is there, `shop/fr-CA`; a note says what was read.

    Raises:
        UsageError: the words are no bot, or neither the store nor the recipes have it, and they have others.
    """
    from mlpipeline.recipe.tags import canonical_tag

    if text.count("/") != 1 or not all(text.split("/")):
        raise UsageError(f"{text!r} is no bot{did_you_mean(text, known_bots(desk))}", fix="write DOMAIN/LANG: shop/ko")
    domain, lang = text.split("/")
    try:
        tag, note = canonical_tag(lang)
        if desk.store.exists(desk.store.path("bundles", domain, tag)):
            return f"{domain}/{tag}"
        # Slow, for bots that are not released, and for mistakes.
        known = known_bots(desk)
        tag, note = canonical_tag(lang, {bot.split("/")[1] for bot in known if bot.split("/")[0] == domain})
    except RecipeError as error:
        raise UsageError(error.what, where=text, fix=error.fix) from None
    bot = f"{domain}/{tag}"
    if known and bot not in known:  # where nothing is yet, the verb says what makes it
        there = ", ".join(known[:_MOST]) + (f" and {len(known) - _MOST:,} more" if len(known) > _MOST else "")
        raise UsageError(f"there is no bot {bot}{did_you_mean(bot, known)}", fix=f"there are: {there}")
    if note and tag != lang:
        desk.say(f"note: {note}")
    return bot


def known_bots(desk: Desk) -> list[str]:
    """The bots of the store and those of the recipes, sorted; a part that cannot be read has none."""
    from mlpipeline.recipe.load import bots_of
    from mlpipeline.store.tables.manifests import load_manifest

    found = {bot for name in ("utterance", "released") for bot in load_manifest(desk.store, name).entries}
    bundles = desk.store.path("bundles")
    for domain in desk.store.names(bundles):
        found |= {f"{domain}/{lang}" for lang in desk.store.names(f"{bundles}/{domain}")}
    if desk.conf.is_dir():
        with suppress(RecipeError):
            found |= {f"{domain}/{lang}" for domain, lang in bots_of(desk.conf) if lang != "*"}
    return sorted(found)


def chosen_bots(known: Collection[str], select: str | None, exclude: Sequence[str]) -> set[str]:
    """Those of the known bots that are asked for; `*/ko`, what all bots of a language share, counts as one.

    Raises:
        UsageError: there are bots, and none of them is chosen.
    """
    from mlpipeline.recipe.select import parse_selection

    tags = {bot.split("/")[1] for bot in known}
    chosen = parse_selection(select).fitted(tags)
    without = [parse_selection(one, option="--exclude").fitted(tags) for one in exclude]
    found = {
        bot
        for bot in known
        if chosen.matches(*bot.split("/")) and not any(one.matches(*bot.split("/")) for one in without)
    }
    if known and not found:
        named = sorted(bot for bot in known if not bot.startswith("*"))
        words = [*named, *(f"domain:{bot.split('/')[0]}" for bot in named), *(f"lang:{tag}" for tag in tags)]
        hint = did_you_mean(str(chosen), words) if chosen else ""
        raise UsageError(f"no bot of the store is chosen{hint}", fix=f"there are: {', '.join(named[:_MOST])}")
    return found
