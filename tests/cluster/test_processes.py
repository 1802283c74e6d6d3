"""What a cluster test starts ends with the test run, also when that is killed without a chance to clean up."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.cluster.processes import Processes, free_port, members, read_url, wait_for

ROOT = Path(__file__).parents[2]
# A process with a child in another process group, as Spark's Python daemon is.
PARENT = "import os, subprocess, sys, time; subprocess.Popen(['sleep', '600'], preexec_fn=os.setpgrp); time.sleep(600)"
RUN = f"""
import sys, time
from pathlib import Path
from tests.cluster.processes import Processes
print(Processes().start([sys.executable, "-c", {PARENT!r}], log=Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


def test_all_end_also_those_in_another_group(tmp_path: Path):
    started = Processes()
    process = started.start([sys.executable, "-c", PARENT], log=tmp_path / "log")
    assert wait_for(lambda: len(members(process.pid)) == 2, 20)
    started.end_all()
    assert not members(process.pid)


def test_a_killed_test_run_leaves_nothing(tmp_path: Path):
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    assert run.stdout is not None
    leader = int(run.stdout.readline())
    assert wait_for(lambda: len(members(leader)) == 2, 20)
    run.send_signal(signal.SIGKILL)
    run.wait(10)
    assert wait_for(lambda: not members(leader), 20)


def test_nobody_listens_on_a_free_port():
    assert read_url(f"http://127.0.0.1:{free_port()}/", timeout=1) == b""
