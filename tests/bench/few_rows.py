"""Temperature and threshold that fit with few rows of an intent, judged on thousands of others: networks/priors.py.

    python -m tests.bench.few_rows --data DIR [--only ko-KR,en-US,clinc150] [--rows 1,2,4,8] [--seeds 1]

DIR is that of `tests.bench.quality`. Each draw takes so many rows of each intent from `train`, and is judged on `dev`
(MASSIVE) or `val` (CLINC150).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mlpipeline.networks import calibrate
from mlpipeline.networks.classifier import read_texts
from mlpipeline.networks.knownness import fit_knownness
from mlpipeline.networks.negatives import make_negatives
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.training import LabelledRows, fit_network
from mlpipeline.stages.train import classifier_settings
from tests.bench.out_of_scope import Rows, read_splits
from tests.bench.quality import SETS, default_recipes

_COLUMNS = ("data", "rows an intent", "draw", "accuracy", "temperature", "threshold", "answered nonsense")


def draw_rows(rows: Rows, count: int, seed: int) -> Rows:
    """So many rows of each intent, sorted."""
    random, drawn = np.random.default_rng(seed), []
    for intent in sorted({label for _, label in rows}):
        texts = sorted({text for text, label in rows if label == intent})
        drawn += [(texts[at], intent) for at in random.permutation(len(texts))[:count].tolist()]
    return sorted(drawn)


def measure(train: Rows, judged: Rows, lang: str, settings: ClassifierSettings, seed: int) -> list[float]:
    """One training; the figures of the columns from `accuracy` on, fitted on the judged rows themselves."""
    texts, intents = [text for text, _ in train], [intent for _, intent in train]
    names = sorted(set(intents))
    model = fit_network(LabelledRows(texts, intents), names, settings, seed)
    inside = read_texts(model, [text for text, _ in judged])
    targets = np.array([names.index(label) for _, label in judged])
    temperature = calibrate.fit_temperature(inside.logits, targets)
    outside = {kind: read_texts(model, some) for kind, some in make_negatives(lang, texts, seed).items()}
    curve = fit_knownness(inside, outside)
    shares = calibrate.scores(inside, temperature, curve)
    right = shares.argmax(axis=1) == targets
    threshold = calibrate.threshold_by_share(shares.max(axis=1), right, 0.95)
    others = {kind: read_texts(model, some) for kind, some in make_negatives(lang, texts, seed, half=1).items()}
    answered = [calibrate.scores(one, temperature, curve).max(axis=1) >= threshold for one in others.values()]
    return [float(right.mean()), temperature, threshold, float(np.mean([one.mean() for one in answered]))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with massive/ and clinc150/")
    parser.add_argument("--only", default="ko-KR,en-US,clinc150", help="data sets, comma between")
    parser.add_argument("--rows", default="1,2,4,8", help="rows of each intent, comma between")
    parser.add_argument("--seeds", type=int, default=1, help="draws a line")
    given = parser.parse_args(arguments)
    recipes = default_recipes([])
    print(f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}", flush=True)
    for name in given.only.split(","):
        folder, file, _, lang = SETS[name]
        settings = classifier_settings(recipes[lang].recipe.train)
        splits = read_splits(given.data / folder / f"{file}.jsonl.gz", recipes[lang], settings.out_of_scope_label)
        for rows in map(int, given.rows.split(",")):
            for seed in range(1, given.seeds + 1):
                train = draw_rows(splits["train"], rows, seed)
                known = {label for _, label in train}
                judged = [row for row in splits["val" if folder == "clinc150" else "dev"] if row[1] in known]
                figures = measure(train, judged, lang, settings, seed)
                cells = " | ".join(f"{figure:.3f}" for figure in figures)
                print(f"| {name} | {rows} | {seed} | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
