"""Options over all verbs: those that a verb would ignore are refused, and what it takes is read somewhere."""

from __future__ import annotations

import argparse
import re
from functools import cache
from pathlib import Path

import pytest

from mlpipeline.cli.main import main, parse
from mlpipeline.cli.parsers import build_parser
from mlpipeline.cli.verbs import CONF, JSON, SEED, SPARK, STORE, TASKS, VERBS
from mlpipeline.errors import UsageError

ROOT = Path(__file__).parents[3]
LOG = ROOT / "tests" / "unit" / "cluster" / "doctor_logs" / "killed.gz"
GLOBAL = {
    STORE: ["--store", "there"],
    CONF: ["--conf", "there"],
    JSON: ["--json"],
    SEED: ["--seed", "3"],
    SPARK: ["--conf", "spark.executor.memory=2g"],
}


@cache
def parser_of(verb: str) -> argparse.ArgumentParser:
    """The parser of one verb with its arguments, built once for all tests: they read it, and parse nothing with it."""
    parser: argparse.ArgumentParser = build_parser(verb.split())
    for word in verb.split():
        (subparsers,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
        parser = subparsers.choices[word]
    return parser


@pytest.mark.parametrize("verb", list(VERBS))
@pytest.mark.parametrize("option", list(GLOBAL))
def test_a_global_option_is_read_or_refused_by_name(verb: str, option: str) -> None:
    words = [*verb.split(), *GLOBAL[option]]
    try:
        parse(words)
        said = ""
    except UsageError as error:
        said = error.what
    if option in VERBS[verb].reads:
        assert "does not read" not in said and "takes a folder" not in said
    elif option == SPARK:
        assert said.startswith("--conf takes a folder here") and "mlpipeline submit --conf" in said
    else:
        assert said.startswith(f"{verb} does not read {GLOBAL[option][0]}")


@cache
def help_of(verb: str) -> str:
    """The help of a verb; of the command line itself for an empty one."""
    return (parser_of(verb) if verb else build_parser([])).format_help()


@pytest.mark.parametrize("verb", list(VERBS))
def test_help_shows_the_global_options_that_the_verb_reads(verb: str) -> None:
    shown = help_of(verb)
    for option in (STORE, JSON, SEED):
        assert (f"  --{option}" in shown) == (option in VERBS[verb].reads)
    assert ("  --conf" in shown) == bool({CONF, SPARK} & set(VERBS[verb].reads))
    assert "  --quiet" in shown and "  -v, --verbose" in shown


@pytest.mark.parametrize("verb", list(VERBS))
def test_store_and_conf_before_the_verb_are_for_all_verbs(verb: str) -> None:
    where = ["--store", "there", "--conf=here"]
    try:
        options = parse([*where, *verb.split()])
    except UsageError as error:
        assert "the following arguments are required" in error.what
        return
    assert (options.store == "there") == (STORE in VERBS[verb].reads)
    assert (options.conf == "here") == (CONF in VERBS[verb].reads)


@pytest.mark.parametrize("verb", list(VERBS))
def test_what_a_verb_takes_is_read(verb: str) -> None:
    # In the module of the verb and in the modules of the command line that it imports.
    cli = ROOT / "mlpipeline" / "cli"
    names, texts = {VERBS[verb].where.split(":")[0]}, dict[str, str]()
    while names - texts.keys():
        for name in names - texts.keys():
            texts[name] = (cli / f"{name}.py").read_text("utf-8")
        names |= {name for text in texts.values() for name in re.findall(r"from mlpipeline\.cli\.(\w+) import", text)}
    source = "\n".join(text for name, text in texts.items() if name != "command_line")
    known = {"help", "store", "conf", "json", "quiet", "verbose", "seed"}
    taken = {action.dest for action in parser_of(verb)._actions if action.help != argparse.SUPPRESS} - known
    unread = [dest for dest in taken if not re.search(rf"(options|asked)\.{dest}\b|[\"']{dest}[\"']", source)]
    assert not unread


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        ("ls --seed 3", "--seed"),
        ("--seed 3 ls", "--seed"),
        ("ls --see 3", "--seed"),
        ("ls --wide --json", "--wide"),
        ("show cleaned --json --wide", "--wide"),
        ("--json shell -c 1", "--json"),
        ("split check shop/ko --map text=question", "--map"),
        ("split check shop/ko --lang ko", "--lang"),
        ("dataset write shop/ko/cleaned --to x.parquet --raw", "--raw"),
        ("batch shop/ko --from corpora/shop.jsonl --to out.parquet --raw", "--raw"),
        ("batch shop/ko --from corpora/shop.jsonl --to out --raw", "--raw"),
        ("augment report bank/en --quick --folds 4", "--folds"),
        ("augment report bank/en --quick --model trainer", "--model"),
        ("augment report bank/en --rows 7", "--rows"),
        ("config schema --to x.json --json", "--json"),
        ("submit clean --at '0 1 * * *'", "--at"),
        ("submit --tolerate a=b clean", "--tolerate"),
        ("submit --seed 3 my.py", "--seed"),
        ("submit --store x my.py", "--store"),
        ("submit my.py --send-conf", "--send-conf"),
        ("submit clean --accepted-timeout 5", "--accepted-timeout"),
        ("schedule --as airflow --mail me@example.com", "--mail"),
        ("schedule --as airflow --spread 10", "--spread"),
        ("schedule --as k8s --image i --hook x", "--hook"),
        ("schedule --as k8s --image i --logs x", "--logs"),
        ("schedule --image i", "--image"),
        ("run --master local[2] --cluster yarn", "--cluster"),
        ("run --print-submit --cluster yarn", "--cluster"),
        ("size --nodes 2 --cores 8 --memory 32g --no-python --stage clean", "--stage"),
        ("size --nodes 2 --cores 8 --memory 32g --pinned 1g", "--pinned"),
        ("size --nodes 2 --cores 8 --memory 32g --allocatable", "--allocatable"),
        ("size --nodes 2 --cores 8 --memory 32g --master standalone --deploy-mode cluster", "--deploy-mode"),
        ("shell --exclude shop/ko -c 1", "--exclude"),
        ("shell --remote sc://h:1 --stage train -c 1", "--stage"),
        ("shell --remote sc://h:1 --conf spark.executor.cores=2 -c 1", "--conf"),
        ("split check corpora/shop.jsonl --store there", "--store"),
        ("split check corpora/shop.jsonl --store store", "--store"),
        ("--store here split check corpora/shop.jsonl --store there", "--store"),
        ("split check nlu.yml --map text=question", "--map"),
        ("denoise check nlu.yml --map text=question", "--map"),
        ("evaluate shop/ko --on nlu.yml --map text=question", "--map"),
        ("new cafe --lang ko --from nlu.yml --map text=question", "--map"),
        (f"doctor run {LOG} --store there", "--store"),
        ("augment try ko 안녕 --store there", "--store"),
        ("completion bash --conf there", "--conf"),
        ("batch shop/ko --from my.txt --column text --to out.csv", "--column"),
        ("schedule --as k8s --image i --master yarn", "--master"),
        ("submit clean --master local[2] --queue prod", "--queue"),
        ("submit clean --master local[2] --image i", "--image"),
        ("submit clean --send-conf", "--send-conf"),
        ("submit clean --print-submit --dry-run", "--dry-run"),
        ("submit clean --dry-run --accepted-timeout 5", "--accepted-timeout"),
        ("submit clean --pack-env --env there.tar.gz", "--env"),
        ("submit clean --master k8s://https://k:1 --image i --manifests there --print-submit", "--print-submit"),
        ("submit clean --master k8s://https://k:1 --image i --manifests there --deploy-mode client", "--deploy-mode"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(
    line: str, flag: str, small_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shlex

    files = [small_home / name for name in ("my.py", "my.txt", "nlu.yml")]
    for file in files:
        file.write_text('version: "3.1"\n', "utf-8")
    try:
        assert main(shlex.split(line)) == 2
    finally:
        for file in files:
            file.unlink()
    told = capsys.readouterr()
    (message,) = [one for one in told.err.splitlines() if one.startswith("error: ")]
    assert flag in message and " -> " in message and not told.out


@pytest.mark.parametrize(
    "line",
    ["--store there split check halves.csv", "--store there completion bash", "--conf there completion bash"],
)
def test_store_and_conf_before_a_verb_are_refused_by_no_argument(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("halves.csv").write_text("text,split,intent\none,train,a\ntwo,test,b\n", "utf-8")
    assert main(line.split()) == 0


OLD_WORDS = re.compile(
    r"\b(desks?|turns?|judge[ds]?|judging|verdicts?|dice|doors?|whole|made rows?|rows of persons|said another way"
    r"|twins?|place[ds]?|parted|learnt)\b"
)


@pytest.mark.parametrize("verb", list(VERBS))
def test_help_uses_the_words_of_the_field(verb: str) -> None:
    assert OLD_WORDS.findall(help_of(verb) + help_of("")) == []


def test_help_shows_every_verb_with_its_purpose_by_task(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    for task, verbs in TASKS.items():
        assert f"{task}:" in lines
        for name, verb in verbs.items():
            (line,) = [line for line in lines if re.match(rf"  {name}  +", line)]
            assert line.endswith(verb.purpose) and len(line) <= 100
