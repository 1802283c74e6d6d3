"""What a plan finds missing of a release: bundle, pointer, registry; and nothing when all is as it was."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from mlpipeline.stages.release.lost import find_lost
from mlpipeline.store.bundles.content import BundleContents, put_bundle
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.moves import follow, retire
from mlpipeline.store.registry.pointers import Released, read_pointer, write_pointer
from tests.unit.store.registry.registry_file import write_registry


def contents(domain: str, onnx: bytes = b"network") -> BundleContents:
    vocabulary = {"keys": np.arange(3, dtype=np.uint64)}
    return BundleContents(domain, "ko", {}, {}, vocabulary, ["a", "b"], {}, onnx)


class Shelf:
    """A store with released bots, written without a stage: `digests` by bot."""

    def __init__(self, root: Path, domains: list[str]) -> None:
        self.store, self.root = Store(str(root)), root
        rows, self.digests = [], {}
        for domain in domains:
            folder, digest = put_bundle(root / "bundles" / domain / "ko", contents(domain))
            write_pointer(Released(f"{domain}/ko", 1, str(folder), digest, {}))
            self.digests[f"{domain}/ko"] = digest
            uri = f"bundles/{domain}/ko/{folder.name}"
            row = {"version": 1, "bundle_digest": digest, "uri": uri, "alias": "champion"}
            rows.append({"domain": domain, "lang": "ko", **row})
        self.database = root / "mlflow" / "mlflow.db"
        self.register()
        write_deltalake(self.store.table_path("released"), pa.Table.from_pylist(rows), partition_by=["domain", "lang"])

    def register(self, champions: bool = True, only: str = "") -> None:
        """The registry with its versions, or one in which something is missing."""
        versions = {bot.replace("/", "."): {1: digest} for bot, digest in self.digests.items() if only in bot}
        write_registry(self.database, versions, dict.fromkeys(versions, 1) if champions else {}, root=self.root)

    def place(self, bot: str) -> Path:
        return self.root / "bundles" / bot / self.digests[bot][:16]

    def lost(self, bot: str, *, thorough: bool = False) -> str:
        return "; ".join(find_lost(self.store, thorough=thorough)(bot))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "store", ["shop", "bank"])


def test_nothing_is_lost_here_nor_in_a_copy_nor_after_a_move(shelf: Shelf, tmp_path: Path):
    for thorough in (False, True):
        assert shelf.lost("shop/ko", thorough=thorough) == shelf.lost("bank/ko", thorough=thorough) == ""
    assert shelf.lost("nobody/ko") == ""
    shutil.copytree(shelf.root, tmp_path / "copy", copy_function=shutil.copyfile)  # with new times
    shelf.root.rename(tmp_path / "moved")
    for name in ("copy", "moved"):
        assert find_lost(Store(str(tmp_path / name)), thorough=False)("shop/ko") == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("labels", "labels.txt: the file was changed"),
        ("missing", "model.onnx: the file is missing"),
        ("folder", "seal.json: the file is missing"),
        ("pointer", "champion.json missing"),
        ("bytes", "champion.json: the file was changed"),
        ("registry", "registry missing"),
        ("garbage", "the registry is damaged"),
        ("version", "registry has not version 1 of this bundle"),
        ("alias", "registry has no alias champion"),
    ],
)
def test_each_damage_concerns_its_bot(shelf: Shelf, damage: str, said: str):
    place = shelf.place("shop/ko")
    pointer = place.parent / "champion.json"
    actions = {
        "labels": lambda: (place / "labels.txt").write_text("b\na\n"),
        "missing": lambda: (place / "onnx" / "model.onnx").unlink(),
        "folder": lambda: shutil.rmtree(place),
        "pointer": pointer.unlink,
        "bytes": lambda: pointer.write_bytes(pointer.read_bytes().replace(b'"version": 1', b'"version": 2')),
        "registry": shelf.database.unlink,
        "garbage": lambda: shelf.database.write_bytes(b"garbage"),
        "version": lambda: shelf.register(only="bank"),
        "alias": lambda: shelf.register(champions=False),
    }
    actions[damage]()
    assert said in shelf.lost("shop/ko")
    if damage not in ("registry", "garbage", "alias"):
        assert shelf.lost("bank/ko") == ""


def test_what_keeps_size_and_time_is_found_when_release_is_asked_for(shelf: Shelf):
    path = shelf.place("shop/ko") / "onnx" / "model.onnx"
    stat = path.stat()
    path.write_bytes(b"Network")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert shelf.lost("shop/ko") == ""
    assert "model.onnx: the file was changed" in shelf.lost("shop/ko", thorough=True)


def test_an_alias_that_a_person_moved_is_followed_and_stays(shelf: Shelf):
    folder, digest = put_bundle(shelf.place("shop/ko").parent, contents("shop", b"older"))
    versions = {"shop.ko": {1: shelf.digests["shop/ko"], 2: digest}}
    write_registry(shelf.database, versions, {"shop.ko": 2}, root=shelf.root)
    assert shelf.lost("shop/ko") == ""
    assert read_pointer(folder.parent) == Released("shop/ko", 2, str(folder), digest, {})
    (folder / "labels.txt").unlink()
    write_registry(shelf.database, versions, {"shop.ko": 1}, root=shelf.root)
    back = follow(shelf.store, "shop/ko")
    assert shelf.lost("shop/ko") == "" and back is not None and back.version == 1
    write_registry(shelf.database, versions, {"shop.ko": 2}, root=shelf.root)
    said = "the registry's champion is version 2, and its bundle is not there (labels.txt: the file is missing)"
    assert shelf.lost("shop/ko") == said, "refused, and what answered before is not touched"
    assert read_pointer(folder.parent) == back


def test_a_bot_that_was_retired_is_not_released_again(shelf: Shelf):
    assert retire(shelf.store, "shop/ko", "season is over") == 1
    assert shelf.lost("shop/ko") == ""


@pytest.mark.slow
def test_800_bots_are_looked_at_in_a_second(tmp_path: Path):
    shelf = Shelf(tmp_path / "store", [f"d{number}" for number in range(800)])
    began = time.process_time()
    lost = find_lost(shelf.store, thorough=False)
    assert not any(lost(bot) for bot in shelf.digests)
    assert time.process_time() - began < 1.5
