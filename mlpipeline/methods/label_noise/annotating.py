"""Several annotators a text: what the label probably is, whom to believe, and who agrees with whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypedDict

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.analysis import NoiseAnalysis
from mlpipeline.methods.label_noise.annotators import find_consensus, kappa_by_pair
from mlpipeline.methods.label_noise.examples import Examples

_MOST = 50  # annotators with a quality of their own: each takes a matrix of intents by intents
_LISTED = 50  # texts that they disagree on, the least certain first
_FEWEST = 3  # who answer: of two who disagree, nothing in their answers tells which one is right


class Answer(NamedTuple):
    """What one annotator said of one content: of all its rows, those too that repeat one which another one labelled.

    `group` is what near duplicates share, `text` one of the wordings.
    """

    content_id: str
    annotator: str
    intent: str
    group: str
    text: str


def answers_of(rows: pa.Table) -> list[Answer]:
    """The answers in a bot's rows, whatever their order, each once.

    Args:
        rows: `content_id`, `annotator`, `intent`, `component`, `text`; the last two may be null.
    """
    said: dict[tuple[str, str, str], tuple[str, str]] = {}
    columns = (rows[name].to_pylist() for name in ("content_id", "annotator", "intent", "component", "text"))
    for content, annotator, intent, component, text in zip(*columns, strict=True):
        if annotator and intent is not None:
            key, more = (content, annotator, intent), (component or content, text or "")
            said[key] = min(said.get(key, more), more)
    return [Answer(*key, *more) for key, more in sorted(said.items())]


def unequivocal(answers: Sequence[Answer]) -> list[Answer]:
    """The answers of those who said one thing of a content; who said two, said nothing."""
    times = Counter((answer.content_id, answer.annotator) for answer in answers)
    return [answer for answer in answers if times[answer.content_id, answer.annotator] == 1]


def votes_of_views(examples: Examples, analysis: NoiseAnalysis) -> dict[str, str]:
    """The likeliest intent of each content that was judged, by models that have never learnt its labels."""
    said: dict[str, str] = {}
    if analysis.detection is None:
        return said
    judged = [(~examples.held_out, analysis.detection.estimate.fused)]
    if analysis.test is not None:
        judged.append((examples.held_out, analysis.test.fused[examples.held_out]))
    for chosen, fused in judged:
        for row, label in zip(np.flatnonzero(chosen).tolist(), fused.argmax(axis=1).tolist(), strict=True):
            said[examples.ids[row]] = examples.intents[label]
    return said


def doubted_shares(examples: Examples, analysis: NoiseAnalysis, answers: Sequence[Answer]) -> dict[str, float]:
    """Of each annotator, the share of the answers whose label is doubted, whoever else gave it; 0 to 1.

    Where several gave one label to a text, one row of it is judged, and it is an answer of each of them: were it
    counted for the one whose row stands first, the others would be left with what nobody shares. What is nearly a
    judged text with that label counts as that one. Annotators without an answer that was judged are left out.
    """
    intents = [examples.intents[label] for label in examples.labels.tolist()]
    judged = {key: row for row, key in enumerate(zip(examples.ids, intents, strict=True))}
    # Backwards, so that of several the first stays.
    near = {
        (answer.group, answer.intent): judged[answer.content_id, answer.intent]
        for answer in reversed(answers)
        if (answer.content_id, answer.intent) in judged
    }
    flagged = {one.row for one in analysis.findings if one.flagged}
    given, doubted = Counter[str](), Counter[str]()
    for answer in answers:
        row = judged.get((answer.content_id, answer.intent), near.get((answer.group, answer.intent)))
        if row is not None:
            given[answer.annotator] += 1
            doubted[answer.annotator] += row in flagged
    return {name: doubted[name] / count for name, count in given.items()}


class _Annotator(TypedDict):
    annotator: str
    answers: int
    flagged: float | None
    quality: float | None


def annotator_report(
    examples: Examples, analysis: NoiseAnalysis, answers: Sequence[Answer]
) -> dict[str, object] | None:
    """Quality of each annotator, kappa by pair, and the texts that they disagree on; None without annotators.

    `quality` is the probability that an annotator gives the right label (Dawid and Skene), known only where several
    answered the same texts; what the views say counts as one answer more, and of two annotators without it nothing is
    known. `flagged` is the share of the annotator's answers whose label is doubted (`doubted_shares`).
    """
    shares, answers = doubted_shares(examples, analysis, answers), unequivocal(answers)
    people = Counter(answer.annotator for answer in answers)
    if not people:
        return None
    names = [name for name, _ in sorted(people.items(), key=lambda item: (-item[1], item[0]))[:_MOST]]
    heard = set(names)
    by_content: dict[str, dict[str, str]] = defaultdict(dict)
    for answer in answers:
        if answer.annotator in heard:
            by_content[answer.content_id][answer.annotator] = answer.intent
    shared = {content: said for content, said in by_content.items() if len(said) > 1}
    asked: list[_Annotator] = [
        {
            "annotator": name,
            "answers": people[name],
            "flagged": round(shares[name], 4) if name in shares else None,
            "quality": None,
        }
        for name in names
    ]
    told: dict[str, object] = {
        "annotators": asked,
        "left_out": len(people) - len(names),
        "shared_texts": len(shared),
        "kappa": [],
        "disagreements": [],
    }
    texts = {answer.content_id: answer.text for answer in reversed(answers)}
    views = votes_of_views(examples, analysis)
    return told | _compared(asked, shared, texts, views) if shared else told


def _compared(
    people: Sequence[_Annotator],
    shared: dict[str, dict[str, str]],
    texts: Mapping[str, str],
    views: Mapping[str, str],
) -> dict[str, object]:
    """What texts with several answers add; `views` says the likeliest intent by content, `texts` how it reads."""
    names = [one["annotator"] for one in people]
    intents = sorted({intent for said in shared.values() for intent in said.values()})
    place = {intent: number for number, intent in enumerate(intents)}
    contents = sorted(shared)
    table = _answer_table(contents, shared, names, place, views)
    consensus = find_consensus(table, len(intents))
    heard = (table >= 0).any(axis=0)
    known = heard & (heard.sum() >= _FEWEST)
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
