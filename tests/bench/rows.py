"""A million rows through ingest, clean and split, against plain Spark reading the same file and writing it to Delta.

    python -m tests.bench.rows [--rows 1000000] [--runs 3]

Both sides run in processes of their own with the same session settings (2 GB heap), in turn; the ratio is of medians.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_SENTENCE = """please turn the light in my kitchen on off wake me up tomorrow morning at seven play some quiet music
what is the weather like in seoul today remind to call mother book a table for two near station"""
_PLAIN = """
import sys, time
from mlpipeline.spark.session import open_session
with open_session("plain", master="local[2]") as spark:
    began = time.monotonic()
    frame = spark.read.json(sys.argv[1])
    frame.write.format("delta").mode("overwrite").save(sys.argv[2])
    print(time.monotonic() - began)
"""


def write_rows(path: Path, rows: int, seed: int = 7) -> None:
    """JSONL with `rows` short made-up messages, about one in a hundred of them a repeat."""
    random_, words_ = random.Random(seed), _SENTENCE.split()
    with path.open("w", encoding="utf-8") as stream:
        for number in range(rows):
            words = random_.choices(words_, k=random_.randint(3, 10))
            text = " ".join([*words, str(random_.randint(0, rows * 50))])
            row = {"text": text, "intent": f"intent_{number % 150}", "ts": "2026-01-02T03:04:05Z"}
            stream.write(json.dumps(row) + "\n")


def make_conf(folder: Path, file: Path) -> Path:
    """A conf/ with one bot that reads the file."""
    place = folder / "conf" / "domains" / "bench"
    place.mkdir(parents=True, exist_ok=True)
    # Near duplicates are a comparison of their own, measured by near_duplicates.py.
    told = f"languages: [en]\ningest: {{files: ['{file}']}}\nclean: {{near_duplicates: 'off'}}\n"
    (place / "domain.yaml").write_text(told, "utf-8")
    return folder / "conf"


def time_plain(folder: Path, file: Path) -> float:
    """Seconds of plain Spark: read JSON, write Delta, in a session that has started."""
    out = folder / f"plain-{time.monotonic_ns()}"
    done = subprocess.run(
        [sys.executable, "-c", _PLAIN, str(file), str(out)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def time_ours(folder: Path, conf: Path) -> tuple[float, dict[str, float]]:
    """Seconds of the three stages (the session's start apart), and of each."""
    store = folder / f"store-{time.monotonic_ns()}"
    command = [
        sys.executable,
        "-m",
        "mlpipeline.cli.main",
        "run",
        "--to-stage",
        "split",
        "--master",
        "local[2]",
        "--json",
    ]
    command += ["--store", str(store), "--conf", str(conf), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    stages = {stage["stage"]: stage["seconds"] for stage in json.loads(done.stdout)["stages"]}
    return sum(stages.values()), stages


def main() -> int:
    """Prints both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        folder = Path(made)
        file = folder / "rows.jsonl"
        write_rows(file, options.rows)
        conf = make_conf(folder, file)
        plain, ours = [], []
        for _ in range(options.runs):
            plain.append(time_plain(folder, file))
            seconds, stages = time_ours(folder, conf)
            ours.append(seconds)
            print(f"plain {plain[-1]:.1f} s, ours {seconds:.1f} s {stages}", file=sys.stderr)
        ratio = statistics.median(ours) / statistics.median(plain)
        print(f"| {options.rows:,} rows | plain Spark {statistics.median(plain):.1f} s "
              f"| ingest+clean+split {statistics.median(ours):.1f} s | ratio {ratio:.2f} |")  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
