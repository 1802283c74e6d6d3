"""A version that fails its golden questions once it answers: the alias goes back by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.stages.release import _answer_or_take_back
from mlpipeline.store.bundles.content import put_bundle
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.move_log import read_moves
from mlpipeline.store.registry.moves import follow, is_retired, move_champion, registered, retire
from tests.unit.serving.conftest import make_contents
from tests.unit.store.registry.registry_file import write_registry

BOT = "shop/ko"
ROWS = [{"question": "몇 시에 열어요", "intent": "hours", "predicted": "hours"}]
WHY = "1 of 1 golden questions failed after the release: it cannot be asked"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Versions 1 and 2 are whole, the network of 3 is none; 2 answers, and 1 did before."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    others = ({"origin": {"weights_digest": "1"}}, {"origin": {"weights_digest": "2"}}, {"onnx": b"no network"})
    places = [put_bundle(tmp_path / "bundles" / BOT, make_contents(golden=ROWS, **other)) for other in others]
    made = {version: digest for version, (_, digest) in enumerate(places, start=1)}
    write_registry(tmp_path / "mlflow" / "mlflow.db", {"shop.ko": made}, {"shop.ko": 1}, root=tmp_path)
    store = Store(str(tmp_path))
    move_champion(store, BOT, 2, how="promote")
    return store


def answering(store: Store) -> int | None:
    found = follow(store, BOT)
    return None if found is None else found.version


def last_move(store: Store) -> tuple[int | None, int | None, str, str]:
    move = read_moves(Path(store.path("bundles", "shop", "ko")))[-1]
    return move.old, move.new, move.how, move.why


def test_a_good_version_stays(store: Store):
    assert _answer_or_take_back(store, BOT, 1) is None
    assert answering(store) == 1


def test_a_bad_one_is_taken_back_and_the_aliases_are_as_before(store: Store):
    failure = _answer_or_take_back(store, BOT, 3)
    assert failure is not None and not failure.passed
    assert (failure.name, failure.value, failure.limit) == ("golden_after_release", 1, 0)
    assert failure.note.startswith("it cannot be asked")
    assert answering(store) == 2
    assert registered(store, BOT)[1] == {"champion": 2, "previous": 1, "candidate": 3}
    old, new, how, why = last_move(store)
    assert (old, new, how) == (3, 2, "taken back") and why.startswith(WHY)


def test_a_bad_first_one_answers_nobody(store: Store):
    retire(store, BOT)
    assert _answer_or_take_back(store, BOT, 3) is not None
    assert answering(store) is None
    assert last_move(store)[:3] == (3, None, "taken back")
    assert not is_retired(store, BOT), "nobody wanted that"


def test_a_champion_that_fails_gives_way_to_what_answered_before(store: Store):
    move_champion(store, BOT, 3, how="promote")
    assert _answer_or_take_back(store, BOT, 3) is not None
    assert answering(store) == 2
