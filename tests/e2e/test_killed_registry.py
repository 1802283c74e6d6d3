"""A store whose registry was being made when its process died: the next one makes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mlpipeline.store.registry import models
from mlpipeline.store.registry.models import tracking_uri

_KILLED = """
import os, sys, threading, time
from pathlib import Path
from mlpipeline.store.registry import models

def watch(folder):
    # Between two of MLflow's steps: some tables are there, the last of them is not.
    import sqlite3
    while True:
        for file in folder.glob("*mlflow.db*"):
            try:
                found = sqlite3.connect(file).execute("select count(*) from sqlite_master").fetchone()[0]
            except sqlite3.Error:
                continue
            if found > 5:
                os._exit(9)
        time.sleep(0.005)

folder = Path(sys.argv[1])
threading.Thread(target=watch, args=(folder,), daemon=True).start()
models._client(models.tracking_uri(folder)).search_experiments()
"""


def test_a_registry_whose_making_was_killed_is_made_again(tmp_path: Path):
    folder = tmp_path / "mlflow"
    folder.mkdir()
    done = subprocess.run([sys.executable, "-c", _KILLED, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 9, done.stderr
    assert not (folder / "mlflow.db").exists(), "it has no name before it is complete"
    client = models._client(tracking_uri(folder))
    assert client.search_registered_models() == [] and [one.name for one in client.search_experiments()]
    assert (folder / "mlflow.db").is_file()
