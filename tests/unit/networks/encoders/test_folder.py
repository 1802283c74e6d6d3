"""Encoders from a local folder: a tiny one is made here; what is missing is told with its fix."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlpipeline.errors import SetupError
from mlpipeline.networks.encoders.folder import load_folder
from mlpipeline.networks.untrusted import check_sentence_transformer

WORDS = ["[PAD]", "[UNK]", "play", "stop", "music", "lights", "please"]


def write_model(folder: Path, extra: tuple[str, ...] = ()) -> None:
    """One Gather: token ids -> rows of a table; the vectors of a sentence are the mean of its words'."""
    table = np.random.default_rng(3).normal(size=(len(WORDS), 8)).astype(np.float32)
    names = ("input_ids", "attention_mask", *extra)
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])],
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in names],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", 8])],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, folder / "model.onnx")


def write_folder(folder: Path) -> None:
    """The model and its tokenizer."""
    tokenizers = pytest.importorskip("tokenizers", reason="the extra [encoders] is not installed")
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    write_model(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path)
    return tmp_path


def test_a_folder_with_onnx_and_tokenizer(folder: Path) -> None:
    encoder = load_folder(folder)
    texts = ["play music please", "stop", "music play", "lights " * 300, "play music", "never heard"] * 30
    vectors = encoder.encode(texts)
    assert encoder.dims == 8 and vectors.shape == (180, 8) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert np.allclose(vectors[2], vectors[4], atol=1e-6)
    alone = np.concatenate([encoder.encode([text]) for text in texts[:6]])
    assert np.allclose(alone, vectors[:6], atol=1e-6)
    assert encoder.encode([]).shape == (0, 8)


def test_the_digest_follows_the_files(folder: Path) -> None:
    before = load_folder(folder).digest
    assert load_folder(folder).digest == before
    (folder / "note.txt").write_text("retrained")
    assert load_folder(folder).digest != before


def test_a_broken_model_and_unknown_inputs_are_told(folder: Path) -> None:
    write_model(folder, ("pixel_values",))
    with pytest.raises(SetupError, match="pixel_values"):
        load_folder(folder)
    (folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(SetupError, match="cannot be loaded"):
        load_folder(folder)


def write_transformer(folder: Path) -> None:
    """What sentence-transformers saves, as far as it is looked at before anything is loaded."""
    module = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}
    dense = {"idx": 1, "name": "1", "path": "1_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps([module, dense]))
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "model.safetensors").write_bytes(b"numbers")
    (folder / "1_Dense").mkdir()
    (folder / "1_Dense" / "model.safetensors").write_bytes(b"numbers")
    (folder / "openvino").mkdir()
    (folder / "openvino" / "openvino_model.bin").write_bytes(b"numbers")


CODE = '{"auto_map": {"AutoModel": "modeling_mine.Mine"}}'


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("pytorch_model.bin", "x", "pickled weights"),
        ("1_Dense/pytorch_model.bin", "x", "pickled weights"),
        ("weights.pt", "x", "pickled weights"),
        ("deep/er/vocabulary.PKL", "x", "pickled weights"),
        ("modeling_mine.py", "x", "code in a folder"),
        ("config.json", CODE, "auto_map"),
        ("1_Dense/config.json", CODE, "auto_map"),
        ("tokenizer_config.json", CODE, "auto_map"),
        ("modules.json", '[{"path": "", "type": "mine.Module"}]', "no part of sentence-transformers"),
        ("modules.json", '[{"path": "../..", "type": "sentence_transformers.models.Dense"}]', "leaves the folder"),
        ("modules.json", "{}", "no list of modules"),
        ("config.json", "[" * 100_000, "cannot be read as JSON"),
    ],
)
def test_what_could_run_code_is_refused(tmp_path: Path, name: str, text: str, told: str) -> None:
    write_transformer(tmp_path)
    check_sentence_transformer(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    with pytest.raises(SetupError, match=told) as caught:
        load_folder(tmp_path)
    assert caught.value.where == str(tmp_path / name) and caught.value.fix


def test_weights_are_safetensors_or_nothing(tmp_path: Path) -> None:
    write_transformer(tmp_path)
    for path in tmp_path.rglob("*.safetensors"):
        path.unlink()
    with pytest.raises(SetupError, match="safetensors only"):
        load_folder(tmp_path)


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match="no such folder"):
        load_folder(tmp_path / "nowhere")
    with pytest.raises(SetupError, match="holds no encoder"):
        load_folder(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    write_transformer(tmp_path)
    with pytest.raises(SetupError, match=r"sentence_transformers.*encoders"):
        load_folder(tmp_path)
    write_model(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(SetupError, match=r"tokenizers.*encoders"):
        load_folder(tmp_path)
