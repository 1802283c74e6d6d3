"""What is released of a bot: one folder of files whose manifest carries a digest of each.

This module knows files, not models: `stages/release` gives it bytes and tables, `serving/bundle.py` reads
them back into something that answers. A bundle is written beside its place and renamed, so a reader sees
the whole of it or nothing.
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

import numpy as np

from mlpipeline.errors import StoreError
from mlpipeline.store.packing import is_inside, json_bytes, jsonl_bytes, npz_bytes

FORMAT = 1
MANIFEST = "manifest.json"
RERUN = "run `mlpipeline run --from release` for this bot"

# Written by other tools with random ids in them (SavedModel) or beside the bundle (MLflow): listed and
# verified where the manifest lists them, but two equal bots may differ there, so the digest leaves them out.
_DERIVED = ("saved_model/",)
# What is only told about a bundle: the same bot released from another commit is still the same bundle.
_VOLATILE = ("git_commit", "fingerprints", "created")


@dataclass(frozen=True)
class BundleContents:
    """All that goes into one bundle, as plain data.

    Shapes: `vectors` (n, d) of any float type, `vector_intents` (n,) positions in `labels`, `questions` n texts.
    `vectors` and `encoder` are None together for a bot without a nearest-neighbour index.
    `origin` says where the bundle comes from: fingerprints, data_digest, recipe_digest, weights_digest, git_commit.
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
    """An opened bundle folder: its manifest was read and, if asked for, every digest compared."""

    folder: Path
    manifest: Mapping[str, object]

    @property
    def digest(self) -> str:
        """The bundle's digest (sha256 hex), from its manifest."""
        return manifest_digest(self.manifest)

    def has(self, name: str) -> bool:
        """True if the manifest lists the file `name`."""
        files = self.manifest["files"]
        return isinstance(files, Mapping) and name in files

    def read(self, name: str) -> bytes:
        """The bytes of the listed file `name`. Raises StoreError if it is not there."""
        if not self.has(name):
            raise StoreError(f"the bundle has no file {name}", where=str(self.folder), fix=RERUN)
        return _read(self.folder / name, self.folder)

    def read_json(self, name: str) -> dict[str, object]:
        """The JSON object in the listed file `name`. Raises StoreError if it is not one."""
        return as_object(self.read(name), self.folder / name)


def write_bundle(folder: Path, contents: BundleContents) -> str:
    """Write `contents` as the bundle `folder`, all or nothing, and return its digest.

    Equal contents give an equal digest; a folder that already holds that digest is left as it is.

    Raises:
        StoreError: contents that do not fit together, or a folder that cannot be written.
    """
    return _put_files(folder, _with_manifest(contents))


def open_bundle(folder: Path, *, verify: bool = True) -> BundleFiles:
    """Open the bundle in `folder`; with `verify`, compare the sha256 of every listed file.

    Raises:
        StoreError: no bundle there, an unknown format, a path out of the folder, a missing or changed file.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise StoreError("no bundle here (manifest.json is missing)", where=str(folder), fix=RERUN)
    manifest = as_object(_read(path, folder), path)
    found = manifest.get("format")
    if found != FORMAT:
        raise StoreError(
            f"bundle format {found!r} is unknown; this version reads format {FORMAT}",
            where=str(path),
            fix="use the mlpipeline version that wrote it, or release the bot again",
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or not files:
        raise StoreError("the manifest lists no files", where=str(path), fix=RERUN)
    for name, expected in files.items():
        _check_inside(folder, name)
        if verify and hashlib.sha256(_read(folder / name, folder)).hexdigest() != expected:
            raise StoreError("the file was changed after the release", where=str(folder / name), fix=RERUN)
    return BundleFiles(folder=folder, manifest=manifest)


def manifest_digest(manifest: Mapping[str, object]) -> str:
    """The sha256 (hex) of the manifest's canonical JSON, without what may differ between equal bundles."""
    kept = {key: value for key, value in manifest.items() if key not in _VOLATILE}
    files = kept.get("files")
    if isinstance(files, Mapping):
        kept["files"] = {name: digest for name, digest in files.items() if not name.startswith(_DERIVED)}
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def as_object(data: bytes, path: Path) -> dict[str, object]:
    """The JSON object in `data`; `path` is named in the StoreError if there is none."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise StoreError(f"not readable as JSON ({error})", where=str(path), fix=RERUN) from error
    if not isinstance(value, dict):
        raise StoreError("not a JSON object", where=str(path), fix=RERUN)
    return value


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
    for name, data in contents.saved_model.items():
        files[f"saved_model/{name}"] = data
    if contents.encoder is not None and contents.vectors is not None and contents.vector_intents is not None:
        intents = np.asarray(contents.vector_intents, dtype=np.int32)
        files["encoder.npz"] = contents.encoder
        files["index.npz"] = npz_bytes({"vectors": contents.vectors.astype(np.float16), "intent": intents})
        pairs = zip(contents.questions, intents.tolist(), strict=True)
        rows = ({"text": text, "intent": contents.labels[position]} for text, position in pairs)
        files["questions.jsonl"] = jsonl_bytes(rows)
    for name in files:
        if not is_inside(name):
            raise StoreError(f"a file of a bundle may not leave its folder: {name!r}")
    return files


def _check_contents(contents: BundleContents) -> None:
    where = f"{contents.domain}/{contents.lang}"
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
    files = _files(contents)
    manifest: dict[str, object] = {"format": FORMAT, "domain": contents.domain, "lang": contents.lang}
    manifest.update(contents.origin)
    manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    files[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
    return files


def _put_files(folder: Path, files: Mapping[str, bytes]) -> str:
    """Write `files` beside `folder` and rename; return the bundle's digest."""
    digest = manifest_digest(json.loads(files[MANIFEST]))
    if _already_there(folder, digest):
        return digest
    spare = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.tmp"
    try:
        _write_files(spare, files)
        _put(spare, folder)
    except OSError as error:
        raise StoreError(
            f"the bundle cannot be written ({error.strerror or error})",
            where=str(folder),
            fix="make room or give write permission there, then run again",
        ) from error
    finally:
        shutil.rmtree(spare, ignore_errors=True)
    return digest


def _already_there(folder: Path, digest: str) -> bool:
    try:
        return open_bundle(folder).digest == digest
    except StoreError:
        return False


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _put(spare: Path, folder: Path) -> None:
    """Rename `spare` to `folder`; what stood there before is moved aside first and then removed."""
    old = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.old"
    if folder.exists():
        os.rename(folder, old)
    os.rename(spare, folder)
    shutil.rmtree(old, ignore_errors=True)


def _check_inside(folder: Path, name: str) -> None:
    if not is_inside(name):
        raise StoreError(f"the manifest names a path out of the bundle: {name!r}", where=str(folder), fix=RERUN)
    if not (folder / name).is_file():
        raise StoreError(f"the bundle's file {name} is missing", where=str(folder), fix=RERUN)
    if folder.resolve() not in (folder / name).resolve().parents:
        raise StoreError(f"the bundle's file {name} is a link out of the bundle", where=str(folder), fix=RERUN)


def _read(path: Path, folder: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"cannot be read ({error.strerror or error})", where=str(path), fix="check its permissions"
        ) from error
