"""Moving the champion: who answers, what is logged, what a killed process leaves, and aliases moved by others."""

from __future__ import annotations

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mlpipeline.errors import StoreError, UsageError
from mlpipeline.store.bundles.content import BundleContents, put_bundle
from mlpipeline.store.layout import Store
from mlpipeline.store.registry import moves
from mlpipeline.store.registry.aliases import set_aliases
from mlpipeline.store.registry.move_log import MOVES, Move, log_move, read_moves
from mlpipeline.store.registry.moves import follow, is_retired, move_champion, name_candidate, registered, retire
from mlpipeline.store.registry.pointers import Released, read_pointer, write_pointer
from mlpipeline.store.registry.released import find_released
from tests.unit.store.registry.registry_file import write_registry

BOT = "shop/ko"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Three whole versions, of which the second answers."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    made = {}
    for version in (1, 2, 3):
        vocabulary = {"keys": np.arange(3, dtype=np.uint64)}
        contents = BundleContents("shop", "ko", {}, {}, vocabulary, ["a", "b"], {}, f"network {version}".encode())
        folder, digest = put_bundle(tmp_path / "bundles" / BOT, contents)
        made[version] = digest
        if version == 2:
            write_pointer(Released(BOT, 2, str(folder), digest, {}))
    write_registry(tmp_path / "mlflow" / "mlflow.db", {"shop.ko": made}, {"shop.ko": 2}, root=tmp_path)
    return Store(str(tmp_path))


def place(store: Store) -> Path:
    return Path(store.path("bundles", "shop", "ko"))


def aliases(store: Store) -> dict[str, int]:
    return registered(store, BOT)[1]


def answers(store: Store) -> int | None:
    """The version that answers, which the alias and the pointer must agree on once somebody has looked."""
    found = follow(store, BOT)
    named = None if found is None else found.version
    pointer = read_pointer(place(store), BOT)
    assert (pointer.version if pointer else None) == named == aliases(store).get("champion")
    assert found == pointer
    return named


def test_promote_and_back_and_what_is_logged(store: Store):
    moved = move_champion(store, BOT, 3, how="promote", why="better on refunds")
    assert moved.version == answers(store) == 3 and aliases(store) == {"champion": 3, "previous": 2}
    assert find_released(store, BOT, "previous").version == 2
    move_champion(store, BOT, 2, how="rollback")
    assert answers(store) == 2 and aliases(store) == {"champion": 2, "previous": 3}
    move_champion(store, BOT, 2, how="promote")
    assert aliases(store) == {"champion": 2, "previous": 3}, "what answers already is no move"
    lines = [json.loads(line) for line in (place(store) / MOVES).read_text("utf-8").splitlines()]
    assert [(line["from"], line["to"], line["how"], line["why"]) for line in lines] == [
        (2, 3, "promote", "better on refunds"),
        (3, 2, "rollback", ""),
    ]
    assert all(line["when"].endswith("+00:00") and "@" in line["who"] for line in lines)


def test_a_bot_that_was_retired_says_so_and_comes_back(store: Store):
    assert retire(store, BOT, "the shop closes") == 2
    assert answers(store) is None and is_retired(store, BOT) and aliases(store) == {"previous": 2}
    with pytest.raises(StoreError, match=r"it was retired: no version answers -> `mlpipeline rollback shop/ko`"):
        find_released(store, BOT)
    with pytest.raises(UsageError, match="no version answers"):
        retire(store, BOT)
    move_champion(store, BOT, 2, how="rollback")
    assert answers(store) == 2 and not is_retired(store, BOT)


def test_a_candidate_is_named_beside_the_champion(store: Store):
    name_candidate(store, BOT, 3, "the gate refused it: min_accuracy")
    assert answers(store) == 2 and aliases(store) == {"champion": 2, "candidate": 3}
    assert [(move.alias, move.new, move.why) for move in read_moves(place(store))] == [
        ("candidate", 3, "the gate refused it: min_accuracy")
    ]
    move_champion(store, BOT, 3, how="release")
    assert aliases(store) == {"champion": 3, "candidate": 3, "previous": 2}


def test_what_cannot_answer_is_refused_and_nothing_moves(store: Store):
    with pytest.raises(UsageError, match="no version 9 -> its versions are: 1, 2, 3"):
        move_champion(store, BOT, 9, how="promote")
    rows = registered(store, BOT)[0]
    (place(store) / rows[3].folder / "labels.txt").write_text("b\na\n")
    with pytest.raises(StoreError, match=r"the bundle of version 3 cannot answer \(labels.txt: the file was changed"):
        move_champion(store, BOT, 3, how="promote")
    assert answers(store) == 2 and read_moves(place(store)) == []


