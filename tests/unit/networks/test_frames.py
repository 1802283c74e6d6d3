"""Frames alone are learnt as texts of no intent, and rows are asked with and without frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mlpipeline.languages.frames import lone_frames
from mlpipeline.networks.calibrate import softmax
from mlpipeline.networks.classifier import logits
from mlpipeline.networks.cross_validation import TrainingData, fit_all
from mlpipeline.networks.frames import predict_in_frames, with_lone_frames
from mlpipeline.networks.training import LabelledRows
from mlpipeline.recipe.model_fields import TrainSection
from mlpipeline.stages.train import classifier_settings
from tests.sections import section

THINGS = ("order", "parcel", "account", "invoice", "card", "bill", "lamp", "phone")
HEADS = {"cancel": "please cancel my", "track": "where is my", "delete": "delete the"}
SETTINGS = classifier_settings(section(TrainSection, epochs=10, min_steps=100, folds=2))


def training_data() -> TrainingData:
    listed = [(f"{head} {thing}", intent) for intent, head in HEADS.items() for thing in THINGS]
    texts = [text for text, _ in listed]
    return TrainingData(LabelledRows(texts, [intent for _, intent in listed]), texts)


def test_a_frame_alone_says_nothing_of_an_intent():
    plain, data = training_data(), with_lone_frames(training_data(), "en", SETTINGS.out_of_scope_label)
    alone = lone_frames("en", plain.rows.texts)
    before, after = (
        [float(softmax(logits(fit_all(one, SETTINGS, 1), some), 1.0).max(axis=1).mean()) for some in (alone, texts)]
        for one, texts in ((plain, plain.rows.texts), (data, plain.rows.texts))
    )
    assert after[0] < before[0] - 0.1, "the mean score of frames alone"
    assert after[1] > 0.6, "that of the bot's own rows"
    assert fit_all(data, SETTINGS, 1).out_of_scope == "", "no row of the bot is out of scope"


def test_a_quarter_of_the_rows_is_asked_both_ways_whatever_their_order():
    data = training_data()
    found = predict_in_frames(data, "en", SETTINGS, 1)
    assert found is not None
    intents, plain, framed = found
    assert len(intents) == len(plain) == len(framed) == 6 and set(intents) == set(HEADS)
    rows = data.rows.take(np.arange(len(data.rows))[::-1])
    turned = replace(data, rows=rows, clusters=list(rows.texts))
    assert predict_in_frames(turned, "en", SETTINGS, 1) == found


def test_nothing_is_asked_where_there_are_no_frames_or_no_rows_to_spare():
    data = training_data()
    assert predict_in_frames(data, "fr", SETTINGS, 1) is None
    assert with_lone_frames(data, "fr", "out").synthetic == []
    two = TrainingData(LabelledRows(["pay now", "go home"], ["pay", "go"]), ["a", "b"])
    assert predict_in_frames(two, "en", SETTINGS, 1) is None
