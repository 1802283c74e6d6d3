"""Bundles in MLflow's registry: versions, the alias, the pointer, and loading through MLflow."""

import hashlib
import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mlpipeline.errors import StoreError, UsageError
from mlpipeline.serving.bundle import load_bundle, write_bundle
from mlpipeline.store.checked import checked_bytes
from mlpipeline.store.layout import Store
from mlpipeline.store.registry import models
from mlpipeline.store.registry.clients import open_client
from mlpipeline.store.registry.models import (
    attach_texts,
    register_bundle,
    tag_version,
    tracking_uri,
)
from mlpipeline.store.registry.move_log import read_moves
from mlpipeline.store.registry.moves import follow, move_champion, read_champion
from mlpipeline.store.registry.pointers import model_name, read_pointer
from mlpipeline.store.registry.released import find_released
from mlpipeline.store.registry.tables import make_tables
from mlpipeline.store.registry.tracking import LoggedDataset, RunFacts
from mlpipeline.store.registry.versions import delete_versions, read_versions

pytestmark = pytest.mark.slow

BOT = "shop/ko"


def at(root: Path) -> Store:
    return Store(str(root))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store in a folder with a space and Korean letters; its registry is made once, which takes seconds."""
    root = tmp_path_factory.mktemp("보관 소")
    said: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("mlpipeline.store.registry.models")
    logger.addHandler(listener)
    level, logger.level = logger.level, logging.INFO
    models._client(tracking_uri(root / "mlflow")).search_experiments()
    logger.removeHandler(listener)
    logger.level = level
    assert said == ["MLflow makes its tables, once for a store (about 10 s)"]
    return root


@pytest.fixture
def shelf(store, contents, monkeypatch, tmp_path):
    """Registers variants of the small bot; the working folder is elsewhere and must stay empty."""
    monkeypatch.chdir(tmp_path)

    def put(bot=BOT, **changes):
        folder = store / "bundles" / bot / f"b{len(changes)}-{abs(hash(str(changes))) % 10_000}"
        write_bundle(folder, replace(contents, domain=bot.split("/")[0], **changes))
        version = register_bundle(
            tracking_uri(store / "mlflow"),
            bot,
            folder,
            loader_module="mlpipeline.serving.pyfunc",
            wheel=("mlpipeline_bots-0.1.0-py3-none-any.whl", b"code"),
            facts=RunFacts({"epochs": 3}, {"accuracy": 0.9, "ece": None}, {"git_commit": "abc"}),
        )
        return folder, version

    yield put
    assert list(tmp_path.iterdir()) == []


def test_versions_alias_pointer_and_loading(store, shelf):
    uri = tracking_uri(store / "mlflow")
    place = store / "bundles" / BOT
    folder, first = shelf()
    assert shelf() == (folder, first)
    assert follow(at(store), BOT) is None
    assert read_pointer(place) is None
    moved = move_champion(at(store), BOT, first, how="release")
    assert moved.uri == f"models:/shop.ko/{first}"
    assert moved == follow(at(store), BOT) == read_pointer(place) == find_released(Store(str(store)), BOT, str(first))
    assert moved.metrics == {"accuracy": 0.9}
    assert moved.digest == load_bundle(Path(moved.folder)).digest

    wheel = "wheels/mlpipeline_bots-0.1.0-py3-none-any.whl"
    needs = (folder / "requirements.txt").read_text("utf-8").splitlines()
    assert wheel in needs and not [line for line in needs if line.startswith("mlpipeline")], "no name of an index"
    assert (folder / wheel).read_bytes() == b"code" and "mlpipeline==" not in (folder / "conda.yaml").read_text("utf-8")

    other, second = shelf(answers={})
    assert second == first + 1
    assert follow(at(store), BOT) == moved
    assert Path(move_champion(at(store), BOT, second, how="release").folder) == other
    assert read_pointer(place) == follow(at(store), BOT) != moved

    with pytest.raises(UsageError, match=f"no version {second + 1} -> its versions are: {first}, {second}"):
        find_released(Store(str(store)), BOT, str(second + 1))

    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    loaded = mlflow.pyfunc.load_model("models:/shop.ko@champion")
    answers = loaded.predict(pd.DataFrame({"text": ["몇 시에 문을 여나요"]}))
    assert answers["intent"].tolist() == ["hours"]
    assert not [path for path in store.rglob("*") if path.suffix in (".pkl", ".pickle")]
    assert not (store / "mlflow" / "mlruns").exists()


def test_a_pointer_that_differs_is_put_right(store, shelf):
    _, version = shelf("fix/ko")
    moved = move_champion(at(store), "fix/ko", version, how="promote")
    pointer = store / "bundles" / "fix" / "ko" / "champion.json"
    pointer.unlink()
    assert follow(at(store), "fix/ko") == moved == read_pointer(pointer.parent)
    pointer.write_bytes(checked_bytes({**json.loads(pointer.read_text("utf-8")), "version": 99}))
    assert follow(at(store), "fix/ko") == moved == read_pointer(pointer.parent)
    pointer.write_text("{}")
    with pytest.raises(StoreError, match=r"champion\.json: another version of mlpipeline wrote it, or it was changed"):
        follow(at(store), "fix/ko")
    assert move_champion(at(store), "fix/ko", version, how="release") == moved == read_pointer(pointer.parent)
    pointer.write_bytes(checked_bytes({**json.loads(pointer.read_text("utf-8")), "folder": "../../../etc"}))
    with pytest.raises(StoreError, match="no plain name"):
        read_pointer(pointer.parent)


def test_an_alias_is_mlflows_own_whoever_moves_it(store, shelf):
    client, bot, model = models._client(tracking_uri(store / "mlflow")), "own/ko", "own.ko"
    numbers = [shelf(bot)[1], shelf(bot, answers={})[1], shelf(bot, labels=["hours", "delivery", "oos"])[1]]
    assert numbers == [1, 2, 3]
    move_champion(at(store), bot, 1, how="promote")
    move_champion(at(store), bot, 2, how="promote")
    named = client.get_registered_model(model).aliases
    assert {alias: int(number) for alias, number in named.items()} == {"champion": 2, "previous": 1}
    client.set_registered_model_alias(model, "champion", "1")
    found = follow(at(store), bot)
    assert found is not None and found.version == 1 and find_released(at(store), bot) == found
    assert [(move.old, move.new, move.how) for move in read_moves(store / "bundles" / bot)] == [
        (None, 1, "promote"),
        (1, 2, "promote"),
        (2, 1, "followed"),
    ]
    client.delete_model_version(model, "3")
    path = store / "mlflow" / "mlflow.db"
    assert [one.number for one in read_versions(path, model)] == [1, 2] and read_versions(path, model)[0].created
    delete_versions(path, model, [2])
    assert [made.version for made in client.search_model_versions(f"name = '{model}'")] == [1]
    client.set_registered_model_alias(model, "champion", "1")
    client.delete_registered_model_alias(model, "champion")
    assert follow(at(store), bot) is None and read_pointer(store / "bundles" / bot) is None


def test_a_run_tells_all_of_its_release(store, contents):
    uri, folder = tracking_uri(store / "mlflow"), store / "bundles" / "told" / "ko" / "one"
    write_bundle(folder, replace(contents, domain="told"))
    facts = RunFacts(
        {f"clean.rule{number}": "x" * 600 for number in range(150)},
        {"accuracy": 0.9, "ece": None},
        {"gate": "passed"},
        intervals={"accuracy": (0.85, 0.94)},
        curves={"loss": [2.0, 1.0, 0.5]},
        datasets=[LoggedDataset("told/ko/denoised@7", "f" * 16, "datasets/denoised", 7, 1107, "training")],
        texts={"recipe.yaml": "train: {}\n"},
        commit="abc123+",
        description="how good it is",
    )
    version = register_bundle(uri, "told/ko", folder, loader_module="mlpipeline.serving.pyfunc", facts=facts)
    pages = [("told/ko", version, "<p>안녕</p>"), ("nobody/ko", 1, "")]
    assert attach_texts(uri, "report.html", pages) == {"told/ko": load_bundle(folder).digest}
    client = models._client(uri)
    run = client.get_run(client.get_model_version("told.ko", str(version)).run_id)
    assert run.data.metrics == {"accuracy": 0.9, "accuracy_low": 0.85, "accuracy_high": 0.94, "loss": 0.5}
    assert [one.value for one in client.get_metric_history(run.info.run_id, "loss")] == [2.0, 1.0, 0.5]
    assert len(run.data.params) == 150 and run.data.tags["mlflow.note.content"] == "how good it is"
    assert (run.data.tags["mlflow.source.git.commit"], run.data.tags["mlflow.source.git.dirty"]) == ("abc123", "true")
    (logged,) = run.inputs.dataset_inputs
    assert (logged.dataset.name, logged.dataset.digest) == ("told/ko/denoised@7", "f" * 16)
    assert json.loads(logged.dataset.source) == {
        "path": "datasets/denoised", "delta_table_version": 7, "is_databricks_uc_table": False
    }  # fmt: skip
    assert {one.path for one in client.list_artifacts(run.info.run_id)} == {"recipe.yaml", "report.html"}
    report = store / "mlflow" / "artifacts" / run.info.run_id / "artifacts" / "report.html"
    assert report.stat().st_mode & 0o077 == 0, "it quotes customers"
    kind = client.get_experiment(run.info.experiment_id).tags["mlflow.experimentKind"]
    assert kind == "custom_model_development"
    tag_version(uri, "told/ko", version, {"gate": "refused: golden_after_release"})
    marked = client.get_model_version("told.ko", str(version)).tags
    assert marked["gate"] == "refused: golden_after_release" and marked["bot"] == "told/ko"


def test_a_pointer_moves_with_its_store(store, shelf, tmp_path_factory):
    _, version = shelf("trip/ko")
    move_champion(at(store), "trip/ko", version, how="release")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "ko"
    shutil.copytree(store / "bundles" / "trip" / "ko", elsewhere)
    found = read_pointer(elsewhere)
    assert found is not None
    assert load_bundle(Path(found.folder)).bot == "trip/ko"


def digests_below(root):
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in root.rglob("*") if p.is_file()
    }


def test_a_release_in_a_copy_of_a_store_touches_nothing_of_the_original(store, shelf, tmp_path_factory, contents):
    _, version = shelf("twin/ko")
    move_champion(at(store), "twin/ko", version, how="release")
    copy = tmp_path_factory.mktemp("copies") / "copy"
    shutil.copytree(store, copy)
    before = digests_below(store)

    uri = tracking_uri(copy / "mlflow")
    assert attach_texts(uri, "report.html", [("twin/ko", version, "<p>")])
    found = follow(at(copy), "twin/ko")
    assert found is not None and Path(found.folder).is_relative_to(copy)
    assert find_released(Store(str(copy)), "twin/ko", str(version)) == found
    pointer = copy / "bundles" / "twin" / "ko" / "champion.json"
    pointer.unlink()
    follow(at(copy), "twin/ko")
    assert pointer.is_file(), "put right where it was asked for"
    folder = copy / "bundles" / "twin" / "ko" / "new"
    write_bundle(folder, replace(contents, domain="twin", labels=["hours", "delivery", "oos"]))
    made = register_bundle(
        uri, "twin/ko", folder, loader_module="mlpipeline.serving.pyfunc", facts=RunFacts({}, {}, {})
    )
    moved = move_champion(at(copy), "twin/ko", made, how="release")
    assert Path(moved.folder) == folder and read_pointer(folder.parent) == moved
    assert digests_below(store) == before

    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    loaded = mlflow.pyfunc.load_model(f"models:/twin.ko/{version}")
    assert len(loaded.predict(pd.DataFrame({"text": ["문"]}))) == 1
    (Path(found.folder) / "labels.txt").write_text("oos\nhours\ndelivery\n")
    with pytest.raises(StoreError, match=str(copy)):
        mlflow.pyfunc.load_model(f"models:/twin.ko/{version}")


def test_a_release_that_was_killed_is_taken_up(store, shelf, monkeypatch):
    uri = tracking_uri(store / "mlflow")
    client = models._client(uri)

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(client, "create_model_version", killed)
    with pytest.raises(KeyboardInterrupt):
        shelf("kill/ko")
    monkeypatch.undo()
    _, version = shelf("kill/ko")
    assert version == 1
    everywhere = [experiment.experiment_id for experiment in client.search_experiments()]
    assert len(client.search_runs(everywhere, "tags.bot = 'kill/ko'")) == 1


def test_a_registry_that_another_process_has_made_meanwhile_stays(tmp_path):
    folder = tmp_path / "mlflow"

    def connect(uri):
        client = open_client.__wrapped__(uri)
        if not (folder / "mlflow.db").exists():
            (folder / "mlflow.db").write_bytes(b"theirs")
        return client

    make_tables(folder / "mlflow.db", connect)
    assert (folder / "mlflow.db").read_bytes() == b"theirs"
    assert [path.name for path in folder.iterdir()] == ["mlflow.db"]


def test_the_registry_is_not_made_by_looking(tmp_path):
    assert follow(at(tmp_path), BOT) is None and read_champion(at(tmp_path), BOT) is None
    assert list(tmp_path.iterdir()) == []


def test_names_that_mlflow_takes():
    assert model_name("shop/zh-Hant") == "shop.zh-Hant"
    assert model_name("a.b/ko") == "a.b.ko"


def test_what_is_no_bundle_is_not_registered(store):
    with pytest.raises(StoreError, match="no bundle here"):
        register_bundle(
            tracking_uri(store / "mlflow"), BOT, store / "nothing", loader_module="x", facts=RunFacts({}, {}, {})
        )
