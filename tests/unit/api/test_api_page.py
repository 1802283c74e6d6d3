"""docs/api.md: blocks on arrays are run and print what stands below them; the others are run by the walk of
tests/e2e/test_documented_commands.py, which has a store, and here each of their calls is known."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import mlpipeline
from mlpipeline.orders.bot_rows import BotRow
from mlpipeline.orders.evaluation import Evaluation
from mlpipeline.orders.plan_summary import PlanSummary
from mlpipeline.orders.run_record import RunRecord
from tests.e2e.documents import RUN, Block, blocks

ROOT = Path(__file__).parents[3]
BLOCKS = list(blocks(ROOT / "docs" / "api.md"))
AIRFLOW = next(block for block in BLOCKS if block.kind == RUN)
OF_ARRAYS = [
    (block, below.text) for block, below in pairwise(BLOCKS) if block.language == "python" and below.language == "text"
]


@pytest.mark.slow
@pytest.mark.parametrize(("block", "shown"), OF_ARRAYS, ids=[block.where for block, _ in OF_ARRAYS])
def test_a_block_prints_what_stands_below_it(
    block: Block, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(ROOT)
    exec(compile(block.text, block.where, "exec"), {"__name__": "page"})
    assert capsys.readouterr().out == shown


def test_every_block_without_a_store_is_run_here():
    python = [block for block in BLOCKS if block.language == "python" and block is not AIRFLOW]
    assert [block for block in python if "mlpipeline.open(" not in block.text] == [block for block, _ in OF_ARRAYS]


@pytest.mark.parametrize("call", ["plan", "run", "bots", "table", "answerer", "evaluate"])
def test_each_call_stands_on_the_page_with_its_arguments(call: str):
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    (stated,) = re.findall(rf"^\| `{call}\((.*?)\)`", page, re.MULTILINE)
    parameters = list(inspect.signature(getattr(mlpipeline.Pipeline, call)).parameters)[1:]
    assert not {name.strip(" =") for name in stated.split(",")} - {*parameters, "..."}
    assert all(f"{name}=" in page or f" {name}" in page or f"({name}" in page for name in parameters)


def test_fields_that_the_page_names_are_there():
    for kind, names in (
        (PlanSummary, ("rows", "to_run", "refused", "notes", "to_pandas", "is_empty")),
        (Evaluation, ("accuracy", "macro_f1", "ece", "seen", "unseen", "report")),
        (BotRow, ("rows", "accuracy", "low", "high", "version", "alias", "gate")),
        (RunRecord, ("status", "exit_code", "bots", "stages", "run")),
    ):
        fields = {*dir(kind), *getattr(kind, "__dataclass_fields__", {}), *getattr(kind, "model_fields", {})}
        assert not set(names) - fields, kind


class Airflow(ModuleType):
    """What the example takes of Airflow: a task runs when it is called."""

    DAG = staticmethod(lambda *names, **settings: nullcontext())
    task = staticmethod(lambda work: work)


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("1 of 2 bots failed", 1), ("1 refused by a gate", 4)])
def test_the_airflow_example_is_a_task_that_fails_with_its_bots(
    monkeypatch: pytest.MonkeyPatch, status: str, code: int
):
    asked: list[Any] = []

    class Record:
        exit_code = code

    Record.status = status  # type: ignore[attr-defined]

    def run(self: mlpipeline.Pipeline, select: str) -> Any:
        asked.append((self.store.root, str(self.conf), select))
        return Record

    monkeypatch.setitem(sys.modules, "airflow", ModuleType("airflow"))
    monkeypatch.setitem(sys.modules, "airflow.sdk", Airflow("airflow.sdk"))
    monkeypatch.setattr(mlpipeline.Pipeline, "run", run)
    example: Callable[[], None] = lambda: exec(compile(AIRFLOW.text, AIRFLOW.where, "exec"), {})  # noqa: E731
    if code:
        with pytest.raises(RuntimeError, match=status):
            example()
    else:
        example()
    assert asked == [("/data/store", "/data/conf", "domain:shop")]
