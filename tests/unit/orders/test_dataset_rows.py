"""Rows of datasets and of bots as somebody asks for them, in Python and in a notebook."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest

from mlpipeline.errors import InputError, StoreError, UsageError
from mlpipeline.orders.bot_rows import bot_rows, partitions_in
from mlpipeline.orders.dataset_rows import partition_of, read_table
from mlpipeline.store.layout import Store
from mlpipeline.views.notebook.workbench import Workbench
from tests.unit.cli.small_home import make_home, tree


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def store(home: Path) -> Store:
    return Store(str(home / "store"))


def test_rows_of_some_bots_and_columns(store: Store):
    assert len(read_table(store, "cleaned")) == 16
    table = read_table(store, "cleaned", ["bank/en", "bank/en"], ["text", "intent"])
    assert (table.num_rows, table.column_names) == (8, ["text", "intent"])
    assert read_table(store, "cleaned", []).num_rows == 0


def test_what_bots_of_a_language_share_has_no_domain():
    assert (partition_of("encoder", "shop/ko"), partition_of("cleaned", "shop/ko")) == ("*/ko", "shop/ko")


@pytest.mark.parametrize(
    ("dataset", "bots", "columns", "error", "said"),
    [
        ("claned", None, None, UsageError, "no dataset 'claned', did you mean cleaned?"),
        ("released", ["bank/en"], None, InputError, "nothing of bank/en in released -> bots there are: shop/ko"),
        ("encoder", None, None, StoreError, "no dataset encoder"),
        ("cleaned", None, ["txt"], StoreError, "cleaned has no column txt"),
    ],
)
def test_what_is_not_there_is_named(store: Store, home: Path, dataset, bots, columns, error, said: str):
    before = tree(home)
    with pytest.raises(error) as raised:
        read_table(store, dataset, bots, columns)
    assert said in str(raised.value)
    assert tree(home) == before


def test_the_bots_of_a_store_and_how_they_stand(store: Store):
    assert partitions_in(store) == {"bank/en", "shop/ko"}
    bank, shop = bot_rows(store, ["bank/en", "shop/ko"])
    assert astuple(bank) == ("bank/en", 8, 8, 8, *[None] * 10, "")
    assert (shop.learnt, shop.accuracy, shop.low, shop.high, shop.version) == (6, 0.875, 0.7, 0.95, 1)
    assert (shop.alias, shop.gate) == ("champion", "passed")


def test_a_notebook_reads_the_same_rows_and_says_the_same_words(home: Path, store: Store):
    with Workbench(home / "store", home / "conf") as bench:
        assert bench.table("cleaned", "bank/en").equals(read_table(store, "cleaned", ["bank/en"]).to_pandas())
        with pytest.raises(UsageError, match="did you mean bank/en"):
            bench.table("cleaned", "bnk/en")
        with pytest.raises(UsageError, match="did you mean cleaned"):
            bench.table("claned")
