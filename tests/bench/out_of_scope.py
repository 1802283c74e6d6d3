"""What the default threshold lets through and what it refuses, on public data.

    python -m tests.bench.out_of_scope --data DIR [--only en-US,clinc150] [--seeds 2] [--set train.accept_share=0.9]

DIR is that of `tests.bench.quality`. CLINC150 (full) has rows out of scope: it is trained without them, and with
the 200 of its `oos_train` and `oos_val`, and judged on `test` and `oos_test`. MASSIVE has none, so every sixth intent
is left out of the training and stands for what is not the bot's business: near misses, much harder to refuse. A bot
with few intents is nearly always right on its validation rows: for it CLINC150 is cut down to every twentieth intent.
*refused at 92*: of the rows out of scope, with the threshold at which 92 % of the in-scope rows are right and answered.
The last columns: of texts that are no bot's business, how many are answered (other ones of the kinds calibrated on).
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.evaluation.figures import auroc
from mlpipeline.networks import calibrate, classifier, cross_validation
from mlpipeline.networks.cross_validation import TrainingData
from mlpipeline.networks.negatives import KINDS, make_negatives
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.training import LabelledRows
from mlpipeline.recipe.load import Resolved
from mlpipeline.stages.train import classifier_settings
from tests.bench.quality import SETS, default_recipes

Rows = list[tuple[str, str]]
Case = tuple[str, Rows, Rows, Rows, Rows]  # name, training, validation, test, and what must be refused
_EVERY, _FEW = 6, 20
_COLUMNS = ("data", "trained out-of-scope rows", "threshold", "accuracy", "right and answered", "right of the answered",
            "out of scope refused", "AUROC", "refused at 92", *KINDS)  # fmt: skip
_PROMISED = 0.92


def read_splits(file: Path, resolved: Resolved, outside: str) -> dict[str, Rows]:
    """The rows of a file by split, normalised as the pipeline does it; `oos` is called as the recipe calls it."""
    language = resolved.recipe.language
    normal = normalizer(Profile(language.tag, tuple(language.steps), tuple(language.scripts)))
    found: dict[str, Rows] = {}
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        for row in map(json.loads, stream):
            label = outside if row["label"] == "oos" else row["label"]
            found.setdefault(row["split"], []).append((normal(row["text"]), label))
    return found


def with_own_rows(splits: dict[str, Rows]) -> Iterator[Case]:
    """CLINC150, without and with rows out of scope, and with few intents."""
    train, validation, test, beyond = (splits[name] for name in ("train", "val", "test", "oos_test"))
    yield "", train, validation, test, beyond
    yield "", train + splits["oos_train"], validation + splits["oos_val"], test, beyond
    few = set(sorted({label for _, label in train})[::_FEW])
    cut = [[row for row in rows if row[1] in few] for rows in (train, validation, test)]
    if len(few) > 1:
        yield f", {len(few)} intents", cut[0], cut[1], cut[2], beyond


def with_intents_left_out(splits: dict[str, Rows]) -> Iterator[Case]:
    """MASSIVE: the rows of every sixth intent must be refused; a tenth of the training rows validates."""
    left_out = set(sorted({label for rows in splits.values() for _, label in rows})[::_EVERY])
    train = [row for row in splits["train"] if row[1] not in left_out]
    order = np.random.default_rng(0).permutation(len(train))
    train = [train[place] for place in order]
    test = [row for row in splits["dev"] if row[1] not in left_out]
    beyond = [row for rows in splits.values() for row in rows if row[1] in left_out]
    tenth = len(train) // 10
    yield "", train[tenth:], train[:tenth], test, beyond


def measure(
    train: Rows, validation: Rows, test: Rows, beyond: Rows, settings: ClassifierSettings, seed: int, lang: str
) -> list[float]:
    """One training; the figures of the columns from `threshold` on."""
    texts, intents = _columns([*train, *validation])
    negatives = make_negatives(lang, texts, seed) if settings.negatives else {}
    data = TrainingData(LabelledRows(texts, intents), texts, negatives=negatives)
    model, _ = cross_validation.train_classifier(data, settings, seed)

    def said(some: list[str]) -> np.ndarray:
        return calibrate.scores(classifier.read_texts(model, some), model.temperature, model.knownness)

    inside, outside = (said([text for text, _ in rows]) for rows in (test, beyond))
    nonsense = make_negatives(lang, texts, seed, half=1)
    fooled = [float((said(nonsense[kind]).max(axis=1) >= model.threshold).mean()) for kind in KINDS]
    score, answered = inside.max(axis=1), inside.max(axis=1) >= model.threshold
    right = np.array(model.labels)[inside.argmax(axis=1)] == np.array([label for _, label in test])
    refused = outside.max(axis=1) < model.threshold
    apart = auroc(score, outside.max(axis=1)) or 0.0
    least = np.sort(score[right])[::-1][: int(np.ceil(_PROMISED * len(score)))]
    at_promise = (outside.max(axis=1) < least[-1]).mean() if len(least) >= _PROMISED * len(score) else np.nan
    figures = [right.mean(), (right & answered).mean(), right[answered].mean(), refused.mean(), apart, at_promise]
    figures += fooled
    return [model.threshold, *(100.0 * float(figure) for figure in figures)]


def _columns(rows: Rows) -> tuple[list[str], list[str]]:
    return [text for text, _ in rows], [label for _, label in rows]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with massive/ and clinc150/")
    parser.add_argument("--only", default=",".join(SETS), help="data sets, comma between: " + ", ".join(SETS))
    parser.add_argument("--seeds", type=int, default=2, help="trainings a line")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in `mlpipeline run`")
    given = parser.parse_args(arguments)
    recipes = default_recipes(given.set)
    print(f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}", flush=True)
    for name in given.only.split(","):
        folder, file, _, lang = SETS[name]
        settings = classifier_settings(recipes[lang].recipe.train)
        outside = settings.out_of_scope_label
        splits = read_splits(given.data / folder / f"{file}.jsonl.gz", recipes[lang], outside)
        for kind, train, held, test, beyond in (with_own_rows if folder == "clinc150" else with_intents_left_out)(
            splits
        ):
            trained = sum(label == outside for _, label in train + held)
            seeds = range(1, given.seeds + 1)
            figures = np.mean([measure(train, held, test, beyond, settings, seed, lang) for seed in seeds], axis=0)
            cells = [f"{figures[0]:.2f}", *(f"{figure:.1f}" for figure in figures[1:])]
            print(f"| {name}{kind} | {trained} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
