"""The folder of a bundle: all or nothing, digests that tell every change, nothing read from outside."""

import hashlib
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlpipeline.errors import StoreError
from mlpipeline.store import bundles
from mlpipeline.store.bundles import BundleContents, open_bundle, write_bundle
from mlpipeline.store.packing import npz_bytes

CONTENTS = BundleContents(
    domain="shop",
    lang="ko",
    profile={"tag": "ko", "steps": [], "scripts": ["Hang"]},
    features={"max_ids": 8},
    vocabulary={"keys": np.arange(3, dtype=np.uint64), "idf": np.ones(3, np.float32)},
    labels=["a", "b"],
    thresholds={"temperature": 1.0, "answer": 0.5, "did_you_mean": 0.2},
    onnx=b"network",
    saved_model={"saved_model.pb": b"graph"},
    encoder=b"encoder",
    vectors=np.eye(2, dtype=np.float32),
    vector_intents=np.array([0, 1]),
    questions=["하나", "둘"],
    golden=[{"question": "하나", "intent": "a", "answer": None, "score": 0.5}],
    answers={"a": {"question": "하나?", "answer": "네"}},
    origin={"data_digest": "d", "git_commit": "abc"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "번들 1"


def test_every_file_is_listed_with_its_digest(folder):
    digest = write_bundle(folder, CONTENTS)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    on_disk = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json"}
    assert set(manifest["files"]) == set(on_disk)
    for name, path in on_disk.items():
        assert manifest["files"][name] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert open_bundle(folder).digest == digest
    assert (folder / "labels.txt").read_text() == "a\nb\n"


def test_equal_contents_have_an_equal_digest_elsewhere(folder, tmp_path):
    other = replace(CONTENTS, origin={"data_digest": "d", "git_commit": "def"}, saved_model={"saved_model.pb": b"uuid"})
    assert write_bundle(folder, CONTENTS) == write_bundle(tmp_path / "other", other)


@pytest.mark.parametrize(
    "change",
    [
        {"lang": "ja"},
        {"labels": ["b", "a"]},
        {"onnx": b"other"},
        {"thresholds": {"temperature": 1.0, "answer": 0.5, "did_you_mean": 0.3}},
        {"vectors": np.eye(2) * 0.5},
        {"answers": {}},
        {"origin": {"data_digest": "e"}},
    ],
)
def test_any_change_changes_the_digest(folder, tmp_path, change):
    assert write_bundle(folder, CONTENTS) != write_bundle(tmp_path / "other", replace(CONTENTS, **change))


def test_a_bundle_that_is_there_is_left_alone_and_a_new_one_replaces_it(folder):
    write_bundle(folder, CONTENTS)
    (folder / "MLmodel").write_text("beside")
    write_bundle(folder, CONTENTS)
    assert (folder / "MLmodel").exists()
    digest = write_bundle(folder, replace(CONTENTS, onnx=b"new"))
    assert not (folder / "MLmodel").exists()
    assert open_bundle(folder).digest == digest
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_write_that_fails_leaves_the_old_bundle(folder, monkeypatch):
    digest = write_bundle(folder, CONTENTS)

    def full(spare, files):
        spare.mkdir()
        (spare / "half").write_text("x")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundles, "_write_files", full)
    with pytest.raises(StoreError, match="No space left on device"):
        write_bundle(folder, replace(CONTENTS, onnx=b"new"))
    assert open_bundle(folder).digest == digest
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_changed_file_is_found_unless_asked_not_to_look(folder):
    write_bundle(folder, CONTENTS)
    (folder / "labels.txt").write_text("a\nc\n")
    with pytest.raises(StoreError, match=r"labels.txt: the file was changed after the release -> run"):
        open_bundle(folder)
    open_bundle(folder, verify=False)


def test_a_missing_file_is_named(folder):
    write_bundle(folder, CONTENTS)
    (folder / "onnx" / "model.onnx").unlink()
    with pytest.raises(StoreError, match=r"file onnx/model\.onnx is missing"):
        open_bundle(folder, verify=False)


def _with_manifest(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}))


@pytest.mark.parametrize("number", [0, 2, "1", None])
def test_an_unknown_format_is_refused(folder, number):
    write_bundle(folder, CONTENTS)
    _with_manifest(folder, format=number)
    with pytest.raises(StoreError, match="is unknown; this version reads format 1"):
        open_bundle(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "", "a\\..\\b", "x\0y"])
def test_a_path_out_of_the_bundle_is_refused(folder, name):
    write_bundle(folder, CONTENTS)
    _with_manifest(folder, files={name: "0"})
    with pytest.raises(StoreError, match="out of the bundle"):
        open_bundle(folder)


def test_a_link_out_of_the_bundle_is_refused(folder, tmp_path):
    write_bundle(folder, CONTENTS)
    (tmp_path / "secret").write_text("a\nb\n")
    (folder / "labels.txt").unlink()
    os.symlink(tmp_path / "secret", folder / "labels.txt")
    with pytest.raises(StoreError, match="link out of the bundle"):
        open_bundle(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', '{"format": 1, "files": {}}'])
def test_a_broken_manifest_is_one_clear_error(folder, text):
    folder.mkdir()
    (folder / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match=r"manifest\.json"):
        open_bundle(folder)


def test_no_bundle_at_all(tmp_path):
    with pytest.raises(StoreError, match="no bundle here"):
        open_bundle(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": ["a", "b\nc"]}, "line break"),
        ({"labels": []}, "at least one intent"),
        ({"labels": ["a", "a"]}, "each once"),
        ({"encoder": None}, "both"),
        ({"questions": ["하나"]}, "differ in length"),
    ],
)
def test_contents_that_do_not_fit_are_refused(folder, change, says):
    with pytest.raises(StoreError, match=says):
        write_bundle(folder, replace(CONTENTS, **change))
    assert not folder.exists()


def test_a_bot_without_an_index(folder):
    write_bundle(folder, replace(CONTENTS, encoder=None, vectors=None, vector_intents=None, questions=()))
    assert not open_bundle(folder).has("index.npz")


def test_arrays_have_one_form():
    arrays = {"b": np.arange(4).reshape(2, 2).T, "a": np.ones(2)}
    data = npz_bytes(arrays)
    assert data == npz_bytes(dict(reversed(arrays.items())))
    with np.load(io.BytesIO(data), allow_pickle=False) as back:
        np.testing.assert_array_equal(back["b"], arrays["b"])
    with pytest.raises(ValueError, match="allow_pickle"):
        npz_bytes({"a": np.array([object()])})
