"""The line that a stage ends with."""

from __future__ import annotations

import pytest

from mlpipeline.catalog import stage_named
from mlpipeline.orders.apply import StageReport, progress_line
from mlpipeline.spark.counters import Counts


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("split", "4  split     2 bots, 10 rows in, 9 texts out  0.5 s"),
        ("embed", "4  embed     2 bots, 10 rows in, 9 texts out  0.5 s"),
        ("clean", "4  clean     2 bots, 10 rows in, 9 out  0.5 s"),
    ],
)
def test_texts_are_not_called_rows(stage: str, said: str):
    report = StageReport(stage, bots=2, rows_in=10, rows_out=9, seconds=0.5)
    assert progress_line(report, 1, 4, stage_named(stage).words).endswith(said)


def test_what_was_there_already_is_told_apart():
    report = StageReport("embed", bots=1, rows_in=1182, rows_out=1182, seconds=0.5)
    report.counts.stored, report.counts.rows = 1181, 1
    line = progress_line(report, 1, 4, stage_named("embed").words)
    assert line.endswith("1,182 rows in, 1,182 texts out, 1,181 from the store, 1 encoded  0.5 s")


@pytest.mark.parametrize(
    ("loads", "on_gpu", "said"),
    [
        (1, 0, "3 encoded, encoder loaded once, on the CPU  0.5 s"),
        (4, 4, "3 encoded, encoder loaded 4 times, on GPUs  0.5 s"),
        (4, 3, "3 encoded, encoder loaded 4 times, 3 of them on GPUs  0.5 s"),
        (0, 0, "3 encoded  0.5 s"),
        (None, None, "3 encoded  0.5 s"),
    ],
)
def test_how_often_and_where_the_encoder_was_loaded(loads: int | None, on_gpu: int | None, said: str):
    report = StageReport("embed", bots=1, rows_in=5, rows_out=5, seconds=0.5)
    report.counts = Counts(loads=loads, gpu_loads=on_gpu, rows=3, stored=2)
    assert progress_line(report, 1, 4, stage_named("embed").words).endswith(said)
