"""Several annotators a text: what the label probably is, whom to believe, and who agrees with whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.networks.noise.annotators import find_consensus, kappa_by_pair
from mlpipeline.stages.denoise.judging import Verdict
from mlpipeline.stages.denoise.units import Units

_MOST = 50  # annotators with a quality of their own: each takes a matrix of intents by intents
_LISTED = 50  # texts that they disagree on, the least certain first
_FEWEST = 3  # who answer: of two who disagree, nothing in their answers tells which one is right


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


def said_by_views(units: Units, verdict: Verdict) -> dict[str, str]:
    """The likeliest intent of each content that was judged, by models that have never learnt its labels."""
    said: dict[str, str] = {}
    if verdict.detection is None:
        return said
    judged = [(~units.held_out, verdict.detection.judgement.fused)]
    if verdict.test is not None:
        judged.append((units.held_out, verdict.test.fused[units.held_out]))
    for chosen, fused in judged:
        for row, label in zip(np.flatnonzero(chosen).tolist(), fused.argmax(axis=1).tolist(), strict=True):
            said[units.ids[row]] = units.intents[label]
    return said


def annotator_report(units: Units, verdict: Verdict, answers: Sequence[Answers]) -> dict[str, Any] | None:
    """Quality of each annotator, kappa by pair, and the texts that they disagree on; None without annotators.

    `quality` is the probability that an annotator gives the right label (Dawid and Skene), known only where several
    answered the same texts; what the views say counts as one answer more, and of two annotators without it nothing is
    known. `flagged` is the share of the annotator's units whose label is doubted.
    """
    people = Counter(answer.annotator for answer in answers)
    if not people:
        return None
    names = [name for name, _ in sorted(people.items(), key=lambda item: (-item[1], item[0]))[:_MOST]]
    heard = set(names)
    given = Counter(units.annotators)
    doubted = Counter(units.annotators[one.row] for one in verdict.findings if one.flagged)
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
    return told | _compared(told["annotators"], shared, units, said_by_views(units, verdict)) if shared else told


def _compared(
    people: list[dict[str, Any]], shared: dict[str, dict[str, str]], units: Units, views: Mapping[str, str]
) -> dict[str, Any]:
    """What texts with several answers add; `views` says the likeliest intent by content."""
    names = [one["annotator"] for one in people]
    intents = sorted({intent for said in shared.values() for intent in said.values()})
    place = {intent: number for number, intent in enumerate(intents)}
    contents = sorted(shared)
    table = _answer_table(contents, shared, names, place, views)
    consensus = find_consensus(table, len(intents))
    heard = (table >= 0).any(axis=0)
    known = heard & (heard.sum() >= _FEWEST)
    texts = dict(zip(units.ids, units.texts, strict=True))
    split = [row for row in range(len(contents)) if len(set(shared[contents[row]].values())) > 1]
    split.sort(key=lambda row: (round(float(consensus.chances[row].max()), 6), contents[row]))
    return {
        "annotators": [
            {**one, "quality": round(float(consensus.quality[column]), 4) if known[column] else None}
            for column, one in enumerate(people)
        ],
        "kappa": [
            {"left": names[left], "right": names[right], "kappa": round(value, 4), "texts": common}
            for (left, right), (value, common) in sorted(kappa_by_pair(table[:, :-1]).items())
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


def _answer_table(
    contents: Sequence[str],
    shared: Mapping[str, Mapping[str, str]],
    names: Sequence[str],
    place: Mapping[str, int],
    views: Mapping[str, str],
) -> NDArray[np.int64]:
    """Codes of the answers, one column a name and a last one of the views: (n, a + 1), -1 where nothing is said."""
    table = np.full((len(contents), len(names) + 1), -1, np.int64)
    for row, content in enumerate(contents):
        for column, name in enumerate(names):
            if name in shared[content]:
                table[row, column] = place[shared[content][name]]
        # An intent that nobody gave takes no side.
        table[row, -1] = place.get(views.get(content, ""), -1)
    return table
