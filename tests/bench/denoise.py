"""How many planted mistakes `denoise` finds, what that buys, and what it costs.

    python -m tests.bench.denoise                                # CPU on a made corpus of 15,000 rows and 150 intents
    python -m tests.bench.denoise --data DIR [--only clinc150,ko-KR,verdicts] [--seeds 3] [--results FILE]

DIR holds `clinc150/`, `massive/` and `label_errors/`. Mistakes are planted into the split `train`: `random` gives any
other label, `pairs` that of the intent whose rows are most similar. `verdicts` are sets with published probabilities
and human verdicts. With --results every finished case is kept in FILE, one JSON object a line, and not run again.
A line of the table is a mean over the seeds, with the least and the greatest value in brackets.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlpipeline.methods.label_noise.audit import plant
from mlpipeline.methods.label_noise.decide import list_findings
from mlpipeline.methods.label_noise.noise_data import as_noise_data
from mlpipeline.methods.label_noise.views import choose_views
from mlpipeline.networks.encoders.contract import Encoder
from mlpipeline.networks.encoders.use_encoder import open_use
from mlpipeline.stages.train import classifier_settings
from tests.bench import denoise_verdicts
from tests.bench.denoise_cases import Case, Corpus, detect_timed, run_case, scores
from tests.bench.quality import SETS, default_recipes, read

PLANTED = (("random", 0.1), ("random", 0.2), ("random", 0.4), ("pairs", 0.1), ("pairs", 0.2))
DEFAULT = ("clinc150", "ko-KR", "ja-JP", "th-TH", "vi-VN", "verdicts")
_COLUMNS = ("data", "planted", "seeds", "F1", "with true labels: F1", "precision", "recall",
            "cleanlab, linear: F1", "estimated rate", "kind",
            "promise off by at most", "dropped, precision", "CPU s of the fits", "CPU of all / fits",
            "accuracy: noisy / cleaned / oracle")  # fmt: skip


def made_corpus(intents: int, each: int) -> tuple[list[str], np.ndarray]:
    """Sentences of words that an intent likes and of words that all share; no two data sets are needed to time code."""
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.full(26, 0.4), 600)
    words = [
        "".join(chr(97 + letter) for letter in random.choice(26, 2 + row % 6, p=shares[row])) for row in range(600)
    ]
    texts, labels = [], np.repeat(np.arange(intents), each)
    for intent in labels.tolist():
        own = np.random.default_rng(intent).choice(600, 12, replace=False)
        picked = [*random.choice(own, 3), *random.integers(0, 600, random.integers(2, 7))]
        texts.append(" ".join(words[word] for word in random.permutation(picked)))
    return texts, labels


def time_made(intents: int, each: int) -> None:
    """CPU seconds of everything against those of the views' own out-of-fold fits."""
    import time

    texts, labels = made_corpus(intents, each)
    began = time.process_time()
    noise_data = as_noise_data(texts)
    made = time.process_time() - began
    noisy, wrong = plant(labels, "random", 0.1, noise_data)
    began = time.process_time()
    detection, spent = detect_timed(choose_views(intents, vectors=False), noise_data, noisy, intents)
    list_findings(detection, noise_data, noisy)
    whole, fits = time.process_time() - began + made, sum(spent.values())
    print(f"| rows x intents | CPU s of the fits | CPU s of all | ratio | target | F1 |\n|{'---|' * 6}")
    f1 = scores(detection.estimate.flagged, wrong)["f1"]
    print(f"| {len(texts):,} x {intents} | {fits:.1f} | {whole:.1f} | {whole / fits:.2f} | at most 1.5 | {f1:.3f} |")


def results_of(
    wanted: Sequence[Case],
    data: Path,
    known: dict[str, dict[str, Any]],
    trained: int,
    *,
    cheaper: bool,
    encoder: Encoder | None = None,
) -> Iterator[Any]:
    """The figures of each case; corpora are read once."""
    recipes = default_recipes([])
    corpora: dict[str, Corpus] = {}
    for case in wanted:
        if case.key in known:
            yield known[case.key]
            continue
        folder, file, judged, lang = SETS[case.name]
        if case.name not in corpora:
            corpora.clear()  # one at a time in memory
            path = data / folder / f"{file}.jsonl.gz"
            corpora[case.name] = Corpus.of(
                read(path, "train", recipes[lang]), read(path, judged, recipes[lang]), encoder
            )
        recipe = recipes[lang].recipe
        settings = classifier_settings(recipe.train) if case.seed < trained else None
        corpus = corpora[case.name].drawn(case.drawn, case.seed) if case.drawn else corpora[case.name]
        yield run_case(case, corpus, settings, recipe.denoise.large_rows, cheaper=cheaper)


