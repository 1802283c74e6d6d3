"""The classifier: learns, repeats itself exactly, survives tiny corpora, and exports to what it computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlpipeline.errors import StageError
from mlpipeline.networks import calibrate, cross_validation, training
from mlpipeline.networks.classifier import TrainedModel, build_core, logits
from mlpipeline.networks.cross_validation import TrainingData, train_classifier
from mlpipeline.networks.features import as_ids
from mlpipeline.networks.onnx_core import onnx_core
from mlpipeline.networks.settings import ClassifierSettings
from mlpipeline.networks.targets import write_target
from mlpipeline.networks.training import AugmentedExample, LabelledRows
from mlpipeline.recipe.names import OPSETS

pytestmark = pytest.mark.slow

SETTINGS = ClassifierSettings(
    epochs=8,
    min_steps=60,
    batch_size=32,
    learning_rate=0.02,
    dims=8,
    dropout=0.2,
    feature_dropout=0.2,
    label_smoothing=0.1,
    char_ngrams=(1, 3),
    word_ngrams=(1, 2),
    word_weight=2.0,
    min_df=2,
    max_vocabulary=5000,
    max_ids=48,
    augmented_weight=1.0,
    out_of_scope_label="out_of_scope",
    accept_share=0.95,
    folds=3,
    max_folded_rows=1000,
)
HEADS = {
    "alarm": ["wake me", "set an alarm", "깨워줘"],
    "music": ["play", "put on some", "틀어줘"],
    "light": ["lamp on in", "switch off", "불 꺼줘"],
}
TAILS = ["at seven", "tomorrow", "in the kitchen", "please", "now", "jazz", "for ten minutes", "아침에", "거실"]


def corpus(intents: dict[str, list[str]] = HEADS) -> tuple[list[str], list[str]]:
    rows = [(f"{head} {tail}", intent) for intent, heads in intents.items() for head in heads for tail in TAILS]
    return [text for text, _ in rows], [intent for _, intent in rows]


def learnt(
    texts: list[str],
    labels: list[str],
    seed: int = 1,
    synthetic: Sequence[AugmentedExample] = (),
    settings: ClassifierSettings = SETTINGS,
) -> TrainedModel:
    lesson = TrainingData(LabelledRows(texts, labels), texts, synthetic=synthetic)
    return train_classifier(lesson, settings, seed)[0]


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    texts, labels = corpus()
    return learnt(texts[::2], labels[::2])


def test_it_learns(model: TrainedModel) -> None:
    texts, labels = corpus()
    best = logits(model, texts[1::2]).argmax(axis=1)
    right = [model.labels[place] == label for place, label in zip(best, labels[1::2], strict=True)]
    assert model.labels == ["alarm", "light", "music"] and np.mean(right) > 0.9
    losses: Any = model.history["loss"]
    assert model.history["folds"] == 3 and losses[-1] < losses[0]


def test_what_is_not_its_business_is_refused_by_a_bot_that_is_always_right(model: TrainedModel) -> None:
    share: Any = model.history["validation_accuracy"]
    assert share > 0.95, "else this shows nothing"
    said = ["who won the election", "is my bread vegan", "translate house to french", "what rhymes with orange",
            "how tall is mount everest", "오늘 주식 어때", "나 심심해", "환율 알려줘"]  # fmt: skip
    score = calibrate.softmax(logits(model, said), model.temperature).max(axis=1)
    assert (score < model.threshold).mean() >= 0.5
    texts, _ = corpus()
    assert (calibrate.softmax(logits(model, texts), model.temperature).max(axis=1) >= model.threshold).mean() > 0.85


def test_equal_data_and_seed_give_equal_weights_in_any_order_of_the_rows(model: TrainedModel) -> None:
    texts, labels = corpus()
    again = learnt(texts[::2][::-1], labels[::2][::-1])
    assert again.weights_digest == model.weights_digest and again.to_bytes() == model.to_bytes()
    other = learnt(texts[::2], labels[::2], 2)
    assert other.weights_digest != model.weights_digest


def test_a_made_row_is_learnt_by_its_weight(model: TrainedModel) -> None:
    texts, labels = corpus()
    made = [
        AugmentedExample("heavy metal it is", "music", (texts[0],)),
        AugmentedExample("of no intent", "gone", (texts[0],)),
    ]

    def said(weight: float) -> TrainedModel:
        return learnt(texts[::2], labels[::2], 1, made, replace(SETTINGS, augmented_weight=weight))

    def chance(one: TrainedModel) -> float:
        return float(calibrate.softmax(logits(one, ["heavy metal it is"]))[0, one.labels.index("music")])

    light, heavy = said(0.05), said(5.0)
    assert light.labels == model.labels and chance(model) < chance(light) < chance(heavy)


def test_nothing_is_calibrated_on_rows_that_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, labels = corpus()
    made = [AugmentedExample(f"{text} x", label, (text,)) for text, label in zip(texts, labels, strict=True)]
    seen: list[tuple[set[str], set[str]]] = []
    real = training.fit_network

    def fit(rows: LabelledRows, names: Any, settings: Any, seed: int, extra: Any) -> TrainedModel:
        seen.append((set(rows.texts), {parent for row in extra for parent in row.parents}))
        return real(rows, names, settings, seed, extra)

    monkeypatch.setattr(cross_validation, "fit_network", fit)
    found = learnt(texts, labels, 1, made)
    assert found.history["validation_rows"] == len(texts)
    # no child of a row that a fold leaves out is learnt in that fold
    assert [rows for rows, _ in seen] == [parents for _, parents in seen] and len(seen) == 4


def test_round_trip(model: TrainedModel) -> None:
    again = TrainedModel.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes() and again.weights_digest == model.weights_digest
    assert np.array_equal(logits(again, ["play jazz"]), logits(model, ["play jazz"]))
    with pytest.raises(ValueError):
        TrainedModel.from_bytes(b"something else")


def test_a_text_without_known_ngrams_has_the_lowest_score(model: TrainedModel) -> None:
    empty, known = calibrate.softmax(logits(model, ["", "wake me at seven"]), model.temperature)
    assert np.allclose(empty, 1 / 3) and known.max() > 0.5
    assert logits(model, []).shape == (0, 3)


def test_saved_model_and_onnx_compute_what_the_trainer_computes(model: TrainedModel, tmp_path: Path) -> None:
    import onnx
    import onnxruntime
    import tensorflow as tf

    texts, _ = corpus()
    texts = [*texts, "", "☃", "play " * 500]
    ids, wanted = as_ids(texts, model.spec, model.vocabulary), logits(model, texts)
    core = build_core(model)
    assert [(each.name, each.shape) for each in core.inputs] == [("ids", (None, 48))]
    write_target("saved_model", model, tmp_path / "saved", 17)
    weights = sum(value.nbytes for value in model.weights.values())
    assert weights < (tmp_path / "saved" / "variables" / "variables.data-00000-of-00001").stat().st_size < 1.5 * weights
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    assert np.abs(saved.serve(ids).numpy() - wanted).max() < 1e-4
    for opset in (*OPSETS, 17):  # what a recipe may name, and its default
        made = onnx_core(model, opset)
        assert made == onnx_core(TrainedModel.from_bytes(model.to_bytes()), opset), "equal weights, equal bytes"
        onnx.checker.check_model(onnx.load_from_string(made), full_check=True)
        session = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
        assert np.abs(session.run(None, {"ids": ids})[0] - wanted).max() < 1e-4


def test_one_intent_is_refused_with_the_fix() -> None:
    with pytest.raises(StageError, match=r"one intent only \(a\).*at least two intents"):
        learnt(["x", "y", "z"], ["a", "a", "out_of_scope"])
    with pytest.raises(StageError, match="no intent at all"):
        learnt([], [])


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (["yes", "no"], ["yes", "no"]),
        (["a b", "b c", "", "d e"], ["1", "2", "3", "4"]),
        (["예", "아니요", "오늘 날씨"], ["yes", "no", "out_of_scope"]),
    ],
)
def test_tiny_corpora_give_a_model(texts: list[str], labels: list[str]) -> None:
    model = learnt(texts, labels, settings=replace(SETTINGS, min_steps=30))
    assert "out_of_scope" not in model.labels
    assert 0.0 <= model.threshold <= 1.0 and 0.04 < model.temperature < 21
    assert np.isfinite(logits(model, texts)).all()


def test_out_of_scope_rows_teach_the_threshold() -> None:
    texts, labels = corpus()
    strange = [f"{thing} {tail}" for thing in ("who won", "stock price of", "capital of") for tail in TAILS]
    below, above = [], []
    for seed in range(4):  # of 27 texts one is four points
        inside, outside = calibrated_scores(texts, labels, strange, seed)
        below.append((outside[0] < outside[1]).mean())
        above.append((inside[0] >= inside[1]).mean())
    assert np.mean(below) > 0.75 and np.mean(above) > 0.9


def calibrated_scores(texts: list[str], labels: list[str], strange: list[str], seed: int) -> tuple[Any, Any]:
    extra = ["out_of_scope"] * len(strange)
    model = learnt(texts[::2] + strange[::2], labels[::2] + extra[::2], seed)
    assert model.out_of_scope == "out_of_scope" and model.labels == ["alarm", "light", "music"]
    scores = [calibrate.softmax(logits(model, part), model.temperature).max(axis=1) for part in (texts, strange)]
    return (scores[0], model.threshold), (scores[1], model.threshold)
