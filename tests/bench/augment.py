"""What made rows bring to bots with few rows an intent: macro-F1 of the default trainer with them and without.

    python -m tests.bench.augment --data DIR [--only ko-KR,clinc150] [--draws 5] [--results FILE] [--set KEY=VALUE]
    python -m tests.bench.augment --data DIR --operators [--only ko-KR]

DIR is that of `tests.bench.quality`. Of each intent 8 rows of MASSIVE's split `train` are drawn (10 of CLINC150's), an
eighth as many rows of all intents validate, the others are logs without intents; `dev` (`test`) judges. Each draw is
trained as it is (plain), with rows made from its rows only (rows), with what is taken from the logs too (logs), and
with copies of its rows in place of made ones (copies). The interval is that of the paired differences over the draws
(Student's t, 95 %). --operators asks what each operator brings alone, by a linear model in place of the trainer. With
--results each finished case is kept in FILE, one JSON object a line, and not run again; --finished prints what is there
and runs nothing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.languages.paraphrase.tools import load_tool
from mlpipeline.languages.profile import Profile
from mlpipeline.methods.augmentation.settings import MakingSettings
from mlpipeline.recipe.load import Resolved
from mlpipeline.stages.augment import making_settings
from mlpipeline.stages.train import classifier_settings
from tests.bench import augment_cases as cases
from tests.bench.quality import SETS, default_recipes

EACH = {"clinc150": 10}
PARTS = ("plain", "rows", "logs", "copies")
_FEW = 8
_OF_A_ROW = 4  # made rows of an operator and a parent, where an operator is judged alone
ROWS_ONLY = {"retrieve_to": 0}
_ALL = {"fill_to": 100_000, "per_row": 1000, "chain": 1, "kinds": ("form", "words", "typing"), **ROWS_ONLY}
_COLUMNS = ("data", "rows an intent", "draws", "plain: macro-F1", "accuracy", "from the rows: gain", "95 %", "made",
            "with logs: gain", "95 %", "made", "of them from logs, right",
            "unknown words: before / after, %")  # fmt: skip
_OF_COPIES = ("copies: gain", "95 %")
_OPERATOR_COLUMNS = ("operator", "kind", "languages x draws", "made a draw", "gain", "95 %", "decision")


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Of the mean of paired differences, by Student's t, 95 %; of one difference there is none."""
    from scipy.stats import t

    mean, count = float(np.mean(differences)), len(differences)
    if count < 2:
        return float("-inf"), float("inf")
    half = float(t.ppf(0.975, count - 1) * np.std(differences, ddof=1) / np.sqrt(count))
    return mean - half, mean + half


def as_interval(differences: Sequence[float]) -> str:
    """An interval as a cell; empty for a single draw."""
    low, high = interval(differences)
    return f"{low:+.1f} to {high:+.1f}" if np.isfinite(low) else ""


