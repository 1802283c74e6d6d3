"""What is released of a bot: one folder of files whose manifest carries a digest of each.

This module knows files, not models: `stages/release` gives it bytes and tables, `serving/bundle.py` reads
them back into something that answers. A bundle is written beside its place and renamed, so a reader sees
the whole of it or nothing. The manifest lists content and nothing else, no version, time or path: its sha256 is the
bundle's digest, so equal content is one bundle, wherever and whenever it is released.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.store.bundles.packing import is_inside, json_bytes, jsonl_bytes, npz_bytes
from mlpipeline.store.bundles.seals import (
    CHANGED,
    MANIFEST,
    SEAL,
    find_damage,
    read_seal,
    remedy,
    sealed_bytes,
    write_seal,
)
from mlpipeline.store.checked import as_object

FORMAT = 2
INDEX_FILE, INDEX_FACTS = "index.usearch", "index.json"
INDEX_TARGET = "index"
"""What `exported` calls the archive of both, of bots that have one."""
"""Beside the vectors of a large bot, and no content: another processor may link the same vectors in another way."""

# Sealed but no content: TensorFlow numbers its functions by what else the process did, and adds a random number.
_SAVED_MODEL = "saved_model/"


@dataclass(frozen=True)
class BundleContents:
    """All that goes into one bundle, as plain data.

    Shapes: `vectors` (n, d) of any float type, `vector_intents` (n,) positions in `labels`, `questions` n texts.
    `vectors` and `encoder` are None together for a bot without a nearest-neighbour index.
    `origin` names digests of what the bot learnt from: equal for equal rows, wherever and whenever they were read.
    """

    domain: str
    lang: str
    profile: Mapping[str, object]
    features: Mapping[str, object]
    vocabulary: Mapping[str, np.ndarray]
    labels: Sequence[str]
    thresholds: Mapping[str, object]
    onnx: bytes
    saved_model: Mapping[str, bytes] = field(default_factory=dict)
    encoder: bytes | None = None
    vectors: np.ndarray | None = None
    vector_intents: np.ndarray | None = None
    questions: Sequence[str] = ()
    golden: Sequence[Mapping[str, object]] = ()
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    origin: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class BundleFiles:
    """The files of an opened bundle, each with the bytes that were released: they are held, not read again.

    `folder` is where they were read, for messages. The SavedModel is verified but not held: nothing here runs it.
    """

    folder: Path
    digest: str
    manifest: Mapping[str, Any]
    held: Mapping[str, bytes]

    def has(self, name: str) -> bool:
        """True if the manifest lists the file `name`."""
        return name in self.manifest["files"]

    def read(self, name: str) -> bytes:
        """The bytes of the listed file `name`. Raises StoreError if it is not there."""
        if not self.has(name) or name not in self.held:
            raise StoreError(f"the bundle has no file {name}", where=str(self.folder), fix=remedy(self.folder))
        return self.held[name]

    def read_json(self, name: str) -> dict[str, object]:
        """The JSON object in the listed file `name`. Raises StoreError if it is not one."""
        return as_object(self.read(name), self.folder / name, fix=remedy(self.folder))


def read_golden(files: BundleFiles) -> list[dict[str, object]]:
    """The golden questions with what the release said of them: question, intent, predicted, score, answer."""
    return [json.loads(line) for line in files.read("golden.jsonl").splitlines()]


def write_bundle(folder: Path, contents: BundleContents) -> str:
    """Write `contents` as the bundle `folder`, all or nothing, and return its digest.

    Equal contents give an equal digest; a folder that holds that digest undamaged is left as it is.

    Raises:
        StoreError: contents that do not fit together, or a folder that cannot be written.
    """
    return _put_files(folder, _with_manifest(contents))


def put_bundle(home: Path, contents: BundleContents) -> tuple[Path, str]:
    """Write `contents` below `home` under their own digest: (folder, digest); raises as `write_bundle` does."""
    files = _with_manifest(contents)
    digest = hashlib.sha256(files[MANIFEST]).hexdigest()
    return home / digest[:16], _put_files(home / digest[:16], files)


def open_bundle(folder: Path, *, digest: str | None = None) -> BundleFiles:
    """Open the bundle in `folder`, and read and verify every file that was sealed there.

    Args:
        folder: of the bundle.
        digest: of the bundle that should stand there; None takes the one that does.

    Raises:
        StoreError: no bundle there, another one, an unknown format, a missing, changed or linked file.
    """
    fix = remedy(folder)
    if not (folder / MANIFEST).exists() and not (folder / SEAL).exists():
        raise StoreError("no bundle here (manifest.json is missing)", where=str(folder), fix=fix)
    _check_format(folder)
    seal = read_seal(folder)
    if digest is not None and seal.digest != digest:
        raise StoreError("another bundle stands here than the one that was released", where=str(folder), fix=fix)
    held = {}
    for name in seal.files:
        data = sealed_bytes(folder, seal, name)
        if not name.startswith(_SAVED_MODEL):
            held[name] = data
    return open_files(held, folder, seal.digest, {name: found for name, (_, found) in seal.files.items()})


def open_files(
    held: Mapping[str, bytes], folder: Path, digest: str, known: Mapping[str, str] | None = None
) -> BundleFiles:
    """A bundle from bytes in memory, of which `folder` is where they came from; content is verified.

    `known` are digests of `held` that the caller has just made of them.

    Raises:
        StoreError: the manifest is not that of `digest`, or a file is not what it lists.
    """
    fix = remedy(folder)
    known = known or {name: hashlib.sha256(data).hexdigest() for name, data in held.items()}
    if known.get(MANIFEST) != digest:
        raise StoreError(CHANGED, where=str(folder / MANIFEST), fix=fix)
    manifest = as_object(held[MANIFEST], folder / MANIFEST, fix=fix)
    files = manifest.get("files")
    if manifest.get("format") != FORMAT or not isinstance(files, dict) or not files:
        raise StoreError("the manifest lists no files", where=str(folder / MANIFEST), fix=fix)
    for name, expected in files.items():
        if name not in held or known.get(name) != expected:
            raise StoreError(CHANGED, where=str(folder / name), fix=fix)
    return BundleFiles(folder=folder, digest=digest, manifest=manifest, held=held)


def seal_beside(folder: Path, files: Mapping[str, bytes]) -> None:
    """Add `files`, which are no content, to the bundle in `folder` and seal them with the rest.

    Raises:
        StoreError: the bundle is damaged, or it cannot be written.
    """
    seal = read_seal(folder)
    try:
        _write_files(folder, files)
        write_seal(folder, seal.digest, {*seal.files, *files})
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _check_format(folder: Path) -> None:
    """A bundle of another version of mlpipeline has no seal, or one that says something else: say so first."""
    try:
        found = as_object((folder / MANIFEST).read_bytes(), folder, fix="").get("format")
    except (OSError, StoreError):
        return  # damage, which is told with the seal
    if isinstance(found, int) and found != FORMAT and not (folder / SEAL).exists():
        raise StoreError(
            f"bundle format {found!r} is unknown; this version reads format {FORMAT}",
            where=str(folder / MANIFEST),
            fix=remedy(folder),
        )


def _files(contents: BundleContents) -> dict[str, bytes]:
    _check_contents(contents)
    files = {
        "normalizer.json": json_bytes(contents.profile),
        "features.json": json_bytes(contents.features),
        "features.npz": npz_bytes(contents.vocabulary),
        "labels.txt": "".join(f"{label}\n" for label in contents.labels).encode(),
        "thresholds.json": json_bytes(contents.thresholds),
        "onnx/model.onnx": contents.onnx,
        "golden.jsonl": jsonl_bytes(contents.golden),
        "answers.json": json_bytes(contents.answers),
    }
    if contents.encoder is not None and contents.vectors is not None and contents.vector_intents is not None:
        intents = np.asarray(contents.vector_intents, dtype=np.int32)
        files["encoder.npz"] = contents.encoder
        files["index.npz"] = npz_bytes({"vectors": contents.vectors.astype(np.float16), "intent": intents})
        pairs = zip(contents.questions, intents.tolist(), strict=True)
        rows = ({"text": text, "intent": contents.labels[position]} for text, position in pairs)
        files["questions.jsonl"] = jsonl_bytes(rows)
    return files


def _check_contents(contents: BundleContents) -> None:
    where = str(Bot(contents.domain, contents.lang))
    if any("\n" in label or "\r" in label or not label for label in contents.labels):
        raise StoreError("an intent is empty or has a line break in its name", where=where, fix="rename the intent")
    if len(set(contents.labels)) != len(contents.labels) or not contents.labels:
        raise StoreError("a bundle needs at least one intent, each once", where=where)
    if (contents.vectors is None) != (contents.encoder is None):
        raise StoreError("an index needs both its vectors and their encoder", where=where)
    if contents.vectors is not None:
        intents = contents.vector_intents
        rows = {len(contents.vectors), len(contents.questions), -1 if intents is None else len(intents)}
        if len(rows) != 1:
            raise StoreError("vectors, vector_intents and questions of the index differ in length", where=where)


def _with_manifest(contents: BundleContents) -> dict[str, bytes]:
    """All files of a bundle but its seal; the manifest lists those that are content."""
    files = _files(contents)
    manifest: dict[str, object] = {"format": FORMAT, "domain": contents.domain, "lang": contents.lang}
    manifest.update(contents.origin)
    manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    files[MANIFEST] = json_bytes(manifest)
    for name, data in contents.saved_model.items():
        files[f"{_SAVED_MODEL}{name}"] = data
    for name in files:
        if not is_inside(name):
            raise StoreError(f"a file of a bundle may not leave its folder: {name!r}")
    return files


def _put_files(folder: Path, files: Mapping[str, bytes]) -> str:
    """Write `files` beside `folder`, seal them and rename; return the bundle's digest."""
    digest = hashlib.sha256(files[MANIFEST]).hexdigest()
    if not find_damage(folder, digest, thorough=True):
        return digest
    spare = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.tmp"
    try:
        _write_files(spare, files)
        write_seal(spare, digest, files)
        _put(spare, folder)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    finally:
        shutil.rmtree(spare, ignore_errors=True)
    return digest


def _cannot_write(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the bundle cannot be written ({error.strerror or error})",
        where=str(folder),
        fix="make room or give write permission there, then run again",
    )


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _put(spare: Path, folder: Path) -> None:
    """Rename `spare` to `folder`; what stood there before is moved aside first and then removed."""
    old = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.old"
    if os.path.lexists(folder):
        os.rename(folder, old)
    os.rename(spare, folder)
    if old.is_dir() and not old.is_symlink():
        shutil.rmtree(old, ignore_errors=True)
    else:
        old.unlink(missing_ok=True)
