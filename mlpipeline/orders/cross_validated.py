"""How good a bot was in its last run, on rows that the judging networks had not learnt: cross-validation, pooled."""

from __future__ import annotations

import json

from mlpipeline.errors import InputError, StoreError
from mlpipeline.methods.evaluation.causes import tasks_of
from mlpipeline.orders.evaluation import Evaluation, predicted_of
from mlpipeline.orders.wrong_rows import find_wrong_rows
from mlpipeline.serving.answer import Answer, Answerer
from mlpipeline.serving.choose import ANSWER, DID_YOU_MEAN, FALLBACK
from mlpipeline.store.checked import with_store
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows


def cross_validated(store: Store, answerer: Answerer) -> Evaluation:
    """The figures of the last run of a bot, with its wrong rows, as `evaluate_rows` gives them of a file.

    Each row was judged by a network that had not learnt it, so its nearest learnt rows are those beside itself.

    Args:
        store: with the datasets `evaluation`, `prediction` and `denoised` of the bot.
        answerer: of the bot; its limits say which rows would have been answered, its questions what is like a row.

    Raises:
        InputError: the store has no such figures of the bot.
    """
    bot = answerer.bundle.bot
    try:
        report = json.loads(read_rows(store, "evaluation", bots=[bot], columns=["report"])["report"][0].as_py())
        said = read_rows(store, "prediction", bots=[bot]).to_pylist()
        texts = read_rows(store, "denoised", bots=[bot], columns=["content_id", "text"]).to_pylist()
    except (StoreError, IndexError) as error:
        fix = f"`mlpipeline run --select {bot}{with_store(store.base)}` makes them"
        raise InputError("there are no figures of its last run", where=bot, fix=fix) from error
    # What a report of an older version lacks.
    every = report["in_scope_rows"] + report["unknown_rows"]
    older = {"known_accuracy": report["accuracy"], "known_accuracy_interval": report["accuracy_interval"]}
    report = {**older, "accuracy_rows": every, "source": f"{every:,} test rows", **report}
    text_of = {row["content_id"]: str(row["text"]) for row in texts}
    limits = answerer.bundle.thresholds
    rows, answers = [], []
    # A fixed test set stands beside the other rows, and counts where there are no others.
    for one in [row for row in said if row.get("fold") is not None] or said:
        text = text_of.get(one["content_id"])
        if text is None:
            continue
        zone = FALLBACK if one["score"] < limits.did_you_mean else DID_YOU_MEAN
        zone = ANSWER if one["score"] >= limits.answer else zone
        answer = Answer(text, one["predicted"], one["score"], zone, None, None, [])
        rows.append((text, one["intent"]))
        answers.append(answer)
    wrong = find_wrong_rows(answerer, rows, answers, beside_itself=True)
    tasks = tasks_of([(row.cause, row.intent, row.answer.intent, row.text) for row in wrong])
    predictions = [predicted_of(answerer, *pair) for pair in zip(rows, answers, strict=True)]
    return Evaluation(bot, report, None, None, wrong, tasks, predictions)
