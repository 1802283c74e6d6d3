"""One case of `tests.bench.denoise`: plant mistakes that are known, look for them, and train without what was found."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.audit import plant, promised_curve
from mlpipeline.methods.label_noise.decide import list_findings
from mlpipeline.methods.label_noise.detect import Detection, detect
from mlpipeline.methods.label_noise.folds import Task, train_rows_of
from mlpipeline.methods.label_noise.fuse import Mistaken, fused_features
from mlpipeline.methods.label_noise.noise_data import Codes, Floats, NoiseData, as_noise_data, folds_by_group
from mlpipeline.methods.label_noise.views import CHEAPER_FROM, View, choose_views, fit_view
from mlpipeline.networks import classifier, cross_validation
from mlpipeline.networks.cross_validation import TrainingData
from mlpipeline.networks.encoders.contract import Encoder
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.training import LabelledRows
from tests.bench.quality import Split

Flags = NDArray[np.bool_]
_FOLDS = 5


@dataclass(frozen=True)
class Case:
    """What is planted, and where: `share` of the rows of the data set `name` get wrong labels of a kind.

    Of `drawn` rows, drawn anew with each seed; 0: of all.
    """

    name: str
    kind: str
    share: float
    seed: int
    drawn: int = 0

    @property
    def key(self) -> str:
        """Its name in a file of results."""
        size = f" {self.drawn} rows" if self.drawn else ""
        return f"{self.name} {self.kind} {self.share:g} {self.seed}{size}"


@dataclass(frozen=True)
class Corpus:
    """Rows to learn from, as texts and as the views see them, and rows to judge a trained model by."""

    train: Split
    test: Split
    noise_data: NoiseData
    labels: Codes
    names: list[str]

    @classmethod
    def of(cls, train: Split, test: Split, encoder: Encoder | None = None) -> Corpus:
        """The material is made once; what is planted differs. With an encoder its vectors are one of the views."""
        names = sorted(set(train.labels))
        codes = np.array([names.index(label) for label in train.labels], np.int64)
        vectors = None if encoder is None else encoder.encode(train.texts)
        return cls(train, test, as_noise_data(train.texts, vectors=vectors), codes, names)

    def drawn(self, count: int, seed: int) -> Corpus:
        """So many of the rows to learn from, at random."""
        rows = np.random.default_rng(seed).permutation(len(self.train.texts))[:count].tolist()
        part = Split([self.train.texts[row] for row in rows], [self.train.labels[row] for row in rows])
        plain, vectors = Corpus.of(part, self.test), self.noise_data.vectors
        return replace(plain, noise_data=as_noise_data(part.texts, vectors=vectors[rows])) if vectors.size else plain


def run_case(
    case: Case, corpus: Corpus, settings: ClassifierSettings | None, large: int, *, cheaper: bool = False
) -> dict[str, Any]:
    """The figures of one case; with the `settings` of the trainer also what cleaning buys.

    From `large` rows on the network is one of the views, as in the stage; `cheaper` takes the views of very large bots.
    """
    noisy, wrong = plant(corpus.labels, case.kind, case.share, corpus.noise_data, seed=case.seed)
    began = time.process_time()
    known = corpus.noise_data.vectors.shape[1] > 0
    rows = CHEAPER_FROM if cheaper else 0
    views = choose_views(len(corpus.names), rows, vectors=known, network=len(noisy) >= large, pretrained=known)
    detection, spent = detect_timed(views, corpus.noise_data, noisy, len(corpus.names))
    findings = list_findings(detection, corpus.noise_data, noisy)
    whole = time.process_time() - began
    dropped = np.zeros(len(wrong), bool)
    dropped[[one.row for one in findings if one.action == "drop"]] = True
    curve, order = promised_curve(detection.estimate), detection.estimate.order
    truth = np.concatenate([[0], np.cumsum(wrong[order])])[curve.rows] / max(int(wrong.sum()), 1)
    found = detection.estimate
    figures = {
        "case": case.key,
        **scores(found.flagged, wrong),
        "told_f1": told_f1(detection, noisy, wrong),
        "cleanlab_f1": scores(cleanlab_flags(detection.views[views[0].name], noisy), wrong)["f1"],
        "rate": found.noise.rate,
        "noise": found.noise.kind,
        "promise_off": float(np.abs(truth - curve.removed).max()),
        "dropped": int(dropped.sum()),
        "drop_precision": float(wrong[dropped].mean()) if dropped.any() else 1.0,
        "views_cpu": sum(spent.values()),
        "cpu_by_view": {name: round(seconds, 1) for name, seconds in spent.items()},
        "cpu_ratio": whole / max(sum(spent.values()), 1e-9),
    }
    if settings is not None:
        for name, kept in (("noisy", ~np.zeros_like(wrong)), ("cleaned", ~dropped), ("oracle", ~wrong)):
            figures[f"accuracy_{name}"] = trained_accuracy(corpus, noisy, kept, settings)
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in figures.items()}


def detect_timed(
    views: tuple[View, ...], noise_data: NoiseData, labels: Codes, classes: int
) -> tuple[Detection, dict[str, float]]:
    """`find_noise`, and the CPU seconds of each view's fits; those of choosing whom to trust are not in them."""
    folds, parts = folds_by_group(labels, noise_data.groups, _FOLDS), np.zeros_like(labels)
    task = Task(noise_data, labels, folds, parts, np.ones(len(labels), bool), classes)
    told: dict[str, Floats] = {}
    spent = dict.fromkeys((view.name for view in views), 0.0)
    for view in views:
        pieces = []
        for fold in task.numbers:
            learnt, asked = train_rows_of(view, task, fold), np.flatnonzero(folds == fold)
            began = time.process_time()
            pieces.append((asked, fit_view(view, noise_data, labels, learnt, asked, classes)))
            spent[view.name] += time.process_time() - began
        told[view.name] = task.gather(pieces)
    return detect(views, told, labels, parts), spent


