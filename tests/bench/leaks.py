"""Rows that a random split lets through, and how long `mlpipeline split check` looks for them.

    python -m tests.bench.leaks --data DIR [--seeds 3]

DIR holds `parakqc/`: 1,000 Korean questions in ten wordings each. The rows are split 80/10/10 at random; `planted` adds
a slip of the pen to 500 test rows that stand in `train` (a doubled character), `made` names the ten wordings' group
as their parent. Without --data nothing is measured.
"""

from __future__ import annotations

import argparse
import gzip
import random
import time
from pathlib import Path

import orjson

from mlpipeline.languages.folding import folder
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.evaluation.leaks import Leaks, Sample, find_leaks
from mlpipeline.orders.labelled_texts import read_settings

_HOME = Path(__file__).resolve().parents[2]
_PLANTED = 500


def read(data: Path) -> list[tuple[str, str, str]]:
    """(text, intent, group) of each row."""
    with gzip.open(data / "parakqc" / "parakqc.jsonl.gz") as stream:
        rows = [orjson.loads(line) for line in stream]
    return [(row["text"], row["label"], f"group {row['group']}") for row in rows]


def split_at_random(rows: list[tuple[str, str, str]], seed: int, *, made: bool = False) -> list[Sample]:
    """80 % train, 10 % validation, 10 % test."""
    chance = random.Random(seed)
    sides = chance.choices(["train", "validation", "test"], [8, 1, 1], k=len(rows))
    return [
        Sample(text, side, intent, group if made else None, line=line)
        for line, ((text, intent, group), side) in enumerate(zip(rows, sides, strict=True), 1)
    ]


def plant(samples: list[Sample], seed: int) -> list[Sample]:
    """Rows of `train` once more in `test`, with one character doubled."""
    chance = random.Random(seed)
    long = [sample for sample in samples if sample.split == "train" and len(sample.text) >= 20]
    slips = []
    for number, sample in enumerate(chance.sample(long, _PLANTED)):
        at = chance.randrange(len(sample.text))
        text = sample.text[:at] + sample.text[at] + sample.text[at:]
        slips.append(sample._replace(text=text, split="test", line=len(samples) + number + 1))
    return slips


def main() -> int:
    """Prints a line a seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    if options.data is None:
        print("leaks: nothing to measure without --data")
        return 0
    language, _, clean = read_settings(_HOME / "conf", "ko", [])
    normalize = normalizer(Profile(language.tag, tuple(language.steps), tuple(language.scripts)))
    fold = folder(tuple(clean.fold))

    def look(samples: list[Sample]) -> tuple[Leaks, float]:
        began = time.perf_counter()
        return find_leaks(samples, normalize, fold, clean.near_threshold), time.perf_counter() - began

    rows = read(options.data)
    print("| seed | held-out rows | leak | exact | near | planted slips found | rows of split groups | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for seed in range(1, options.seeds + 1):
        samples = split_at_random(rows, seed)
        found, seconds = look(samples)
        held_out = sum(count for split, count in found.sizes.items() if split != "train")
        with_train = [told for (one, _), told in found.rows.items() if one == "train"]
        exact, near, leak = (sum(told[kind] for told in with_train) for kind in ("exact", "near", "any"))
        slips = plant(samples, seed)
        more = look([*samples, *slips])[0].pairs
        caught = {side.line for pair in more for side in (pair.left, pair.right)} & {slip.line for slip in slips}
        made = look(split_at_random(rows, seed, made=True))[0]
        parents = sum(told["parent"] for (one, _), told in made.rows.items() if one == "train")
        share = f"{leak:,} ({leak / held_out:.1%})"
        print(f"| {seed} | {held_out:,} | {share} | {exact} | {near} | {len(caught)} of {_PLANTED} "
              f"| {parents:,} | {seconds:.1f} |", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
