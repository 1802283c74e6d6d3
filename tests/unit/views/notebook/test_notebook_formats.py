"""One source, two kinds of files: what Jupyter and Zeppelin want to see in them."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mlpipeline.cli.main import main
from mlpipeline.errors import UsageError
from mlpipeline.views.notebook.formats import as_ipynb, as_zpln, zpln_file
from mlpipeline.views.notebook.percent import NAMES, PARAMETERS, Notebook, parse_notebook, read_notebook

ROOT = Path(__file__).parents[4]
TEXT = '''"""Two words.

A sentence.
"""

# %% tags=["parameters"]
STORE = "store"  # where
BOT = ""

# %% [markdown]
# ## A head
# - a point
#
# another

# %%
print("둘 '%%' \\\\d")
# a comment stays
x = 1
'''
# Read from notes that Zeppelin 0.12 saved; what it adds itself when a note is opened (user, results) is left out.
NOTE_KEYS = {
    *("paragraphs", "name", "id", "defaultInterpreterGroup", "version", "noteParams", "noteForms"),
    *("angularObjects", "config", "info"),
}
PARAGRAPH_KEYS = {
    *("title", "text", "config", "settings", "status", "progressUpdateIntervalMs", "jobName", "id", "dateCreated")
}


@pytest.fixture
def small() -> Notebook:
    return parse_notebook("small", TEXT)


def test_cells_of_a_percent_file(small: Notebook):
    assert small.title == "Two words"
    assert [cell.kind for cell in small.cells] == ["markdown", "code", "markdown", "code"]
    assert small.cells[0].text == "# Two words\n\nA sentence."
    assert small.cells[1].tags == (PARAMETERS,)
    assert small.cells[2].text == "## A head\n- a point\n\nanother"
    assert small.cells[3].text.splitlines()[1:] == ["# a comment stays", "x = 1"]


@pytest.mark.parametrize("text", ["# %%\nx = 1\n", '"""T."""\nx = 1\n# %%\n', '"""T."""\n'])
def test_a_file_of_another_kind_is_refused(text: str):
    with pytest.raises(ValueError, match="docstring"):
        parse_notebook("small", text)


def test_values_of_parameters(small: Notebook):
    filled = small.with_values({"STORE": r"C:\a 'b' \1 \g<0>", "BOT": "shop/ko"}).cells[1].text
    names: dict[str, Any] = {}
    exec(filled, names)
    assert (names["STORE"], names["BOT"]) == (r"C:\a 'b' \1 \g<0>", "shop/ko") and filled.count("# where") == 1
    with pytest.raises(UsageError, match="no parameter NOSUCH"):
        small.with_values({"NOSUCH": 1})


@pytest.mark.parametrize("name", NAMES)
def test_a_jupyter_notebook_is_one(name: str):
    notebook = read_notebook(name)
    text = as_ipynb(notebook)
    read = nbformat.reads(text, as_version=4)
    nbformat.validate(read)
    assert (read.nbformat, read.nbformat_minor) == (4, 5) and read.metadata.kernelspec.name == "python3"
    assert [cell.source for cell in read.cells] == [cell.text for cell in notebook.cells]
    code = [cell for cell in read.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert code[0].metadata.tags == ["parameters"], "what papermill looks for"
    assert len({cell.id for cell in read.cells}) == len(read.cells)
    assert as_ipynb(read_notebook(name)) == text, "a second writing changes nothing"


@pytest.mark.parametrize("name", NAMES)
def test_a_zeppelin_note_is_one(name: str):
    settings = {"PYSPARK_PYTHON": "/srv/bin/python", "spark.driver.extraJavaOptions": r"-Da=\n"}
    note = json.loads(as_zpln(read_notebook(name), settings))
    assert set(note) == NOTE_KEYS and note["name"] == name
    assert (
        re.fullmatch(r"2[0-9A-HJ-NP-Z]{8}", note["id"])
        and zpln_file(read_notebook(name)) == f"{name}_{note['id']}.zpln"
    )
    paragraphs = note["paragraphs"]
    assert all(set(paragraph) == PARAGRAPH_KEYS for paragraph in paragraphs)
    assert len({paragraph["id"] for paragraph in paragraphs}) == len(paragraphs)
    assert all(re.fullmatch(r"paragraph_\d+_\d+", paragraph["id"]) for paragraph in paragraphs)
    assert {paragraph["status"] for paragraph in paragraphs} == {"READY"}
    magics = [paragraph["text"].split("\n", 1)[0] for paragraph in paragraphs]
    assert magics[:3] == ["%md", "%spark.conf", "%spark.pyspark"] and set(magics) == set(magics[:3])
    assert magics.count("%spark.conf") == 1
    conf = paragraphs[1]["text"]
    assert "\nPYSPARK_PYTHON /srv/bin/python\n" in conf and r"-Da=\\n" in conf, "Java properties, not plain text"
    modes = {paragraph["config"]["editorMode"] for paragraph in paragraphs}
    assert modes == {"ace/mode/markdown", "ace/mode/text", "ace/mode/python"}


@pytest.mark.parametrize("name", NAMES)
def test_the_code_compiles_and_never_writes(name: str):
    source = "\n".join(cell.text for cell in read_notebook(name).cells if cell.kind == "code")
    tree = ast.parse(source)
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"write", "save", "saveAsTable", "write_bytes", "write_text", "write_dataset", "delete", "sql"}
    assert {cell.tags for cell in read_notebook(name).cells} == {(), (PARAMETERS,)}


@pytest.mark.parametrize("name", NAMES)
def test_what_the_cells_import_is_there(name: str):
    source = "\n".join(cell.text for cell in read_notebook(name).cells if cell.kind == "code")
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    ours = [(str(node.module), one.name) for node in imports for one in node.names if "mlpipeline" in str(node.module)]
    assert ours and not [pair for pair in ours if not hasattr(import_module(pair[0]), pair[1])]


def test_only_the_source_is_kept():
    done = subprocess.run(["git", "ls-files", "notebooks"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    assert {Path(name).suffix for name in done.stdout.split()} <= {".py", ".md"}
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.py")) == sorted(NAMES)


def test_the_verb_writes_them_and_keeps_what_was_edited(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = [
        "notebook",
        "write",
        "--to",
        str(tmp_path / "out"),
        "--store",
        str(tmp_path / "내 store"),
        "--conf",
        str(tmp_path),
    ]
    assert main(words) == 0
    files = sorted((tmp_path / "out").iterdir())
    assert capsys.readouterr().out.split("\n")[:3] == [str(tmp_path / "out" / f"{name}.ipynb") for name in NAMES]
    assert sorted(path.stem for path in files) == sorted(NAMES)
    assert all(f"STORE = '{tmp_path}/내 store'" in path.read_text("utf-8") for path in files)
    assert main(words) == 0, "the same again is no harm"
    files[0].write_text("edited")
    assert main(words) == 2 and "is there and differs" in capsys.readouterr().err
    assert files[0].read_text() == "edited"
    assert main([*words, "--overwrite"]) == 0 and files[0].read_text() != "edited"
    assert main([*words[:4], "nosuch"]) == 2 and "notebooks are: look_at_a_corpus" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main(["notebook", "write", "--to", str(tmp_path / "file")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_verb_writes_notes_for_zeppelin(tmp_path: Path):
    words = ["notebook", "write", "tune_a_job", "--as", "zeppelin", "--to", str(tmp_path), "--master", "yarn"]
    assert main(words) == 0
    (file,) = tmp_path.iterdir()
    note = json.loads(file.read_text("utf-8"))
    assert file.name == f"tune_a_job_{note['id']}.zpln"
    conf = note["paragraphs"][1]["text"].splitlines()[2:]
    settings = dict(line.split(" ", 1) for line in conf)
    assert settings["spark.master"] == "yarn" and settings["zeppelin.spark.enableSupportedVersionCheck"] == "false"
    assert Path(settings["PYSPARK_PYTHON"]).exists() and (Path(settings["SPARK_HOME"]) / "jars").is_dir()
    assert all(Path(jar).exists() for jar in settings["spark.jars"].split(","))
    assert settings["spark.sql.extensions"].startswith("io.delta")
    assert settings["spark.ui.showConsoleProgress"] == "false"
