"""`check` reads every byte: what a look at sizes and times cannot see is found, with the line that mends it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.cli.main import main
from mlpipeline.orders.inspection import inspect_store
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import load_manifest

World = Any


@pytest.fixture
def made(world: World) -> World:
    world.finish(world.plan())
    return world


def test_files_that_are_as_they_were_written_are_counted(made: World):
    found = inspect_store(made.store, {"shop/ko", "*/ko"})
    files = [load_manifest(made.store, name).entries.get("shop/ko") for name in ("utterance", "cleaned")]
    assert all(files) and found.files > 5 and not found.damages


def test_a_file_of_the_same_size_and_time_is_read(made: World, capsys: pytest.CaptureFixture[str]):
    manifest = load_manifest(made.store, "splits")
    (name,) = manifest.entries["shop/ko"].files
    place = Path(made.store.table_path("splits"), name)
    data = place.read_bytes()
    place.write_bytes(data[:40] + bytes(byte ^ 0xFF for byte in data[40:80]) + data[80:])
    time = manifest.written[name].changed * 1_000_000  # as the log has it, which may be a moment off the disk's
    os.utime(place, ns=(time, time))
    assert main(["check", "--store", made.store.root, "--select", "shop/ko"]) == 1
    said = capsys.readouterr().out
    assert place.name in said and "is damaged -> delete the file; then `mlpipeline run --select shop/ko" in said
    assert "1 damaged" in said
    assert main(["check", "--store", made.store.root, "--exclude", "shop/ko"]) == 0


def test_a_lost_file_and_a_store_elsewhere(made: World):
    place = Path(made.store.table_path("model"), load_manifest(made.store, "model").entries["bank/en"].files[0])
    place.unlink()
    (damage,) = inspect_store(made.store, {"bank/en"}).damages
    assert damage.what.endswith("is missing") and damage.fix.startswith("`mlpipeline run --select bank/en")
    with pytest.raises(Exception, match="only a store of this machine"):
        inspect_store(Store("s3://bucket/store"), set())
