"""`mlpipeline.open` and what it gives, against the verbs of the same names; a store is looked at and left as it was."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import mlpipeline
from mlpipeline import api
from mlpipeline.cli.main import main
from mlpipeline.errors import SetupError
from mlpipeline.orders.run_record import RunRecord
from tests.unit.cli.small_home import make_home, tree
from tests.unit.serving.conftest import QUESTIONS

NEW = [
    ("영업 시간 알려줘요", "hours"),
    ("배송비 알려 주세요", "delivery"),
    ("아무 말이나 해봐", "oos"),
    ("주차", "parking"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("api"))


@pytest.fixture
def pipeline(home: Path) -> mlpipeline.Pipeline:
    return mlpipeline.open(home / "store", home / "conf")


@pytest.fixture
def told(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """`told("ls")`: what a verb prints as JSON, typed in the folder of the store."""
    monkeypatch.chdir(home)
    for name in ("MLPIPELINE_STORE", "MLPIPELINE_CONF", "MLPIPELINE_CLUSTER"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> Any:
        assert main([*words, "--json", "--quiet"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_the_package_loads_nothing_until_it_is_asked():
    code = "import sys, mlpipeline; before = set(sys.modules); mlpipeline.open('none'); print(sorted(set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    heavy = [
        name for name in ("numpy", "pyarrow", "pyspark", "pydantic", "yaml", "sklearn") if f"'{name}'" in done.stdout
    ]
    assert not heavy


def test_the_stub_and_the_package_have_the_same_names():
    stub = Path(mlpipeline.__file__).with_suffix(".pyi").read_text("utf-8")
    for name in mlpipeline.__all__:
        assert getattr(mlpipeline, name) is not None and name in dir(mlpipeline)
        assert f" as {name}\n" in stub or f"\n{name}: " in stub, name
    assert mlpipeline.open is api.open_pipeline
    with pytest.raises(AttributeError, match="no attribute 'near_duplicate'"):
        getattr(mlpipeline, "near_duplicate")  # noqa: B009


def test_places_are_those_of_the_command_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLPIPELINE_STORE", "elsewhere")
    monkeypatch.delenv("MLPIPELINE_CONF", raising=False)
    opened = mlpipeline.open()
    assert (opened.store.root, opened.conf) == ("elsewhere", Path("conf"))
    assert repr(mlpipeline.open("a", Path("b"))) == "mlpipeline.open('a', 'b')"
    with pytest.raises(mlpipeline.MLPipelineError, match="cannot be empty"):
        mlpipeline.open("")


def test_a_plan_has_the_rows_of_the_verb(home: Path, pipeline, told):
    before = tree(home)
    plan = pipeline.plan("bank/en", last="split", recipe={"clean.min_chars": 2})
    words = ("plan", "--select", "bank/en", "--to-stage", "split", "--set", "clean.min_chars=2")
    rows = told(*words)["orders"]
    assert plan.to_pandas().to_dict("records") == rows
    assert not plan.is_empty and [row.stage for row in plan.to_run] == ["ingest", "clean", "split"]
    assert str(plan).splitlines()[0].split()[:2] == ["bank/en", "ingest"] and "3 to run, 0 to skip" in str(plan)
    assert {row.bot for row in pipeline.plan(["bank/en", "shop/ko"]).rows} == {"bank/en", "shop/ko"}
    assert {row.bot for row in pipeline.plan(exclude=["bank/en"]).rows} == {"shop/ko"}
    assert tree(home) == before


def test_a_bot_that_cannot_be_planned_is_named(tmp_path: Path):
    domain = tmp_path / "conf" / "domains" / "shop"
    domain.mkdir(parents=True)
    (domain / "domain.yaml").write_text("languages: [ko]\ningest: {files: [gone.jsonl]}\n", "utf-8")
    plan = mlpipeline.open(tmp_path / "store", tmp_path / "conf").plan()
    assert list(plan.refused) == ["shop/ko"] and "failed: shop/ko" in str(plan)
    assert not (tmp_path / "store").exists()


def test_bots_and_rows_are_those_of_the_verbs(home: Path, pipeline, told):
    assert [vars(row) for row in pipeline.bots()] == told("ls")
    assert [row.bot for row in pipeline.bots("domain:shop")] == [row.bot for row in pipeline.bots(exclude=["bank/en"])]
    assert [row.bot for row in pipeline.bots(["shop/ko", "bank/en"])] == ["bank/en", "shop/ko"]
    table = pipeline.table("cleaned", "bank/en", ["text", "intent"])
    assert isinstance(table, pa.Table) and table.num_rows == 8 and table.column_names == ["text", "intent"]
    assert pipeline.table("cleaned", ["bank/en", "shop/ko"]).num_rows == pipeline.table("cleaned").num_rows == 16


def test_what_is_not_there_yet_is_empty_or_said(tmp_path: Path):
    nowhere = mlpipeline.open(tmp_path / "store", tmp_path / "conf")
    assert nowhere.bots() == []
    for call in (lambda: nowhere.table("cleaned"), lambda: nowhere.answerer("shop/ko"), nowhere.plan):
        with pytest.raises(mlpipeline.MLPipelineError):
            call()
    assert not list(tmp_path.iterdir())


def test_answers_are_those_of_the_verb_in_any_thread(home: Path, pipeline, told):
    answerer = pipeline.answerer("shop/ko")
    texts = [text for text, _ in QUESTIONS]
    wanted = [answer.to_dict() for answer in answerer.answer(texts)]
    assert json.loads(json.dumps(wanted)) == told("answer", "shop/ko", *texts)
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda text: answerer.answer([text])[0].to_dict(), texts * 8))
    assert asked == wanted * 8
    assert answerer.answer([]) == []


def test_an_evaluation_has_the_figures_of_the_verb(pipeline, told, tmp_path: Path):
    rows = [*QUESTIONS, *NEW]
    lines = [json.dumps({"text": text, "intent": intent}) for text, intent in rows]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    wanted = told("evaluate", "shop/ko", "--on", str(tmp_path / "rows.jsonl"))
    evaluation = pipeline.evaluate("shop/ko", rows)
    assert json.loads(json.dumps(evaluation.to_dict())) == {name: wanted[name] for name in evaluation.to_dict()}
    accuracy, (low, high) = evaluation.accuracy, wanted["accuracy_interval"]
    assert (
        accuracy == (wanted["accuracy"], low, high)
        and str(accuracy) == f"{accuracy.value:.3f}  [{low:.3f}, {high:.3f}]"
    )
    assert (evaluation.rows, evaluation.in_scope_rows, evaluation.unknown_intents) == (12, 8, {"parking": 1})
    assert evaluation.seen and evaluation.seen[:8] == ["learnt"] * 8 and evaluation.unseen
    assert evaluation.unseen.in_scope_rows == 2 and "accuracy" in str(evaluation)
    table = pa.table({"text": [text for text, _ in rows], "intent": [intent for _, intent in rows]})
    for same in (table, table.to_pandas()):
        assert pipeline.evaluate("shop/ko", same).to_dict() == evaluation.to_dict()
    assert pipeline.evaluate("shop/ko", NEW, recipe={"evaluate.bootstrap": 0}).macro_f1.low is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda one: one.plan("shp/ko"), "did you mean shop/ko?"),
        (lambda one: one.plan(""), "--select is empty"),
        (lambda one: one.plan(first="trian"), "no stage 'trian', did you mean train?"),
        (lambda one: one.plan(recipe={"train.epoch": 1}), "did you mean epochs?"),
        (lambda one: one.run(force=["trian"]), "no stage 'trian'"),
        (lambda one: one.run(master="spark:/x"), "master"),
        (lambda one: one.run(settings={"spark.executor.memory": "much"}), "spark.executor.memory"),
        (lambda one: one.bots("shop/ja"), "no bot of the store is chosen"),
        (lambda one: one.table("claned"), "did you mean cleaned?"),
        (lambda one: one.table("cleaned", "bnk/en"), "did you mean bank/en?"),
        (lambda one: one.table("released", "bank/en"), "nothing of bank/en in released"),
        (lambda one: one.table("cleaned", columns=["txt"]), "cleaned has no column txt"),
        (lambda one: one.answerer("bank/en"), "no champion"),
        (lambda one: one.answerer("shop"), "'shop' is no bot"),
        (lambda one: one.answerer("shop/ko").answer("where is it"), "texts: one text, not several"),
        (lambda one: one.answerer("shop/ko").answer(["a", None]), "texts[1]: NoneType is no text"),
        (lambda one: one.evaluate("shop/ko", []), "rows: there is no row"),
        (lambda one: one.evaluate("shop/ko", [("주차", "parking")]), "knows none of the intents of its 1 row"),
        (lambda one: one.evaluate("shop/ko", [("주차", None)]), "rows: intent[0]: there is no label"),
        (lambda one: one.evaluate("shop/ko", pd.DataFrame({"text": ["a"]})), "rows have no column intent"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(home: Path, pipeline, call: Callable[[Any], Any], words: str):
    before = tree(home)
    with pytest.raises(mlpipeline.MLPipelineError) as error:
        call(pipeline)
    assert words in str(error.value) and "\n" not in str(error.value)
    assert tree(home) == before


def test_notes_are_logged_and_nothing_is_printed(
    pipeline, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    caplog.set_level("INFO")
    assert {row.bot for row in pipeline.plan("shop/ko_KR", last="ingest").rows} == {"shop/ko"}
    assert caplog.messages and caplog.messages[0].startswith("note: ")
    pipeline.plan()
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_a_run_is_handed_on_as_it_was_asked(pipeline, monkeypatch: pytest.MonkeyPatch):
    asked: list[Any] = []
    empty = RunRecord(run="", started="", seconds=0.0, command="", status="nothing to do")

    def run(request: Any, **more: Any) -> RunRecord:
        asked.append((request, more))
        return empty

    monkeypatch.setattr("mlpipeline.orders.run.run_pipeline", run)
    secret = {"spark.hadoop.fs.s3a.secret.key": "hidden"}
    assert pipeline.run("shop/ko", last="clean", master="local[1]", settings=secret) is empty
    ((request, more),) = asked
    assert (request.names, request.last, request.master, request.settings) == (["shop/ko"], "clean", "local[1]", secret)
    assert request.command.endswith(".run(select='shop/ko', last='clean', master='local[1]')")
    assert [view.__name__ for view in more["views"]] == ["write_pages", "attach_reports"]


def test_a_session_of_the_caller_is_not_taken_over(pipeline, monkeypatch: pytest.MonkeyPatch):
    active = SimpleNamespace(SparkSession=SimpleNamespace(getActiveSession=lambda: object()))
    monkeypatch.setitem(sys.modules, "pyspark.sql", active)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    with pytest.raises(SetupError, match="a Spark session is open"), pipeline._watch(None):
        pass
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")  # spark-submit's own is used
    with pipeline._watch(None):
        pass
