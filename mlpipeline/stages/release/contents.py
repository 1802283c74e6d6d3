"""What goes into a bot's bundle: the trained parts, the questions to be found again, the golden answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.bots import Bot
from mlpipeline.languages.profile import Profile
from mlpipeline.methods.personal_data.scan import masked
from mlpipeline.networks.classifier import TrainedModel
from mlpipeline.stages.release.network import Network
from mlpipeline.stages.release.settings import ReleaseSettings
from mlpipeline.store.bundles.archives import unpack_files
from mlpipeline.store.bundles.content import INDEX_TARGET, BundleContents
from mlpipeline.store.tables.pieces import read_bytes

Rows = Mapping[str, pa.Table]


def join_training_rows(inputs: Rows) -> pa.Table:
    """The rows that the model learnt, with their vectors, one a content and intent, sorted by both."""
    kept = inputs["denoised"].select(["content_id", "intent", "text", "normalized"])
    labelled = kept.filter(pc.is_valid(kept["intent"]))
    splits = inputs["splits"].select(["content_id", "fixed"])
    learnt = splits.filter(pc.invert(pc.fill_null(splits["fixed"], False)))
    vectors = inputs["embedding"].select(["content_id", "vector"])
    vectors = vectors.filter(pc.is_valid(vectors["vector"]))
    joined = labelled.join(learnt, "content_id", join_type="inner")
    joined = joined.join(vectors, "content_id", join_type="inner")
    return joined.sort_by([("content_id", "ascending"), ("intent", "ascending")])


def as_index(rows: pa.Table, labels: list[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(vectors float32 (n, d), intent positions int32 (n,), texts) of the rows whose intent the model knows."""
    place = {label: position for position, label in enumerate(labels)}
    kept = [position for position, intent in enumerate(rows["intent"].to_pylist()) if intent in place]
    rows = rows.take(kept)
    vectors = [np.frombuffer(vector, "<f4") for vector in rows["vector"].to_pylist()]
    stacked = np.stack(vectors) if vectors else np.zeros((0, 1), np.float32)
    intents = np.array([place[intent] for intent in rows["intent"].to_pylist()], np.int32)
    return stacked, intents, rows["text"].to_pylist()


def how_read(profile: Profile, rows: pa.Table) -> dict[str, object]:
    """What a bundle says of how a message becomes what the model sees: the language's steps, and whether it is masked.

    Args:
        profile: of the language.
        rows: what the model learnt, with `text`. Where personal data stands in them, the recipe keeps it, and messages
            are read as they come.
    """
    told: dict[str, object] = {"tag": profile.tag, "steps": list(profile.steps), "scripts": list(profile.scripts)}
    keeps = any(masked(text)[0] != text for text in rows["text"].to_pylist())
    return {**told, "personal_data": "keep"} if keeps else told


def golden_rows(
    model: TrainedModel,
    onnx: bytes,
    rows: pa.Table,
    answers: Mapping[str, Mapping[str, str]],
    normalize: Callable[[str], str],
    encoder: bytes | None = None,
) -> list[dict[str, object]]:
    """One canonical question an intent, with what the released model says of it.

    The question comes from the answers file, else from the training rows (the first by content id).
    """
    first: dict[str, str] = {}
    for intent, text in zip(rows["intent"].to_pylist(), rows["text"].to_pylist(), strict=True):
        first.setdefault(intent, text)
    asked = {label: answers.get(label, {}).get("question") or first.get(label, "") for label in model.labels}
    asked = {label: question for label, question in asked.items() if question}
    normalized = [normalize(question) for question in asked.values()]
    shares = Network.of_model(model, onnx, encoder).scores(normalized) if asked else np.zeros((0, 1))
    return [
        {
            "question": question,
            "intent": label,
            "predicted": model.labels[int(share.argmax())],
            "score": round(float(share.max()), 6),
            "answer": answers.get(label, {}).get("answer"),
        }
        for (label, question), share in zip(asked.items(), shares, strict=True)
    ]


def bundle_contents(
    bot: str, profile: Profile, normalize: Callable[[str], str], settings: ReleaseSettings, inputs: Rows,
    answers: Mapping[str, Mapping[str, str]], origin: Mapping[str, str],
) -> BundleContents:  # fmt: skip
    """Everything that a bundle holds, from the rows that the stages before made."""
    domain, lang = Bot.parse(bot)
    model = TrainedModel.from_bytes(read_bytes(inputs["model"], "payload"))
    exported = inputs["exported"]
    targets = {
        target: unpack_files(read_bytes(exported.filter(pc.equal(exported["target"], target)), "payload"))
        for target in exported["target"].unique().to_pylist()
        if target != INDEX_TARGET
    }
    onnx = targets["onnx"]["model.onnx"]
    rows = join_training_rows(inputs)
    vectors, intents, questions = as_index(rows, list(model.labels))
    encoder = inputs["encoder"]["payload"][0].as_py() if len(inputs["encoder"]) else None
    indexed = encoder is not None and len(questions) > 0
    reads = {"vector": {"encoder": model.encoder, "dims": model.vector_dims}} if model.vector_dims else {}
    return BundleContents(
        domain=domain,
        lang=lang,
        profile=how_read(profile, rows),
        features={**model.spec.to_dict(), **reads},
        vocabulary={"keys": model.vocabulary.keys, "idf": model.vocabulary.idf},
        labels=list(model.labels),
        thresholds={
            "temperature": model.temperature,
            "answer": model.threshold,
            "did_you_mean": (
                model.threshold * settings.answer.did_you_mean_share
                if model.did_you_mean is None
                else model.did_you_mean
            ),
            "out_of_scope_label": settings.train.out_of_scope_label,
            **({} if model.knownness is None else {"knownness": model.knownness.to_dict()}),
        },
        onnx=onnx,
        saved_model=targets.get("saved_model", {}),
        encoder=encoder if indexed else None,
        vectors=vectors if indexed else None,
        vector_intents=intents if indexed else None,
        questions=questions if indexed else (),
        golden=golden_rows(model, onnx, rows, answers, normalize, encoder),
        answers=answers,
        origin=origin,
    )
