"""The entry point of the command line: help, usage errors, exit codes; no Spark."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlpipeline.cli.main import main, parse
from mlpipeline.cli.run import failure_line
from mlpipeline.cli.verbs import SLOW, VERBS
from mlpipeline.orders.run_record import Failure


def run(*words: str) -> int:
    try:
        return main(list(words))
    except SystemExit as end:
        return int(end.code or 0)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    folder = tmp_path / "conf" / "domains" / "shop"
    folder.mkdir(parents=True)
    (folder / "domain.yaml").write_text("languages: [ko]\ningest:\n  files: ['corpora/{domain}.{lang}.jsonl']\n")
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / "shop.ko.jsonl").write_text('{"text": "안녕", "intent": "hi"}\n')
    return tmp_path / "conf"


@pytest.mark.parametrize("verb", list(VERBS))
def test_help_of_every_verb(verb: str, capsys: pytest.CaptureFixture[str]):
    assert run(*verb.split(), "--help") == 0
    said = capsys.readouterr().out
    assert " ".join(said.split()).count(VERBS[verb].purpose) == 1


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["dataset", "--help"], ["config", "--help"]])
def test_help_above_the_verbs(words: list[str]):
    assert run(*words) == 0


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["dataset"],
        ["dataset", "read"],
        ["run", "--no-such-option"],
        ["new", "shop"],
        ["new", "shop2", "--lang", "ko", "--from", "nothing.csv"],
        ["answer", "shop/ko"],
        ["answer", "shop", "hello"],
        ["answer", "shop/ko", "--file", "nothing.txt"],
        ["answer", "shop/xx-nothing-1", "hello"],
        ["evaluate", "shop/ko"],
        ["evaluate", "shop/ko", "--on", "nothing.jsonl"],
        ["show", "nothing"],
        ["dataset", "write", "shop", "--to", "x.jsonl"],
        ["config", "show", "shop"],
    ],
)
def test_usage_errors_are_2(words: list[str], conf: Path, capsys: pytest.CaptureFixture[str]):
    assert run(*words) == 2
    said = capsys.readouterr()
    assert said.err and "Traceback" not in said.err and not said.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan", "--from-stage", "fly"], "stages are"),
        (["plan", "--from-stage", "train", "--to-stage", "clean"], "the order is"),
        (["plan", "--select", "domain:shpo"], "did you mean domain:shop"),
        (["plan", "--select", "colour:red"], "colour"),
        (["plan", "--set", "train.epohcs=3"], "epochs"),
        (["plan", "--set", "train.epochs=many"], "train.epochs"),
        (["plan", "--conf", "nowhere"], "nowhere"),
        (["plan", "--store", ""], "cannot be empty"),
        (["show", "cleaned", "--rows", "-3"], "--rows"),
        (["plan", "--conf", ""], "cannot be empty"),
    ],
)
def test_what_was_mistyped_is_named(words: list[str], said: str, conf: Path, capsys: pytest.CaptureFixture[str]):
    assert run(*words) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and said in err and len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["answer", "shop/ko", "hello"],
        ["show", "cleaned"],
        ["dataset", "write", "shop/ko/cleaned", "--to", "x.jsonl"],
    ],
)
def test_what_is_not_there_is_1_with_one_line(words: list[str], conf: Path, capsys: pytest.CaptureFixture[str]):
    assert run(*words) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ") and "->" in err and len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "words", [["a", "b", "--version", "2"], ["--version", "2", "a", "b"], ["a", "--version=2", "b"]]
)
def test_texts_may_stand_before_and_after_options(words: list[str]):
    options = parse(["answer", "shop/ko", *words])
    assert (options.text, options.version) == (["a", "b"], "2")
    assert run("answer", "shop/ko", "a", "--no-such-option") == 2


def test_an_empty_variable_is_none(conf: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(conf.parent)
    for name in ("MLPIPELINE_STORE", "MLPIPELINE_CONF"):
        monkeypatch.setenv(name, "")
    assert main(["ls", "--json"]) == 0
    assert sorted(path.name for path in conf.parent.iterdir()) == ["conf", "corpora"], "nothing is made by looking"


def test_a_plan_as_json_is_only_json(conf: Path, capsys: pytest.CaptureFixture[str]):
    assert run("plan", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["bot"] for row in told["orders"]} == {"shop/ko"}


def test_a_seed_reaches_the_recipe(conf: Path, capsys: pytest.CaptureFixture[str]):
    assert run("config", "show", "shop/ko", "--json", "--seed", "99") == 0
    told = {row["key"]: row["value"] for row in json.loads(capsys.readouterr().out)}
    assert {told[name] for name in told if name.endswith(".seed")} == {99}
    assert sum(name.endswith(".seed") for name in told) == 4


def test_origins_name_file_and_line(conf: Path, capsys: pytest.CaptureFixture[str]):
    assert run("config", "show", "shop/ko", "--origin", "--set", "train.epochs=7") == 0
    said = capsys.readouterr().out
    assert "domain.yaml:3" in said and "--set" in said


def test_quiet_says_nothing_on_stderr(conf: Path, capsys: pytest.CaptureFixture[str]):
    assert run("plan", "--quiet", "--select", "lang:ko-KR") == 0
    assert capsys.readouterr().err == ""
    assert run("plan", "--select", "lang:ko-KR") == 0
    assert "note: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("where", "fix", "said"),
    [
        ("shop/ko", "", "failed: shop/ko in train: no rows"),
        ("", "", "failed: shop/ko in train: no rows"),
        ("a.csv:3", "add some", "failed: shop/ko in train: a.csv:3: no rows -> add some"),
    ],
)
def test_a_failure_names_its_bot_once(where: str, fix: str, said: str):
    assert failure_line("shop/ko", Failure(stage="train", where=where, reason="no rows", fix=fix)) == said


def test_an_empty_store_is_said_so(conf: Path, capsys: pytest.CaptureFixture[str]):
    assert run("ls") == 0 and run("ls", "datasets") == 0
    assert "no bots yet" in capsys.readouterr().out


def test_texts_of_all_scripts_under_lang_c(conf: Path, tmp_path: Path):
    (conf / "domains" / "shop" / "domain.yaml").write_text(
        "languages: [ko]\ningest:\n  files: ['말뭉치/{lang}.jsonl']\n", "utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mlpipeline.cli.main", "config", "show", "shop/ko"],
        env={"LANG": "C", "LC_ALL": "C", "PATH": "/nowhere", "PYTHONPATH": ":".join(sys.path), "PYTHONUTF8": "0"},
        capture_output=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "말뭉치" in done.stdout.decode("utf-8")


def test_print_submit_starts_nothing(conf: Path, capsys: pytest.CaptureFixture[str]):
    words = [
        "run",
        "--from-stage",
        "clean",
        "--to-stage",
        "clean",
        "--select",
        "shop/ko",
        "--master",
        "local[2]",
        "--print-submit",
    ]
    assert run(*words, "--set", "train.epochs=3", "--seed", "5") == 0
    said = capsys.readouterr().out
    assert said.startswith("spark-submit --master 'local[2]'") and "jobs/clean.py" in said
    assert "--select shop/ko" in said and "train.epochs=3" in said and "--seed 5" in said


def test_a_plan_can_say_by_its_exit_code_whether_there_is_work(conf: Path, capsys: pytest.CaptureFixture[str]):
    assert run("plan") == 0 and run("plan", "--detailed-exitcode") == 3
    (conf.parent / "corpora" / "shop.ko.jsonl").unlink()
    assert run("plan", "--detailed-exitcode") == 1
    assert "failed: shop/ko: no such file" in capsys.readouterr().out


def test_a_plan_makes_nothing(conf: Path):
    before = sorted(conf.parent.rglob("*"))
    assert run("plan") == 0 and run("ls") == 0 and run("answer", "shop/ko", "x") != 0
    assert sorted(conf.parent.rglob("*")) == before


@pytest.mark.parametrize("master", ["nonsense", "spark://no-such-host.invalid:7077", "local[x]"])
def test_a_refused_master_leaves_nothing(master: str, conf: Path, capsys: pytest.CaptureFixture[str]):
    before = sorted(conf.parent.rglob("*"))
    assert run("run", "--master", master) in (1, 2)
    assert "error: " in capsys.readouterr().err
    assert sorted(conf.parent.rglob("*")) == before


def test_words_that_change_a_run_reach_the_line_for_spark_submit(conf: Path, capsys: pytest.CaptureFixture[str]):
    words = ["--exclude", "shop/ja", "--exclude", "domain:bank", "--force", "clean"]
    assert run("run", "--print-submit", *words) == 0
    said = capsys.readouterr().out
    assert "--exclude shop/ja --exclude domain:bank --force clean" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan", "--select", ""], "--select is empty"),
        (["run", "--select", " , "], "--select is empty"),
        (["ls", "--select", ""], "--select is empty"),
        (["run", "--select", "", "--print-submit"], "--select is empty"),
        (["scheduled-run", "--select", ""], "--select is empty"),
        (["run", "--force", "trian", "--print-submit"], "did you mean train"),
        (["submit", "clean", "--select", "", "--print-submit"], "--select is empty"),
        (["plan", "--exclude", ""], "--exclude is empty"),
        (["plan", "--exclude", "shop/ka"], "did you mean shop/ko"),
        (["plan", "--exclude", "domain:shop"], "every bot is left out"),
        (["plan", "--force", "trian"], "did you mean train"),
        (["plan", "--force", "clean", "--from-stage", "train"], "not between"),
        (["schedule", "--force", "trian"], "did you mean train"),
        (["plan", "--conf", "empty"], "no folder domains"),
        (["run", "--conf", "empty"], "no folder domains"),
        (["schedule", "--conf", "empty"], "no folder domains"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[str], said: str, conf: Path, capsys: pytest.CaptureFixture[str]):
    (conf.parent / "empty").mkdir()
    assert run(*words) == 2
    err = capsys.readouterr().err.removeprefix(f"{SLOW['run']}\n")
    assert err.startswith("error: ") and said in err and len(err.strip().splitlines()) == 1
    assert not (conf.parent / "store").exists()
