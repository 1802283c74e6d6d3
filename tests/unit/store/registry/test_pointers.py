"""`champion.json` and the registry's rows: every damage is told, and nothing leads out of the opened store."""

import json
import sqlite3
from pathlib import Path

import pytest

from mlpipeline.errors import StoreError
from mlpipeline.store.checked import checked_bytes
from mlpipeline.store.registry.pointers import Released, read_pointer, write_pointer
from mlpipeline.store.registry.rows import Row, bring_home, check_registry, read_registry, set_aside
from tests.unit.store.registry.registry_file import write_registry

TAG = "bundle_digest"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    home = tmp_path / "bundles" / "shop" / "ko"
    (home / "abc").mkdir(parents=True)
    write_pointer(Released("shop/ko", 3, str(home / "abc"), "d" * 64, {"accuracy": 0.9}))
    return home


def test_what_was_written_is_read_and_may_be_moved(place: Path, tmp_path: Path):
    found = read_pointer(place, "shop/ko")
    assert found == Released("shop/ko", 3, str(place / "abc"), "d" * 64, {"accuracy": 0.9})
    moved = tmp_path / "moved"
    place.rename(moved)
    again = read_pointer(moved)
    assert again is not None and again.folder == str(moved / "abc")
    assert read_pointer(tmp_path / "nowhere") is None


def test_every_byte_of_the_pointer_counts(place: Path):
    path = place / "champion.json"
    data = path.read_bytes()
    damaged = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data))]
    lines = data.splitlines(keepends=True)
    swapped = [b"".join([*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]]) for n in range(1, len(lines) - 2)]
    fix = "mlpipeline run --from-stage release --select shop/ko --store"
    for changed in [*damaged, *swapped, b"", data[:-1], data + b"\n", b"{}", b"[" * 100_000]:
        path.write_bytes(changed)
        with pytest.raises(StoreError, match=r"champion\.json") as told:
            read_pointer(place)
        assert fix in told.value.fix
    (place / "aside").write_bytes(data)
    path.unlink()
    path.symlink_to(place / "aside")
    with pytest.raises(StoreError, match="a link stands"):
        read_pointer(place)


def test_a_pointer_that_cannot_be_written_is_an_error_and_the_old_one_stays(
    place: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(StoreError, match="cannot be written"):
        write_pointer(Released("shop/ko", 4, str(place / "gone" / "abc"), "e" * 64, {}))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(StoreError, match=r"champion\.json: cannot be written \(No space left on device\)"):
        write_pointer(Released("shop/ko", 4, str(place / "abc"), "e" * 64, {}))
    found = read_pointer(place)
    assert found is not None and found.version == 3


def test_a_pointer_of_an_older_version_is_told_as_one(place: Path):
    (place / "champion.json").write_text('{"bot": "shop/ko", "folder": "abc", "version": 3}')
    with pytest.raises(StoreError, match="another version of mlpipeline wrote it"):
        read_pointer(place, "shop/ko")


@pytest.mark.parametrize("change", [{"folder": "../../../etc"}, {"bot": "shop/en"}, {"version": None}])
def test_a_pointer_that_leads_elsewhere_is_refused(place: Path, change: dict[str, object]):
    path = place / "champion.json"
    path.write_bytes(checked_bytes({**json.loads(path.read_bytes()), **change}))
    with pytest.raises(StoreError, match="cannot be understood"):
        read_pointer(place, "shop/ko")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "보관 소" / "mlflow" / "mlflow.db"
    write_registry(path, {"shop.ko": {1: "1" * 64, 2: "2" * 64}}, {"shop.ko": 2}, root=Path("/elsewhere/store"))
    return path


def test_versions_and_aliases_without_mlflow(database: Path, tmp_path: Path):
    found = read_registry(database, TAG)
    assert found is not None
    assert found.versions == {"shop.ko": {1: Row("1" * 64, "1" * 16), 2: Row("2" * 64, "2" * 16)}}
    assert found.aliases == {"shop.ko": {"champion": 2}}
    assert read_registry(tmp_path / "nothing.db", TAG) is None
    assert set_aside(database) is None and set_aside(tmp_path / "nothing.db") is None


@pytest.mark.parametrize("data", [b"", b"not a database", b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_registry_is_one_line_and_goes_aside(database: Path, data: bytes):
    database.write_bytes(data)
    with pytest.raises(StoreError, match=r"mlflow\.db: the registry is damaged") as told:
        check_registry(database)
    assert "mlpipeline run --from-stage release --store" in told.value.fix
    with pytest.raises(StoreError, match="the registry is damaged"):
        read_registry(database, TAG)
    aside = set_aside(database)
    assert aside is not None and aside.read_bytes() == data and not database.exists()


def test_a_page_that_was_overwritten_is_found(database: Path):
    data = bytearray(database.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    database.write_bytes(data)
    with pytest.raises(StoreError, match="the registry is damaged"):
        read_registry(database, TAG)


def test_paths_of_a_copied_registry_lead_home(database: Path):
    bring_home(database, TAG)
    root = database.parent.parent
    with sqlite3.connect(database) as opened:
        rows = opened.execute("SELECT source, storage_location FROM model_versions ORDER BY version").fetchall()
        assert rows == [(str(root / "bundles/shop/ko" / (n * 16)),) * 2 for n in ("1", "2")]
        places = dict(opened.execute("SELECT name, artifact_location FROM experiments").fetchall())
        assert places["releases"] == (root / "mlflow" / "artifacts").as_uri()
        assert places["Default"] == f"{places['releases']}/0" and places["mine"] == "s3://mine"
        runs = opened.execute("SELECT run_uuid, artifact_uri FROM runs ORDER BY run_uuid").fetchall()
        assert runs == [("r1", f"{places['releases']}/r1/artifacts"), ("r2", "s3://mine/r2")]
    before = database.read_bytes()
    bring_home(database, TAG)
    assert read_registry(database, TAG) is not None and len(before) == len(database.read_bytes())
