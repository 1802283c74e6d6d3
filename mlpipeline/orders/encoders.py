"""Which encoder a bot gets on this machine: the one that its recipe names, or what stands in for it and why."""

from __future__ import annotations

from dataclasses import replace

from mlpipeline.networks.encoders.use_source import FIX, is_installed, knows
from mlpipeline.networks.shapes import AUTO, NGRAM
from mlpipeline.recipe.load import Resolved
from mlpipeline.recipe.values import Section

_WEIGHTS, _TRAINED_HERE, _LEARNT_INTENTS = "use", "ngram-lsa", "use-fitted"


def trained_here(encoder: str) -> bool:
    """Whether rows of the store take part in an encoder, so that it may be outgrown."""
    return _TRAINED_HERE in encoder.split("+") or encoder == _LEARNT_INTENTS


class EncoderChoice:
    """Recipes as they can be run here. One plan asks it for all its bots: what stands in is told once a language.

    The bot is planned and run as if its recipe named what is used, so that its fingerprint tells what its vectors are
    of, and the day the weights are installed they are made anew. Vectors without weights are no view of `denoise`:
    they know nothing that n-grams do not. Nor are those of `use-fitted`: the labels in doubt took part in them.
    """

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self._installed = is_installed()
        self._changed: dict[tuple[int, str], tuple[Section, Section]] = {}

    def as_runnable(self, bot: Resolved) -> Resolved:
        """The bot with an encoder that this machine has and that knows its language."""
        recipe, encoder = bot.recipe, bot.recipe.embed.encoder
        if encoder in (_WEIGHTS, _LEARNT_INTENTS) and not knows(bot.lang):
            why = f"{bot.lang}: the encoder `{encoder}` does not know this language, `{_TRAINED_HERE}` is used instead"
        elif (_WEIGHTS in encoder.split("+") or encoder == _LEARNT_INTENTS) and not self._installed:
            why = f"{bot.lang}: the encoder `use` is not installed, `{_TRAINED_HERE}` is used instead -> {FIX}"
        else:
            why = ""
        changes: dict[str, Section] = {}
        if why:
            self.notes.setdefault(bot.lang, why)
            encoder = _TRAINED_HERE
            changes["embed"] = self._with(recipe.embed, "encoder", encoder)
        if encoder in (_TRAINED_HERE, _LEARNT_INTENTS):
            # Vectors of n-grams know no meaning, and in the others the labels in doubt took part.
            for key, off in (("pretrained_vectors", False), ("near_contradiction", None)):
                rules = changes.get("denoise", recipe.denoise)
                if getattr(rules, key) != off:
                    changes["denoise"] = self._with(rules, key, off)
        if recipe.train.model == AUTO and _WEIGHTS not in encoder.split("+"):
            # Vectors of n-grams know no more than n-grams, those of a folder travel in no bundle, and a map that was
            # fitted to intents has seen the rows that would be held out.
            changes["train"] = self._with(recipe.train, "model", NGRAM)
        return replace(bot, recipe=recipe.model_copy(update=changes)) if changes else bot

    def _with(self, section: Section, key: str, value: object) -> Section:
        """The section with another value; bots that share a section go on sharing one."""
        place = (id(section), key)
        if place not in self._changed:
            # With the old section: an id may be used again when what had it is gone.
            self._changed[place] = (section, section.model_copy(update={key: value}))
        return self._changed[place][1]
