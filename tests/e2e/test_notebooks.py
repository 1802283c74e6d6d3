"""The notebooks, run as their readers run them: in a Jupyter kernel, paragraph by paragraph, and as scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mlpipeline.views.notebook.percent import NAMES
from tests.e2e.conftest import PATIENCE, Finished, Project

SOURCES = Path(__file__).parents[2] / "notebooks"
SECONDS_A_CELL = 300
BOT = "shop/ko"


def digest(folder: Path) -> dict[str, str]:
    """Every file below a folder with the SHA-256 of its bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def project(finished: Finished) -> Iterator[Project]:
    """The finished project; its store has the same bytes after the test as before."""
    before = digest(finished.project.store)
    yield finished.project
    assert digest(finished.project.store) == before


@pytest.fixture(autouse=True)
def own_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own Jupyter is read, and nothing is left there."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for name in ("SPARK_REMOTE", "PYSPARK_PYTHON", "ZEPPELIN_HOME"):
        monkeypatch.delenv(name, raising=False)


def executed(project: Project, name: str, folder: Path) -> nbformat.NotebookNode:
    """The notebook after a kernel of this environment has run all its cells."""
    project("notebook", "write", name, "--to", str(folder), "--master", "local[2]")
    file = folder / f"{name}.ipynb"
    # What a reader types into the first cell to have everything.
    file.write_text(file.read_text("utf-8").replace("COMPARE_EXECUTORS = False", "COMPARE_EXECUTORS = True"), "utf-8")
    notebook = nbformat.read(file, as_version=4)
    client = NotebookClient(
        notebook, timeout=SECONDS_A_CELL, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    nbformat.validate(notebook)
    return notebook


def said(notebook: nbformat.NotebookNode) -> str:
    """All text and tables that the cells gave."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    texts = [output.get("text", "") + output.get("data", {}).get("text/html", "") for output in outputs]
    errors = "\n".join(output.text for output in outputs if output.get("name") == "stderr")
    assert "Traceback" not in errors and "missing from" not in errors and "Stage 0" not in errors, errors
    return "\n".join(texts)


def pictures(notebook: nbformat.NotebookNode) -> int:
    found = [
        base64.b64decode(output["data"]["image/png"])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert all(png.startswith(b"\x89PNG") and len(png) > 4000 for png in found)
    return len(found)


def test_look_at_a_corpus(project: Project, tmp_path: Path):
    notebook = executed(project, "look_at_a_corpus", tmp_path)
    text = said(notebook)
    assert "from here on: bank/en" in text, "the first of the bots with the most rows"
    for bot in ("bank/en", "bank/ko", "shop/en", "shop/ko"):
        assert f"<td>{bot}</td>" in text
    assert "0 of 4 intents have fewer than 10 rows" in text
    dropped = len(project.read("show", "cleaned_dropped", "bank/en", "--rows", "200"))
    assert dropped and f"cleaned_dropped: {dropped} rows of bank/en" in text
    assert "texts have more than one intent" in text
    assert "fonts: DejaVu Sans" in text
    assert pictures(notebook) >= 3


def test_tune_a_job(project: Project, tmp_path: Path):
    notebook = executed(project, "tune_a_job", tmp_path)
    text = said(notebook)
    assert "a small job runs instead" not in text, "the run of the store has an event log"
    assert "change this first:" in text and "core_hours" in text
    assert "spark.executor.memoryOverhead" in text and "the sizing: 0 findings" in text
    assert pictures(notebook) >= 4


def test_why_did_it_fail(copied: Project, tmp_path: Path):
    """A run in which one bot fails, one is refused, and rows are lost; then the notebook is asked."""
    corpus = copied.home / "corpora" / "shop"
    (corpus / "ko.jsonl").write_text('{"words": "환불해 주세요", "intent": "refund"}\n' * 40, "utf-8")
    lines = (corpus / "en.jsonl").read_text("utf-8")
    (corpus / "en.jsonl").write_text(lines + '{"text": "", "intent": "refund"}\n{broken\n', "utf-8")
    copied("run", "--master", "local[2]", "--set", "release.gate.max_ece=0", expect=1)
    before = digest(copied.store)
    notebook = executed(copied, "why_did_it_fail", tmp_path)
    text = said(notebook)
    assert digest(copied.store) == before
    assert "1 of 4 bots failed" in text and "<td>shop/ko</td>" in text
    assert "3 bots were refused by a gate" in text and "max_ece" in text
    assert "utterance_rejected:" in text and "{broken" in text
    assert "0 differences" in text, "compared with the good run before, on the same machine"
    assert "tasks failed; cores were busy" in text
    assert "executors answered, " in text
    assert pictures(notebook) == 2


def test_a_store_without_runs_says_what_to_do(project: Project, tmp_path: Path):
    for name, told in (("why_did_it_fail", "has no run yet: `mlpipeline run"),):
        done = subprocess.run(
            [sys.executable, str(SOURCES / f"{name}.py")],
            cwd=tmp_path,
            env=project.env(),
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 1 and told in done.stderr and "Traceback" not in done.stderr
    assert not list((tmp_path).glob("store*"))


def test_by_spark_connect_and_as_a_script(project: Project):
    """The same source, started with `python`, on a Spark Connect server of its own: no RDD is needed."""
    done = subprocess.run(
        [sys.executable, str(SOURCES / "look_at_a_corpus.py")],
        cwd=project.home,
        env={**project.env(), "SPARK_REMOTE": "local[2]"},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "from here on: bank/en" in done.stdout and "(a figure," in done.stdout
    assert re.search("[가-힣]{2}", done.stdout), "the samples of the Korean bots"


# As Zeppelin does it: the variables and settings of %spark.conf first, then one session and one namespace for all
# paragraphs of a note, in their order. `spark`, `sc` and `z` are there already.
ZEPPELIN = """
import json, os, sys
notes = [json.load(open(path, encoding="utf-8")) for path in sys.argv[1:]]
conf = notes[0]["paragraphs"][1]["text"]
assert conf.startswith("%spark.conf\\n")
pairs = [line.split(" ", 1) for line in conf.splitlines()[1:] if not line.startswith("#")]
settings = {key: value.replace("\\\\\\\\", "\\\\") for key, value in pairs}
os.environ.update({key: value for key, value in settings.items() if key.isupper()})
os.environ.update(ZEPPELIN_HOME="/opt/zeppelin", SPARK_LOCAL_IP="127.0.0.1", SPARK_LOCAL_HOSTNAME="localhost")
from pyspark.sql import SparkSession
builder = SparkSession.builder.appName("Zeppelin")
for key, value in settings.items():
    if key.startswith("spark."):
        builder = builder.config(key, value)
spark = builder.getOrCreate()
for note in notes:
    names = {"__name__": "__main__", "spark": spark, "sc": spark.sparkContext, "z": object()}
    for number, paragraph in enumerate(note["paragraphs"], 1):
        magic, _, code = paragraph["text"].partition("\\n")
        if magic == "%spark.pyspark":
            print(f"\\n[{note['name']} {number}]", flush=True)
            exec(compile(code, f"{note['name']} {number}", "exec"), names)
    assert spark.range(3).count() == 3, "the notebook has not ended a session that is not its own"
print("all paragraphs ran")
spark.stop()
"""


def test_zeppelin_paragraphs_in_order(project: Project, tmp_path: Path):
    project("notebook", "write", "--to", str(tmp_path), "--as", "zeppelin", "--master", "local[2]")
    notes = sorted(tmp_path.glob("*.zpln"), key=lambda path: [name in path.name for name in NAMES], reverse=True)
    assert [json.loads(path.read_text("utf-8"))["name"] for path in notes] == list(NAMES)
    done = subprocess.run(
        [sys.executable, "-c", ZEPPELIN, *map(str, notes)],
        cwd=tmp_path,
        env={**project.env(), "JAVA_HOME": _java()},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0 and "all paragraphs ran" in done.stdout, done.stderr + done.stdout[-2000:]
    for name in NAMES:
        part = done.stdout.split(f"[{name} ", 1)[1]
        assert "\n%html <img" in part and "\n%html <table" in part


def _java() -> str:
    from mlpipeline.cluster.java import find_java

    return str(find_java().home)
