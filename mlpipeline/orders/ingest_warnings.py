"""What a run tells of the files that it read, beside what could not be read of them."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.errors import StoreError
from mlpipeline.orders.file_findings import FileFindings, Unlabelled
from mlpipeline.orders.plan import Plan
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows

# texts of Latin letters with some that a misreading leaves, and the letters that UTF-8 becomes elsewhere
_SUSPECT = "[\u0080-\u00ff\ufffd縺繧繝銇銈锛銆鐨鏄浣鎴]"


def gather_file_findings(store: Store, plan: Plan) -> dict[str, list[str]]:
    """For the bots whose files were read: rows of labelled files without an intent, and misread texts.

    Labels in two spellings are findings of `split`.
    """
    found: dict[str, list[str]] = {}
    for bot, order in plan.to_run("ingest").items():
        named = {file.name for file in order.job.sources if file.source == "corpus"}
        lines = _lines(store, bot, named)
        if lines:
            found[bot] = lines
    return found


def _lines(store: Store, bot: str, labelled: Iterable[str]) -> list[str]:
    try:
        rows = read_rows(store, "utterance", bots=[bot], columns=["intent", "text", "origin_file", "origin_line"])
    except StoreError:
        return []  # nothing was read for any bot
    rows = rows.filter(pc.is_in(rows["origin_file"], pa.array(sorted(labelled), pa.string())))
    rows = rows.sort_by([("origin_file", "ascending"), ("origin_line", "ascending")])
    found = FileFindings()
    lines: list[str] = []
    if rows["intent"].null_count:
        gathered: dict[str, Unlabelled] = {}
        for row in rows.select(["intent", "origin_file", "origin_line"]).to_pylist():
            file = gathered.setdefault(row["origin_file"], Unlabelled())
            file.add(f"{row['origin_file']}:{row['origin_line']}", row["intent"])
        lines += [line for file in gathered.values() if (line := file.line())]
    suspects = rows.filter(pc.match_substring_regex(rows["text"], _SUSPECT))
    for row in suspects.to_pylist():
        found.add_text(f"{row['origin_file']}:{row['origin_line']}", row["text"])
    return lines + found.misread_lines()
