"""A million short utterances with planted edits: all near duplicates found, against MinHash in three libraries.

    python -m tests.bench.near_duplicates [--rows 1000000] [--data FOLDER] [--only ours datasketch rensa]

Everyone gets the same rows and the same task: each pair of different texts whose sets of character 2-3-grams and words
have a Jaccard similarity of .8 or more, verified. The libraries are asked for candidates with 126 permutations in 21
bands of 6 rows (99.8 % of all pairs at .8), and verify them by Python sets. Each runs in a process of its own.
`pip install datasketch rensa` for the others; what is not there is skipped. --data takes a folder of
*.jsonl.gz with `text`; without it the sample corpora of the repository are used, which are few sentences.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import sparse

THRESHOLD = 0.8
_ROOT = Path(__file__).parents[2]
_PERMUTATIONS, _BANDS = 126, 21
Found = list[tuple[int, int]]


def grams_of(text: str) -> set[str]:
    """The definition of docs/cleaning.md in plain Python."""
    grams = {text[at : at + length] for length in (2, 3) for at in range(len(text) - length + 1)}
    words = text.split()
    return (grams | {f"<{word}>" for word in words} if len(words) > 1 else grams) or {text}


def sentences(data: Path | None) -> list[str]:
    """All texts of the corpora, sorted."""
    files = sorted(data.rglob("*.jsonl.gz") if data else (_ROOT / "examples").rglob("*.jsonl"))
    texts = [gzip.decompress(file.read_bytes()) if data else file.read_bytes() for file in files]
    return sorted({str(json.loads(line).get("text") or "") for text in texts for line in text.splitlines()})


def utterances(base: list[str], rows: int, seed: int = 1) -> Iterator[str]:
    """Pieces of 5 to 20 characters at words' borders; every third has one to three edited copies."""
    dice, made = random.Random(seed), 0
    while made < rows:
        words, length = dice.choice(base).split(), dice.randint(5, 20)
        text = " ".join(words[dice.randrange(len(words)) if len(words) > 1 else 0 :])[:length].strip()
        if len(text) < 5:
            continue
        copies = [text] + [_edited(text, dice) for _ in range(dice.randint(1, 3) if dice.random() < 0.3 else 0)]
        yield from copies[: rows - made]
        made += len(copies)


def _edited(text: str, dice: random.Random) -> str:
    at, letter = dice.randrange(len(text) + 1), dice.choice("abcde가나다 ")
    ways = (text + dice.choice("!?.~요a"), text[:at] + letter + text[at:], text[:at] + text[at + 1 :],
            text[:at] + letter + text[at + 1 :])  # fmt: skip
    return dice.choice(ways)[:20]


def run_ours(texts: list[str]) -> Found:
    """`mlpipeline.languages.near`, as a task of `clean` does it."""
    import pyarrow as pa

    from mlpipeline.languages.near.contents import content_pairs
    from mlpipeline.languages.near.state import compared

    contents = np.arange(len(texts), dtype=np.uint64)
    state = compared(contents, pa.array(texts), THRESHOLD, 20_000)
    pairs = content_pairs(state.of_content, state.pairs)
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def run_datasketch(texts: list[str]) -> Found:
    """MinHash and MinHashLSH, hashes by bulk."""
    from datasketch import MinHash, MinHashLSH

    sets = [grams_of(text) for text in texts]
    index = MinHashLSH(num_perm=_PERMUTATIONS, params=(_BANDS, _PERMUTATIONS // _BANDS))
    hashes = []
    with index.insertion_session(buffer_size=50_000) as session:
        for number, made in enumerate(MinHash.generator(([gram.encode() for gram in grams] for grams in sets),
                                                        num_perm=_PERMUTATIONS)):  # fmt: skip
            hashes.append(made)
            session.insert(number, made, check_duplication=False)
    return _verified(sets, (index.query(made) for made in hashes))


def run_rensa(texts: list[str]) -> Found:
    """RMinHash and RMinHashLSH, in Rust."""
    import rensa

    sets = [grams_of(text) for text in texts]
    hashes = []
    for grams in sets:
        made = rensa.RMinHash(_PERMUTATIONS, 42)
        made.update(list(grams))
        hashes.append(made)
    index = rensa.RMinHashLSH(THRESHOLD, _PERMUTATIONS, _BANDS)
    index.insert_many(hashes)
    return _verified(sets, index.query_all(hashes))


def _verified(sets: list[set[str]], candidates: Iterator[list[int]]) -> Found:
    found = []
    for number, others in enumerate(candidates):
        mine = sets[number]
        for other in others:
            if other > number:
                shared = len(mine & sets[other])
                if shared >= THRESHOLD * (len(mine) + len(sets[other]) - shared) - 1e-9:
                    found.append((number, other))
    return found


CONTENDERS = {"ours": run_ours, "datasketch": run_datasketch, "rensa": run_rensa}


def one(name: str, rows: Path, to: Path) -> None:
    """Runs a contender here and writes what it found."""
    texts = rows.read_text("utf-8").split("\n")
    began, cpu = time.perf_counter(), time.process_time()
    found = CONTENDERS[name](texts)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    np.save(to, np.array(found, np.int64).reshape(-1, 2))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "cpu": cpu, "gb": peak, "pairs": len(found)}))


