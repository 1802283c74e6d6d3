"""What gives candidates beside the operators: by the recipe, and beside what operators make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlpipeline.methods.augmentation.corpus import Candidate, Corpus, lacks_nothing
from mlpipeline.methods.augmentation.making import Augmented, augment_bot
from tests.unit.methods.augmentation.augment_rows import Tool, corpus, rules


def made(bot: Corpus, **changed: object) -> Augmented:
    return augment_bot(bot, rules(**changed), Tool())


def test_the_recipe_names_the_sources():
    bot = corpus(logs=("opening times", "my order is late"))
    assert not made(bot, disabled=("synonym",)).report["sources"]
    assert "reason" in made(bot, retrieve_to=50).report["sources"]["retrieval"]


def test_sources_stand_beside_the_operators():
    bot = corpus()

    def logs(own: Corpus, wanted: Mapping[str, int]) -> Iterator[Candidate]:
        assert own.ids == sorted(own.ids) and wanted["hours"] == 9
        row = own.intents.index("hours")
        for text in ("opening times", "do you close at noon on holidays"):
            yield Candidate(text, text, row, ("retrieval",))

    found = augment_bot(bot, rules(retrieve_to=20), Tool(), [logs])
    assert found.report["operators"]["retrieval"]["made"] == 2
    assert found.report["operators"]["retrieval"]["kept"] == 2


def test_a_bot_with_enough_rows_needs_no_tool():
    """Tools take seconds and up to half a GB: the stage loads them for bots that lack rows."""
    full = {"fill_to": 1, "retrieve_to": 50}
    assert lacks_nothing(corpus(), rules(**full)) and not lacks_nothing(corpus(), rules(fill_to=50))
    assert not lacks_nothing(corpus(logs=("opening times",)), rules(**full))
    assert lacks_nothing(corpus(logs=("opening times",)), rules(fill_to=0, retrieve_to=0))
