"""A bot of which nothing is left is told in words, by the stage that left nothing."""

from __future__ import annotations

import pytest

from mlpipeline.catalog import stage_named
from mlpipeline.errors import InputError
from mlpipeline.orders.rowless import check_rows
from mlpipeline.store.tables.manifests import Entry, Manifest
from mlpipeline.store.tables.provenance import make_provenance


def manifests(**rows: int) -> dict[str, Manifest]:
    provenance = make_provenance("c", {}, {}, {})
    return {name: Manifest(name, 1, {"shop/ko": Entry(provenance, 1, count)}) for name, count in rows.items()}


@pytest.mark.parametrize(
    ("stage", "rows", "what"),
    [
        ("ingest", {"utterance": 0, "utterance_rejected": 0}, "its files have no rows"),
        ("ingest", {"utterance": 0, "utterance_rejected": 3}, "all 3 were rejected"),
        ("clean", {"cleaned": 0, "cleaned_dropped": 2}, "all 2 were dropped"),
        ("split", {"splits": 0}, "no row has an intent"),
    ],
)
def test_nothing_left_is_an_error_of_the_stage(stage: str, rows: dict[str, int], what: str):
    found = manifests(**rows)
    with pytest.raises(InputError, match=what) as caught:
        check_rows(found.__getitem__, stage_named(stage), "shop/ko")
    assert caught.value.where == "shop/ko" and caught.value.fix
    one = {name: Manifest(name, 1, {"shop/ko": Entry(make_provenance("c", {}, {}, {}), 1, 1)}) for name in rows}
    check_rows(one.__getitem__, stage_named(stage), "shop/ko")


def test_stages_that_leave_nothing_out_and_bots_that_were_never_made_pass():
    check_rows(manifests().__getitem__, stage_named("embed"), "shop/ko")
    empty = {"splits": Manifest("splits")}
    check_rows(empty.__getitem__, stage_named("split"), "shop/ko")
