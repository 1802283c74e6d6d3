"""The parts of `map_partitions` and the counters that need no session."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql.types import LongType, StructField, StructType

from mlpipeline.cluster.failures import as_failure
from mlpipeline.errors import Failure, StageError
from mlpipeline.spark import partitions
from mlpipeline.spark.counters import Counted, Counts, _Merge, peak_memory_mb
from mlpipeline.spark.session import is_local, session_settings
from mlpipeline.spark.tasks import check_failures

SCHEMA = pa.schema([("text", pa.string()), ("raw", pa.binary())])


@pytest.mark.parametrize(("rows", "size", "wanted"), [(0, 3, []), (3, 3, [3]), (7, 3, [3, 3, 1]), (2, 100, [2])])
def test_rows_become_batches_of_a_size(rows: int, size: int, wanted: list[int]):
    made = list(partitions._batches(iter([(str(n), None) for n in range(rows)]), SCHEMA, size))
    assert [batch.num_rows for batch in made] == wanted
    assert [text for batch in made for text in batch["text"].to_pylist()] == [str(n) for n in range(rows)]
    assert all(batch.schema == SCHEMA for batch in made)


def test_a_model_is_loaded_at_its_first_use_only(monkeypatch: pytest.MonkeyPatch):
    class Told:
        loads = 0

        def add(self, counts: Counts) -> None:
            self.loads += counts.loads or 0

    monkeypatch.setattr(partitions, "_LOADED", {})
    told: Any = Told()
    models = [partitions.loaded(key, object, told) for key in ("a", "a", "b", "a")]
    assert models[0] is models[1] is models[3] is not models[2]
    assert told.loads == 2


def test_a_task_without_rows_loads_no_model(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(partitions, "_LOADED", {})
    loads: list[int] = []
    frame: Any = SimpleNamespace(mapInArrow=lambda work, schema, profile: work)
    schema = StructType([StructField("n", LongType())])
    work: Any = partitions.map_partitions(
        frame, lambda: loads.append(1), lambda model, batch: batch, schema=schema, key="few", batch_size=2
    )
    empty, three = (pa.RecordBatch.from_pydict({"n": pa.array(rows, pa.int64())}) for rows in ([], [1, 2, 3]))
    assert list(work(iter([empty]))) == [] and loads == []
    assert [batch.num_rows for batch in work(iter([empty, three]))] == [2, 1] and loads == [1]


def test_counts_are_summed_peaks_are_maxima():
    merge = _Merge()
    first, second = Failure("x"), Failure("y")
    one = Counted(Counts(rows=2, worker_mb=5.0), steps={"views": 2}, done=frozenset(["c/ko"]), failed={"a/ko": first})
    two = Counted(Counts(rows=3, worker_mb=4.0), steps={"views": 1}, done=frozenset(["d/ko"]), failed={"b/ko": second})
    found = merge.addInPlace(merge.addInPlace(merge.zero(Counted()), one), two)
    assert found.counts == Counts(rows=5, worker_mb=5.0), "what nobody counted stays unknown"
    assert found.counts.as_json() == {"count:rows": 5, "peak:worker_mb": 5.0}
    assert Counts(reused=2).as_json() == {"reused": 2}
    assert found.steps == {"views": 3} and found.done == {"c/ko", "d/ko"}
    assert found.failed == {"a/ko": first, "b/ko": second}
    assert one.counts.rows == 2, "what was added is not added to"


def test_what_many_tasks_remark_is_said_once():
    found = Counted()
    for _ in range(3):
        found.add(Counted(remarks=frozenset(["no CUDA here"]), reasons=frozenset(["4 tasks"])))
    assert found.remarks == {"no CUDA here"} and found.reasons == {"4 tasks"}


def test_memory_is_in_megabytes():
    assert 10 < peak_memory_mb() < 100_000


def _raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as caught:
        return caught


def test_failures_carry_what_where_fix_and_the_trace_of_what_was_raised():
    told = as_failure(StageError("too little", where="shop/ko", fix="add rows"))
    assert told == Failure("too little", "shop/ko", "add rows")
    told = as_failure(_raised(ValueError("x\nand much more")))
    assert told.what == "ValueError: x" and "_raised" in told.trace and "run.json" in told.fix
    told = as_failure(_raised(StageError("no model"), _raised(KeyError("intent"))))
    assert told.what == "no model" and "KeyError: 'intent'" in told.trace and "direct cause" in told.trace


def test_what_a_task_raised_reaches_the_driver_with_its_trace():
    def sort() -> None:
        sorted([None, "a"])  # type: ignore[type-var]

    try:
        sort()
    except TypeError as error:
        told = as_failure(error)
    counters: Any = type("Told", (), {"values": Counted(failed={"shop/ko": told})})()
    with pytest.raises(StageError) as caught:
        check_failures(counters)
    assert caught.value.where == "shop/ko" and "TypeError: '<' not supported" in caught.value.what
    trace = as_failure(caught.value).trace
    assert "in sort" in trace and "check_failures" in trace


@pytest.mark.parametrize(
    ("master", "local"), [("local", True), ("local[2]", True), ("local[*]", True), ("local-cluster[2,1,1024]", False)]
)
def test_what_is_local(master: str, local: bool):
    assert is_local(master) is local


def test_a_local_session_has_as_many_shuffle_partitions_as_cores_and_no_gpu():
    settings = session_settings("local[3]", {"spark.task.resource.gpu.amount": "1"})
    assert settings["spark.sql.shuffle.partitions"] == "3"
    assert not [key for key in settings if ".resource.gpu." in key]
    assert session_settings("local[3]", {"spark.sql.shuffle.partitions": "9"})["spark.sql.shuffle.partitions"] == "9"
