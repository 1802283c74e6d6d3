"""Every Python task of ours prepares its worker first: without it a task costs a quarter of a second more."""

from __future__ import annotations

import re
import subprocess
import sys
import zipimport
from pathlib import Path

import pytest

from mlpipeline.spark.workers import enter_worker

ROOT = Path(__file__).parents[3] / "mlpipeline"
CARRIES = re.compile(r"\.(?:mapInArrow|mapInPandas|mapPartitions|applyInArrow|applyInPandas|arrow_udf|pandas_udf)\(")
# One task at set-up, and those that look at a worker as it is.
OTHERS = {"archive_recording.py", "compare.py"}


def carriers() -> list[Path]:
    return [path for path in sorted(ROOT.rglob("*.py")) if CARRIES.search(path.read_text("utf-8"))]


def test_there_are_carriers():
    found = {path.relative_to(ROOT).as_posix() for path in carriers()}
    assert {"spark/partitions.py", "spark/tasks.py", "spark/columns.py", "stages/ingest/__init__.py"} <= found


@pytest.mark.parametrize("path", carriers(), ids=lambda path: path.stem)
def test_what_carries_rows_to_python_prepares_the_worker(path: Path):
    text = path.read_text("utf-8")
    assert path.name in OTHERS or "enter_worker()" in text, path


def test_threads_are_one_unless_spark_gave_a_task_more():
    script = "import os; from mlpipeline.spark.workers import enter_worker as enter; enter(); "
    script += "print(os.environ['OMP_NUM_THREADS'])"
    for environ, threads in (({}, "1"), ({"OMP_NUM_THREADS": "4"}, "4")):
        done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == threads


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="zipimport reads no archive again from 3.13 on")
def test_zips_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import zipfile

    monkeypatch.setattr(zipimport.zipimporter, "invalidate_caches", zipimport.zipimporter.invalidate_caches)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.py", "")
    importer = zipimport.zipimporter(str(tmp_path / "a.zip"))
    (tmp_path / "a.zip").unlink()
    enter_worker()
    importer.invalidate_caches()
    # Without the patch the archive is read again here, and is gone.
    assert "one.py" in importer._files  # type: ignore[attr-defined]
