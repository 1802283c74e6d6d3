"""A bot of 60,000 rows and 500 intents from its file to a champion: seconds, CPU and memory of each stage.

    python -m tests.bench.large [--data DIR] [--rows 60000] [--intents 500] [--wrong 0.1] [--set denoise.network=false]

The bot is that of `tests.bench.large_bot`. Memory is that of all processes of the run together (driver, JVM, Python
workers; pages that two of them share count twice), looked at four times a second. Also printed: how many of the
wrong labels that were put there on purpose `denoise` calls wrong. It takes minutes, so `make bench` does not run it;
`python -m tests.bench large` does.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import deltalake
import numpy as np

from tests.bench.large_bot import LargeBot, make_bot

_STAGE = re.compile(r"^ *(\d+) of \d+ +(\w+)")
_PAGE_MB = 4096 / 2**20
_EVERY_S = 0.25
_CORES = 2
_TARGETS = {"seconds": 600.0, "mb": 4096.0}


@dataclass
class Watch:
    """The largest memory (MB) of a process and all below it, by stage; under `now` what no line has named yet."""

    pid: int
    peaks: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        """One look at the processes."""
        held = sum(_resident_mb(number) for number in _tree(self.pid))
        self.peaks["now"] = max(self.peaks.get("now", 0.0), held)

    def run(self, ended: threading.Event) -> None:
        """Looks until the event is set."""
        while not ended.wait(_EVERY_S):
            self.look()


def _tree(pid: int) -> list[int]:
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue  # it has ended
            below.setdefault(parent, []).append(int(folder.name))
    found, left = [pid], [pid]
    while left:
        children = below.get(left.pop(), [])
        found += children
        left += children
    return found


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MB
    except (OSError, IndexError):
        return 0.0


def _follow(stream: IO[str], watch: Watch) -> None:
    """Copies a run's progress; a line that names a stage says whose the memory is that was seen since the last one."""
    for line in stream:
        sys.stderr.write(line)
        if done := _STAGE.match(line):
            watch.peaks[done[2]] = max(watch.peaks.get(done[2], 0.0), watch.peaks.pop("now", 0.0))


def run_bot(folder: Path, settings: list[str]) -> tuple[dict[str, Any], dict[str, float], float]:
    """What the run says of itself, the peaks of memory by stage, and its seconds."""
    command = [sys.executable, "-m", "mlpipeline.cli.main", "run", "--json", "--master", f"local[{_CORES}]"]
    command += ["--store", str(folder / "store"), "--conf", str(folder / "conf")]
    command += [word for value in settings for word in ("--set", value)]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None and run.stderr is not None
        watch, ended = Watch(run.pid), threading.Event()
        threads = [
            threading.Thread(target=watch.run, args=(ended,)),
            threading.Thread(target=_follow, args=(run.stderr, watch)),
        ]
        for thread in threads:
            thread.start()
        said = run.stdout.read()
        seconds = time.monotonic() - began
        ended.set()
        for thread in threads:
            thread.join()
    if run.returncode or not said.startswith("{"):
        raise SystemExit(f"the run ended with {run.returncode}: {said[:500]}")
    return json.loads(said), watch.peaks, seconds


def _read(folder: Path, dataset: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        deltalake.DeltaTable(folder / "store" / "datasets" / dataset).to_pyarrow_table().to_pylist()
    )
    return rows


def found_of(folder: Path, bot: LargeBot) -> str:
    """Precision, recall and F1 of the labels that `denoise` calls wrong, by those that were put there on purpose."""
    planted = {(text, intent) for text, intent, wrong in zip(bot.texts, bot.intents, bot.planted, strict=True) if wrong}
    issues = [row for row in _read(folder, "label_issue") if row["flagged"] and row["split"] != "test"]
    hits = sum((row["text"], row["intent"]) in planted for row in issues)
    test = {row["content_id"] for row in _read(folder, "splits") if row["split"] == "test"}
    kept = [row for row in _read(folder, "cleaned") if row["content_id"] not in test]
    there = sum((row["text"], row["intent"]) in planted for row in kept)
    f1 = 2 * hits / max(len(issues) + there, 1)
    right = f"precision {hits / max(len(issues), 1):.3f}, recall {hits / max(there, 1):.3f}"
    return f"planted and left after clean: {there:,}; flagged: {len(issues):,}; F1 {f1:.3f}, {right}"


def print_table(told: dict[str, Any], peaks: dict[str, float], seconds: float) -> bool:
    """One line a stage and one of the whole; whether both targets are kept."""
    used = {row["module"]: row for row in told["resources"]}
    print("| stage | wall s | CPU s | peak MB, all processes | JVM MB | largest worker MB |\n|---|---|---|---|---|---|")
    for name, row in used.items():
        cells = (row["seconds"], row["cpu_seconds"], peaks.get(name), row["jvm_mb"], row["worker_mb"])
        print(f"| {name} | {' | '.join('' if cell is None else f'{cell:,.0f}' for cell in cells)} |")
    cpu, most = sum(row["cpu_seconds"] or 0.0 for row in used.values()), max(peaks.values())
    print(f"| all | {seconds:,.0f} | {cpu:,.0f} | {most:,.0f} | | |")
    print(f"target: {_TARGETS['seconds']:.0f} s and {_TARGETS['mb']:,.0f} MB on {_CORES} cores that nobody else uses")
    return seconds <= _TARGETS["seconds"] and most <= _TARGETS["mb"]


def main() -> int:
    """Makes the bot, runs it, prints the table; 1 when the run or a target fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folders = "clinc150/, massive/, multidogo/, sgd_en/"
    parser.add_argument("--data", type=Path, help=f"folder of {folders} (default: made words)")
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--intents", type=int, default=500)
    parser.add_argument("--wrong", type=float, default=0.1, help="share of rows with a wrong label on purpose")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in `mlpipeline run`")
    parser.add_argument("--keep", type=Path, help="an empty folder that keeps the store")
    given = parser.parse_args()
    bot = make_bot(given.data, given.rows, given.intents, given.wrong)
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        folder = given.keep or Path(made)
        (folder / "conf" / "domains" / "large").mkdir(parents=True)
        (folder / "conf" / "domains" / "large" / "domain.yaml").write_text(
            "languages: [en]\ningest: {files: [rows.jsonl]}\n", "utf-8"
        )
        bot.write(folder / "rows.jsonl")
        told, peaks, seconds = run_bot(folder, given.set)
        intents = len(np.unique(bot.intents))
        print(f"{len(bot.texts):,} rows, {intents:,} intents, {bot.planted.sum():,} wrong on purpose")
        kept = print_table(told, peaks, seconds)
        print(found_of(folder, bot))
        champion = told["bots"][0]
        print(f"accuracy {champion.get('accuracy')}, alias {(champion.get('alias'))}")
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
