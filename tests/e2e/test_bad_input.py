"""Each bad input gives one clear message with file, line and fix; nothing is half-written; other bots go on."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.corpora import rows, write_rows

QUICK = ("--set", "train.epochs=2", "--set", "train.min_steps=0")


def make(home: Path, domain: str, lang: str, name: str, data: bytes, more: str = "") -> None:
    """One bot with one file."""
    folder = home / "conf" / "domains" / domain
    folder.mkdir(parents=True)
    (home / "corpora").mkdir(exist_ok=True)
    (home / "corpora" / name).write_bytes(data)
    (folder / "domain.yaml").write_text(f"languages: [{lang}]\ningest:\n  files: ['corpora/{name}']\n{more}", "utf-8")


def jsonl(made: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made).encode()


GOOD = rows("en", "shop", 60)
BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nnlu: [*b, *b]\n"
JAPANESE = [{"text": f"これは日本語の文です{n}", "intent": f"i{n % 2}"} for n in range(60)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str, dict[str, dict]]:
    """All bad files in one run up to `train`, beside a good one: (project, stderr, bots of run.json by name)."""
    home = tmp_path_factory.mktemp("bad")
    make(home, "good", "en", "good.jsonl", jsonl(GOOD))
    make(home, "empty", "en", "empty.jsonl", b"")
    make(home, "one", "en", "one.jsonl", jsonl([{**row, "intent": "only"} for row in GOOD]))
    make(home, "lonely", "en", "lonely.jsonl", jsonl([*GOOD, {"text": "quite alone", "intent": "lonely"}]))
    make(home, "long", "en", "long.jsonl", jsonl([*GOOD, {"text": "x" * 1_100_000, "intent": "hours"}]))
    dirty = b'{"text": "nul \0 here", "intent": "hours"}\n{"text": "\xff\xfe bad", "intent": "hours"}\n'
    make(home, "dirty", "en", "dirty.jsonl", jsonl(GOOD) + dirty)
    make(home, "columns", "en", "columns.csv", b"frage,absicht\nhi,a\n")
    make(home, "bomb", "en", "bomb.yml", BOMB)
    make(home, "foreign", "ko", "foreign.jsonl", jsonl(JAPANESE))
    make(home, "missing", "en", "there.jsonl", jsonl(GOOD))
    (home / "corpora" / "there.jsonl").unlink()
    project = Project(home)
    done = project("run", "--to-stage", "train", "--master", "local[2]", *QUICK, expect=1)
    (run,) = (home / "store" / "runs").glob("2*")
    record = json.loads((run / "run.json").read_text("utf-8"))
    return project, done.stderr, {bot["bot"].split("/")[0]: bot for bot in record["bots"]}


def line_about(said: str, bot: str) -> str:
    """The one line that says what failed for a bot."""
    lines = [line for line in said.splitlines() if line.startswith(f"failed: {bot} ")]
    assert len(lines) == 1, said
    return lines[0]


def test_the_others_go_on(told):
    _, said, bots = told
    failed = {name for name, bot in bots.items() if bot["status"] == "failed"}
    assert failed == {"empty", "one", "columns", "bomb", "missing"}, said
    assert {bots[name]["status"] for name in ("good", "lonely", "long", "dirty", "foreign")} == {"made"}


def test_an_empty_file(told):
    assert "no rows" in line_about(told[1], "empty/en")


def test_one_intent_only(told):
    said = line_about(told[1], "one/en")
    assert "intent" in said and "->" in said and "Error:" not in said


def test_an_intent_with_one_row_is_named(told):
    assert any("lonely" in warning for warning in told[2]["lonely"]["warnings"])


def test_a_line_of_a_megabyte_is_one_reject(told):
    assert told[2]["long"]["rejected"] == {"too_long": 1}
    assert told[2]["long"]["rows"]["in"] == 61


def test_nul_and_invalid_utf8_are_rejects_with_their_lines(told):
    assert told[2]["dirty"]["rejected"] == {"nul_character": 1, "invalid_utf8": 1}
    shown = told[0].read("show", "utterance_rejected", "dirty/en")
    assert sorted(row["origin_line"] for row in shown) == [61, 62]
    assert {row["origin_file"] for row in shown} == {"corpora/dirty.jsonl"}


def test_a_csv_without_the_needed_columns(told):
    said = line_about(told[1], "columns/en")
    assert "frage" in said and "absicht" in said and "columns.csv" in said and "--map text=" in said


def test_a_yaml_bomb(told):
    said = line_about(told[1], "bomb/en")
    assert "bomb.yml:1" in said and "alias" in said


def test_another_language_is_warned_of_with_the_share(told):
    assert "warning: foreign/ko" in told[1] and "0%" in told[1]
    assert any("0%" in warning for warning in told[2]["foreign"]["warnings"])


def test_a_missing_file(told):
    said = line_about(told[1], "missing/en")
    assert "corpora/there.jsonl" in said and "->" in said


def test_a_second_run_says_the_same_and_starts_nothing(told):
    project, _, _ = told
    again = project("plan", "--to-stage", "train", *QUICK, expect=1).stdout
    for bot in ("empty/en", "columns/en", "bomb/en", "missing/en"):
        assert f"failed: {bot}" in again


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "Shop", "x" * 64])
def test_a_domain_that_leaves_its_folder(tmp_path: Path, name: str):
    write_rows(tmp_path / "x.jsonl", rows("en", "shop", 20))
    project = Project(tmp_path)
    done = project("new", name, "--lang", "en", "--from", "x.jsonl", expect=2)
    assert "cannot name a domain" in done.stderr and "use a-z" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "conf") == ["x.jsonl"]
    assert not list((tmp_path / "conf").rglob("*.yaml")) if (tmp_path / "conf").exists() else True


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.jsonl", b"", "no row"),
        ("one.jsonl", jsonl([{"text": f"t{n}", "intent": "only"} for n in range(5)]), "only intent"),
        ("none.jsonl", b"not json\n", "all 1 were rejected, 1 as not_json"),
        (
            "cp949.csv",
            "text,intent\n안녕,a\n여보세요,b\n".encode("cp949"),
            "cp949.csv:2: no usable row: all 2 were rejected",
        ),
        ("columns.csv", b"frage,absicht\nhi,a\n", "frage"),
        ("bomb.yml", BOMB, "alias"),
        ("word.docx", b"PK", "suffix"),
    ],
)
def test_new_refuses_and_leaves_nothing(tmp_path: Path, name: str, data: bytes, said: str):
    (tmp_path / name).write_bytes(data)
    project = Project(tmp_path)
    done = project("new", "shop", "--lang", "en", "--from", name, expect=2)
    assert said in done.stderr and name in done.stderr and "->" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_new_that_cannot_copy_leaves_the_domain_as_it_was(tmp_path: Path):
    write_rows(tmp_path / "x.jsonl", rows("en", "shop", 20))
    project = Project(tmp_path)
    project("new", "shop", "--lang", "EN", "--from", "x.jsonl")
    assert (tmp_path / "corpora" / "shop" / "en.jsonl").is_file(), "called as its bot is called"
    (tmp_path / "corpora" / "cafe").write_text("in the way")
    assert "cannot be copied" in project("new", "cafe", "--lang", "en", "--from", "x.jsonl", expect=1).stderr
    domain = tmp_path / "conf" / "domains" / "shop" / "domain.yaml"
    before = domain.read_bytes()
    (tmp_path / "corpora" / "shop").rename(tmp_path / "aside")
    (tmp_path / "corpora" / "shop").write_text("in the way")
    project("new", "shop", "--lang", "ko", "--from", "x.jsonl", expect=1)
    assert domain.read_bytes() == before, "the other language is still a bot"
    assert sorted(path.name for path in domain.parent.parent.rglob("*")) == ["domain.yaml", "en.yaml", "shop"]


def test_new_warns_of_another_language_and_of_small_intents(tmp_path: Path):
    write_rows(tmp_path / "x.jsonl", [*JAPANESE, {"text": "一つ", "intent": "alone"}])
    said = Project(tmp_path)("new", "shop", "--lang", "ko", "--from", "x.jsonl").stdout
    assert "only 0% of the texts look like" in said and "alone" in said


def test_a_store_below_a_file(tmp_path: Path):
    make(tmp_path, "good", "en", "good.jsonl", jsonl(GOOD))
    (tmp_path / "store").write_text("in the way")
    done = Project(tmp_path)("run", "--to-stage", "clean", expect=1)
    assert len(done.stderr.strip().splitlines()) == 2, "the first word, and what is wrong"
    assert "store" in done.stderr and "->" in done.stderr


@contextlib.contextmanager
def mounted(place: Path, *options: str) -> Iterator[None]:
    """A small file system in memory, for root only."""
    place.mkdir()
    words = ["mount", "-t", "tmpfs", *options, "tmpfs", str(place)]
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def test_a_read_only_store(tmp_path: Path):
    make(tmp_path, "good", "en", "good.jsonl", jsonl(GOOD))
    with mounted(tmp_path / "store", "-o", "ro"):
        project = Project(tmp_path)
        done = project("run", "--to-stage", "clean", expect=1)
        assert len(done.stderr.strip().splitlines()) == 2, "the first word, and what is wrong"
        assert "cannot be written" in done.stderr and "--store" in done.stderr
        assert "never made" in project("plan").stdout, "looking needs no writing"


def test_a_full_disk(tmp_path: Path):
    make(tmp_path, "good", "en", "good.jsonl", jsonl(GOOD))
    with mounted(tmp_path / "store", "-o", "size=48k"):
        project = Project(tmp_path)
        done = project("run", "--to-stage", "clean", "--master", "local[2]", expect=1)
        assert "the disk is full" in done.stderr and "free space" in done.stderr, done.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", str(tmp_path / "store")], check=True)
        project("run", "--to-stage", "clean", "--master", "local[2]")
        rows = [project.read("show", name, "good/en", "--rows", "100") for name in ("cleaned", "cleaned_dropped")]
        assert len(rows[0]) > 50 and len(rows[0]) + len(rows[1]) == 60
