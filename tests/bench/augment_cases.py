"""One case of `tests.bench.augment`: a bot with few rows of each intent, what is made of them, and what that buys."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.augmentation.corpus import Corpus
from mlpipeline.methods.augmentation.making import augment_bot
from mlpipeline.methods.augmentation.settings import MakingSettings
from mlpipeline.networks import classifier, cross_validation, fitting, training
from mlpipeline.networks.features import FeatureSpec, fit_vocabulary
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.recipe.load import Resolved
from tests.bench.quality import SETS

Row = tuple[str, str]  # normalised text, intent
# Rows that are split 80/10/10 bring a validation row for each eight that are learnt
_VALIDATION = 8
_RIDGE = 0.5


@dataclass(frozen=True)
class Few:
    """A bot with few rows of each intent, and the rows that judge it. `truth` holds the intents of the logs."""

    rows: list[Row]
    validation: list[Row]
    test: list[Row]
    logs: list[str]
    truth: Mapping[str, str]
    profile: Profile


def read_rows(data: Path, name: str, resolved: Resolved) -> tuple[list[Row], list[Row]]:
    """Distinct normalised rows to draw from, and those that judge."""
    folder, file, judged, _ = SETS[name]
    normal = normalizer(Profile.of(resolved.recipe.language))
    found: dict[str, list[Row]] = {"train": [], judged: []}
    with gzip.open(data / folder / f"{file}.jsonl.gz", "rt", encoding="utf-8") as stream:
        for row in map(json.loads, stream):
            if row["split"] in found:
                found[row["split"]].append((normal(row["text"]), row["label"]))
    return sorted({row for row in found["train"] if row[0]}), found[judged]


def draw(train: Sequence[Row], test: Sequence[Row], profile: Profile, each: int, seed: int) -> Few:
    """`each` rows of every intent (all of an intent that has fewer), an eighth as many of all to validate; the others
    are logs, without their intents."""
    rng = Random(f"draw {seed}")
    by_intent: dict[str, list[Row]] = {}
    for row in sorted(train):
        by_intent.setdefault(row[1], []).append(row)
    rows = [row for _, found in sorted(by_intent.items()) for row in rng.sample(found, min(each, len(found)))]
    known = {text for text, _ in rows}
    rest = [row for row in sorted(train) if row[0] not in known]
    validation = rng.sample(rest, min(len(rows) // _VALIDATION, len(rest)))
    known |= {text for text, _ in validation}
    logs = sorted({text for text, _ in rest} - known)
    return Few(rows, validation, list(test), logs, dict(train), profile)


def make(few: Few, rules: MakingSettings, tool: Tool) -> tuple[list[tuple[Row, int, str]], dict[str, Any]]:
    """What the stage `augment` adds to the rows: (row, place of its parent, operators), and its report."""
    corpus = Corpus(
        profile=few.profile,
        ids=[f"{place:06}" for place in range(len(few.rows))],
        texts=[text for text, _ in few.rows],
        intents=[intent for _, intent in few.rows],
        held_out=[text for text, _ in few.validation + few.test],
        logs=few.logs,
    )
    done = augment_bot(corpus, rules, tool)
    made = [(one.candidate.normalized, one.candidate.row, ">".join(one.candidate.operators)) for one in done.kept]
    return [((text, few.rows[row][1]), row, operators) for text, row, operators in made], done.report


def train(few: Few, made: Sequence[tuple[Row, int]], settings: ClassifierSettings, seed: int) -> dict[str, float]:
    """The default trainer, as the stage `train` calls it."""
    began = time.process_time()
    texts, intents = zip(*few.rows, strict=True)
    extra = [training.AugmentedExample(text, intent, (few.rows[row][0],)) for (text, intent), row in made]
    lesson = cross_validation.TrainingData(training.LabelledRows(texts, intents), texts, synthetic=extra)
    model, _ = cross_validation.train_classifier(lesson, settings, seed)
    spent = time.process_time() - began
    guessed = np.array(model.labels)[classifier.logits(model, [text for text, _ in few.test]).argmax(axis=1)]
    return {**figures(few.test, guessed), "cpu_seconds": spent}


def proxy(few: Few, made: Sequence[Row]) -> dict[str, float]:
    """Regularised least squares on the trainer's n-grams: a tenth of the trainer's time, for many comparisons."""
    rows = [*few.rows, *made]
    names = sorted({intent for _, intent in rows})
    spec = FeatureSpec()
    vocabulary = fit_vocabulary([text for text, _ in rows], spec, 1, None)
    known, asked = (_matrix([text for text, _ in part], spec, vocabulary) for part in (rows, few.test))
    targets = np.full((len(rows), len(names)), -1 / len(names))
    targets[np.arange(len(rows)), [names.index(intent) for _, intent in rows]] = 1
    kernel = (known @ known.T).toarray().astype(np.float64) + _RIDGE * np.eye(len(rows))
    weights = known.T @ np.linalg.solve(kernel, targets)
    return figures(few.test, np.array(names)[np.asarray(asked @ weights).argmax(axis=1)])


def _matrix(texts: list[str], spec: FeatureSpec, vocabulary: Any) -> Any:
    from scipy.sparse import csr_matrix

    sparse = fitting.as_sparse(texts, spec, vocabulary)
    return csr_matrix((sparse.values, sparse.ids - 1, sparse.offsets), shape=(len(texts), len(vocabulary)))


def figures(test: Sequence[Row], guessed: np.ndarray) -> dict[str, float]:
    """Macro-F1 over the intents of the test rows, and accuracy, in per cent."""
    wanted = [intent for _, intent in test]
    score = f1_score(wanted, guessed, average="macro", labels=sorted(set(wanted)), zero_division=0.0)
    return {"macro_f1": 100 * float(score), "accuracy": 100 * float(np.mean(guessed == np.array(wanted)))}


def unknown_words(few: Few, made: Sequence[Row], tool: Tool) -> tuple[float, float]:
    """Share of the test rows' content words that no training row has, without and with the made rows, in per cent."""
    asked = Counter(stem for text, _ in few.test for stem in tool.stems(text))
    known = {stem for text, _ in few.rows for stem in tool.stems(text)}
    wider = known | {stem for (text, _) in made for stem in tool.stems(text)}
    total = max(sum(asked.values()), 1)
    without, with_made = (
        100 * sum(count for stem, count in asked.items() if stem not in words) / total for words in (known, wider)
    )
    return without, with_made


def by_operator(made: Sequence[tuple[Row, int, str]], each: int) -> Iterator[tuple[str, list[Row]]]:
    """The made rows of each operator that worked alone, at most `each` of a parent."""
    found: dict[str, list[Row]] = {}
    counts = Counter[tuple[str, int]]()
    for row, parent, operators in made:
        counts[operators, parent] += 1
        if ">" not in operators and counts[operators, parent] <= each:
            found.setdefault(operators, []).append(row)
    yield from sorted(found.items())
