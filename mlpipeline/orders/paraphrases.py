"""Other wordings of a sentence, without a bot: the operators and the rules of its language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlpipeline.languages.paraphrase.operators import Operator, effective
from mlpipeline.languages.paraphrase.tools import CONVERSION, load_tool
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.augmentation.corpus import Corpus, left_alone
from mlpipeline.methods.augmentation.wordings import KEPT, Setting, Wording, check_wordings, paraphrases_of
from mlpipeline.recipe.fields import AugmentSection, CleanSection, Language
from mlpipeline.recipe.load import load_sections
from mlpipeline.stages.augment import making_settings


def setting_of_language(
    conf: Path | None,
    lang: str,
    *,
    sets: Sequence[str] = (),
    seed: int | None = None,
    operators: Sequence[str] = (),
    where: str = "",
) -> Setting:
    """The operators and the rules of a language.

    Args:
        conf: the user's folder; None, or where there is none: what is packaged counts.
        lang: its tag.
        sets: `section.key=value` each, over the recipe's.
        seed: for the recipe's.
        operators: to be loaded besides those that the recipe enables.
        where: what a message names when there is no such language; the tag itself by default.

    Raises:
        RecipeError: there is no such language or key.
    """
    sections = load_sections(conf, lang, sets=sets, where=where or lang)
    rules = making_settings(sections[AugmentSection], sections[CleanSection])
    if seed is not None:
        rules = replace(rules, seed=seed)
    tool = load_tool(sections.tag, (*rules.enabled, *operators))
    return Setting(sections.tag, Profile.of(sections[Language]), rules, tool)


def working_operators(setting: Setting) -> dict[str, Operator]:
    """The operators that change something in this language, those too that the recipe leaves off."""
    works = effective(setting.tool.operators, setting.profile.steps)
    return {name: one for name, one in works.items() if not name.startswith(CONVERSION) or setting.uses(name)}


def wordings_of(setting: Setting, text: str, *, chain: int = 1) -> list[Wording]:
    """Wordings of one text that the stage `augment` would keep: of operators that the recipe uses, past all gates.

    Those of different operators take turns, so that the first few are not all of one kind.

    Args:
        setting: of its language.
        text: as a user would write it.
        chain: operators one after another, at most.
    """
    normalized = normalizer(setting.profile)(text)
    if not normalized or left_alone(normalized, setting.profile):
        return []
    used = {name: one for name, one in working_operators(setting).items() if setting.uses(name)}
    corpus = Corpus(setting.profile, ids=[""], texts=[normalized], intents=[""])
    made = check_wordings(setting, corpus, paraphrases_of(setting, used, normalized, chain))
    turns: dict[tuple[str, ...], int] = {}
    ranked: list[tuple[int, Wording]] = []
    for one in made:
        if one.decision == KEPT and one.used:
            turns[one.operators] = turns.get(one.operators, -1) + 1
            ranked.append((turns[one.operators], one))
    return [one for _, one in sorted(ranked, key=lambda turn: turn[0])]
