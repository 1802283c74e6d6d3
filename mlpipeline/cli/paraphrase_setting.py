"""The operators and the rules of a language, or of a bot, as `augment try` and `augment operators` use them."""

from __future__ import annotations

from dataclasses import replace

from mlpipeline.cli.context import CommandContext
from mlpipeline.errors import UsageError
from mlpipeline.languages.paraphrase.tools import load_tool
from mlpipeline.languages.profile import Profile
from mlpipeline.methods.augmentation.wordings import Setting
from mlpipeline.orders.paraphrases import setting_of_language
from mlpipeline.recipe.tags import canonical_tag
from mlpipeline.stages.augment import making_settings


def setting_of(context: CommandContext, lang: str, bot: str | None) -> Setting:
    """The language's, or the bot's, with `--seed` for the recipe's.

    Raises:
        UsageError: there is no such language or bot, or the bot is of another language.
    """
    named = [name.strip() for name in getattr(context.options, "only", "").split(",")]
    if not bot:
        return setting_of_language(context.conf, lang, seed=context.options.seed, operators=named)
    from mlpipeline.cli.bots import meant_bot

    recipe = context.recipe(meant_bot(context, bot)).recipe
    tag = recipe.lang
    if canonical_tag(lang, (tag,))[0] != tag:
        raise UsageError(f"{bot} does not speak {lang}", fix=f"mlpipeline augment try {tag} ... --bot {bot}")
    rules = making_settings(recipe.augment, recipe.clean)
    if context.options.seed is not None:
        rules = replace(rules, seed=context.options.seed)
    return Setting(tag, Profile.of(recipe.language), rules, load_tool(tag, (*rules.enabled, *named)))
