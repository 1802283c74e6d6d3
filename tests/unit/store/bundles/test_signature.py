"""Signed bundles: where a key is set, only what was sealed with it is opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlpipeline.errors import SetupError, StoreError
from mlpipeline.store.bundles.content import open_bundle, seal_beside, write_bundle
from mlpipeline.store.bundles.seals import SEAL, find_damage
from mlpipeline.store.bundles.signature import KEY, find_forgery, sign
from mlpipeline.store.checked import checked_bytes
from tests.unit.serving.conftest import make_contents

OURS, THEIRS = "k" * 32, "other " * 6


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle that was released with our key, which is still set."""
    monkeypatch.setenv(KEY, OURS)
    write_bundle(tmp_path / "bundle", make_contents())
    return tmp_path / "bundle"


def test_what_was_released_with_the_key_is_opened_with_it_and_without(folder: Path, monkeypatch: pytest.MonkeyPatch):
    digest = open_bundle(folder).digest
    monkeypatch.delenv(KEY)
    assert open_bundle(folder).digest == digest, "a signature is no content: equal bundles keep one digest"
    assert OURS not in (folder / SEAL).read_text("utf-8")


def test_another_key_opens_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(KEY, THEIRS)
    with pytest.raises(StoreError, match=r"signed with another key \([0-9a-f]{8}\)"):
        open_bundle(folder)


def test_a_seal_that_somebody_wrote_without_the_key_is_refused(folder: Path):
    sealed = json.loads((folder / SEAL).read_text("utf-8"))
    sealed["files"]["labels.txt"][0] += 1
    (folder / SEAL).write_bytes(checked_bytes({name: sealed[name] for name in ("digest", "files", "signature")}))
    with pytest.raises(StoreError, match="not that of this seal"):
        open_bundle(folder)


def test_what_stands_beside_is_signed_too(folder: Path):
    seal_beside(folder, {"note.txt": b"added"})
    assert open_bundle(folder).digest
    assert "note.txt" in json.loads((folder / SEAL).read_text("utf-8"))["files"]


def test_an_unsigned_bundle_is_damage_where_a_key_is_set_and_is_signed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv(KEY, raising=False)
    digest = write_bundle(tmp_path / "bundle", make_contents())
    monkeypatch.setenv(KEY, OURS)
    assert "not signed" in find_damage(tmp_path / "bundle", digest, thorough=False)
    with pytest.raises(StoreError, match="not signed, and MLPIPELINE_SIGNING_KEY is set"):
        open_bundle(tmp_path / "bundle")
    assert write_bundle(tmp_path / "bundle", make_contents()) == digest
    assert open_bundle(tmp_path / "bundle").digest == digest


@pytest.mark.parametrize("signature", [None, "text", [], {}, {"key": 3}, {"hmac": "0"}])
def test_other_values_are_no_signature(signature: object, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(KEY, OURS)
    assert find_forgery({"digest": "d", "files": {}}, signature)


def test_a_key_that_is_too_short_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(KEY, "secret")
    with pytest.raises(SetupError, match="fewer than 16 characters"):
        sign({})
    monkeypatch.setenv(KEY, "  ")
    assert sign({}) == {} and find_forgery({}, None) == ""
