"""`mlpipeline pii audit`: whether personal data lies in a store, a bundle or any other file or folder."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.tables import draw
from mlpipeline.orders.personal_data import Audit, audit


def add_audit(parser: argparse.ArgumentParser) -> None:
    """The arguments of `pii audit`."""
    parser.add_argument("path", metavar="PATH", help="a file, or a folder with files of any kind, such as the store")
    parser.epilog = (
        "looks at tables (Parquet, Delta), texts, JSON, html, SQLite and zipped files. exit codes: 0 nothing was "
        "found; 1 something was, or a file could not be read; 2 a wrong command line"
    )
    parser.set_defaults(verb=audit_verb)


def audit_verb(context: CommandContext) -> int:
    """Lists file, kind and count of what was found, never a value."""
    found = audit(context.options.path)
    context.print_result(asdict(found), _as_text(found))
    return 1 if found.findings else 0


def _as_text(found: Audit) -> str:
    looked = f"{found.files:,} files looked at, {found.skipped:,} without texts"
    if not found.findings:
        return f"{looked}: no personal data"
    rows = [[one.file, one.kind, f"{one.count:,}"] for one in found.findings]
    counts: Counter[str] = Counter()
    for one in found.findings:
        counts[one.kind] += one.count
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items()))
    return "\n".join([draw(["file", "kind", "count"], rows, right=("count",)), f"{looked}: {kinds}"])
