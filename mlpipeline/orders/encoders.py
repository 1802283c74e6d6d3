"""Which encoder a bot gets on this machine: the one that its recipe names, or what stands in for it and why."""

from __future__ import annotations

from dataclasses import replace

from mlpipeline.networks.encoders.use_source import FIX, is_installed, knows
from mlpipeline.recipe.load import Resolved
from mlpipeline.recipe.model_fields import EmbedSection

_WEIGHTS, _TRAINED_HERE = "use", "ngram-lsa"


class EncoderChoice:
    """Recipes as they can be run here. One plan asks it for all its bots: what stands in is told once a language.

    The bot is planned and run as if its recipe named what is used, so that its fingerprint tells what its vectors are
    of, and the day the wheel is installed they are made anew.
    """

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self._installed = is_installed()
        self._sections: dict[tuple[int, str], tuple[EmbedSection, EmbedSection]] = {}

    def as_runnable(self, bot: Resolved) -> Resolved:
        """The bot with an encoder that this machine has and that knows its language."""
        section = bot.recipe.embed
        if section.encoder == _WEIGHTS and not knows(bot.lang):
            why = f"{bot.lang}: the encoder `use` does not know this language, `{_TRAINED_HERE}` is used instead"
        elif _WEIGHTS in section.encoder.split("+") and not self._installed:
            why = f"{bot.lang}: the encoder `use` is not installed, `{_TRAINED_HERE}` is used instead -> {FIX}"
        else:
            return bot
        self.notes.setdefault(bot.lang, why)
        # Bots that share a section go on sharing one. With the old section: an id may be used again when it is gone.
        key = (id(section), _TRAINED_HERE)
        if key not in self._sections:
            self._sections[key] = (section, section.model_copy(update={"encoder": _TRAINED_HERE}))
        return replace(bot, recipe=bot.recipe.model_copy(update={"embed": self._sections[key][1]}))
