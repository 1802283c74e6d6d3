"""How good the default recipe is on public data, beside a linear SVM on TF-IDF words and characters.

    python -m tests.bench.quality --data DIR [--only en-US,clinc150] [--seeds 3] [--model vector] [--per-intent 8]

DIR holds `massive/<locale>.jsonl.gz` (trained on its split `train`, judged on `dev`), `clinc150/full.jsonl.gz`
(in-scope `train`, judged on `test`) and `clinc150_fewshot/fewshot.jsonl.gz` (`train_10`, judged on `test`). Prints a
table in Markdown; a row comes as soon as its data set is done.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.networks import classifier, cross_validation
from mlpipeline.networks.cross_validation import TrainingData
from mlpipeline.networks.encoders.use_encoder import open_use
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.training import LabelledRows
from mlpipeline.recipe.load import Resolved, load_recipes
from mlpipeline.stages.train import classifier_settings

LOCALES = {
    "en-US": "en",
    "ko-KR": "ko",
    "ja-JP": "ja",
    "zh-CN": "zh-Hans",
    "zh-TW": "zh-TW",
    "th-TH": "th",
    "vi-VN": "vi",
}
SETS = {**{locale: ("massive", locale, "dev", tag) for locale, tag in LOCALES.items()},
        "clinc150": ("clinc150", "full", "test", "en"),
        "clinc150-10": ("clinc150_fewshot", "fewshot", "test", "en")}  # fmt: skip
_LEARNT = {"clinc150-10": "train_10"}
_RESAMPLES = 2000
_COLUMNS = ("data", "rows", "accuracy", "95 %", "macro-F1", "SVM accuracy", "difference", "95 %",
            "unseen texts: ours / SVM", "CPU s", "MB", "n-grams")  # fmt: skip


@dataclass(frozen=True)
class Split:
    """Normalised texts and their intents; `vectors` float32 (n, d) where the network reads them."""

    texts: list[str]
    labels: list[str]
    vectors: np.ndarray | None = None

    def drawn(self, count: int, seed: int) -> Split:
        """So many rows of each intent, or all rows where `count` is 0."""
        if not count:
            return self
        order, labels = np.random.default_rng(seed).permutation(len(self.texts)), np.array(self.labels)
        chosen = [order[labels[order] == label][:count] for label in sorted(set(self.labels))]
        rows = np.sort(np.concatenate(chosen))
        own = None if self.vectors is None else self.vectors[rows]
        return Split([self.texts[row] for row in rows], [self.labels[row] for row in rows], own)


@dataclass(frozen=True)
class Score:
    """What came out on one data set: right or wrong by row, a mean over seeds for ours."""

    ours: np.ndarray
    svm: np.ndarray
    unseen: np.ndarray
    macro_f1: float
    cpu_seconds: float
    megabytes: float
    vocabulary: int


def default_recipes(sets: Sequence[str]) -> dict[str, Resolved]:
    """The recipe that a new bot gets, by language."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "conf" / "domains" / "bench"
        place.mkdir(parents=True)
        languages = sorted({lang for *_, lang in SETS.values()})
        (place / "domain.yaml").write_text(f"languages: [{', '.join(languages)}]\ningest: {{files: [none.jsonl]}}\n")
        return {each.lang: each for each in load_recipes(place.parents[1], sets=sets)}


def read(file: Path, split: str, resolved: Resolved) -> Split:
    """One split of a file, normalised as the pipeline does it."""
    language = resolved.recipe.language
    normal = normalizer(Profile(language.tag, tuple(language.steps), tuple(language.scripts)))
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        rows = [row for row in map(json.loads, stream) if row["split"] == split]
    return Split([normal(row["text"]) for row in rows], [row["label"] for row in rows])


