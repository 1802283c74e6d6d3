"""One bot, from its rows to what is added to them: made, passed through the gates, chosen, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.methods.augmentation.agreement import Agreement, agreement_of
from mlpipeline.methods.augmentation.choosing import choose_rows
from mlpipeline.methods.augmentation.corpus import RETRIEVAL, AugmentedRow, Candidate, Corpus, Source, coded
from mlpipeline.methods.augmentation.framing import framed_rows
from mlpipeline.methods.augmentation.gates import TextGate, refusal
from mlpipeline.methods.augmentation.nearness import Shares, Texts, as_texts, near_earlier, near_rows, similarity_to
from mlpipeline.methods.augmentation.reporting import KEPT, report_of
from mlpipeline.methods.augmentation.rewriting import make_candidates
from mlpipeline.methods.augmentation.settings import MakingSettings
from mlpipeline.methods.augmentation.sources import sources_of
from mlpipeline.methods.near_duplicates.grams import Numbers

__all__ = ["Augmented", "AugmentedRow", "Candidate", "Review", "augment_bot"]


class Review(NamedTuple):
    """A made row that a person should judge: `label_disagrees` or `opposite`, and in words why."""

    row: AugmentedRow
    reason: str
    detail: str


@dataclass(frozen=True)
class Augmented:
    """What came of one bot: rows to add, rows to judge, and the report, as JSON takes it.

    `passed` are the rows that all gates let through, the kept ones among them; `choose_rows` chooses from these.
    """

    kept: list[AugmentedRow]
    review: list[Review]
    report: dict[str, Any]
    passed: list[AugmentedRow]


@dataclass(frozen=True)
class _Judged:
    """The candidates that passed the gates of text (`places` among all), and what the others say of them."""

    places: Numbers
    similarity: Shares
    agreement: Shares


def augment_bot(
    corpus: Corpus, rules: MakingSettings, tool: Tool, sources: Sequence[Source] | None = None
) -> Augmented:
    """Makes rows for the intents of a bot that have few.

    Equal rows and seeds give equal results, in whatever order the rows stand.

    Args:
        corpus: of the bot.
        rules: the recipe's `augment` part, with `fold` and `near_threshold` of its `clean` part.
        tool: of its language.
        sources: what gives candidates besides the operators; those that the recipe names when None. They get the
            corpus in its canonical order.
    """
    own, order = corpus.ordered()
    told: Mapping[str, object] = {}
    if sources is None:
        sources, told = sources_of(rules, tool)
    making = make_candidates(own, rules, tool, sources)
    outcomes, details = [KEPT] * len(making.candidates), dict[int, str]()
    judged = _through_gates(own, rules, tool, making.candidates, outcomes, details)
    made = {
        place: AugmentedRow(making.candidates[place], agreement, similarity)
        for place, agreement, similarity in zip(
            judged.places.tolist(), judged.agreement.tolist(), judged.similarity.tolist(), strict=True
        )
    }
    passed = [place for place in made if outcomes[place] == KEPT]
    stay = choose_rows(own, rules, tool, [made[place] for place in passed])
    for at in set(range(len(passed))) - set(stay):
        outcomes[passed[at]] = "balance"
    there_already = {made[passed[at]].candidate.normalized for at in stay}
    framed = [one for one in framed_rows(own, rules) if one.candidate.normalized not in there_already]
    everything = replace(making, candidates=[*making.candidates, *(one.candidate for one in framed)])
    back = [*order, -1]

    def there(row: AugmentedRow) -> AugmentedRow:
        one = row.candidate
        return row._replace(candidate=one._replace(row=back[one.row], other=back[one.other]))

    return Augmented(
        kept=[*(there(made[passed[at]]) for at in stay), *map(there, framed)],
        review=[Review(there(made[place]), outcomes[place], details[place]) for place in sorted(details)],
        report=report_of(own, everything, [*outcomes, *[KEPT] * len(framed)]) | {"sources": told},
        passed=[there(made[place]) for place in passed],
    )


def _through_gates(
    corpus: Corpus,
    rules: MakingSettings,
    tool: Tool,
    candidates: Sequence[Candidate],
    outcomes: list[str],
    details: dict[int, str],
) -> _Judged:
    """Writes why candidates are refused or put to review; the cheapest gates first."""
    gate = TextGate(corpus, rules, tool)
    for place, one in enumerate(candidates):
        outcomes[place] = gate.refuse(one)
    places = _left(outcomes)
    made = [candidates[place] for place in places]
    texts = as_texts([one.normalized for one in made], corpus.texts, corpus.held_out, rules.fold)
    similarity = _similarity(texts, made, places, outcomes, rules)
    for place in _left(outcomes):
        if gate.loses_words(candidates[place]):
            outcomes[place] = "stems"
    agreement = _agreement(corpus, rules, candidates, places, outcomes, details)
    return _Judged(places, similarity, agreement)


def _left(outcomes: Sequence[str]) -> Numbers:
    return np.array([place for place, outcome in enumerate(outcomes) if outcome == KEPT], np.int64)


def _similarity(
    texts: Texts, made: Sequence[Candidate], places: Numbers, outcomes: list[str], rules: MakingSettings
) -> Shares:
    """Similarity with the parent; refuses what is near other rows, or far from those that it was made of."""
    by_existing, by_held_out = near_rows(texts, rules.near_threshold)
    every = np.arange(len(made))
    similarity = similarity_to(texts, every, np.array([one.row for one in made], np.int64))
    closest = np.maximum(similarity, similarity_to(texts, every, np.array([one.other for one in made], np.int64)))
    for at, place in enumerate(places.tolist()):
        outcomes[place] = refusal(made[at], by_existing[at], by_held_out[at], closest[at], rules.min_similarity)
    # sentences of the logs may repeat each other: the surest one stays
    of_logs = [at for at, one in enumerate(made) if RETRIEVAL in one.operators and outcomes[places[at]] == KEPT]
    again = near_earlier(texts, np.array(of_logs, np.int64), rules.near_threshold)
    for at in np.flatnonzero(again).tolist():
        outcomes[places[of_logs[at]]] = "same"
    return similarity


def _agreement(
    corpus: Corpus,
    rules: MakingSettings,
    candidates: Sequence[Candidate],
    places: Numbers,
    outcomes: list[str],
    details: dict[int, str],
) -> Shares:
    """The probability of the parent's intent, by the places of `places`; 1 where there is no other intent."""
    names, labels = coded(corpus.intents)
    agreement = np.ones(len(places))
    asked = np.flatnonzero([outcomes[place] == KEPT for place in places])
    made = [candidates[place] for place in places[asked]]
    said = _said(corpus, labels, made, rules.seed)
    accepted = said.accepts(rules.min_agreement) if said is not None else np.ones(len(made), bool)
    for at, (place, one) in enumerate(zip(places[asked].tolist(), made, strict=True)):
        if said is not None:
            agreement[asked[at]] = said.probability[at]
        if one.opposite:
            outcomes[place] = "opposite"
            details[place] = f"made to say the opposite, by {one.operators[0]}"
        # the logs have a judge of their own; the sentences that teach most are those that a model knows least of
        elif RETRIEVAL in one.operators:
            continue
        elif said is not None and not accepted[at]:
            outcomes[place] = "label_disagrees"
            details[place] = f"a model of the other rows says {names[said.predicted[at]]}"
    return agreement


def _said(corpus: Corpus, labels: NDArray[np.int64], made: Sequence[Candidate], seed: int) -> Agreement | None:
    """What the model says of made texts; of one with slips, that its intent comes first if it does without them."""
    meant = [at for at, one in enumerate(made) if one.meant]
    texts = [one.normalized for one in made] + [made[at].meant for at in meant]
    rows = [one.row for one in made] + [made[at].row for at in meant]
    said = agreement_of(corpus.texts, labels, texts, labels[rows], seed) if made else None
    if said is None:
        return None
    count = len(made)
    first = said.first[:count].copy()
    first[meant] |= said.first[count:]
    return Agreement(said.probability[:count], first, said.predicted[:count])
