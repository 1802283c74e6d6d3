"""A folder with all that verbs read: recipes, corpora, tables written without a JVM, and a champion that answers.

`shop/ko` has a champion (of the small made-up bot), `bank/en` has rows that were split and no model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.catalog import DATASETS
from mlpipeline.serving.bundle import write_bundle
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.pointers import Released, write_pointer
from mlpipeline.store.tables.provenance import as_metadata, make_provenance
from tests.unit.serving.conftest import QUESTIONS, make_contents

REQUESTS = {
    "cancel": ["cancel my order", "please cancel my order", "i want to cancel it", "can you cancel my card"],
    "balance": ["show me my balance", "what is my balance", "tell me the balance", "how much money do i have"],
}


def put(home: Path, dataset: str, rows: Iterable[dict[str, Any]]) -> None:
    """Appends rows (with `domain` and `lang`) to a Delta table with all its columns and the marks of a run."""
    listed = list(rows)
    marks = {f"{row['domain']}/{row['lang']}": make_provenance("c", {}, {}, {}) for row in listed}
    said = CommitProperties(custom_metadata={"userMetadata": as_metadata("stage", "run", marks)})
    path = Path(Store(str(home / "store")).table_path(dataset))
    path.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(listed, schema=to_arrow_schema(DATASETS[dataset]))
    write_deltalake(str(path), table, mode="append", partition_by=["domain", "lang"], commit_properties=said)


def rows_of(bot: str, pairs: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Rows as `clean` leaves them, one a pair of text and intent; every fourth is a test row."""
    domain, lang = bot.split("/")
    return [
        {
            "domain": domain,
            "lang": lang,
            "id": f"id{at}",
            "content_id": f"c{at}",
            "component": f"c{at}",
            "intent": intent,
        }
        | {"text": text, "normalized": text, "source": "corpus", "annotator": "kim", "verified": True, "parent": ""}
        | {"origin_file": "rows.jsonl", "origin_line": at + 1, "split": "test" if at % 4 == 3 else "train"}
        for at, (text, intent) in enumerate(pairs)
    ]


def make_home(home: Path) -> Path:
    """Writes all of it below `home`, which it gives."""
    corpora = {"shop/ko": QUESTIONS, "bank/en": [(text, name) for name, texts in REQUESTS.items() for text in texts]}
    for bot, pairs in corpora.items():
        domain, lang = bot.split("/")
        folder = home / "conf" / "domains" / domain
        folder.mkdir(parents=True)
        recipe = f"languages: [{lang}]\ningest: {{files: [corpora/{domain}.jsonl]}}\nevaluate: {{bootstrap: 20}}\n"
        (folder / "domain.yaml").write_text(recipe, "utf-8")
        lines = [json.dumps({"text": text, "intent": intent}, ensure_ascii=False) for text, intent in pairs]
        (home / "corpora").mkdir(exist_ok=True)
        (home / "corpora" / f"{domain}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        rows = rows_of(bot, pairs)
        for dataset in ("utterance", "cleaned", "splits"):
            put(home, dataset, rows)
    report = json.dumps({"accuracy_interval": [0.7, 0.95], "train_rows": 6})
    scores = {"accuracy": 0.875, "macro_f1": 0.85, "ece": 0.1, "test_rows": 2, "report": report}
    shop = {"domain": "shop", "lang": "ko"}
    put(home, "evaluation", [{**shop, **scores}])
    gate = json.dumps([{"name": "min_accuracy", "value": 0.875, "limit": 0.6, "passed": True}])
    place = home / "store" / "bundles" / "shop" / "ko"
    place.mkdir(parents=True)
    digest = write_bundle(place / "made", make_contents())
    version = {"version": 1, "alias": "champion", "gate": gate, "uri": "bundles/shop/ko/made", "bundle_digest": digest}
    put(home, "released", [{**shop, **version}])
    write_pointer(Released("shop/ko", 1, str(place / "made"), digest, {}))
    return home


def tree(home: Path) -> dict[str, bytes | None]:
    """Every path below a folder with its bytes, None for a folder, but for what a store remembers to be quick."""
    paths = {str(path.relative_to(home)): path for path in home.rglob("*")}
    return {
        name: path.read_bytes() if path.is_file() else None
        for name, path in paths.items()
        if not name.startswith("store/cache") and not name.endswith(".manifest.json")
    }
