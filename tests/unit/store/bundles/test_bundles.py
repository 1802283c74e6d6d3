"""The folder of a bundle: all or nothing, digests that tell every change, nothing read from outside."""

import hashlib
import io
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlpipeline.errors import StoreError
from mlpipeline.store.bundles import content as bundles
from mlpipeline.store.bundles.content import BundleContents, open_bundle, put_bundle, seal_beside, write_bundle
from mlpipeline.store.bundles.packing import npz_bytes
from mlpipeline.store.bundles.seals import find_damage, write_seal
from mlpipeline.store.checked import checked_bytes

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
    origin={"data_digest": "d"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "번들 1"


def test_every_file_is_listed_with_its_digest(folder):
    digest = write_bundle(folder, CONTENTS)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    sealed = json.loads((folder / "seal.json").read_text("utf-8"))["files"]
    on_disk = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file() and p.name != "seal.json"}
    assert set(sealed) == set(on_disk)
    assert set(manifest["files"]) == {n for n in on_disk if not n.startswith(("saved_model/", "manifest.json"))}
    for name, path in on_disk.items():
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        assert sealed[name] == [path.stat().st_size, found] and manifest["files"].get(name, found) == found
    assert open_bundle(folder).digest == digest == sealed["manifest.json"][1]
    assert (folder / "labels.txt").read_text() == "a\nb\n"


def test_equal_contents_have_an_equal_digest_elsewhere(folder, tmp_path):
    other = replace(CONTENTS, saved_model={"saved_model.pb": b"uuid"})
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


def test_a_changed_file_is_named_with_what_makes_it_anew(tmp_path):
    folder = tmp_path / "bundles" / "shop" / "ko" / "1"
    write_bundle(folder, CONTENTS)
    (folder / "labels.txt").write_text("b\na\n")
    fix = rf"-> `mlpipeline run --from-stage release --select shop/ko --store {tmp_path}` makes it anew"
    with pytest.raises(StoreError, match=r"labels.txt: the file was changed after the release " + fix):
        open_bundle(folder)


def test_a_missing_file_is_named(folder):
    write_bundle(folder, CONTENTS)
    (folder / "onnx" / "model.onnx").unlink()
    with pytest.raises(StoreError, match=r"onnx/model\.onnx: the file is missing"):
        open_bundle(folder)


def damages(data):
    """Single damages of a file's bytes: each gives other bytes, None a file that is gone."""
    lines = data.splitlines(keepends=True)
    flipped = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in {0, len(data) // 3, len(data) - 1}]
    swapped = [b"".join([*lines[1:], lines[0]])] if len(set(lines)) > 1 else []
    return [*flipped, data[:-1], b"", data + b" ", b"[" * 100_000, None, *swapped]


def test_every_single_damage_of_any_file_is_refused(folder):
    digest = write_bundle(folder, CONTENTS)
    seal_beside(folder, {"MLmodel": b"flavors: {}\n", "wheels/x.whl": b"wheel"})
    count = 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        kept = path.read_bytes()
        for data in damages(kept):
            path.unlink()
            if data is not None:
                path.write_bytes(data)
            with pytest.raises(StoreError, match=path.name):
                open_bundle(folder)
            with pytest.raises(StoreError):
                open_bundle(folder, digest=digest)
            assert find_damage(folder, digest, thorough=False) and find_damage(folder, digest, thorough=True)
            path.write_bytes(kept)
            count += 1
        (folder.parent / "aside").write_bytes(kept)
        path.unlink()
        path.symlink_to(folder.parent / "aside")
        with pytest.raises(StoreError, match="a link stands"):
            open_bundle(folder)
        assert find_damage(folder, digest, thorough=False)
        path.unlink()
        path.write_bytes(kept)
    assert count >= 120
    assert open_bundle(folder).digest == digest and not find_damage(folder, digest, thorough=True)


def test_a_folder_that_is_a_link_is_refused(folder):
    digest = write_bundle(folder, CONTENTS)
    (folder / "onnx").rename(folder.parent / "aside")
    (folder / "onnx").symlink_to(folder.parent / "aside")
    with pytest.raises(StoreError, match="a link stands"):
        open_bundle(folder)
    assert find_damage(folder, digest, thorough=False)
    link = folder.parent / "link"
    link.symlink_to(folder)
    with pytest.raises(StoreError, match="a link stands where a bundle"):
        open_bundle(link)


def test_another_bundle_in_its_place_is_refused(folder):
    write_bundle(folder, CONTENTS)
    with pytest.raises(StoreError, match="another bundle stands here"):
        open_bundle(folder, digest="0" * 64)


def test_a_file_that_is_older_than_the_seal_and_too_short_is_damage_at_the_first_look(folder):
    digest = write_bundle(folder, CONTENTS)
    before = (folder / "labels.txt").stat().st_mtime_ns - 10**9
    for path in (folder / "labels.txt", folder / "saved_model" / "saved_model.pb"):
        kept = path.read_bytes()
        for data in (kept[:-1], kept + b"x"):
            path.write_bytes(data)
            os.utime(path, ns=(before, before))
            assert find_damage(folder, digest, thorough=False).startswith(f"{path.name}: the file was changed")
        path.write_bytes(kept)
        os.utime(path, ns=(before, before))
    assert not find_damage(folder, digest, thorough=False)


def test_the_seal_of_another_manifest_is_refused(folder):
    write_bundle(folder, CONTENTS)
    names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != "seal.json"]
    for digest, sealed in (("0" * 64, names), ("0" * 64, [name for name in names if name != "manifest.json"])):
        write_seal(folder, digest, sealed)
        with pytest.raises(StoreError, match="the seal is not that of the manifest"):
            open_bundle(folder)
        assert find_damage(folder, digest, thorough=False)


def test_what_is_not_sealed_is_not_held(folder):
    write_bundle(folder, CONTENTS)
    (folder / "code.py").write_text("raise SystemExit")
    assert "code.py" not in open_bundle(folder).held


@pytest.mark.parametrize("damage", ["labels", "seal", "link", "file"])
def test_a_damaged_bundle_is_written_anew_where_it_stands(folder, damage):
    place, digest = put_bundle(folder, CONTENTS)
    if damage == "labels":
        (place / "labels.txt").write_text("b\na\n")
    elif damage == "seal":
        (place / "seal.json").unlink()
    else:
        shutil.rmtree(place)
        place.write_text("a file") if damage == "file" else place.symlink_to(folder)
    assert put_bundle(folder, CONTENTS) == (place, digest)
    assert open_bundle(place).digest == digest
    assert [path.name for path in folder.iterdir()] == [place.name]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_an_unknown_format_is_told_before_a_missing_seal(folder, number):
    write_bundle(folder, CONTENTS)
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "format": number}))
    (folder / "seal.json").unlink()
    with pytest.raises(StoreError, match="is unknown; this version reads format 2"):
        open_bundle(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "", "a\\..\\b", "x\0y"])
def test_a_path_out_of_the_bundle_is_refused(folder, name):
    digest = write_bundle(folder, CONTENTS)
    files = {**json.loads((folder / "seal.json").read_text("utf-8"))["files"], name: [0, "0"]}
    (folder / "seal.json").write_bytes(checked_bytes({"digest": digest, "files": files}))
    with pytest.raises(StoreError, match="out of the bundle"):
        open_bundle(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"format": 2}'])
def test_a_broken_manifest_is_one_clear_error(folder, text):
    write_bundle(folder, CONTENTS)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match=r"manifest\.json"):
        open_bundle(folder)
    (folder / "seal.json").unlink()
    with pytest.raises(StoreError, match=r"seal\.json"):
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
