"""Why a bot says what it says of one text: what spoke for its intent, what is like the text, and what decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpipeline.methods.evaluation.pieces import Piece, as_pieces, unknown_runs
from mlpipeline.networks.attribution import contributions, read_weights
from mlpipeline.networks.calibrate import softmax
from mlpipeline.networks.features import as_ids
from mlpipeline.networks.knownness import Readings, known_share
from mlpipeline.networks.ngram_spans import ngram_spans
from mlpipeline.networks.search import search
from mlpipeline.orders.comparison import open_contender
from mlpipeline.serving.answer import Answer, Nearest
from mlpipeline.serving.bundle import Bundle
from mlpipeline.store.layout import Store

_SHOWN = 5


@dataclass(frozen=True)
class Speech:
    """What spoke for an intent against another one, in log-odds: their sum is how much likelier the first is.

    Attributes:
        intent, rival: the two.
        total: log of how many times likelier the first is, by the calibrated probabilities.
        pieces: of the normalised text, in its order, with what their n-grams add.
        vector: what the meaning of the whole text adds, by its vector; None where the network reads none.
        prior: what the network has for the first before any text (its bias).
        unknown: parts of the text of which the model knows no more than single letters.
        known_share: of the n-grams of the text, how many the model knows, 0 to 1.
    """

    intent: str
    rival: str
    total: float
    pieces: list[Piece]
    vector: float | None
    prior: float
    unknown: list[str]
    known_share: float


@dataclass(frozen=True)
class Explanation:
    """All that can be said of one answer.

    Attributes:
        bot: its name with the version, or the folder of its bundle.
        versions: digests of the bundle, the data and the weights.
        normalized: the text as the model sees it.
        answer: what the bot says, with the nearest questions.
        limits: scores from which it answers, and from which it asks back.
        temperature: that the logits were divided by.
        probabilities: of the likeliest intents, the likeliest first.
        knownness: what the probabilities are multiplied by for the score: the chance that the text is a question of the
            bot's at all; 1 for a bot without.
        speech: what spoke for the first against the second; None where the network is of another shape than ours, or
            knows one intent only.
        counterfactual: the nearest question of another intent; None without an index.
    """

    bot: str
    versions: dict[str, str]
    normalized: str
    answer: Answer
    limits: dict[str, float]
    temperature: float
    probabilities: list[tuple[str, float]]
    knownness: float
    speech: Speech | None
    counterfactual: Nearest | None

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        speech = None
        if self.speech is not None:
            speech = {**asdict(self.speech), "pieces": [piece._asdict() for piece in self.speech.pieces]}
        return {
            "bot": self.bot,
            "versions": self.versions,
            "normalized": self.normalized,
            "answer": self.answer.to_dict(),
            "limits": self.limits,
            "temperature": self.temperature,
            "probabilities": [{"intent": intent, "probability": share} for intent, share in self.probabilities],
            "knownness": self.knownness,
            "speech": speech,
            "counterfactual": None if self.counterfactual is None else self.counterfactual._asdict(),
        }


def explain(store: Store, conf: Path, bot: str, text: str, *, nearest: int = 3) -> Explanation:
    """Why a bot says what it says of a text.

    Args:
        store: where the bot was released.
        conf: the folder of recipes, which knows bots too.
        bot: `shop/ko`, `shop/ko@3`, or the folder of a bundle.
        text: as a user would write it.
        nearest: known questions to name.

    Raises:
        UsageError: no such bot or version.
        StoreError: nothing was released, or the bundle is damaged.
    """
    named = open_contender(store, conf, bot, nearest=nearest)
    answerer = named.answerer
    bundle = answerer.bundle
    (answer,) = answerer.answer([text])
    normalized = bundle.normalize(text)
    vector = _vector(bundle, normalized)
    logits = _logits(bundle, normalized, vector)
    shares = softmax(logits[None], bundle.thresholds.temperature)[0]
    order = np.argsort(-shares, kind="stable")
    limits = bundle.thresholds
    manifest = bundle.files.manifest
    return Explanation(
        bot=named.name,
        versions={"bundle": bundle.digest, **{
            name: str(manifest[f"{name}_digest"]) for name in ("data", "weights") if f"{name}_digest" in manifest
        }},
        normalized=normalized,
        answer=answer,
        limits={"answer": limits.answer, "did_you_mean": limits.did_you_mean},
        temperature=limits.temperature,
        probabilities=[(bundle.labels[at], float(shares[at])) for at in order[:_SHOWN].tolist()],
        knownness=_knownness(bundle, normalized, logits),
        speech=_speech(bundle, normalized, logits, order.tolist()),
        counterfactual=_counterfactual(bundle, vector, answer.intent),
    )  # fmt: skip


def _logits(bundle: Bundle, normalized: str, vector: NDArray[np.float32] | None) -> NDArray[np.float64]:
    """Logits (k,) of one text; `vector` (d,) goes to a network that reads one."""
    inputs: dict[str, NDArray[np.generic]] = {}
    for one in bundle.session.get_inputs():
        if one.name == "ids":
            inputs["ids"] = as_ids([normalized], bundle.spec, bundle.vocabulary)
        elif vector is not None:
            inputs[one.name] = vector[None]
        else:
            inputs[one.name] = np.zeros((1, one.shape[1]), np.float32)
    return np.asarray(bundle.session.run(None, inputs)[0][0], np.float64)


def _knownness(bundle: Bundle, normalized: str, logits: NDArray[np.float64]) -> float:
    curve = bundle.thresholds.knownness
    if curve is None:
        return 1.0
    known = known_share([normalized], bundle.spec, bundle.vocabulary)
    return float(curve.of(Readings(np.asarray(logits[None], np.float32), known))[0])


def _vector(bundle: Bundle, normalized: str) -> NDArray[np.float32] | None:
    encoder = bundle.encoder
    return None if encoder is None else np.asarray(encoder.encode([normalized]), np.float32)[0]


def _speech(bundle: Bundle, normalized: str, logits: NDArray[np.float64], order: Sequence[int]) -> Speech | None:
    weights = read_weights(bundle.files.read("onnx/model.onnx"), len(bundle.labels))
    if weights is None or len(order) < 2:
        return None
    first, second = order[0], order[1]
    spec, vocabulary, temperature = bundle.spec, bundle.vocabulary, bundle.thresholds.temperature
    spans = ngram_spans(normalized, spec)
    ids = as_ids([normalized], spec, vocabulary)[0]
    ids = ids[ids > 0]  # ascending
    parts, bias = contributions(weights, ids)
    each = (parts[:, first] - parts[:, second]) / temperature
    own = vocabulary.lookup(spans.hashes)
    place = np.searchsorted(ids, own)
    is_read = np.isin(own, ids)
    values = np.zeros(len(own))
    if len(ids):
        # An n-gram counts once, however often it stands there: each place has its part.
        often = np.bincount(place[is_read], minlength=len(ids))
        values[is_read] = (each / np.maximum(often, 1))[place[is_read]]
    total = float(logits[first] - logits[second]) / temperature
    prior = float(bias[first] - bias[second]) / temperature
    reads_vector = len(bundle.session.get_inputs()) > 1
    return Speech(
        intent=bundle.labels[first],
        rival=bundle.labels[second],
        total=total,
        pieces=as_pieces(normalized, spans.start, spans.stop, values, own > 0),
        vector=total - prior - float(each.sum()) if reads_vector else None,
        prior=prior,
        unknown=unknown_runs(normalized, spans.start, spans.stop, spans.letters, own > 0),
        known_share=float((own > 0).mean()) if len(own) else 0.0,
    )


def _counterfactual(bundle: Bundle, vector: NDArray[np.float32] | None, intent: str) -> Nearest | None:
    """The nearest question of an intent that the text was not given."""
    index = bundle.index
    if index is None or vector is None or intent not in bundle.labels:
        return None
    others = np.flatnonzero(index.intents != bundle.labels.index(intent))
    (found,) = search(index.vectors[others], vector[None], 1)
    if not found.rows:
        return None
    row = int(others[found.rows[0]])
    return Nearest(index.question(row), bundle.labels[int(index.intents[row])], found.similarities[0])
