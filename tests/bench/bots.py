"""Eighty bots in one run: wall time of `train` against the bots' own CPU seconds divided by the cores.

    python -m tests.bench.bots [--domains 10]

Ten domains that copy the sample bots in eight languages. Prints the stages' times and the ratio.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import deltalake

_HOME = Path(__file__).resolve().parents[2]
_CORES = 2


def make_domains(folder: Path, domains: int) -> None:
    """A conf/ with copies of the sample assistant under other names."""
    languages = sorted(path.stem for path in (_HOME / "examples" / "assistant").glob("*.jsonl"))
    shutil.copytree(_HOME / "examples", folder / "examples")
    for number in range(domains):
        place = folder / "conf" / "domains" / f"copy{number}"
        place.mkdir(parents=True)
        files = "ingest: {files: ['examples/assistant/{lang}.jsonl']}\n"
        (place / "domain.yaml").write_text(f"languages: [{', '.join(languages)}]\n{files}", "utf-8")


def main() -> int:
    """Runs to `train` and compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        folder = Path(made)
        make_domains(folder, options.domains)
        command = [sys.executable, "-m", "mlpipeline.cli.main", "run", "--to", "train", "--json", "--quiet"]
        command += ["--store", str(folder / "store"), "--conf", str(folder / "conf"), "--master", f"local[{_CORES}]"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        if not done.stdout.startswith("{"):
            raise SystemExit(f"unexpected: {done.stdout[:500]} {done.stderr[-500:]}")
        stages = {stage["stage"]: stage["seconds"] for stage in json.loads(done.stdout)["stages"]}
        rows = (
            deltalake.DeltaTable(folder / "store/datasets/model").to_pyarrow_table(columns=["cpu_seconds"]).to_pylist()
        )
    own = sum(row["cpu_seconds"] for row in rows)
    ratio = stages["train"] / (own / _CORES)
    print(json.dumps(stages), file=sys.stderr)
    bots = f"{len(rows)} bots on {_CORES} cores"
    print(f"| {bots} | train {stages['train']:.0f} s wall | own CPU {own:.0f} s | ratio to CPU/cores {ratio:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