class Bench:
    """Data sets, recipes and tools, each read once; what is finished is kept."""

    def __init__(self, data: Path, sets: Sequence[str], results: Path | None) -> None:
        self._data, self._recipes, self._results = data, default_recipes(sets), results
        self._rows: dict[str, tuple[list[cases.Row], list[cases.Row]]] = {}
        self._known: dict[str, dict[str, Any]] = {}
        if results is not None and results.exists():
            self._known = {one["case"]: one for one in map(json.loads, results.read_text("utf-8").splitlines())}

    def once(self, case: str, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The figures of a case, from the file of results if they are there."""
        if case not in self._known:
            self._known[case] = {"case": case, **run()}
            if self._results is not None:
                with self._results.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(self._known[case], ensure_ascii=False) + "\n")
        return self._known[case]

    def has(self, cases_of: Iterable[str]) -> bool:
        """Whether all these cases are finished."""
        return all(case in self._known for case in cases_of)

    def recipe(self, name: str) -> Resolved:
        """The default recipe of a data set's language."""
        return self._recipes[SETS[name][3]]

    def rules(self, name: str, **other: Any) -> MakingSettings:
        """What the stage `augment` goes by."""
        recipe = self.recipe(name).recipe
        return replace(making_settings(recipe.augment, recipe.clean), **other)

    def tool(self, name: str) -> Tool:
        """Of its language."""
        return load_tool(SETS[name][3])

    def few(self, name: str, seed: int) -> cases.Few:
        """One draw."""
        if name not in self._rows:
            self._rows.clear()  # one at a time in memory
            self._rows[name] = cases.read_rows(self._data, name, self.recipe(name))
        profile = Profile.of(self.recipe(name).recipe.language)
        return cases.draw(*self._rows[name], profile, EACH.get(name, _FEW), seed)


def trained(bench: Bench, name: str, seed: int, part: str) -> dict[str, Any]:
    """The figures of one training."""
    few, settings = bench.few(name, seed), classifier_settings(bench.recipe(name).recipe.train)
    if part == "plain":
        return cases.train(few, [], settings, seed)
    rules, tool = bench.rules(name, **({} if part == "logs" else ROWS_ONLY)), bench.tool(name)
    made, report = cases.make(few, rules, tool)
    rows = [(row, parent) for row, parent, _ in made]
    if part == "copies":
        rows = [(few.rows[parent], parent) for _, parent in rows]
    own = [row for row, _, operators in made if "retrieval" in operators]
    before, after = cases.unknown_words(few, [row for row, _ in rows], tool)
    refused = {reason: one["count"] for reason, one in report["refused"].items()}
    return {
        **cases.train(few, rows, settings, seed),
        "made": len(rows),
        "retrieved": len(own),
        "right": sum(few.truth[text] == intent for text, intent in own),
        "unknown_before": before,
        "unknown_after": after,
        "refused": refused,
    }


def as_line(name: str, draws: Mapping[str, list[dict[str, Any]]]) -> str:
    """One line of the table from the figures of all draws."""
    plain = draws["plain"]

    def gains(part: str) -> list[float]:
        return [one["macro_f1"] - other["macro_f1"] for one, other in zip(draws[part], plain, strict=True)]

    def made(part: str) -> str:
        return f"{np.mean([one['made'] for one in draws[part]]):.0f}" if draws[part] else ""

    def gain(part: str) -> list[str]:
        return [f"**{np.mean(gains(part)):+.1f}**", as_interval(gains(part))] if draws[part] else ["", ""]

    retrieved = sum(one["retrieved"] for one in draws["logs"])
    right = sum(one["right"] for one in draws["logs"])
    share = f"{retrieved / len(draws['logs']):.0f}, {right / retrieved:.0%}" if retrieved else ""
    unknown = ""
    if draws["rows"]:
        unknown = " / ".join(f"{np.mean([one[key] for one in draws['rows']]):.1f}" for key in _UNKNOWN)
    mean = [f"{np.mean([one[key] for one in plain]):.1f}" for key in ("macro_f1", "accuracy")]
    cells = (name, str(EACH.get(name, _FEW)), str(len(plain)), *mean, *gain("rows"), made("rows"),
             *gain("logs"), made("logs"), share, unknown, *(gain("copies") if draws["copies"] else ()))  # fmt: skip
    return f"| {' | '.join(cells)} |"


_UNKNOWN = ("unknown_before", "unknown_after")


def alone(bench: Bench, name: str, seed: int) -> dict[str, Any]:
    """What the rows of each operator bring to the linear model, by operator and by kind."""
    few, tool = bench.few(name, seed), bench.tool(name)
    made, _ = cases.make(few, bench.rules(name, **_ALL), tool)
    plain = cases.proxy(few, [])["macro_f1"]
    found, kinds = {}, dict[str, list[cases.Row]]()
    for operator, rows in cases.by_operator(made, _OF_A_ROW):
        kind = tool.operators[operator].kind if operator in tool.operators else "words"
        kinds.setdefault(kind, []).extend(rows)
        found[operator] = {"kind": kind, "made": len(rows), "gain": cases.proxy(few, rows)["macro_f1"] - plain}
    for kind, rows in sorted(kinds.items()):
        found[f"all of kind {kind}"] = {
            "kind": kind,
            "made": len(rows),
            "gain": cases.proxy(few, rows)["macro_f1"] - plain,
        }
    return {"plain": plain, "operators": found}


def operator_lines(draws: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of the operators' table, the best first."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in draws:
        for operator, figures in one["operators"].items():
            found.setdefault(operator, []).append(figures)
    for operator, all_of in sorted(found.items(), key=lambda item: -np.mean([one["gain"] for one in item[1]])):
        gains = [one["gain"] for one in all_of]
        low, high = interval(gains)
        decision = "helps" if low > 0 else "harms" if high < 0 else ""
        cells = (f"`{operator}`", all_of[0]["kind"], str(len(gains)), f"{np.mean([one['made'] for one in all_of]):.0f}",
                 f"{np.mean(gains):+.2f}", as_interval(gains), decision)  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with massive/ and clinc150/")
    parser.add_argument("--only", default=",".join(SETS), help="data sets, comma between: " + ", ".join(SETS))
    parser.add_argument("--parts", default=",".join(PARTS[:3]), help=f"what is trained: {', '.join(PARTS)}")
    parser.add_argument("--draws", type=int, default=5, help="draws of rows, each with a seed of the trainer")
    parser.add_argument("--operators", action="store_true", help="what each operator brings alone")
    parser.add_argument("--results", type=Path, help="file of finished cases, to go on from where a run was stopped")
    parser.add_argument("--finished", action="store_true", help="print what stands in the file of results, run nothing")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in `mlpipeline run`")
    given = parser.parse_args(arguments)
    names, parts = given.only.split(","), {"plain", *given.parts.split(",")}
    if unknown := sorted(set(names) - set(SETS)):
        parser.error(f"unknown data set {', '.join(unknown)}; there are {', '.join(SETS)}")
    if unknown := sorted(parts - set(PARTS)):
        parser.error(f"unknown part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    bench = Bench(given.data, given.set, given.results)
    changed = " ".join(sorted(given.set))
    if given.operators:
        print_operators(bench, names, given.draws, changed)
    else:
        print_parts(bench, names, [part for part in PARTS if part in parts], given.draws, changed, given.finished)
    return 0


def print_operators(bench: Bench, names: Sequence[str], draws: int, changed: str) -> None:
    """A table a data set; `changed` tells cases of other recipes apart."""
    for name in names:
        print(f"\n{name}\n\n| {' | '.join(_OPERATOR_COLUMNS)} |\n|{'---|' * len(_OPERATOR_COLUMNS)}", flush=True)
        found = [
            bench.once(f"operators {name} {seed} {changed}".strip(), partial(alone, bench, name, seed))
            for seed in range(1, draws + 1)
        ]
        print("\n".join(operator_lines(found)), flush=True)


def print_parts(
    bench: Bench, names: Sequence[str], parts: Sequence[str], draws: int, changed: str, finished: bool
) -> None:
    """One table, a line a data set; `finished` leaves out draws that are not, and runs nothing."""
    columns = (*_COLUMNS, *(_OF_COPIES if "copies" in parts else ()))
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    for name in names:
        found: dict[str, list[dict[str, Any]]] = {part: [] for part in PARTS}
        for seed in range(1, draws + 1):
            wanted = {part: f"{part} {name} {seed} {changed}".strip() for part in parts}
            if finished and not bench.has(wanted.values()):
                continue
            for part, case in wanted.items():
                found[part].append(bench.once(case, partial(trained, bench, name, seed, part)))
        if found["plain"]:
            print(as_line(name, found), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
