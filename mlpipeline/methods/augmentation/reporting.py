"""What became of each candidate, counted: by operator, by reason with samples, by intent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from mlpipeline.methods.augmentation.corpus import Candidate, Corpus
from mlpipeline.methods.augmentation.rewriting import Making

SAMPLES = 10
KEPT = ""
REVIEWED = ("label_disagrees", "opposite")


def report_of(corpus: Corpus, making: Making, outcomes: Sequence[str]) -> dict[str, object]:
    """Counts of one bot, as JSON takes them.

    A chain counts for each of its operators, so that their sums are more than the candidates.

    Args:
        corpus: of the bot.
        making: its candidates.
        outcomes: of each candidate, the reason that it was refused or put to review for; empty where it was kept.
    """
    counted = Counter(outcomes)
    review = sum(counted[reason] for reason in REVIEWED)
    return {
        "rows": len(corpus.ids),
        "made": len(making.candidates),
        "kept": counted[KEPT],
        "review": review,
        "operators": _by_operator(making.candidates, outcomes),
        "refused": {
            reason: {"count": counted[reason], "samples": _samples(corpus, making.candidates, outcomes, reason)}
            for reason in sorted(counted)
            if reason != KEPT
        },
        "intents": _by_intent(corpus, making, outcomes),
        "skipped": dict(sorted(making.skipped.items())),
    }


def _by_operator(candidates: Sequence[Candidate], outcomes: Sequence[str]) -> Mapping[str, object]:
    found = defaultdict[str, Counter[str]](Counter)
    for one, outcome in zip(candidates, outcomes, strict=True):
        for name in dict.fromkeys(one.operators):
            found[name][outcome] += 1
    return {
        name: {
            "made": counted.total(),
            "kept": counted[KEPT],
            "refused": {reason: counted[reason] for reason in sorted(counted) if reason != KEPT},
        }
        for name, counted in sorted(found.items())
    }


def _samples(
    corpus: Corpus, candidates: Sequence[Candidate], outcomes: Sequence[str], reason: str
) -> list[Mapping[str, object]]:
    """Some of a reason, spread over all of them."""
    places = [place for place, outcome in enumerate(outcomes) if outcome == reason]
    step = max(len(places) // SAMPLES, 1)
    return [
        {
            "parent": corpus.texts[candidates[place].row],
            "made": candidates[place].text,
            "operators": list(candidates[place].operators),
        }
        for place in places[::step][:SAMPLES]
    ]


def _by_intent(corpus: Corpus, making: Making, outcomes: Sequence[str]) -> Mapping[str, object]:
    counted = defaultdict[str, Counter[str]](Counter)
    for one, outcome in zip(making.candidates, outcomes, strict=True):
        counted[corpus.intents[one.row]][outcome] += 1
    return {
        intent: {
            "rows": len(rows),
            "lacking": making.lacking.get(intent, 0),
            "open_to_logs": making.open_to_logs.get(intent, 0),
            "made": counted[intent].total(),
            "kept": counted[intent][KEPT],
            "review": sum(counted[intent][reason] for reason in REVIEWED),
        }
        for intent, rows in corpus.rows_of_intents().items()
    }
