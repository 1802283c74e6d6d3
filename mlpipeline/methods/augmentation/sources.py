"""What gives candidates besides the operators of a language, by the recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Protocol

from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.methods.augmentation import generator, retrieval, synonyms
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus, Source, is_foreign, open_to_logs
from mlpipeline.methods.augmentation.settings import MakingSettings

NAMES = (synonyms.OPERATOR, retrieval.OPERATOR, generator.OPERATOR)


class Giver(Protocol):
    """A source before it knows its recipe; what it has to say for the report goes into `report`."""

    def __call__(
        self,
        corpus: Corpus,
        counts: Mapping[str, int],
        rules: MakingSettings,
        tool: Tool,
        report: MutableMapping[str, object],
    ) -> Iterator[Candidate]:
        """Candidates, whose `row` are places in the corpus."""


_GIVERS: Mapping[str, Giver] = {
    synonyms.OPERATOR: synonyms.synonyms,
    retrieval.OPERATOR: retrieval.retrieval,
    generator.OPERATOR: generator.generator,
}


def sources_of(rules: MakingSettings, tool: Tool) -> tuple[list[Source], dict[str, dict[str, object]]]:
    """The sources that the recipe wants, and what each of them says of itself once it was asked.

    Args:
        rules: the recipe's `augment` part; `off` names those that are not wanted; `retrieve_to: 0` and no
            `generator` leave out theirs.
        tool: of the bot's language.
    """
    said = dict[str, dict[str, object]]()
    wanted = {
        synonyms.OPERATOR: True,
        retrieval.OPERATOR: rules.retrieve_to > 0,
        generator.OPERATOR: bool(rules.generator),
    }
    names = [name for name in NAMES if wanted[name] and name not in rules.disabled]
    return [_source(name, rules, tool, said.setdefault(name, {})) for name in names], said


def _source(name: str, rules: MakingSettings, tool: Tool, told: dict[str, object]) -> Source:
    def source(corpus: Corpus, missing: Mapping[str, int]) -> Iterator[Candidate]:
        if is_foreign(corpus):
            told["reason"] = "the rows are not in the language that they are said to be in"
            return
        # sentences of the logs have a number of their own to fill up to
        wanted = open_to_logs(corpus, rules) if name == retrieval.OPERATOR else missing
        yield from _GIVERS[name](corpus, wanted, rules, tool, told)

    return source
