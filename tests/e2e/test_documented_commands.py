"""Every command and every piece of Python in the documents is typed here, in reading order, in a small copy.

The copy holds the checkout's files; its sample corpora are cut and its recipe trains for a moment, so that all pages
take about two minutes. Pages go on where the page before them ended, as a reader does; a command that stands on two
pages is typed once. A block that needs a cluster, a server or an hour carries a remark: see documents.py.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.cluster.cache import cache_folder
from tests.e2e.conftest import PATIENCE
from tests.e2e.documents import EXCERPT, FILE, INTO, ROOT, RUN, SMALLER, Block, blocks, insert, pages

_HERE, _DOCTOR = "tests/e2e/test_documented_commands.py", "tests/unit/cli/test_doctor.py"
_CLUSTER = "tests/cluster/test_local_cluster.py"
# Single lines of a block that this walk cannot type, and the test that covers each.
ELSEWHERE = {
    "make test": "tests/house/test_documents.py::test_the_readme_has_the_two_commands_that_ci_runs",
    "mlpipeline doctor run 20261121T091401-20100 --to doctor.html": f"{_DOCTOR}::test_as_json_and_as_a_page",
    "mlpipeline doctor run /logs/eventlog_v2_app-20261121093150-0000 --json": f"{_DOCTOR}::test_a_log_is_examined",
    "mlpipeline doctor env --master 'local-cluster[2,1,1024]'": "tests/cluster/test_doctor.py"
    "::test_what_executors_cannot_import_is_named",
    # A minute each, for what `make run` and `run --select` have done here on the page before.
    "mlpipeline run": "tests/e2e/test_flow.py::test_one_changed_row_touches_one_bot",
    "mlpipeline run --select lang:ko --renew-encoder": f"{_CLUSTER}::test_a_run_for_one_bot_reads_its_partitions_only",
    "make ui": f"{_HERE}::test_make_ui_opens_mlflow_on_this_machine_only",
}
_INTENTS, _ROWS = 6, 16  # of each sample corpus that is kept
_LANGUAGES = ("ko", "en", "zh-TW")  # of the assistant; the others differ in their letters only
_QUICK: dict[str, dict[str, Any]] = {
    "train": {"epochs": 1, "min_steps": 40},
    "evaluate": {"bootstrap": 20},
    "export": {"targets": ["onnx"]},
    "release": {"gate": {"min_accuracy": 0.0, "min_macro_f1": 0.0, "max_ece": 1.0}},
}


_BAD_SIGN = re.compile(r"Traceback \(most recent call|DeprecationWarning")


@dataclass
class Reader:
    """Somebody in a copy of the checkout who types what they read."""

    home: Path
    typed: set[str] = field(default_factory=set)
    failed: dict[str, list[str]] = field(default_factory=dict)
    before: dict[Path, str | None] = field(default_factory=dict)  # files that a page had lines added to; None: none
    took: list[tuple[float, str]] = field(default_factory=list)

    def env(self) -> dict[str, str]:
        path = f"{self.home / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("MLPIPELINE_S", "MLPIPELINE_CONF"))
        }
        # The code of this copy, whatever the environment has installed; `make` has nothing to set up here.
        # Named, because a class archive belongs to a Java by its path: through this copy's link none would be found.
        cache = {"MLPIPELINE_CACHE": str(cache_folder())}
        return {**kept, **cache, "PATH": path, "PYTHONPATH": str(self.home), "OMP_NUM_THREADS": "1"}

    def follow(self, block: Block) -> None:
        """Does what a block says; a failure is kept under its page."""
        if block.kind in (RUN, EXCERPT):
            return
        if block.kind == FILE:
            file = self.home / block.remark
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
            return
        if block.kind == INTO:
            self.add(block)
            return
        if block.language == "python":
            words = [str(self.home / ".venv/bin/python"), "-c", block.text]
        elif block.language == "bash":
            lines = [block.remark] if block.kind == SMALLER else block.commands
            fresh = [line for line in lines if line not in self.typed and line not in ELSEWHERE]
            self.typed.update(lines)
            script = [part for line in fresh for part in (f"echo {shlex.quote('typed: ' + line)} >&2", prepared(line))]
            words = ["bash", "-euo", "pipefail", "-c", "\n".join(script)]
        else:
            return
        self.do(block, words)

    def add(self, block: Block) -> None:
        """Adds the lines of a block to their file, until the page is turned."""
        file = self.home / block.remark.partition(",")[0]
        text = file.read_text("utf-8") if file.is_file() else ""
        self.before.setdefault(file, text if file.is_file() else None)
        file.write_text(insert(text, block), "utf-8")

    def turn_page(self) -> None:
        """Takes what was added to files out again: the next page speaks of the project as it is."""
        for file, text in self.before.items():
            file.unlink() if text is None else file.write_text(text, "utf-8")
        self.before.clear()

    def do(self, block: Block, words: list[str]) -> None:
        began = time.monotonic()
        done = subprocess.run(
            words, cwd=self.home, env=self.env(), capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.took.append((time.monotonic() - began, f"{block.where} {words[-1]}"))
        if done.returncode or _BAD_SIGN.search(done.stderr):
            took = f"exit {done.returncode} after {self.took[-1][0]:.0f} s"
            told = f"{block.where}: {took}\n{done.stdout[-1500:]}\n{done.stderr[-2500:]}"
            self.failed.setdefault(block.page, []).append(told)


def prepared(line: str) -> str:
    """`make` without its set-up: the environment is the one that runs this test."""
    return re.sub(r"^make ", "make -o .venv/mlpipeline.stamp ", line)


def copy_checkout(home: Path) -> None:
    """The files that git tracks or would track, links kept, and the environment as a link."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, encoding="utf-8").stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_symlink() or (ROOT / name).is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, home / name, follow_symlinks=False)
    (home / ".venv").symlink_to(Path(sys.prefix))


