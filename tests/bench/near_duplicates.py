"""A million short utterances with planted edits: all near duplicates found, against MinHash in three libraries.

    python -m tests.bench.near_duplicates [--rows 1000000] [--data FOLDER] [--only ours datasketch rensa text_dedup]

Everyone gets the same rows and the same task: each pair of different texts whose sets of character 2-3-grams and words
have a Jaccard similarity of .8 or more, verified. The libraries are asked for candidates with 126 permutations in 21
bands of 6 rows (99.8 % of all pairs at .8). datasketch and rensa verify them by Python sets. text-dedup knows words
only, so each gram is handed to it as one word; it verifies nothing and tells clusters, of which one row stays. Each
runs in a process of its own. Install datasketch, rensa or text-dedup here, or elsewhere and name that with --python;
what is not there is skipped. --data takes a folder of *.jsonl.gz with `text`; without it the sample corpora of the
repository are used, which are few sentences.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import pickle
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
    rng, made = random.Random(seed), 0
    while made < rows:
        words, length = rng.choice(base).split(), rng.randint(5, 20)
        text = " ".join(words[rng.randrange(len(words)) if len(words) > 1 else 0 :])[:length].strip()
        if len(text) < 5:
            continue
        copies = [text] + [_edited(text, rng) for _ in range(rng.randint(1, 3) if rng.random() < 0.3 else 0)]
        yield from copies[: rows - made]
        made += len(copies)


def _edited(text: str, rng: random.Random) -> str:
    at, letter = rng.randrange(len(text) + 1), rng.choice("abcde가나다 ")
    ways = (text + rng.choice("!?.~요a"), text[:at] + letter + text[at:], text[:at] + text[at + 1 :],
            text[:at] + letter + text[at + 1 :])  # fmt: skip
    return rng.choice(ways)[:20]


def run_ours(texts: list[str]) -> Found:
    """`mlpipeline.methods.near_duplicates`, as a task of `clean` does it."""
    import pyarrow as pa

    from mlpipeline.methods.near_duplicates.contents import content_pairs
    from mlpipeline.methods.near_duplicates.state import compared

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


def run_text_dedup(texts: list[str]) -> list[int]:
    """The command of `text_dedup.minhash`, one process; the cluster of each text."""
    from datasets import Dataset, disable_progress_bars
    from text_dedup.minhash import main as minhash

    disable_progress_bars()
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        rows, to = f"{made}/rows", f"{made}/to"
        words = [" ".join(gram.encode("utf-16-le").hex() for gram in grams_of(text)) for text in texts]
        Dataset.from_dict({"text": words}).save_to_disk(rows)
        command = f"--local --path {rows} --output {to} --cache_dir {made}/cache --column text --ngram 1 --min_length 1"
        command += f" --num_perm {_PERMUTATIONS} --b {_BANDS} --r {_PERMUTATIONS // _BANDS} --hash_func xxh3"
        minhash.main([*command.split(), "--hash_bits", "32", "--num_proc", "1", "--debug"], standalone_mode=False)
        found = pickle.loads((Path(to) / "uf.pkl").read_bytes())
    return [int(found.find(number)) for number in range(len(texts))]


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


CONTENDERS = {"ours": run_ours, "datasketch": run_datasketch, "rensa": run_rensa, "text_dedup": run_text_dedup}


def one(name: str, rows: Path, to: Path) -> None:
    """Runs a contender here and writes the pairs, or the clusters, that it found."""
    texts = rows.read_text("utf-8").split("\n")
    began, cpu = time.perf_counter(), sum(os.times()[:4])
    found = np.array(CONTENDERS[name](texts), np.int64)
    seconds, cpu = time.perf_counter() - began, sum(os.times()[:4]) - cpu
    np.save(to, found if name == "text_dedup" else found.reshape(-1, 2))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "cpu": cpu, "gb": peak}))


def judged(found: np.ndarray, wanted: set[tuple[int, int]], places: list[int]) -> str:
    """What is said of pairs, or of the cluster of each text, by all pairs of the texts at some places."""
    if found.ndim == 1:
        _, sizes = np.unique(found[places], return_counts=True)
        hits = sum(found[left] == found[right] for left, right in wanted)
        wrong = int((sizes * (sizes - 1) // 2).sum() - hits)
        told = f"{len(found) - len(np.unique(found)):,} rows dropped"
    else:
        sampled = set(places)
        pairs = {(min(pair), max(pair)) for pair in found.tolist() if sampled.issuperset(pair)}
        hits, wrong, told = len(pairs & wanted), len(pairs - wanted), f"{len(found):,} pairs"
    return f"{told} | recall {hits / max(len(wanted), 1):.4f} | wrong {wrong:,}"


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

    from mlpipeline.methods.near_duplicates.contents import components, content_pairs
    from mlpipeline.methods.near_duplicates.state import State, compared

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


def compare(names: list[str], texts: list[str], sample: int, python: str) -> None:
    """Prints a line of a table for each contender."""
    places = sorted(random.Random(5).sample(range(len(texts)), min(sample, len(texts))))
    wanted = truth(texts, places)
    print(f"{len(wanted):,} pairs among {len(places):,} of them")
    with tempfile.TemporaryDirectory(prefix="mlpipeline-bench-") as made:
        rows, to = Path(made) / "rows.txt", Path(made) / "found.npy"
        rows.write_text("\n".join(texts), "utf-8")
        for name in names:
            runs = sys.executable if name == "ours" else python
            if name != "ours" and subprocess.run([runs, "-c", f"import {name}"], stderr=subprocess.DEVNULL).returncode:
                print(f"| {name} | not installed: pip install {name.replace('_', '-')}, here or for --python |")
                continue
            command = [runs, "-m", "tests.bench.near_duplicates", "--one", name, str(rows), str(to)]
            said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            told = json.loads(said.splitlines()[-1])
            print(f"| {name} | {told['seconds']:.1f} s | {told['cpu']:.1f} s CPU | {told['gb']:.2f} GB "
                  f"| {judged(np.load(to), wanted, places)} |", flush=True)  # fmt: skip


def main() -> int:
    """Prints what each contender needs and finds, and what a day with 1 % new rows costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=100_000, help="rows that are compared each with each")
    parser.add_argument("--data", type=Path)
    parser.add_argument(
        "--only", nargs="*", choices=CONTENDERS, default=list(CONTENDERS), help="none: only the day with 1 % new rows"
    )
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the other libraries")
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
    print(f"{options.rows:,} rows, {len(texts):,} distinct")
    if options.only:
        compare(options.only, texts, options.sample, options.python)
    full, rolled = incremental(texts)
    for name, (old, new) in {"compared": (full[1], sum(rolled[:2])), "all": (sum(full), sum(rolled))}.items():
        print(f"| 1 % new, {name} | {new:.2f} s CPU of {old:.2f} | {new / old:.1%} |")
    print("steps (read, compared, pairs and components, written):", *(f"{step:.3f}" for step in rolled))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