@pytest.mark.parametrize("step", ["_tell_server", "set_aliases", "log_move", "write_pointer"])
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("verb", ["promote", "retire"])
def test_a_process_that_dies_between_two_steps_leaves_alias_and_bundle_agreeing(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str, before: bool, verb: str
):
    step = "drop_pointer" if (verb, step) == ("retire", "write_pointer") else step
    real = getattr(moves, step)

    def killed(*args: object) -> None:
        if not before:
            real(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(moves, step, killed)
    with pytest.raises(KeyboardInterrupt):
        move_champion(store, BOT, 3, how="promote") if verb == "promote" else retire(store, BOT)
    monkeypatch.undo()
    moved = (step, before) not in (("_tell_server", True), ("_tell_server", False), ("set_aliases", True))
    assert answers(store) == (2 if not moved else 3 if verb == "promote" else None)
    logged = [move.new for move in read_moves(place(store)) if move.alias == "champion"]
    assert logged == ([] if not moved else [3 if verb == "promote" else None]), "each move once"
    assert move_champion(store, BOT, 1, how="promote").version == answers(store) == 1


def test_an_alias_that_mlflow_moved_is_followed_and_logged(store: Store):
    set_aliases(moves.database_of(store), "shop.ko", {"champion": 1})
    assert find_released(store, BOT).version == answers(store) == 1
    assert [(move.old, move.new, move.how) for move in read_moves(place(store))] == [(2, 1, "followed")]
    set_aliases(moves.database_of(store), "shop.ko", {"champion": None})
    assert answers(store) is None


def test_an_alias_of_a_bundle_that_is_not_there_is_refused_with_a_way_back(store: Store):
    rows = registered(store, BOT)[0]
    shutil.rmtree(place(store) / rows[1].folder)
    set_aliases(moves.database_of(store), "shop.ko", {"champion": 1})
    with pytest.raises(StoreError) as told:
        find_released(store, BOT)
    assert "the registry's champion is version 1, and its bundle is not there" in str(told.value)
    assert "`mlpipeline promote shop/ko@2` lets that version answer again" in str(told.value)
    move_champion(store, BOT, 2, how="promote")
    assert answers(store) == 2 and aliases(store)["previous"] == 1
    with sqlite3.connect(moves.database_of(store)) as opened:
        opened.execute("INSERT INTO model_versions (name, version, source) VALUES ('shop.ko', 7, 's3://theirs')")
    set_aliases(moves.database_of(store), "shop.ko", {"champion": 7})
    with pytest.raises(StoreError, match="no release of mlpipeline made that version"):
        follow(store, BOT)


def test_two_moves_at_once_are_one_after_the_other(store: Store):
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda version: move_champion(store, BOT, version, how="promote"), [1, 3] * 8))
    assert answers(store) == read_moves(place(store))[-1].new
    named = [2, *(move.new for move in read_moves(place(store)))]
    assert [move.old for move in read_moves(place(store))] == named[:-1], "each begins where the one before ended"


def test_a_store_that_is_only_read_is_followed_without_writing(store: Store, monkeypatch: pytest.MonkeyPatch):
    set_aliases(moves.database_of(store), "shop.ko", {"champion": 1})

    def refused(*_: object) -> None:
        raise StoreError("the store cannot be written") from OSError(30, "Read-only file system")

    monkeypatch.setattr(moves, "write_pointer", refused)
    monkeypatch.setattr(moves, "log_move", refused)
    found = follow(store, BOT)
    assert found is not None and found.version == 1


def test_a_registry_that_is_gone_or_damaged_costs_no_answer(store: Store):
    moves.database_of(store).write_bytes(b"garbage")
    assert find_released(store, BOT).version == 2
    moves.database_of(store).unlink()
    assert find_released(store, BOT).version == 2


def test_a_line_that_was_cut_short_costs_itself_only(store: Store):
    log_move(place(store), Move("champion", 2, 3, "promote").signed())
    with (place(store) / MOVES).open("ab") as stream:
        stream.write(b'{"when": "2026-11-30", "wh')
    log_move(place(store), Move("champion", 3, 1, "promote", "다시").signed())
    assert [(move.old, move.new, move.why) for move in read_moves(place(store))] == [(2, 3, ""), (3, 1, "다시")]