def make_small(home: Path) -> None:
    """Cuts the sample bots, their corpora and the recipe."""
    domain = home / "conf" / "domains" / "assistant" / "domain.yaml"
    languages = f"languages: [{', '.join(_LANGUAGES)}]"
    domain.write_text(re.sub(r"^languages: .*", languages, domain.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    for file in home.glob("examples/*/*.jsonl"):
        if file.parent.name == "quickstart":
            continue
        if file.stem not in _LANGUAGES:
            file.unlink()
            continue
        kept: dict[str, list[str]] = {}
        for line in file.read_text("utf-8").splitlines():
            kept.setdefault(json.loads(line)["intent"], []).append(line)
        chosen = [lines[:_ROWS] for lines in list(kept.values())[:_INTENTS]]
        file.write_text("".join(f"{line}\n" for lines in chosen for line in lines), "utf-8")
    base = home / "conf" / "base.yaml"
    text = base.read_text("utf-8")
    for section, values in _QUICK.items():
        for key, value in values.items():
            for name, one in value.items() if isinstance(value, dict) else [(key, value)]:
                text, times = re.subn(rf"^( +{name}:)[^#\n]*", rf"\1 {json.dumps(one)}  ", text, flags=re.MULTILINE)
                assert times == 1, f"{section}.{key}: {name}"
    base.write_text(text, "utf-8")


def write_given(home: Path) -> None:
    """DIR, the public corpora of a bench; every other file that the documents name is one of the repository."""
    asked = {"hours": "when are you open", "alarm": "wake me up at seven", "music": "play something by queen"}
    tails = ["please", "today", "tomorrow", "now", "for me", "again", "on sunday", "quickly"]
    pairs = [(f"{text} {tail}", intent) for intent, text in asked.items() for tail in tails]
    for place, splits in (("massive/en-US", ("train", "dev")), ("clinc150/full", ("train", "val", "test"))):
        public = [{"text": t, "label": i, "split": split} for t, i in pairs for split in splits]
        public += [{"text": f"zebra {n}", "label": "oos", "split": f"oos_{s}"} for s in splits[1:] for n in range(6)]
        public += [{"text": f"zebra {n}", "label": "oos", "split": "oos_train"} for n in range(6)]
        file = home / "DIR" / f"{place}.jsonl.gz"
        file.parent.mkdir(parents=True)
        file.write_bytes(gzip.compress("".join(f"{json.dumps(row)}\n" for row in public).encode()))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """After the last page."""
    home = tmp_path_factory.mktemp("reader") / "mlpipeline"
    home.mkdir()
    copy_checkout(home)
    make_small(home)
    write_given(home)
    someone = Reader(home)
    for page in pages():
        for block in blocks(page):
            someone.follow(block)
        someone.turn_page()
    # For whoever wants the walk to be shorter.
    slowest = sorted(someone.took, reverse=True)
    (home.parent / "took.txt").write_text("".join(f"{seconds:6.1f} s  {what}\n" for seconds, what in slowest), "utf-8")
    return someone


@pytest.mark.parametrize("page", [page.relative_to(ROOT).as_posix() for page in pages()])
def test_what_a_page_says_can_be_typed(reader: Reader, page: str):
    assert not reader.failed.get(page), "\n\n".join(reader.failed[page])


def test_a_command_that_fails_is_found(tmp_path: Path):
    someone = Reader(tmp_path)
    for text in ("exit 3\n", "true\nfalse\ntrue\n", "false | cat\n", "echo Traceback '(most recent call last)' >&2\n"):
        someone.follow(Block("page.md", 1, "bash", text))
    someone.follow(Block("other.md", 1, "bash", "echo $(exit 3) 'fine'\n"))
    assert len(someone.failed.pop("page.md")) == 4 and not someone.failed


def test_the_walk_left_what_the_documents_promise(reader: Reader):
    assert {"make run", "mlpipeline plan", "mlpipeline run --select mybot/en"} <= reader.typed
    assert (reader.home / "cleaned.jsonl").stat().st_size > 1000
    assert list((reader.home / "answers.parquet").glob("*.parquet"))
    assert (reader.home / "conf/domains/mybot/fr.yaml").is_file()


@pytest.fixture
def served(reader: Reader) -> Iterator[int]:
    """`make ui` while it runs, in a process group of its own; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (reader.home / "ui.log").open("w")
    line = f"{prepared('make ui')} PORT={port}"
    running = subprocess.Popen(
        ["bash", "-c", line], cwd=reader.home, env=reader.env(), stdout=log, stderr=log, start_new_session=True
    )
    try:
        yield port
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(30)
        log.close()


def test_make_ui_opens_mlflow_on_this_machine_only(reader: Reader, served: int):
    """`make ui` serves the store's registry, and listens on loopback."""
    address = f"http://127.0.0.1:{served}"
    wait_until_open(address, (reader.home / "ui.log").read_text)
    question = f"{address}/api/2.0/mlflow/registered-models/search?max_results=100"
    with urllib.request.urlopen(question, timeout=30) as reply:
        models = {model["name"] for model in json.load(reply)["registered_models"]}
    assert {"assistant.ko", "smalltalk.ko", "mybot.en"} <= models
    with socket.socket() as outside, pytest.raises(OSError):
        outside.settimeout(2)
        outside.connect((own_address(), served))


def wait_until_open(address: str, log: Callable[[], str]) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=10).close()
            return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(log())


def own_address() -> str:
    """An address of this machine that is not loopback; a test network's where it has none (nobody answers there)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # sends nothing; TEST-NET-1, RFC 5737
            return str(asked.getsockname()[0])
        except OSError:
            return "192.0.2.1"