def as_line(name: str, kind: str, share: float, figures: Sequence[dict[str, Any]]) -> str:
    """One line of the table from the figures of all seeds."""

    def spread(key: str, digits: int = 3) -> str:
        values = [one[key] for one in figures if key in one]
        if not values:
            return ""
        ends = f" [{min(values):.{digits}f}, {max(values):.{digits}f}]" if len(values) > 1 else ""
        return f"{np.mean(values):.{digits}f}{ends}"

    bought = [spread(f"accuracy_{part}") for part in ("noisy", "cleaned", "oracle")]
    kinds = sorted({str(one["noise"]) for one in figures})
    cells = (
        name,
        f"{kind} {100 * share:.0f} %",
        str(len(figures)),
        f"**{spread('f1')}**",
        spread("told_f1"),
        spread("precision"),
        spread("recall"),
        spread("cleanlab_f1"),
        spread("rate"),
        ", ".join(kinds),
        spread("promise_off"),
        f"{np.mean([one['dropped'] for one in figures]):.0f}, {spread('drop_precision')}",
        spread("views_cpu", 0),
        spread("cpu_ratio", 2),
        " / ".join(bought) if any(bought) else "",
    )
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with clinc150/, massive/ and label_errors/")
    parser.add_argument("--only", default=",".join(DEFAULT), help=f"data sets, comma between: {', '.join(DEFAULT)}")
    parser.add_argument("--planted", default=",".join(f"{kind}:{share}" for kind, share in PLANTED), help="what")
    parser.add_argument("--seeds", type=int, default=3, help="plantings a line")
    parser.add_argument("--trained", type=int, default=1, help="seeds for which the default trainer is run as well")
    parser.add_argument("--drawn", type=int, default=0, help="rows drawn for each seed (default: all)")
    parser.add_argument("--cheaper", action="store_true", help="the views of very large bots")
    parser.add_argument(
        "--vectors", action="store_true", help="the vectors of `use` as a view, as where the recipe says so"
    )
    parser.add_argument("--results", type=Path, help="file of finished cases, to go on from where a run was stopped")
    parser.add_argument("--rows", type=int, default=15_000, help="of the made corpus; a hundredth of it are intents")
    given = parser.parse_args(arguments)
    if given.data is None:
        time_made(max(given.rows // 100, 2), 100)
        return 0
    known: dict[str, dict[str, Any]] = {}
    if given.results is not None and given.results.exists():
        known = {one["case"]: one for one in map(json.loads, given.results.read_text().splitlines())}
    chosen = given.only.split(",")
    if unknown := sorted(set(chosen) - {*SETS, "verdicts"}):
        parser.error(f"unknown data set {', '.join(unknown)}; there are {', '.join((*SETS, 'verdicts'))}")
    planted = [(part.split(":")[0], float(part.split(":")[1])) for part in given.planted.split(",")]
    if "verdicts" in chosen:
        print(f"| {' | '.join(denoise_verdicts.COLUMNS)} |\n|{'---|' * len(denoise_verdicts.COLUMNS)}", flush=True)
        for name in denoise_verdicts.SETS:
            print(denoise_verdicts.as_line(name, given.data / "label_errors"), flush=True)
    names = [name for name in chosen if name != "verdicts"]
    cases = [
        [Case(name, *what, seed, given.drawn) for seed in range(given.seeds)] for name in names for what in planted
    ]
    if cases:
        print(f"\n| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}", flush=True)
    encoder = open_use() if given.vectors else None
    for line in cases:
        figures = []
        for one in results_of(line, given.data, known, given.trained, cheaper=given.cheaper, encoder=encoder):
            figures.append(one)
            if given.results is not None and one["case"] not in known:
                with given.results.open("a") as stream:
                    stream.write(json.dumps(one) + "\n")
        print(as_line(line[0].name, line[0].kind, line[0].share, figures), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
