"""Seconds of `plan` for 800 bots, and of a `run` with nothing to do.

    python -m tests.bench.planning [--domains 400]

The store is made by a real run of ingest, clean and split; then both commands are timed as whole processes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_LANGUAGES = ("ko", "en")


def make_domains(folder: Path, domains: int) -> None:
    """Two languages a domain, ten rows a bot."""
    for number in range(domains):
        place = folder / "conf" / "domains" / f"shop{number:03d}"
        place.mkdir(parents=True)
        files = "ingest: {files: ['corpora/{domain}.{lang}.jsonl']}\n"
        (place / "domain.yaml").write_text(f"languages: [{', '.join(_LANGUAGES)}]\n{files}", "utf-8")
        (folder / "corpora").mkdir(exist_ok=True)
        for lang in _LANGUAGES:
            lines = [f'{{"text": "question {number} {row}", "intent": "i{row % 2}"}}\n' for row in range(10)]
            (folder / "corpora" / f"shop{number:03d}.{lang}.jsonl").write_text("".join(lines), "utf-8")


def time_command(words: list[str], runs: int = 5) -> float:
    """Median wall seconds of a command."""
    times = []
    for _ in range(runs):
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", "mlpipeline.cli.main", *words], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{words} ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
        times.append(time.monotonic() - began)
    return statistics.median(times)


def main() -> int:
    """Prints the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", type=int, default=400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        folder = Path(made)
        make_domains(folder, options.domains)
        where = ["--store", str(folder / "store"), "--conf", str(folder / "conf"), "--quiet"]
        empty = time_command(["plan", *where])
        began = time.monotonic()
        time_command(["run", "--to-stage", "split", *where], runs=1)
        first = time.monotonic() - began
        full = time_command(["plan", *where, "--to-stage", "split"])
        again = time_command(["run", "--to-stage", "split", *where])
        changed = folder / "corpora" / "shop001.ko.jsonl"
        changed.write_text(changed.read_text("utf-8") + '{"text": "one more", "intent": "i1"}\n', "utf-8")
        one = time_command(["plan", *where])
    bots = options.domains * len(_LANGUAGES)
    print(f"| plan {bots} bots | empty store {empty:.2f} s | up to date {full:.2f} s | one row changed {one:.2f} s |")
    print(f"| run {bots} bots to split | first {first:.0f} s | again, nothing to do {again:.2f} s |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
