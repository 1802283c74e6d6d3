"""Encoders from a local folder: a tiny one is made here; what is missing is told with its fix."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlpipeline.errors import SetupError
from mlpipeline.networks.encoders.folder import load_folder
from mlpipeline.networks.untrusted import check_sentence_transformer

WORDS = ["[PAD]", "[UNK]", "play", "stop", "music", "lights", "please"]


def write_model(folder: Path, extra: tuple[str, ...] = (), table: np.ndarray | None = None, op: str = "Gather") -> None:
    """Token ids -> rows of a table, or another output that is no vector a token."""
    table = np.random.default_rng(3).normal(size=(len(WORDS), 8)).astype(np.float32) if table is None else table
    names, shape = ("input_ids", "attention_mask", *extra), ["batch", "tokens", table.shape[1]]
    node = helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])
    if op != "Gather":
        node, shape = helper.make_node(op, ["input_ids"], ["last_hidden_state"], to=TensorProto.FLOAT), shape[:2]
    graph = helper.make_graph(
        [node],
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in names],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, shape)],
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


def test_a_graph_without_a_tokenizer_is_told(tmp_path: Path) -> None:
    write_model(tmp_path)
    with pytest.raises(SetupError, match=r"no tokenizer\.json"):
        load_folder(tmp_path)


def test_a_model_that_gives_no_vectors_is_refused_when_it_is_opened(folder: Path) -> None:
    table = np.ones((len(WORDS), 8), np.float32)
    for broken, told in ((table * np.float32("nan"), "NaN or infinity"), (table * 0, "gives zeros")):
        write_model(folder, table=broken)
        with pytest.raises(SetupError, match=told):
            load_folder(folder)
    write_model(folder, op="Cast")
    with pytest.raises(SetupError, match="no vector of one length each"):
        load_folder(folder)


def settings(folder: Path, mode: str, dims: int = 8, module: str = "Normalize") -> None:
    """Pooling, prefix and modules as sentence-transformers keeps them."""
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": dims, mode: True}))
    paths = {"Transformer": "", "Pooling": "1_Pooling", module: "2"}
    modules = [{"path": path, "type": f"sentence_transformers.models.{kind}"} for kind, path in paths.items()]
    (folder / "modules.json").write_text(json.dumps(modules))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("pooling_mode_mean_tokens", lambda rows: rows.mean(axis=0)),
        ("pooling_mode_cls_token", lambda rows: rows[0]),
        ("pooling_mode_lasttoken", lambda rows: rows[-1]),
        ("pooling_mode_max_tokens", lambda rows: rows.max(axis=0)),
    ],
)
def test_tokens_are_pooled_as_the_folder_declares(
    folder: Path, mode: str, expected: Callable[[np.ndarray], np.ndarray]
) -> None:
    settings(folder, mode)
    table = np.random.default_rng(3).normal(size=(len(WORDS), 8)).astype(np.float32)
    texts = {"play music please": [2, 4, 6], "stop": [3]}
    for text, made in zip(texts, load_folder(folder).encode(list(texts)), strict=True):
        wanted = expected(table[texts[text]])
        np.testing.assert_allclose(made, wanted / np.linalg.norm(wanted), atol=1e-6)


def test_what_the_folder_declares_and_is_not_so_is_told(folder: Path) -> None:
    settings(folder, "pooling_mode_mean_tokens", dims=384)
    with pytest.raises(SetupError, match="vectors have 8 numbers, and its settings say 384"):
        load_folder(folder)
    settings(folder, "pooling_mode_weightedmean_tokens")
    with pytest.raises(SetupError, match="pooling_mode_weightedmean_tokens, which is not done here"):
        load_folder(folder)
    settings(folder, "pooling_mode_mean_tokens", module="Dense")
    with pytest.raises(SetupError, match="module Dense"):
        load_folder(folder)
    (folder / "sentence_bert_config.json").write_text("[]")
    with pytest.raises(SetupError, match=r"sentence_bert_config\.json.*no JSON object"):
        load_folder(folder)


def test_the_prefix_and_the_length_of_a_text_are_the_folders(folder: Path) -> None:
    plain = load_folder(folder)
    prompts = {"prompts": {"query": "please "}, "default_prompt_name": "query"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    assert np.array_equal(load_folder(folder).encode(["play"]), plain.encode(["please play"]))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 1}')
    assert np.array_equal(load_folder(folder).encode(["play"]), plain.encode(["please"]))


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
