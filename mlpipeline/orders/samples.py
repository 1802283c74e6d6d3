"""The sample questions of the recipes, answered by the champions: what a person sees first after a run."""

from __future__ import annotations

from collections.abc import Iterable

from mlpipeline.errors import InputError, MLPipelineError
from mlpipeline.recipe.load import Resolved
from mlpipeline.serving.answer import Answer
from mlpipeline.serving.champion import open_answerer
from mlpipeline.store.corpus.message_files import read_messages
from mlpipeline.store.layout import Store

_SAMPLES = 3  # questions of a bot


def answer_samples(store: Store, bots: Iterable[Resolved]) -> tuple[list[dict[str, object]], list[str]]:
    """The sample questions of the recipes (`release.questions`), answered by the champions: three a bot.

    Returns:
        Rows with `bot`, `question`, `intent`, `score`, `zone`, `answer`, and a line for each file that cannot be used.
        A bot without a champion has no rows.
    """
    rows, refused = [], []
    for bot in bots:
        name, file = str(bot.bot), bot.recipe.release.questions
        if not file:
            continue
        try:
            texts = [message.text.strip() for message in read_messages(bot.locate(file), bot.lang)[:_SAMPLES]]
        except InputError as error:
            refused.append(f"{name}: release.questions: {error}")
            continue
        try:
            answers = open_answerer(store, name, nearest=0).answer(texts)
        except MLPipelineError:
            continue
        rows += [_row(name, answer) for answer in answers]
    return rows, refused


def _row(bot: str, answer: Answer) -> dict[str, object]:
    return {
        "bot": bot,
        "question": answer.text,
        "intent": answer.intent,
        "score": answer.score,
        "zone": answer.zone,
        "answer": answer.answer,
    }
