"""From files to champions, and again: what a user sees, and what is touched."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import PATIENCE, Finished, Project, copy_of
from tests.e2e.corpora import rows, write_project, write_rows
from tests.e2e.documents import blocks, pages

BOTS = ["bank/en", "bank/ko", "shop/en", "shop/ko"]
STAGES = ["ingest", "clean", "split", "augment", "embed", "denoise", "train", "evaluate", "export", "release"]
ROOT = Path(__file__).parents[2]
FRENCH = rows("fr", "cafe", 64)
# What live logs hold: every labelled row once more, in capitals or nearly so, and what nobody has labelled.
FRENCH_LOGS = [
    *(row["text"] for row in FRENCH),
    *(row["text"].upper() for row in FRENCH[:8]),
    *(f"{row['text']} merci" for row in FRENCH[8:16]),
    *(f"bonjour, je suis le client {number} et j'attends" for number in range(8)),
]


def test_a_first_run_makes_champions(finished: Finished):
    bots = finished.project.read("ls")
    assert [bot["bot"] for bot in bots] == BOTS
    assert {bot["alias"] for bot in bots} == {"champion"}
    assert all(bot["rows"] == 120 for bot in bots)
    assert "champion" in finished.said
    for stage in STAGES:
        assert stage in finished.told
    assert "480 rows in = 480 out + 0 rejected" in finished.told


def test_each_run_leaves_a_record_and_a_page(finished: Finished):
    (run,) = (finished.project.store / "runs").glob("2*")
    assert os.readlink(run.parent / "latest") == run.name
    assert f'href="{run.name}/report.html"' in (run.parent / "index.html").read_text("utf-8")
    told = json.loads((run / "run.json").read_text("utf-8"))
    assert told["status"] == "ok" and {bot["status"] for bot in told["bots"]} == {"released"}
    assert [stage["stage"] for stage in told["stages"]] == STAGES
    for bot in told["bots"]:
        rows = bot["rows"]
        dropped = sum(bot["dropped"].values())
        assert rows["in"] == rows["train"] + rows["validation"] + rows["test"] + dropped
    page = (run / "report.html").read_text("utf-8")
    assert all(bot in page for bot in BOTS) and "http://" not in page.replace("http://www.w3.org", "")


def test_a_second_run_has_nothing_to_do_and_needs_no_java(
    finished: Finished, no_java: Callable[[], Mapping[str, str]], tmp_path: Path
):
    project = Project(finished.project.home, dict(no_java()))
    before = project.versions()
    for words in (("run",), ("plan",)):
        said = project(*words).stdout
        assert "nothing to do" in said
    assert project.read("answer", "shop/ko", "환불해 주세요 shop")[0]["intent"] == "refund"
    assert project.versions() == before
    assert not (tmp_path / "trap" / "was-started").exists()


def test_an_answer_and_its_nearest_questions(finished: Finished):
    (told,) = finished.project.read("answer", "shop/en", "where is my parcel shop")
    assert told["intent"] == "parcel" and told["zone"] == "answer" and 0.5 < told["score"] <= 1
    assert len(told["nearest"]) == 3
    said = finished.project("answer", "shop/ko", "몇 시에 열어요 shop").stdout
    assert said.startswith("> 몇 시에 열어요 shop\nanswer") and "hours" in said


@dataclass(frozen=True)
class Grown:
    """The finished project with one changed row and two new bots, run again: what was said and there, before and after.

    Args:
        refused: what `new` says to a file whose columns it does not know, before anything is made of it.
        made: what it says when they are named.
        plan: of the changed row alone.
        digests, versions: before the run.
    """

    project: Project
    refused: str
    made: str
    plan: list[dict[str, Any]]
    digests: dict[str, str]
    versions: dict[str, str]


def add(file: Path, lines: str) -> None:
    """Lines at the end of a file."""
    file.write_text(f"{file.read_text('utf-8')}{lines}\n", "utf-8")


@pytest.fixture(scope="module")
def grown(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    project = copy_of(finished.project, tmp_path_factory.mktemp("grown") / "copy")
    changed = [{"text": "완전히 새로운 말", "intent": "human"}, *rows("ko", "shop")[1:]]
    write_rows(project.home / "corpora" / "shop" / "ko.jsonl", changed)
    plan = [row for row in project.read("plan")["orders"] if row["run"]]
    digests, versions = project.digests(), project.versions()

    table = ["phrase,meaning"] + [f'"{row["text"]}, you know?",{row["intent"]}' for row in rows("en", "cafe")]
    (project.home / "some.csv").write_text("\n".join(table) + "\n", "utf-8")
    refused = project("new", "mybot", "--lang", "en", "--from", "some.csv", expect=2).stderr
    assert not (project.home / "conf" / "domains" / "mybot").exists(), "nothing half-written"
    made = project("new", "mybot", "--lang", "en", "--from", "some.csv", "--map", "text=phrase,intent=meaning").stdout

    # A ninth language, as docs/languages.md has it.
    (page,) = [page for page in pages() if page.name == "languages.md"]
    (file,) = [block for block in blocks(page) if block.remark == "conf/languages/fr.yaml"]
    conf = project.home / "conf"
    (conf / "languages").mkdir()
    (conf / "languages" / "fr.yaml").write_text(file.text, "utf-8")
    write_rows(project.home / "questions.jsonl", FRENCH)
    project("new", "mybot", "--lang", "fr", "--from", "questions.jsonl")
    add(conf / "domains/mybot/domain.yaml", "train: {epochs: 3, min_steps: 150}\nexport: {targets: [onnx]}")
    write_rows(project.home / "logs.jsonl", [{"text": text} for text in FRENCH_LOGS])
    recipe = yaml.safe_load((conf / "domains/mybot/fr.yaml").read_text("utf-8"))
    recipe["ingest"]["logs"] = ["logs.jsonl"]
    recipe["release"] = {"gate": {"min_accuracy": 0, "min_macro_f1": 0, "max_ece": 1}}
    (conf / "domains/mybot/fr.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    project("run", "--master", "local[2]")
    return Grown(project, refused, made, plan, digests, versions)


def test_one_changed_row_touches_one_bot(grown: Grown):
    assert [(row["bot"], row["stage"]) for row in grown.plan] == [("shop/ko", stage) for stage in STAGES]
    assert grown.plan[0]["cause"] == "1 row new, 1 row gone in corpora/shop/ko.jsonl"
    after, digests = grown.project.versions(), grown.project.digests()
    assert {name for name in grown.versions if after[name] != grown.versions[name]} == {
        name for name in grown.versions if name.startswith("shop/ko/")
    }
    changed = {name for name in grown.digests if digests[name] != grown.digests[name]}
    assert changed and all(name.startswith("shop/ko/") for name in changed)
    assert "nothing to do" in grown.project("run").stdout


def test_going_back_to_an_earlier_corpus_trains_nothing(grown: Grown, tmp_path: Path):
    project = copy_of(grown.project, tmp_path / "copy")
    write_rows(project.home / "corpora" / "shop" / "ko.jsonl", rows("ko", "shop"))
    planned = {
        row["stage"]: row["cause"] for row in project.read("plan", "--select", "shop/ko")["orders"] if row["run"]
    }
    assert list(planned) == STAGES
    assert all(cause.startswith("reuse") == (stage != "release") for stage, cause in planned.items())
    done = project("run", "--select", "shop/ko", "--master", "local[2]")
    assert "1 bot, 1 as made before" in done.stderr
    now = project.digests(without=("released",))
    assert {name for name in now if now[name] != grown.digests.get(name, now[name])} == set()
    (row,) = project.read("ls", "--select", "shop/ko")
    assert (row["version"], row["alias"]) == (1, "champion"), "the same bundle is the same version"


def test_a_gate_refuses_and_the_champion_stays(copied: Project):
    before = copied.read("ls")
    asked = ("--set", "release.bound=point", "--set", "release.gate.max_ece=0.0")  # what no model can meet
    words = ("run", "--select", "shop/en", *asked, "--master", "local[2]")
    assert "refused" in copied(*words, expect=4).stdout
    version = {bot["bot"]: bot["version"] for bot in before}["shop/en"]
    pointer = json.loads(next((copied.store / "bundles" / "shop" / "en").glob("champion*")).read_text("utf-8"))
    assert str(pointer["version"]) == str(version), "the alias must not have moved"
    assert copied.read("answer", "shop/en", "refund please shop")[0]["intent"] == "refund"
    assert copied(*words, expect=4).returncode == 4, "a second run says so again"


def test_a_missing_gate_is_a_failure(copied: Project):
    done = copied("run", "--select", "shop/en", "--set", "release.gate=null", "--master", "local[2]", expect=1)
    assert "shop/en" in done.stderr and "no gate" in done.stderr and "min_accuracy" in done.stderr


@pytest.mark.slow
def test_one_core_and_a_store_by_its_uri_make_the_same_tables(finished: Finished, tmp_path: Path):
    write_project(tmp_path / "한 개")
    project = Project(tmp_path / "한 개")
    # The store as Spark writes a folder; it is the folder that the other verbs find by its plain name.
    project("run", "--master", "local[1]", "--select", "lang:en", "--store", project.store.as_uri())
    wanted = {name: digest for name, digest in finished.project.digests().items() if "/en/" in name}
    assert project.digests() == wanted


def test_spark_submit_by_hand(copied: Project):
    select = ["--select", "shop/en", "--set", "clean.max_chars=60"]
    words = ["--from-stage", "clean", "--to-stage", "clean", *select, "--master", "local[2]"]
    places = ["--store", str(copied.store), "--conf", str(copied.home / "conf")]
    line = copied("run", *words, *places, "--print-submit").stdout.strip()
    assert shlex.split(line)[0] == "spark-submit" and "jobs/clean.py" in line
    before = copied.versions()
    env = {**copied.env(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env=env, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    after = copied.versions()
    made = {"shop/en/cleaned", "shop/en/near_pair", "shop/en/near_state", "shop/en/cleaned_dropped"}
    assert {name for name in after if after[name] != before[name]} == made
    assert "nothing to do" in copied("plan", "--from-stage", "clean", "--to-stage", "clean", *select).stdout


def test_a_new_bot_from_a_csv_that_nobody_prepared(grown: Grown):
    assert "phrase, meaning" in grown.refused and "--map text=phrase,intent=meaning" in grown.refused
    assert "120 rows" in grown.made and "mlpipeline run --select mybot/en" in grown.made
    assert grown.project.read("answer", "mybot/en", "I need a human cafe")[0]["intent"] == "human"
    write_rows(grown.project.home / "test.jsonl", rows("en", "cafe", 40))
    report = grown.project.read("evaluate", "mybot/en", "--on", "test.jsonl")
    assert report["accuracy"] > 0.8 and report["macro_f1"] > 0.8 and report["per_intent"] and report["rejected"] == 0


def test_a_language_that_is_one_file(grown: Grown):
    bots = {bot["bot"]: bot for bot in grown.project.read("ls")}
    assert bots["mybot/fr"]["alias"] == "champion" and bots["mybot/fr"]["labelled"] == len(FRENCH)
    assert grown.project.read("answer", "mybot/fr", "où est ma commande cafe")[0]["intent"] == "parcel"
    assert any("où" in row["normalized"] for row in grown.project.read("show", "cleaned", "mybot/fr", "--rows", "100"))


def test_logs_that_repeat_labelled_rows_teach_nothing_and_break_nothing(grown: Grown):
    project = grown.project
    (bot,) = (bot for bot in project.read("ls") if bot["bot"] == "mybot/fr")
    assert bot["rows"] == len(FRENCH) + len(FRENCH_LOGS) and bot["distinct"] <= bot["labelled"]
    assert bot["distinct"] - 3 <= bot["learnt"] <= bot["distinct"], "all rows teach but those that denoise drops"
    assert bot["learnt"] / 2 < bot["test_rows"] <= bot["learnt"], "and each is judged by a network without it"
    shown = {
        name: project.read("show", name, "mybot/fr", "--rows", "500") for name in ("splits", "cleaned", "augmented")
    }
    split = {row["content_id"]: row["split"] for row in shown["splits"]}
    held_out = {row["normalized"] for row in shown["cleaned"] if split.get(row["content_id"], "train") != "train"}
    made = shown["augmented"]
    assert made and {row["intent"] for row in made} <= {row["intent"] for row in FRENCH}
    assert not {row["normalized"] for row in made} & held_out
    # Judged on its own rows: they were learnt from, and it says so.
    report = project.read("evaluate", "mybot/fr", "--on", "questions.jsonl")
    assert report["seen"]["learnt"] >= bot["learnt"] and sum(report["seen"].values()) == report["rows"]
    assert report["seen"].get("unseen", 0) == (report["unseen"] or {"rows": 0})["rows"]