def truth(texts: list[str], places: list[int]) -> set[tuple[int, int]]:
    """All pairs of the texts at some places, each compared with each, by a product of sparse matrices."""
    vocabulary: dict[str, int] = {}
    sets = [grams_of(texts[place]) for place in places]
    ids = [[vocabulary.setdefault(gram, len(vocabulary)) for gram in grams] for grams in sets]
    sizes = np.array([len(row) for row in ids])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    flat = np.array([number for row in ids for number in row])
    matrix = sparse.csr_matrix((np.ones(len(flat), np.int16), flat, starts), shape=(len(ids), len(vocabulary)))
    turned, found = matrix.T.tocsr(), set()
    for at in range(0, len(ids), 500):
        shared = (matrix[at : at + 500] @ turned).tocoo()
        left, right = shared.row + at, shared.col
        near = (left < right) & (shared.data >= THRESHOLD * (sizes[left] + sizes[right] - shared.data) - 1e-9)
        found |= {(places[one], places[other]) for one, other in zip(left[near], right[near], strict=True)}
    return found


def incremental(texts: list[str]) -> list[list[float]]:
    """CPU seconds of each step, for all rows, and for one in a hundred that are new to what is kept of the others.

    The steps: what is kept is read, texts are compared, pairs and components are made, what will be kept is written.
    """
    import pyarrow as pa

    from mlpipeline.languages.near.contents import components, content_pairs
    from mlpipeline.languages.near.state import State, compared

    contents, strings = np.arange(len(texts), dtype=np.uint64), pa.array(texts)

    def day(rows: np.ndarray, kept: pa.Buffer | None) -> tuple[list[float], np.ndarray, pa.Buffer]:
        chosen, times = strings.take(pa.array(rows)), [time.process_time()]
        last = None if kept is None else State.from_buffer(kept)
        times.append(time.process_time())
        state = compared(contents[rows], chosen, THRESHOLD, 20_000, last)
        times.append(time.process_time())
        pairs = content_pairs(state.of_content, state.pairs)
        found = np.concatenate([pairs.left, pairs.right, components(len(rows), pairs)])
        times.append(time.process_time())
        kept = state.to_buffer()
        return [*np.diff([*times, time.process_time()])], found, kept

    every = np.arange(len(texts))
    kept = day(every[np.random.default_rng(3).random(len(texts)) >= 0.01], None)[2]
    (full, wanted, _), (rolled, found, _) = day(every, None), day(every, kept)
    assert np.array_equal(wanted, found)
    return [full, rolled]


def main() -> int:
    """Prints a line of a table for each contender, and what a day with 1 % new rows costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=100_000, help="rows that are compared each with each")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", nargs="*", default=list(CONTENDERS), help="none: only the day with 1 % new rows")
    parser.add_argument("--one", nargs=3, metavar=("NAME", "ROWS", "TO"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]), Path(options.one[2]))
        return 0
    # Equal texts are found by everyone at once: the task begins with distinct sets.
    distinct: dict[frozenset[str], str] = {}
    for text in utterances(sentences(options.data), options.rows):
        distinct.setdefault(frozenset(grams_of(text)), text)
    texts = [text.replace("\n", " ") for text in distinct.values()]
    places = sorted(random.Random(5).sample(range(len(texts)), min(options.sample, len(texts))))
    wanted, sampled = truth(texts, places), set(places)
    print(f"{options.rows:,} rows, {len(texts):,} distinct; {len(wanted):,} pairs among {len(places):,} of them")
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        rows, to = Path(made) / "rows.txt", Path(made) / "pairs.npy"
        rows.write_text("\n".join(texts), "utf-8")
        for name in options.only:
            if name != "ours" and importlib.util.find_spec(name) is None:
                print(f"| {name} | not installed: pip install {name} |")
                continue
            command = [sys.executable, "-m", "tests.bench.near_duplicates", "--one", name, str(rows), str(to)]
            told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
            found = {(min(pair), max(pair)) for pair in np.load(to).tolist() if sampled.issuperset(pair)}
            recall, wrong = len(found & wanted) / max(len(wanted), 1), len(found - wanted)
            print(f"| {name} | {told['seconds']:.1f} s | {told['cpu']:.1f} s CPU | {told['gb']:.2f} GB "
                  f"| {told['pairs']:,} pairs | recall {recall:.4f} | wrong {wrong} |", flush=True)  # fmt: skip
    full, rolled = incremental(texts)
    for name, (old, new) in {"compared": (full[1], sum(rolled[:2])), "all": (sum(full), sum(rolled))}.items():
        print(f"| 1 % new, {name} | {new:.2f} s CPU of {old:.2f} | {new / old:.1%} |")
    print("steps (read, compared, pairs and components, written):", *(f"{step:.3f}" for step in rolled))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
