"""What a valid recipe says that can hardly be meant, as notes for its owner."""

from __future__ import annotations

from collections.abc import Iterator

from mlpipeline.recipe.fields import AugmentSection, Recipe
from mlpipeline.recipe.names import ANY_LANGUAGE, CONVERSION, SOURCE, operator_names


def remarks(recipe: Recipe) -> Iterator[str]:
    """One line each."""
    lang, augment, denoise, train = recipe.lang, recipe.augment, recipe.denoise, recipe.train
    if augment.fill_to > 0 and not any(_makers(lang, augment)):
        yield (
            f"augment.fill_to is {augment.fill_to} and no operator is left for {lang} (augment.kinds, enabled, "
            "disabled, generator): nothing is made; fill_to: 0 says so"
        )
    if denoise.out_of_scope_label != train.out_of_scope_label:
        yield (
            f"denoise.out_of_scope_label is {denoise.out_of_scope_label!r}, "
            f"train.out_of_scope_label {train.out_of_scope_label!r}: what is out of scope has one name"
        )


def _makers(lang: str, augment: AugmentSection) -> Iterator[str]:
    """The operators that make rows for a language under an `augment` section."""
    known = operator_names()
    own = {one.lang for one in known} & {lang, lang.split("-")[0]}
    for one in known:
        if one.name in augment.disabled or one.lang not in (ANY_LANGUAGE, *own):
            continue
        if one.kind == SOURCE:
            is_used = one.name == "synonym" or (one.name == "generator" and augment.generator is not None)
        else:
            is_used = one.name in augment.enabled or (one.kind != CONVERSION and one.kind in augment.kinds)
        if is_used:
            yield one.name
