"""A small made-up bot: its network is a table of n-gram weights, written as ONNX by hand."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlpipeline.networks.encoders.ngram_lsa import fit_ngram_encoder
from mlpipeline.networks.features import FeatureSpec, as_ids, fit_vocabulary
from mlpipeline.serving import bundle
from mlpipeline.serving.bundle import BundleContents

QUESTIONS = [
    ("몇 시에 문을 여나요", "hours"),
    ("영업 시간이 어떻게 되나요", "hours"),
    ("언제 문을 닫나요", "hours"),
    ("배송비가 얼마인가요", "delivery"),
    ("배송은 며칠 걸리나요", "delivery"),
    ("배송 조회를 하고 싶어요", "delivery"),
    ("오늘 날씨가 어때", "oos"),
    ("노래 불러줘", "oos"),
]
LABELS = ["delivery", "hours", "oos"]
SPEC = FeatureSpec(char_ngrams=(1, 3), word_ngrams=(1, 1), max_ids=64)


def network_of(table: np.ndarray) -> bytes:
    """ONNX of ids (n, w) -> sum of the rows of `table` (ids, k): float32 (n, k)."""
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["rows"]),
        helper.make_node("ReduceSum", ["rows", "axis"], ["logits"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "bag",
        [helper.make_tensor_value_info("ids", TensorProto.INT32, ["n", "w"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", table.shape[1]])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1], np.int64), "axis")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def make_contents(**changes: object) -> BundleContents:
    """The contents of the small bot; `changes` replace fields."""
    texts = [text for text, _ in QUESTIONS]
    intents = np.array([LABELS.index(intent) for _, intent in QUESTIONS], np.int32)
    vocabulary = fit_vocabulary(texts, SPEC, min_df=1)
    counts = np.zeros((len(vocabulary) + 1, len(LABELS)), np.float32)
    for row, intent in zip(as_ids(texts, SPEC, vocabulary), intents, strict=True):
        counts[row, intent] += 1.0
    table = 4.0 * (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0) - 1.0 / 3.0)
    table[0] = 0.0
    encoder = fit_ngram_encoder(texts, dims=6, seed=1)
    fields: dict[str, object] = {
        "domain": "shop",
        "lang": "ko",
        "profile": {"tag": "ko", "steps": ["nfc"], "scripts": ["Hang"]},
        "features": SPEC.to_dict(),
        "vocabulary": {"keys": vocabulary.keys, "idf": vocabulary.idf},
        "labels": LABELS,
        "thresholds": {"temperature": 1.0, "answer": 0.8, "did_you_mean": 0.5, "out_of_scope_label": "oos"},
        "onnx": network_of(table.astype(np.float32)),
        "saved_model": {"saved_model.pb": b"graph", "variables/variables.index": b"index"},
        "encoder": encoder.to_bytes(),
        "vectors": encoder.encode(texts),
        "vector_intents": intents,
        "questions": texts,
        "golden": [{"question": texts[0], "intent": "hours", "answer": "9시입니다.", "score": 0.99}],
        "answers": {"hours": {"question": "몇 시에 여나요?", "answer": "9시입니다."}},
        "origin": {"data_digest": "d1", "recipe_digest": "r1", "weights_digest": "w1", "git_commit": "abc"},
    }
    return BundleContents(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_encoder_is_open() -> None:
    """Each test opens the encoders that it means, as a new process would."""
    bundle._shared_encoder.cache_clear()


@pytest.fixture(scope="session")
def contents() -> BundleContents:
    """The small bot, to be written."""
    return make_contents()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a bundle may be written: a path with a space and letters beyond ASCII."""
    return tmp_path / "bündel 번들"


@pytest.fixture(scope="session")
def questions() -> list[tuple[str, str]]:
    """Text and intent of what the small bot was trained with."""
    return QUESTIONS


@pytest.fixture(scope="session")
def make_network():
    """`network_of`: a table of weights -> ONNX."""
    return network_of
