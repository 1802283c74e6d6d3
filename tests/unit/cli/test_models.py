"""Verbs that choose which model answers, as a user types them: promote, rollback, retire, models, gc."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.cli.main import main
from mlpipeline.store.bundles.content import put_bundle
from mlpipeline.store.registry.aliases import set_aliases
from mlpipeline.store.registry.pointers import Released, write_pointer
from tests.unit.serving.conftest import make_contents
from tests.unit.store.registry.registry_file import write_registry

BOT = "shop/ko"


@pytest.fixture
def home(small_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with three versions of `shop/ko`, of which the third answers and the second did before."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    shutil.copytree(small_home, home)
    monkeypatch.chdir(home)
    place, made = home / "store" / "bundles" / BOT, {}
    shutil.rmtree(place)
    for version in (1, 2, 3):
        answers = {"hours": {"question": "", "answer": f"{version}시입니다."}}
        folder, made[version] = put_bundle(place, make_contents(answers=answers, origin={"data_digest": f"d{version}"}))
    write_pointer(Released(BOT, 3, str(folder), made[3], {}))
    database = home / "store" / "mlflow" / "mlflow.db"
    write_registry(database, {"shop.ko": made}, {"shop.ko": 3}, root=home / "store")
    set_aliases(database, "shop.ko", {"previous": 2})
    return home


def run(line: str, capsys: pytest.CaptureFixture[str], expect: int = 0) -> str:
    """Types a line; gives what stands on both outputs."""
    code = main(shlex.split(line))
    out, err = capsys.readouterr()
    assert code == expect, out + err
    assert "Traceback" not in err
    return out + err


def read(line: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """What a verb prints as JSON."""
    assert main([*shlex.split(line), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def answer(capsys: pytest.CaptureFixture[str]) -> str:
    """What the bot says on opening hours: the version stands in it."""
    return str(read("answer shop/ko '몇 시에 문을 여나요' --nearest 0", capsys)[0]["answer"])


def test_promote_rollback_and_retire_change_who_answers(home: Path, capsys: pytest.CaptureFixture[str]):
    assert answer(capsys) == "3시입니다."
    said = run("promote shop/ko@1 --why 'the old hours'", capsys)
    assert "shop/ko: version 1 answers now; before it, version 3" in said and answer(capsys) == "1시입니다."
    assert "version 1 answers already" in run("promote shop/ko@1", capsys)
    listed = read("ls --select shop/ko", capsys)[0]
    assert (listed["version"], listed["live"], listed["alias"]) == (1, 1, "champion"), "the table of the small home"
    assert "version 3 answers now" in run("rollback shop/ko", capsys) and answer(capsys) == "3시입니다."
    assert (listed := read("ls --select shop/ko", capsys)[0])["live"] == 3 and listed["alias"] is None
    assert "version 1 answers now" in run("rollback shop/ko", capsys), "twice is where it began"
    assert read("promote shop/ko@previous", capsys)["before"] == 1
    assert "no version answers now; version 3 did" in run("retire shop/ko --why closed", capsys)
    assert "it was retired" in run("answer shop/ko 안녕", capsys, expect=1)
    assert read("ls --select shop/ko", capsys)[0]["live"] is None
    assert "version 3 answers now; before it, none did" in run("rollback shop/ko", capsys)
    moves = read("models show shop/ko", capsys)["moves"]
    assert [(one["from"], one["to"], one["how"]) for one in moves] == [
        (3, 1, "promote"),
        (1, 3, "rollback"),
        (3, 1, "rollback"),
        (1, 3, "promote"),
        (3, None, "retire"),
        (None, 3, "rollback"),
    ]
    assert moves[0]["why"] == "the old hours"


def test_models_lists_shows_and_compares_what_versions_are(home: Path, capsys: pytest.CaptureFixture[str]):
    rows = read("models ls", capsys)
    assert [(row["version"], row["aliases"], row["state"]) for row in rows] == [
        (3, "champion", "whole"),
        (2, "previous", "whole"),
        (1, "", "whole"),
    ]
    assert rows[0]["created"] == "2025-11-30T10:53:20+00:00"
    assert "champion" in run("models ls --where version=3 --columns version,aliases", capsys)
    shown = read("models show shop/ko@previous", capsys)
    assert (shown["version"], shown["intents"], shown["aliases"]) == (2, 3, ["previous"])
    assert "did_you_mean" in run("models show shop/ko", capsys)
    differ = read("models diff shop/ko@1 shop/ko", capsys)
    assert (differ["before"], differ["after"]) == ("shop/ko@1", "shop/ko@3")
    assert differ["answers_changed"] == ["hours"] and not differ["same_data"] and not differ["intents_added"]
    assert "the same bundle" in run("models diff shop/ko@3 shop/ko@champion", capsys)
    labels = next((home / "store" / "bundles" / BOT).glob(f"{rows[2]['bundle']}/labels.txt"))
    labels.unlink()
    assert read("models ls --where version=1", capsys)[0]["state"] == "labels.txt: the file is missing"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("promote shop/ko", "shop/ko names no version -> write shop/ko@VERSION"),
        ("promote shop/ko@9", "no version 9 -> its versions are: 1, 2, 3"),
        ("promote shop/ko@previus", "no version previus, did you mean previous?"),
        ("promote shpo/ko@1", "there is no bot shpo/ko, did you mean shop/ko?"),
        ("models diff shop/ko@0 shop/ko", "'shop/ko@0' names no version of a bot"),
        ("gc --keep 0", "--keep 0 would leave nothing"),
    ],
)
def test_a_users_mistake_is_one_line(home: Path, capsys: pytest.CaptureFixture[str], line: str, said: str):
    assert said in run(line, capsys, expect=2)


def test_a_bot_that_never_answered_before_has_no_way_back(home: Path, capsys: pytest.CaptureFixture[str]):
    set_aliases(home / "store" / "mlflow" / "mlflow.db", "shop.ko", {"previous": None})
    assert "no version answered before this one" in run("rollback shop/ko", capsys, expect=2)


def test_gc_keeps_what_is_needed_and_says_what_goes(home: Path, capsys: pytest.CaptureFixture[str]):
    place = home / "store" / "bundles" / BOT
    left = place / ".abc.123.tmp"
    left.mkdir()
    (left / "model.onnx").write_bytes(b"x" * 1000)
    before = sorted(path.name for path in place.iterdir())
    would = read("gc --keep 1 --dry-run", capsys)
    assert [(one["version"], one["why"]) for one in would["removed"]] == [
        (1, "older than the newest 1"),
        (None, "left by a release that was killed"),
    ], "the second has an alias"
    assert sorted(path.name for path in place.iterdir()) == before
    assert "2 bundles with" in (said := run("gc --keep 1", capsys)) and "removed" in said
    assert [row["version"] for row in read("models ls", capsys)] == [3, 2]
    assert len([path for path in place.iterdir() if path.is_dir()]) == 2 and answer(capsys) == "3시입니다."
    assert "nothing to remove" in run("gc --keep 1", capsys)
    assert "version 2 answers now" in run("rollback shop/ko", capsys) and answer(capsys) == "2시입니다."


def test_gc_touches_nothing_where_the_registry_is_gone(home: Path, capsys: pytest.CaptureFixture[str]):
    (home / "store" / "mlflow" / "mlflow.db").unlink()
    assert "the registry is missing" in run("gc", capsys, expect=1)
    assert answer(capsys) == "3시입니다."


def test_gc_that_was_killed_is_ended_by_the_next(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mlpipeline.orders.garbage.shutil.rmtree", killed)
    run("gc --keep 1", capsys, expect=130)
    monkeypatch.undo()
    monkeypatch.chdir(home)
    assert [row["version"] for row in read("models ls", capsys)] == [3, 2] and answer(capsys) == "3시입니다."
    assert [one["why"] for one in read("gc --keep 1", capsys)["removed"]] == ["left by a release that was killed"]
    assert len([path for path in (home / "store" / "bundles" / BOT).iterdir() if path.is_dir()]) == 2
