"""Eighty bots in one run: wall time of `train` and `denoise` against the bots' own CPU seconds divided by the cores.

    python -m tests.bench.bots [--domains 10] [--rows 240] [--to-stage denoise]

Ten domains that copy the sample bots in eight languages. Prints the stages' times and the ratios; of `denoise` also the
CPU seconds that the views' own out-of-fold fits take in one process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.methods.label_noise.analysis import as_task, fit_here
from mlpipeline.methods.label_noise.examples import examples_of
from mlpipeline.methods.label_noise.views import choose_views
from tests.bench.quality import default_recipes

_HOME = Path(__file__).resolve().parents[2]
_CORES = 2
_KEYS = ["domain", "lang", "content_id"]


def make_domains(folder: Path, domains: int, rows: int | None = None) -> None:
    """A conf/ with copies of the sample assistant under other names, and its files, cut evenly to so many rows."""
    languages = []
    (folder / "corpora").mkdir()
    for path in sorted((_HOME / "examples" / "assistant").glob("*.jsonl")):
        languages.append(path.stem)
        lines = path.read_text("utf-8").splitlines(keepends=True)
        step = max(len(lines) // rows, 1) if rows else 1
        (folder / "corpora" / path.name).write_text("".join(lines[::step][:rows]), "utf-8")
    for number in range(domains):
        place = folder / "conf" / "domains" / f"copy{number}"
        place.mkdir(parents=True)
        files = "ingest: {files: ['corpora/{lang}.jsonl']}\n"
        (place / "domain.yaml").write_text(f"languages: [{', '.join(languages)}]\n{files}", "utf-8")


def run_bots(folder: Path, last: str) -> dict[str, Any]:
    """What a run to that stage says of itself."""
    command = [sys.executable, "-m", "mlpipeline.cli.main", "run", "--to-stage", last, "--json", "--quiet"]
    command += ["--store", str(folder / "store"), "--conf", str(folder / "conf"), "--master", f"local[{_CORES}]"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if not done.stdout.startswith("{"):
        raise SystemExit(f"unexpected: {done.stdout[:500]} {done.stderr[-500:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def rows_of(folder: Path, dataset: str, columns: list[str]) -> pa.Table:
    """Columns of a dataset in the store of a run."""
    return deltalake.DeltaTable(folder / "store" / "datasets" / dataset).to_pyarrow_table(columns=columns)


def time_fits(folder: Path) -> float:
    """CPU seconds of the views' out-of-fold fits of all bots, here, with all rows trusted."""
    said = ["intent", "text", "normalized", "component", "annotator", "verified", "parent"]
    rows = rows_of(folder, "cleaned", [*_KEYS, *said]).to_pandas()
    for dataset, column in (("splits", "split"), ("embedding", "vector")):
        rows = rows.merge(rows_of(folder, dataset, [*_KEYS, column]).to_pandas(), on=_KEYS, how="left")
    rules = next(iter(default_recipes([]).values())).recipe.denoise
    spent = 0.0
    for _, own in rows.groupby(["domain", "lang"]):
        units = examples_of(pa.Table.from_pandas(own, preserve_index=False))
        task = as_task(units, rules)
        began = time.process_time()
        chosen = choose_views(task.classes, vectors=True, network=False)
        fit_here([replace(view, purified=False) for view in chosen], task)
        spent += time.process_time() - began
    return spent


def print_denoise(folder: Path, told: dict[str, Any]) -> None:
    """The line of `denoise`."""
    (stage,) = (stage for stage in told["stages"] if stage["stage"] == "denoise")
    (used,) = (row for row in told["resources"] if row["module"] == "denoise")
    own, fits = stage["counts"]["count:cpu_seconds"], time_fits(folder)
    print(
        f"| {stage['bots']} bots, {stage['rows_in']:,} rows on {_CORES} cores | denoise {stage['seconds']:.0f} s wall "
        f"| CPU {used['cpu_seconds']:.0f} s, {own:.0f} s of it in tasks | ratio to CPU of tasks/cores "
        f"{stage['seconds'] / (own / _CORES):.2f} | the views' fits {fits:.1f} s, tasks/fits {own / fits:.1f} "
        f"| worker {stage['worker_memory_mb']:.0f} MB |"
    )


def main() -> int:
    """Runs to `train`, or to `denoise`, and compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domains", type=int, default=10)
    parser.add_argument("--rows", type=int, help="of a bot (default: all 1,200)")
    parser.add_argument("--to-stage", choices=("denoise", "train"), default="train", help="the last stage")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        folder = Path(made)
        make_domains(folder, options.domains, options.rows)
        told = run_bots(folder, options.to_stage)
        stages = {stage["stage"]: stage["seconds"] for stage in told["stages"]}
        print(json.dumps(stages), file=sys.stderr)
        print_denoise(folder, told)
        if options.to_stage == "train":
            rows = rows_of(folder, "model", ["piece", "cpu_seconds"])
            models = rows.filter(pc.equal(rows["piece"], 0))["cpu_seconds"].to_pylist()
            own, wall = sum(models), stages["train"]
            ratio = wall / (own / _CORES)
            bots = f"{len(models)} bots on {_CORES} cores"
            print(f"| {bots} | train {wall:.0f} s wall | own CPU {own:.0f} s | ratio to CPU/cores {ratio:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
