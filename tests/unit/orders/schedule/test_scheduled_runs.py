"""A scheduled run: one at a time, a log for each day, old logs removed, and one word about how it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from mlpipeline.errors import SetupError
from mlpipeline.orders.schedule.scheduled_runs import SKIPPED, ScheduleRules, prune_logs, run_name, run_scheduled


def sh(line: str) -> list[str]:
    return ["/bin/sh", "-c", line]


def wait_for(path: Path, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.02)


TAKER = """
import sys, json
from pathlib import Path
from mlpipeline.orders.schedule.scheduled_runs import ScheduleRules, run_scheduled
logs, selection, line, at_once, wait = sys.argv[1:]
rules = ScheduleRules(Path(logs), at_once=int(at_once), wait=float(wait))
end = run_scheduled(selection, ["/bin/sh", "-c", line], rules)
print(json.dumps([end.code, end.word, end.message]))
"""


def start(logs: Path, selection: str, line: str, *, at_once: int = 1, wait: float = 1) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", TAKER, str(logs), selection, line, str(at_once), str(wait)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def ended(scheduled_run: subprocess.Popen[str]) -> list[object]:
    out, _ = scheduled_run.communicate(timeout=60)
    return json.loads(out)


TIMED = "2026-11-30T14:00:00.000+00:00 ERROR   mlpipeline.cli.run: "
JSON = '{"level": "ERROR", "logger": "mlpipeline.cli.run", "message": "failed: a/b"}'


def test_a_turn_that_goes_well_says_nothing_and_keeps_a_log(tmp_path: Path):
    end = run_scheduled("shop/ko", sh("echo 안녕; echo more >&2"), ScheduleRules(tmp_path))
    assert (end.code, end.word, end.message) == (0, "ok", "")
    assert end.log == tmp_path / f"shop.ko.{date.today()}.log"
    lines = end.log.read_text("utf-8").splitlines()
    assert lines[1:3] == ["안녕", "more"] and lines[0].startswith("== 2") and lines[3].startswith("== exit 0 after")
    run_scheduled("shop/ko", sh("true"), ScheduleRules(tmp_path))
    assert end.log.read_text("utf-8").count("== exit 0") == 2, "the second scheduled run of a day goes on below"


@pytest.mark.parametrize(
    ("line", "code", "word", "told"),
    [
        ("echo x; echo 'failed: shop/ko in train: no rows'; exit 1", 1, "failed", "failed: shop/ko in train: no rows"),
        ("echo 'error: no such folder'; exit 2", 2, "usage", "error: no such folder"),
        (f"echo '{TIMED}failed: a/b'; echo '{TIMED}12 s'; exit 1", 1, "failed", "log)\nfailed: a/b"),
        (f"echo '{JSON}'; echo done; exit 1", 1, "failed", "log)\nfailed: a/b"),
        ("echo 'warning: shop/ko: 3 rows'; exit 4", 4, "refused", "the old champion stays in production"),
        ("echo last words; exit 7", 7, "failed", "last words"),
        ("kill -9 $$", 137, "killed", "killed"),
        ("exit 130", 130, "interrupted", "goes on from there"),
    ],
)
def test_exit_codes_are_told_apart(tmp_path: Path, line: str, code: int, word: str, told: str):
    about = "$MLPIPELINE_SELECTION $MLPIPELINE_EXIT $MLPIPELINE_WORD $MLPIPELINE_LOG"
    hook = f'echo "{about}" > {tmp_path}/told; cat > {tmp_path}/in'
    end = run_scheduled("shop/ko", sh(line), ScheduleRules(tmp_path, hook=hook))
    assert (end.code, end.word) == (code, word) and told in end.message
    assert (tmp_path / "told").read_text() == f"shop/ko {code} {word} {end.log}\n"
    assert (tmp_path / "in").read_text("utf-8") == end.message


def test_only_this_turns_lines_are_told(tmp_path: Path):
    run_scheduled("shop/ko", sh("echo failed: yesterday; exit 1"), ScheduleRules(tmp_path))
    end = run_scheduled("shop/ko", sh("echo failed: today; exit 1"), ScheduleRules(tmp_path))
    assert "today" in end.message and "yesterday" not in end.message


def test_a_hook_that_fails_is_told(tmp_path: Path):
    assert (
        "the hook failed: exit 3" in run_scheduled("a/b", sh("exit 1"), ScheduleRules(tmp_path, hook="exit 3")).message
    )
    assert not (run_scheduled("a/b", sh("exit 0"), ScheduleRules(tmp_path, hook="exit 3")).message)


def test_the_second_of_two_turns_is_skipped_and_says_so(tmp_path: Path):
    first = start(tmp_path, "shop/ko", f"touch {tmp_path}/begun; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done")
    wait_for(tmp_path / "begun")
    end = run_scheduled("shop/ko", sh(f"touch {tmp_path}/never"), ScheduleRules(tmp_path))
    assert (end.code, end.word) == (SKIPPED, "skipped") and f"process {first.pid}, since 2" in end.message
    (tmp_path / "go").touch()
    assert ended(first) == [0, "ok", ""]
    assert not (tmp_path / "never").exists()
    assert run_scheduled("shop/ko", sh("true"), ScheduleRules(tmp_path)).code == 0, "the lock is free again"


def test_turns_of_different_bots_wait_for_a_place(tmp_path: Path):
    first = start(tmp_path, "shop/ko", f"touch {tmp_path}/begun; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done")
    wait_for(tmp_path / "begun")
    late = run_scheduled("shop/en", sh("true"), ScheduleRules(tmp_path, wait=0))
    assert late.code == SKIPPED and "no slot was free" in late.message
    assert run_scheduled("shop/en", sh("true"), ScheduleRules(tmp_path, at_once=2, wait=0)).code == 0
    patient = start(tmp_path, "bank/ko", f"test -e {tmp_path}/go")
    (tmp_path / "go").touch()
    assert ended(first)[0] == 0
    assert ended(patient) == [0, "ok", ""], "it began only after the first had ended"


def test_the_lock_holds_as_long_as_the_run_itself_lives(tmp_path: Path):
    line = f"touch {tmp_path}/begun; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done"
    first = start(tmp_path, "shop/ko", line)
    wait_for(tmp_path / "begun")
    first.kill()
    first.wait(20)
    assert run_scheduled("shop/ko", sh("true"), ScheduleRules(tmp_path)).code == SKIPPED
    (tmp_path / "go").touch()
    until = time.monotonic() + 20
    while run_scheduled("shop/ko", sh("true"), ScheduleRules(tmp_path)).code == SKIPPED:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_terminated_scheduled_run_ends_its_run(tmp_path: Path):
    line = f"trap 'echo ended > {tmp_path}/ended; exit 143' TERM; touch {tmp_path}/begun; while :; do sleep 0.05; done"
    scheduled_run = start(tmp_path, "shop/ko", line)
    wait_for(tmp_path / "begun")
    os.kill(scheduled_run.pid, signal.SIGTERM)
    assert ended(scheduled_run)[:2] == [143, "killed"] and (tmp_path / "ended").exists()


def test_old_logs_of_this_turn_are_removed_and_no_others(tmp_path: Path):
    today = date(2026, 3, 1)
    kept = [today - timedelta(days=days) for days in (0, 1, 30)]
    old = [today - timedelta(days=days) for days in (31, 400)]
    for day in kept + old:
        (tmp_path / f"shop.ko.{day}.log").touch()
        (tmp_path / f"shop.{day}.log").touch()
    for name in ("shop.ko.lock", "shop.ko.2020-13-45.log", "shop.ko.log", "notes.txt"):
        (tmp_path / name).touch()
    gone = prune_logs(tmp_path, "shop.ko", 30, today)
    assert sorted(path.name for path in gone) == sorted(f"shop.ko.{day}.log" for day in old)
    assert len(list(tmp_path.iterdir())) == 3 + 5 + 4


def test_a_turn_removes_old_logs(tmp_path: Path):
    (tmp_path / "shop.ko.2020-01-01.log").touch()
    run_scheduled("shop/ko", sh("true"), ScheduleRules(tmp_path, keep=30))
    assert [path.name for path in tmp_path.glob("*.log")] == [f"shop.ko.{date.today()}.log"]


def test_names_of_turns():
    assert run_name("") == "all" and run_name("shop/zh-Hant") == "shop.zh-Hant"
    assert run_name("domain:shop,lang:ko") == "domain.shop.lang.ko"
    many = ",".join(f"shop{number}/ko" for number in range(80))
    assert len(run_name(many)) < 100 and run_name(many) != run_name(many + ",a/b")


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="give --logs"):
        run_scheduled("shop/ko", sh("true"), ScheduleRules(tmp_path / "file" / "logs"))
