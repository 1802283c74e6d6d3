"""`mlpipeline.open` on a finished store: a run through the Python API leaves what the command line leaves."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.e2e.conftest import PATIENCE, Project
from tests.e2e.corpora import rows

RUN = """
import json, logging, sys
import mlpipeline
said = []
listener = logging.Handler()
listener.emit = lambda record: said.append(record.getMessage())
logging.getLogger("mlpipeline").addHandler(listener)
logging.getLogger("mlpipeline").setLevel("INFO")
pipeline = mlpipeline.open("store", "conf")
same = pipeline.run("shop/ko")
only = {"first": "evaluate", "last": "evaluate", "force": ["evaluate"]}
record = pipeline.run("shop/ko", **only, master="local[1]", recipe={"evaluate.bootstrap": 10})
rows = [tuple(pair) for pair in json.loads(sys.argv[1])]
figures = pipeline.evaluate("shop/ko", rows).to_dict()
result = {"same": same.run, "run": record.run, "code": record.exit_code, "content": record.content()}
sys.stderr.write(json.dumps({**result, "said": said, "figures": figures}) + "\\n")
"""


def test_a_run_from_python(copied: Project):
    pairs = [(row["text"], row["intent"]) for row in rows("ko", "shop")]
    words = [sys.executable, "-c", RUN, json.dumps(pairs)]
    done = subprocess.run(
        words, cwd=copied.home, env=copied.env(), capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False
    )
    assert done.returncode == 0 and not done.stdout, done.stdout + done.stderr
    told = json.loads(done.stderr.splitlines()[-1])
    assert told["same"] == "" and told["code"] == 0
    # What Python got is what lies there, and what the command line shows.
    folder = copied.store / "runs" / told["run"]
    assert json.loads((folder / "run.json").read_text("utf-8")) == told["content"]
    assert (folder / "report.html").is_file() and told["run"] in (copied.store / "runs" / "index.html").read_text(
        "utf-8"
    )
    assert told["content"]["command"].startswith("mlpipeline.open('store', 'conf').run(select='shop/ko', ")
    assert [stage["stage"] for stage in told["content"]["stages"]] == ["evaluate"] and told["said"]
    (copied.home / "rows.jsonl").write_text(
        "".join(json.dumps({"text": text, "intent": intent}) + "\n" for text, intent in pairs), "utf-8"
    )
    verb = copied.read("evaluate", "shop/ko", "--on", "rows.jsonl")
    assert told["figures"] == {name: verb[name] for name in told["figures"]}
