"""The operators and the rules of a language, or of a bot, as `augment try` and `augment operators` use them."""

from __future__ import annotations

from dataclasses import replace

from mlpipeline.cli.context import CommandContext
from mlpipeline.errors import UsageError
from mlpipeline.languages.paraphrase.tools import load_tool
from mlpipeline.languages.profile import Profile
from mlpipeline.methods.augmentation.wordings import Setting
from mlpipeline.recipe.fields import AugmentPart, CleanPart, Language
from mlpipeline.recipe.load import load_sections
from mlpipeline.recipe.tags import canonical_tag
from mlpipeline.stages.augment import making_settings


def setting_of(context: CommandContext, lang: str, bot: str | None) -> Setting:
    """The language's, or the bot's, with `--seed` for the recipe's."""
    if bot:
        from mlpipeline.cli.bots import meant_bot

        recipe = context.recipe(meant_bot(context, bot)).recipe
        tag = recipe.lang
        if canonical_tag(lang, (tag,))[0] != tag:
            raise UsageError(f"{bot} does not speak {lang}", fix=f"mlpipeline augment try {tag} ... --bot {bot}")
        language, clean, augment = recipe.language, recipe.clean, recipe.augment
    else:
        sections = load_sections(context.conf, lang, where=lang)
        tag, language, clean, augment = sections.tag, sections[Language], sections[CleanPart], sections[AugmentPart]
    rules = making_settings(augment, clean)
    if context.options.seed is not None:
        rules = replace(rules, seed=context.options.seed)
    asked = getattr(context.options, "only", "").split(",")
    return Setting(tag, Profile.of(language), rules, load_tool(tag, (*rules.enabled, *map(str.strip, asked))))