def scores(flagged: Flags, wrong: Flags) -> dict[str, float]:
    """Precision, recall and F1 of what is flagged."""
    hits = float((flagged & wrong).sum())
    return {
        "f1": 2 * hits / max(float(flagged.sum() + wrong.sum()), 1.0),
        "precision": hits / max(float(flagged.sum()), 1.0),
        "recall": hits / max(float(wrong.sum()), 1.0),
    }


def told_f1(detection: Detection, labels: Codes, wrong: Flags) -> float:
    """The F1 of a model that has the scores of the same views and the true labels of four fifths of the rows.

    What it misses, the views do not know; no cut-off and no way of fusing them brings it back.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import cross_val_predict

    views, fused = list(detection.views.values()), detection.estimate.fused
    told = fused_features(views, fused, np.arange(len(labels)), labels, Mistaken.count(fused, labels))
    estimate_noise = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.05, random_state=0)
    chances = cross_val_predict(estimate_noise, told, wrong, cv=5, method="predict_proba")[:, 1]
    hits = np.cumsum(wrong[np.argsort(-chances, kind="stable")])
    return float((2.0 * hits / (np.arange(1, len(hits) + 1) + wrong.sum())).max())


def cleanlab_flags(log_chances: Floats, labels: Codes) -> Flags:
    """What cleanlab's `find_label_issues` flags with its defaults, on the probabilities of one view."""
    from cleanlab.filter import find_label_issues

    chances = np.exp(log_chances.astype(np.float64))
    return np.asarray(find_label_issues(labels, chances / chances.sum(axis=1, keepdims=True), n_jobs=1), bool)


def trained_accuracy(corpus: Corpus, labels: Codes, kept: Flags, settings: ClassifierSettings) -> float:
    """Accuracy of the default trainer on the test rows after learning from the rows that are kept."""
    rows = np.flatnonzero(kept).tolist()
    given = [corpus.names[labels[row]] for row in rows]
    texts = [corpus.train.texts[row] for row in rows]
    model = cross_validation.fit_all(TrainingData(LabelledRows(texts, given), texts), settings, 1)
    guessed = np.array(model.labels)[classifier.logits(model, corpus.test.texts).argmax(axis=1)]
    return float((guessed == np.array(corpus.test.labels)).mean())
