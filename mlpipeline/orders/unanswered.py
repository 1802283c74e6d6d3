"""Intents of a released bot without an answer, and answers that are of none of its intents."""

from __future__ import annotations

from collections.abc import Mapping

from mlpipeline.errors import MLPipelineError
from mlpipeline.orders.plan import Plan
from mlpipeline.stages.release.answers import read_answers, unmatched
from mlpipeline.store.layout import Store


def answer_warnings(store: Store, plan: Plan, released: Mapping[str, Mapping[str, object]]) -> dict[str, list[str]]:
    """For each bot of the plan that has an answers file and was released: lines of what does not meet.

    Args:
        store: with the bundles.
        plan: its orders of `release` name the files.
        released: bot -> `uri` of its bundle below the store.
    """
    told: dict[str, list[str]] = {}
    for bot, order in plan.orders.get("release", {}).items():
        labels = _labels(store, str(released.get(bot, {}).get("uri") or ""))
        if not labels or not order.job.sources:
            continue
        file = order.job.sources[0]
        try:
            answers = read_answers(file.path, file.name, file.lang)
        except MLPipelineError:
            continue  # changed since it was planned; the bot failed with that
        silent = order.job.recipe.train.out_of_scope_label  # nobody answers what is none of the bot's business
        lines = unmatched(answers, [label for label in labels if label != silent or label in answers])
        if lines:
            told[bot] = [f"{file.name}: {line}" for line in lines]
    return told


def _labels(store: Store, uri: str) -> list[str]:
    data = store.read(store.path(*uri.split("/"), "labels.txt")) if uri else None
    return (data or b"").decode("utf-8", "replace").split("\n")[:-1]
