"""A store in which files were damaged: each is told in a line, and the line that is told makes them anew."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
from pathlib import Path

from tests.e2e.conftest import Finished, Project

BOTS = ["bank/en", "bank/ko", "shop/en", "shop/ko"]


def bytes_below(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def planned(project: Project) -> list[tuple[str, str]]:
    return sorted((row["bot"], row["stage"]) for row in project.read("plan")["orders"] if row["run"])


def refusal(project: Project, *words: str) -> str:
    """The one line that a verb refuses with."""
    told = project(*words, expect=1).stderr
    assert len(told.splitlines()) == 1, told
    return told


def damage_releases(project: Project) -> dict[str, Path]:
    """Another damage for each bot; gives their bundles."""
    bundles = {bot: next((project.store / "bundles" / bot).glob("*/manifest.json")).parent for bot in BOTS}
    labels = (bundles["shop/ko"] / "labels.txt").read_text("utf-8").splitlines()
    (bundles["shop/ko"] / "labels.txt").write_text("\n".join([*labels[1:], labels[0]]) + "\n", "utf-8")
    (bundles["shop/en"].parent / "champion.json").write_text("[" * 100_000)
    shutil.rmtree(bundles["bank/ko"])
    (bundles["bank/en"] / "index.npz").write_bytes(b"")
    return bundles


def test_what_is_damaged_is_told_and_made_anew_by_the_line_that_is_named(finished: Finished, copied: Project):
    original, versions = bytes_below(finished.project.store), copied.versions()
    bundles = damage_releases(copied)
    for bot in BOTS:
        assert f"`mlpipeline run --from-stage release --select {bot}`" in refusal(
            copied, "answer", bot, "refund please"
        )
    (copied.store / "mlflow" / "mlflow.db").write_bytes(b"garbage")
    assert "the registry is damaged" in refusal(copied, "answer", "shop/ko", "--version", "1", "refund please")
    assert planned(copied) == [(bot, "release") for bot in BOTS]

    # A table of which nothing can be read, and one file of another.
    next((copied.store / "datasets" / "prediction" / "_delta_log").glob("*0.json")).write_bytes(b"")
    splits = next((copied.store / "datasets" / "splits" / "domain=shop" / "lang=en").glob("*.parquet"))
    splits.write_bytes(splits.read_bytes()[:-200] + b"\0" * 200)
    assert splits.name in refusal(copied, "show", "splits", "shop/en")
    told = refusal(copied, "show", "prediction")
    assert "prediction is damaged: its log entry" in told
    both = [(bot, stage) for bot in BOTS for stage in ("evaluate", "release")]
    assert planned(copied) == sorted([*both, ("shop/en", "split")])

    found = copied.read("check", expect=1)["damages"]
    assert {one["bot"] for one in found} == {"", *BOTS} and any(splits.name in one["what"] for one in found)

    line = re.search(r"`mlpipeline (run[^`]*)`", told)
    assert line is not None
    copied(*shlex.split(line[1]), "--master", "local[2]")
    assert "nothing to do" in copied("plan").stdout
    assert "all as written" in copied("check").stdout
    assert copied.read("answer", "shop/ko", "--version", "1", "환불해 주세요 shop")[0]["intent"] == "refund"
    for bot, folder in bundles.items():
        assert copied.read("answer", bot, "refund please")[0]["zone"] and folder.is_dir(), "under the same digest"
    changed = {name for name, version in copied.versions().items() if version != versions[name]}
    of_bots = {f"{bot}/{name}" for bot in BOTS for name in ("released", "evaluation")}
    assert changed == of_bots | {"shop/en/splits", "shop/en/split_finding"}, "nothing was trained"
    assert bytes_below(finished.project.store) == original, "nothing of the store that this is a copy of was touched"
