"""A corpus that is made here: twelve intents of forty sentences, and mistakes that are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.label_noise.folds import Task
from mlpipeline.methods.label_noise.noise_data import NoiseData, as_noise_data

VERBS = {
    "alarm": ("wake me", "set an alarm", "깨워줘"),
    "music": ("play jazz", "put on some songs", "음악 틀어줘"),
    "light": ("lamp on", "switch the light off", "불 꺼줘"),
    "weather": ("will it rain", "how cold is it", "날씨 알려줘"),
    "refund": ("money back", "refund my order", "환불해줘"),
    "parcel": ("where is my parcel", "track the delivery", "택배 어디야"),
    "price": ("how much is it", "what does it cost", "얼마예요"),
    "opening": ("when do you open", "opening hours", "몇 시에 열어요"),
    "password": ("forgot my password", "reset the login", "비밀번호 잊었어"),
    "human": ("talk to a person", "call an agent", "상담원 연결"),
    "joke": ("tell me a joke", "make me laugh", "농담 해줘"),
    "taxi": ("call a taxi", "book a cab", "택시 불러줘"),
}
TAILS: tuple[str, ...] = ("", "please", "now", "today", "tomorrow", "at seven", "for me", "again", "quickly", "thanks")
TAILS += ("if you can", "right away", "tonight", "on monday", "아침에", "지금")
NAMES = sorted(VERBS)


def corpus() -> tuple[list[str], NDArray[np.int64]]:
    """Texts and label codes: 12 intents x 3 phrases x 16 endings."""
    rows = [(f"{verb} {tail}".strip(), name) for name, verbs in VERBS.items() for verb in verbs for tail in TAILS]
    return [text for text, _ in rows], np.array([NAMES.index(name) for _, name in rows], np.int64)


def noise_data() -> NoiseData:
    """The corpus as the views see it."""
    return as_noise_data(corpus()[0])


def task(rows: NoiseData, labels: NDArray[np.int64], folds: NDArray[np.int64], classes: int = len(NAMES)) -> Task:
    """All rows of one origin, all to be learnt."""
    return Task(rows, labels, folds, np.zeros_like(labels), np.ones(len(labels), bool), classes)
