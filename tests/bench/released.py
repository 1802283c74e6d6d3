"""How good what is released is: corpora go through `run` as a customer's would, and the released bot answers new rows.

    python -m tests.bench.released --data DIR [--only ko-KR,clinc150] [--rows 8] [--draws 3] [--set KEY=VALUE]

DIR holds `massive/<locale>.jsonl.gz` (learnt from `train`, asked the rows of `dev`) and `clinc150/full.jsonl.gz`
(in-scope `train`, asked `test`). `--rows N` draws N rows of each intent, so many times as `--draws` says; without it
all rows are learnt once. One run makes all bots. Each stands beside a linear SVM on TF-IDF of the same rows, and
beside what its own report says of it. A bot that the gate refused is judged as well, and marked.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlpipeline.serving.champion import open_answerer
from mlpipeline.store.layout import Store
from tests.bench.quality import SETS, Split, default_recipes, interval, read, yardstick

Row = Mapping[str, Any]
_CORES = 2
_COLUMNS = ("data", "rows", "draws", "released", "95 %", "SVM", "difference", "95 %", "right and answered",
            "own report says", "refused by the gate")  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """One draw of a data set: right or wrong by asked row of what is released and of the SVM, which of ours were
    answered, what the bot's own report says, and whether its gate let it pass."""

    rows: int
    right: np.ndarray
    svm: np.ndarray
    answered: np.ndarray
    told: float
    passed: bool


def rows_of(path: Path, split: str) -> list[Row]:
    """The rows of one split as they are delivered."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [row for row in map(json.loads, stream) if row["split"] == split]


def draw(rows: Sequence[Row], wanted: int | None, seed: int) -> list[Row]:
    """So many rows of each intent, or all of them."""
    if wanted is None:
        return list(rows)
    order = np.random.default_rng(seed).permutation(len(rows)).tolist()
    taken: dict[str, int] = {}
    chosen = []
    for place in order:
        label = rows[place]["label"]
        taken[label] = taken.get(label, 0) + 1
        if taken[label] <= wanted:
            chosen.append(place)
    return [rows[place] for place in sorted(chosen)]


def bot_of(name: str, number: int) -> str:
    """The domain of one draw of a data set."""
    return f"{name.lower().replace('-', '')}-{number}"


def write_bot(folder: Path, domain: str, lang: str, rows: Sequence[Row]) -> None:
    """The corpus and the recipe of a bot that keeps all defaults."""
    (folder / "corpora").mkdir(exist_ok=True)
    lines = [json.dumps({"text": row["text"], "intent": row["label"]}, ensure_ascii=False) for row in rows]
    (folder / "corpora" / f"{domain}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    place = folder / "conf" / "domains" / domain
    place.mkdir(parents=True)
    files = f"languages: [{lang}]\ningest: {{files: ['corpora/{domain}.jsonl']}}\n"
    (place / "domain.yaml").write_text(files, "utf-8")


def run(folder: Path, sets: Sequence[str]) -> dict[str, Row]:
    """Runs all stages for all bots; what `ls` then says of each."""
    verb, store = [sys.executable, "-m", "mlpipeline.cli.main"], ["--store", str(folder / "store"), "--json"]
    settings = ["--conf", str(folder / "conf"), *(word for one in sets for word in ("--set", one))]
    command = [*verb, "run", *store, *settings, "--quiet", "--master", f"local[{_CORES}]"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL)
    if done.returncode not in (0, 4):
        raise SystemExit(f"the run failed with {done.returncode}: {folder}")
    told = subprocess.run([*verb, "ls", *store], check=True, capture_output=True, text=True)
    return {row["bot"].partition("/")[0]: row for row in json.loads(told.stdout)}


def judge(folder: Path, told: Row, learnt: Split, rows: Sequence[Row], asked: Split) -> Judged:
    """Asks the released bot, and an SVM of the rows that it was given."""
    answerer = open_answerer(Store(str(folder / "store")), told["bot"], str(told["version"]), nearest=0)
    answers = answerer.answer([row["text"] for row in rows])
    right = np.array([said.intent == row["label"] for said, row in zip(answers, rows, strict=True)], float)
    return Judged(
        rows=len(learnt.texts),
        right=right,
        svm=yardstick(learnt, asked),
        answered=np.array([said.zone == "answer" for said in answers], float),
        told=told["accuracy"],
        passed=told["alias"] == "champion",
    )


def as_line(name: str, draws: Sequence[Judged]) -> str:
    """One line of the table: means over draws, intervals over the asked rows."""
    right, svm = (np.mean([getattr(one, column) for one in draws], axis=0) for column in ("right", "svm"))
    answered = np.mean([one.right * one.answered for one in draws], axis=0)
    cells = (
        name,
        f"{np.mean([one.rows for one in draws]):,.0f}",
        str(len(draws)),
        f"{100 * right.mean():.1f}",
        interval(right),
        f"{100 * svm.mean():.1f}",
        f"{100 * (right - svm).mean():+.1f}",
        interval(right - svm),
        f"{100 * answered.mean():.1f}",
        f"{100 * np.mean([one.told for one in draws]):.1f}",
        str(sum(not one.passed for one in draws)),
    )
    return f"| {' | '.join(cells)} |"


def measured(data: Path, names: Sequence[str], wanted: int | None, draws: int, folder: Path, sets: Sequence[str]
             ) -> Iterator[str]:  # fmt: skip
    """The lines of the table, after one run of all bots."""
    recipes, chosen = default_recipes(sets), {}
    for name in names:
        place, file, _, lang = SETS[name]
        rows = rows_of(data / place / f"{file}.jsonl.gz", "train")
        for number in range(draws):
            chosen[bot_of(name, number)] = drawn = draw(rows, wanted, number)
            write_bot(folder, bot_of(name, number), lang, drawn)
    told = run(folder, sets)
    for name in names:
        place, file, test, lang = SETS[name]
        path = data / place / f"{file}.jsonl.gz"
        rows, asked, all_rows = rows_of(path, test), read(path, test, recipes[lang]), read(path, "train", recipes[lang])
        places = {row["id"]: at for at, row in enumerate(rows_of(path, "train"))}
        scores = []
        for number in range(draws):
            at = [places[row["id"]] for row in chosen[bot_of(name, number)]]
            learnt = Split([all_rows.texts[one] for one in at], [all_rows.labels[one] for one in at])
            scores.append(judge(folder, told[bot_of(name, number)], learnt, rows, asked))
        yield as_line(name, scores)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with massive/ and clinc150/")
    parser.add_argument("--only", default=",".join(SETS), help="data sets, comma between: " + ", ".join(SETS))
    parser.add_argument("--rows", type=int, help="rows of each intent (default: all)")
    parser.add_argument("--draws", type=int, default=1, help="draws of a data set, a bot each")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in `mlpipeline run`")
    given = parser.parse_args(arguments)
    wanted = given.only.split(",")
    if unknown := sorted(set(wanted) - set(SETS)):
        parser.error(f"unknown data set {', '.join(unknown)}; there are {', '.join(SETS)}")
    print(f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as scratch:
        for line in measured(given.data, wanted, given.rows, given.draws, Path(scratch), given.set):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