def yardstick(train: Split, test: Split) -> np.ndarray:
    """A linear SVM on TF-IDF of words (1-2) and characters within words (2-5): right or wrong by test row."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    model = make_pipeline(make_union(words, chars), LinearSVC())
    return np.asarray(model.fit(train.texts, train.labels).predict(test.texts) == np.array(test.labels), float)


def measure(train: Split, test: Split, settings: ClassifierSettings, seeds: int, per_intent: int = 0) -> Score:
    """Train with each seed, on the rows that it draws, judge each on the same rows."""
    right, scores, seconds = [], [], []
    svm: list[np.ndarray] = []
    for seed in range(1, seeds + 1):
        learnt = train.drawn(per_intent, seed)
        if per_intent or not svm:
            svm.append(yardstick(learnt, test))
        began = time.process_time()
        rows = LabelledRows(learnt.texts, learnt.labels, learnt.vectors, encoder="bench")
        model = cross_validation.fit_all(TrainingData(rows, learnt.texts), settings, seed)
        seconds.append(time.process_time() - began)
        guessed = np.array(model.labels)[classifier.logits(model, test.texts, test.vectors).argmax(axis=1)]
        right.append(guessed == np.array(test.labels))
        scores.append(f1_score(test.labels, guessed, average="macro", labels=sorted(set(test.labels))))
    known = set(train.texts)
    return Score(
        ours=np.mean(right, axis=0),
        svm=np.mean(svm, axis=0),
        unseen=np.array([text not in known for text in test.texts]),
        macro_f1=float(np.mean(scores)),
        cpu_seconds=float(np.median(seconds)),
        megabytes=len(model.to_bytes()) / 1e6,
        vocabulary=len(model.vocabulary),
    )


def interval(values: np.ndarray) -> str:
    """Bootstrap interval of the mean over rows, in per cent."""
    draws = np.random.default_rng(0).integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975]) * 100
    return f"{low:.1f} to {high:.1f}"


def as_line(name: str, rows: int, score: Score) -> str:
    """One line of the table."""
    difference = score.ours - score.svm
    cells = (
        name,
        f"{rows:,}",
        f"{100 * score.ours.mean():.2f}",
        interval(score.ours),
        f"{100 * score.macro_f1:.2f}",
        f"{100 * score.svm.mean():.2f}",
        f"{100 * difference.mean():+.2f}",
        interval(difference),
        f"{100 * score.ours[score.unseen].mean():.2f} / {100 * score.svm[score.unseen].mean():.2f}",
        f"{score.cpu_seconds:.1f}",
        f"{score.megabytes:.1f}",
        f"{score.vocabulary:,}",
    )
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, print the table; 0 when every data set is at most one point below the yardstick."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with massive/ and clinc150/")
    parser.add_argument("--only", default=",".join(SETS), help="data sets, comma between: " + ", ".join(SETS))
    parser.add_argument("--seeds", type=int, default=3, help="trainings a data set")
    parser.add_argument("--model", choices=("ngram", "vector"), default="ngram", help="what the network reads")
    parser.add_argument("--per-intent", type=int, default=0, metavar="N", help="rows of an intent; 0: all rows")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in `mlpipeline run`")
    given = parser.parse_args(arguments)
    wanted = given.only.split(",")
    if unknown := sorted(set(wanted) - set(SETS)):
        parser.error(f"unknown data set {', '.join(unknown)}; there are {', '.join(SETS)}")
    recipes = default_recipes(given.set)
    print(f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}", flush=True)
    below = []
    for name in wanted:
        folder, file, judged, lang = SETS[name]
        path = given.data / folder / f"{file}.jsonl.gz"
        train, test = (read(path, split, recipes[lang]) for split in (_LEARNT.get(name, "train"), judged))
        if given.model == "vector":
            train, test = (replace(part, vectors=open_use().encode(part.texts)) for part in (train, test))
        score = measure(train, test, classifier_settings(recipes[lang].recipe.train), given.seeds, given.per_intent)
        print(as_line(name, len(train.drawn(given.per_intent, 1).texts), score), flush=True)
        if score.ours.mean() < score.svm.mean() - 0.01:
            below.append(name)
    if below:
        print(f"more than one point below the yardstick: {', '.join(below)}", file=sys.stderr)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
