"""Which bundle answers, and what is told where none does: the remedy that helps, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from mlpipeline.errors import StoreError, UsageError
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.pointers import Released, write_pointer
from mlpipeline.store.registry.released import find_released, with_remedy
from tests.unit.orders.test_outcome import put
from tests.unit.store.registry.registry_file import write_registry

RERUN = "mlpipeline run --from-stage release --select shop/ko"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    place = tmp_path / "bundles" / "shop" / "ko"
    place.mkdir(parents=True)
    write_pointer(Released("shop/ko", 1, str(place / ("1" * 16)), "1" * 64, {}))
    write_registry(tmp_path / "mlflow" / "mlflow.db", {"shop.ko": {1: "1" * 64}}, {"shop.ko": 1}, root=tmp_path)
    return Store(str(tmp_path))


def fix_of(store: Store, bot: str = "shop/ko", version: str | None = None) -> str:
    with pytest.raises(StoreError) as told:
        find_released(store, bot, version)
    return str(told.value)


def test_the_champion_is_what_the_pointer_says(store: Store):
    assert find_released(store, "shop/ko").version == 1


def test_a_missing_pointer_is_told_apart_from_a_refused_model(store: Store):
    pointer = Path(store.path("bundles/shop/ko/champion.json"))
    pointer.unlink()
    assert "the registry's champion is version 1, and its bundle is not there" in fix_of(store)
    assert RERUN in fix_of(store)
    write_registry(Path(store.path("mlflow/mlflow.db")), {"shop.ko": {1: "1" * 64}}, {}, root=Path(store.root))
    assert "a gate refused its models: `mlpipeline show released shop/ko`" in fix_of(store)
    checks = [{"name": "min_accuracy", "value": 0.508, "limit": 0.6, "passed": False, "low": 0.4, "high": 0.59},
              {"name": "max_ece", "value": 0.1, "limit": 0.25, "passed": True}]  # fmt: skip
    put(store, "released", [{"version": 1, "gate": json.dumps(checks)}])
    assert "release.gate refused version 1 (min_accuracy 0.6, found 0.508): `mlpipeline show released" in fix_of(store)


def test_a_missing_registry_is_told_with_its_remedy(store: Store):
    Path(store.path("mlflow/mlflow.db")).unlink()
    assert find_released(store, "shop/ko").version == 1, "an answer needs no registry"
    assert "the registry is missing" in fix_of(store, version="1") and RERUN in fix_of(store, version="1")


def test_a_version_is_found_without_mlflow_and_another_one_names_those_there_are(store: Store):
    found = find_released(store, "shop/ko", "1")
    assert (found.version, found.digest, Path(found.folder).name) == (1, "1" * 64, "1" * 16)
    assert found.folder.startswith(store.base)
    assert find_released(store, "shop/ko", "champion").digest == "1" * 64
    with pytest.raises(UsageError, match="no version champio, did you mean champion"):
        find_released(store, "shop/ko", "champio")
    for version in ("9", "two"):
        with pytest.raises(UsageError, match=f"no version {version} -> its versions are: 1"):
            find_released(store, "shop/ko", version)


def test_a_bot_that_never_was_names_those_that_are(store: Store):
    assert fix_of(store, "nobody/ko") == "nobody/ko: no champion -> released bots are: shop/ko"
    assert "`mlpipeline run` releases bots" in fix_of(Store(f"{store.root}/nowhere"))


def test_an_older_version_cannot_be_made_from_the_tables(store: Store):
    row = {"domain": "shop", "lang": "ko", "version": 2, "bundle_digest": "2" * 64}
    error = StoreError("the file was changed", where="x", fix=RERUN)
    old, new = (Released("shop/ko", number, "x", str(number) * 64, {}) for number in (1, 2))
    assert with_remedy(store, "shop/ko", old, error) is error, "no table"
    write_deltalake(store.table_path("released"), pa.Table.from_pylist([row]), partition_by=["domain", "lang"])
    assert with_remedy(store, "shop/ko", new, error) is error
    assert with_remedy(store, "shop/ko", old, error).fix.endswith("the tables hold version 2 now")
