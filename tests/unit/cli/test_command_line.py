"""The words of a command line: global options anywhere, what was probably meant, mistakes in one line with code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.cli.command_line import arranged
from mlpipeline.cli.main import main, parse, print_missing_verb
from mlpipeline.cli.verbs import VERBS
from mlpipeline.errors import UsageError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.conf").write_text("spark.executor.memory 2g\n")
    folder = tmp_path / "conf" / "domains" / "shop"
    folder.mkdir(parents=True)
    (folder / "domain.yaml").write_text("languages: [ko, fr-CA]\ningest: {files: a.jsonl}\n")
    languages = tmp_path / "conf" / "languages"
    languages.mkdir()
    (languages / "fr.yaml").write_text("language: {name: French, steps: [nfc], scripts: [Latn]}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("--store X --json ls", "ls --store X --json"),
        ("--store=X -v ls datasets --quiet", "ls --store=X -v datasets --quiet"),
        ("--conf spark.a=b run --select x/y", "run --conf spark.a=b --select x/y"),
        ("--quiet denoise check f.jsonl", "denoise check --quiet f.jsonl"),
        ("--quiet denoise --seed 3 check f.jsonl", "denoise check --quiet --seed 3 f.jsonl"),
        ("--json --help", "--help"),
        ("--store X denoise --help", "denoise --help"),
        ("answer shop/ko -- --json", "answer shop/ko -- --json"),
        ("", ""),
        ("--json", ""),
        ("--json denoise", "denoise"),
    ],
)
def test_global_options_may_stand_before_the_verb(words: str, wanted: str):
    assert arranged(words.split(), VERBS) == wanted.split()


def test_what_stands_behind_the_verb_wins():
    options = parse(["--store", "one", "--json", "ls", "--store", "two"])
    assert (options.store, options.json) == ("two", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("pln", "no verb 'pln', did you mean plan?"),
        ("chck", "no verb 'chck'"),
        ("operators", "did you mean augment operators?"),
        ("denoise chek x", "did you mean denoise check?"),
        ("configshow", "did you mean config"),
        ("--stoer X ls", "did you mean --store?"),
        ("plan --selct shop/ko", "did you mean --select?"),
        ("ls --stoer x", "there is no option --stoer, did you mean --store?"),
        ("plan shop/ko", "nothing takes the word 'shop/ko', did you mean --select?"),
        ("ls bts", "did you mean bots?"),
        ("run --from-stage trian", "did you mean train?"),
        ("run --from train", "--from is --from-stage now"),
        ("plan --select shop/ko --to=train", "--to is --to-stage now"),
        ("plan --to", "--to is --to-stage now"),
        ("submit run --select shop/ko --from clean --print-submit", "--from is --from-stage now"),
        ("submit clean --to clean --print-submit", "--to is --to-stage now"),
        ("show clened", "did you mean cleaned?"),
        ("submit trian", "no stage 'trian', did you mean train?"),
        ("submit run --to-stage trian --print-submit", "did you mean train?"),
        ("submit run --force cleen --print-submit", "did you mean clean?"),
        ("size --nodes 2 --cores 8 --memory 32g --stage trian", "did you mean train?"),
        ("size --nodes 2 --cores 8 --memory 32g --guide our", "did you mean ours?"),
        ("spark lint a.conf --stage trian", "did you mean train?"),
        ("shell --stage trian -c 1", "did you mean train?"),
        ("notebook write look_at_corpus --to x", "did you mean look_at_a_corpus?"),
        ("schedule --as k8", "did you mean k8s?"),
        ("run --form-stage clean", "did you mean --from-stage?"),
        ("sparc lint x", "did you mean spark"),
        ("dataset write shop/ko/clened --to x.csv", "did you mean cleaned?"),
        ("show cleaned shop/kk", "there is no bot shop/kk, did you mean shop/ko?"),
        ("answer shp/ko hello", "there is no bot shp/ko, did you mean shop/ko?"),
        ("answer shop hello", "'shop' is no bot, did you mean shop/"),
        ("evaluate shp/ko --on x.jsonl", "did you mean shop/ko?"),
        ("batch shp/ko --from x.csv --to y.csv", "did you mean shop/ko?"),
        ("config show shp/ko", "did you mean shop/ko?"),
        ("augment report shp/ko", "did you mean shop/ko?"),
        ("dataset write shp/ko/cleaned --to x.csv", "did you mean shop/ko?"),
        ("contradictions shp", "there is no domain shp, did you mean shop?"),
        ("contradictions shp/ko", "did you mean shop/ko?"),
        ("split check shp/ko", "did you mean shop/ko?"),
        ("show cleaned --rows many", "--rows"),
        ("answer shop/ko --nearest x hello", "--nearest"),
        ("new shop2 --lang ko --from gone.csv", "gone.csv: no such file"),
        ("evaluate shop/ko --on gone.jsonl", "gone.jsonl: no such file"),
        ("answer shop/ko --file gone.txt", "gone.txt"),
        ("denoise check gone.jsonl", "gone.jsonl: no such file"),
        ("contradictions shop --pairs gone.csv", "gone.csv"),
        ("doctor run gone", "gone"),
        ("spark lint gone.conf", "gone.conf"),
        ("turn --select shop/ko", "turn is scheduled-run now"),
        ("conf lint a.conf", "conf lint is spark lint now"),
        ("--quiet conf --json lint a.conf", "conf lint is spark lint now"),
        ("split check gone.jsonl", "gone.jsonl"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(words: str, said: str, capsys: pytest.CaptureFixture[str]):
    assert main(words.split()) == 2
    err = capsys.readouterr().err
    *notes, last = err.strip().splitlines()
    assert last.startswith("error: ") and said in last and all(note.startswith(("note: ", "run: ")) for note in notes)


@pytest.mark.parametrize(("words", "verb"), [([], "plan"), (["--json"], "plan"), (["denoise"], "check")])
def test_no_verb_prints_the_help_and_is_no_success(words: list[str], verb: str, capsys: pytest.CaptureFixture[str]):
    assert main(words) == 2
    said = capsys.readouterr()
    assert verb in said.err and "usage:" in said.err and not said.out


def test_every_group_has_a_help_of_its_own(capsys: pytest.CaptureFixture[str]):
    for group in {name.split()[0] for name in VERBS if " " in name}:
        assert print_missing_verb([group])
        verbs = [name.split()[1] for name in VERBS if name.startswith(f"{group} ")]
        said = capsys.readouterr().err
        assert all(verb in said for verb in verbs)


def test_a_pipe_is_refused_where_a_labelled_file_is_named(elsewhere: Path, capsys: pytest.CaptureFixture[str]):
    import os

    os.mkfifo(elsewhere / "a.jsonl")
    for words in (
        "new shop2 --lang ko --from a.jsonl",
        "evaluate shop/ko --on a.jsonl",
        "denoise check a.jsonl",
        "split check a.jsonl",
        "contradictions shop --pairs a.jsonl",
        "batch shop/ko --from a.jsonl --to b.csv",
    ):
        assert main(words.split()) == 2, words
        assert "a pipe" in capsys.readouterr().err, words


def test_a_language_of_a_region_is_told(capsys: pytest.CaptureFixture[str]):
    assert main(["config", "show", "shop/fr-CA"]) == 0
    assert "fr-CA read as fr" in capsys.readouterr().err


def test_an_error_that_nobody_has_words_for_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("mlpipeline.cli.context.CommandContext.recipes", broken)
    assert main(["plan"]) == 1
    assert capsys.readouterr().err == "error: KeyError: 'lost' -> run again with -v for the trace\n"
    assert main(["plan", "-v"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_option_that_is_wrong_raises_no_exit():
    with pytest.raises(UsageError):
        parse(["plan", "--no-such-option"])
