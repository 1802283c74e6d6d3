"""Several annotators a text: what the label probably is, whom to believe, and who agrees with whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from mlpipeline.networks.noise.annotators import find_consensus, kappa_by_pair
from mlpipeline.networks.noise.decide import Finding
from mlpipeline.stages.denoise.units import Units

_MOST = 50  # annotators with a quality of their own: each takes a matrix of intents by intents
_LISTED = 50  # texts that they disagree on, the least certain first


class Answers(NamedTuple):
    """What one annotator said of one content."""

    content_id: str
    annotator: str
    intent: str


def answers_of(rows: pa.Table) -> list[Answers]:
    """The answers in a bot's rows (`content_id`, `annotator`, `intent`), whatever their order.

    Who said two things of one content, said nothing.
    """
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    columns = (rows[name].to_pylist() for name in ("content_id", "annotator", "intent"))
    for content, annotator, intent in zip(*columns, strict=True):
        if annotator and intent is not None:
            said[content, annotator].add(intent)
    return [Answers(*key, next(iter(intents))) for key, intents in sorted(said.items()) if len(intents) == 1]


def annotator_report(units: Units, findings: Sequence[Finding], answers: Sequence[Answers]) -> dict[str, Any] | None:
    """Quality of each annotator, kappa by pair, and the texts that they disagree on; None without annotators.

    `quality` is the probability that an annotator gives the right label (Dawid and Skene), known only where several
    answered the same texts; `flagged` is the share of the annotator's units whose label is doubted.
    """
    people = Counter(answer.annotator for answer in answers)
    if not people:
        return None
    names = [name for name, _ in sorted(people.items(), key=lambda item: (-item[1], item[0]))[:_MOST]]
    heard = set(names)
    given = Counter(units.annotators)
    doubted = Counter(units.annotators[one.row] for one in findings if one.flagged)
    by_content: dict[str, dict[str, str]] = defaultdict(dict)
    for answer in answers:
        if answer.annotator in heard:
            by_content[answer.content_id][answer.annotator] = answer.intent
    shared = {content: said for content, said in by_content.items() if len(said) > 1}
    told: dict[str, Any] = {
        "annotators": [
            {
                "annotator": name,
                "answers": people[name],
                "flagged": round(doubted[name] / given[name], 4) if given[name] else None,
                "quality": None,
            }
            for name in names
        ],
        "left_out": len(people) - len(names),
        "shared_texts": len(shared),
        "kappa": [],
        "disagreements": [],
    }
    return told | _compared(told["annotators"], shared, units) if shared else told


def _compared(people: list[dict[str, Any]], shared: dict[str, dict[str, str]], units: Units) -> dict[str, Any]:
    """What texts with several answers add."""
    names = [one["annotator"] for one in people]
    intents = sorted({intent for said in shared.values() for intent in said.values()})
    place = {intent: number for number, intent in enumerate(intents)}
    contents = sorted(shared)
    table = np.full((len(contents), len(names)), -1, np.int64)
    for row, content in enumerate(contents):
        for column, name in enumerate(names):
            if name in shared[content]:
                table[row, column] = place[shared[content][name]]
    consensus = find_consensus(table, len(intents))
    asked = [bool((table[:, column] >= 0).any()) for column in range(len(names))]
    texts = dict(zip(units.ids, units.texts, strict=True))
    split = [row for row in range(len(contents)) if len(set(shared[contents[row]].values())) > 1]
    split.sort(key=lambda row: (round(float(consensus.chances[row].max()), 6), contents[row]))
    return {
        "annotators": [
            {**one, "quality": round(float(consensus.quality[column]), 4) if asked[column] else None}
            for column, one in enumerate(people)
        ],
        "kappa": [
            {"left": names[left], "right": names[right], "kappa": round(value, 4), "texts": common}
            for (left, right), (value, common) in sorted(kappa_by_pair(table).items())
        ],
        "disagreements": [
            {
                "content_id": contents[row],
                "text": texts.get(contents[row], ""),
                "answers": shared[contents[row]],
                "consensus": intents[int(consensus.labels[row])],
                "chance": round(float(consensus.chances[row].max()), 4),
            }
            for row in split[:_LISTED]
        ],
    }
