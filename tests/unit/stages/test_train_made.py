"""Which made rows a bot learns: those whose parents are still there, with their intent."""

from __future__ import annotations

import pyarrow as pa

from mlpipeline.stages.train import made_rows

LEARNT = pa.table({"id": ["a", "b"], "intent": ["pay", "go"], "normalized": ["pay now", "go home"]})


def made(intent: str, parent: str, partner: str | None = None) -> dict[str, str | None]:
    return {"normalized": f"{parent} again", "intent": intent, "parent": parent, "partner": partner}


def test_a_made_row_goes_where_its_parents_go():
    rows = [
        made("pay", "a"),
        made("go", "a"),  # its parent was given another intent since
        made("pay", "gone"),
        made("pay", "a", "gone"),
        made("pay", "a", "a"),
    ]
    found = made_rows(LEARNT, pa.Table.from_pylist(rows))
    assert [(row.text, row.parents) for row in found] == [
        ("a again", ("pay now",)),
        ("a again", ("pay now", "pay now")),
    ]
    assert made_rows(LEARNT, pa.Table.from_pylist(rows).slice(0, 0)) == []
