"""Which labels of some texts are probably wrong, how many, and what to read first: no bot, no store, no Spark."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mlpipeline.methods.label_noise.analysis import analyse_examples
from mlpipeline.methods.label_noise.annotating import answers_of
from mlpipeline.methods.label_noise.examples import examples_of
from mlpipeline.methods.label_noise.listing import IssueRow, issue_rows
from mlpipeline.methods.label_noise.reporting import report_of
from mlpipeline.recipe.fields import DenoiseSection
from mlpipeline.stages.denoise.processes import fit_in_processes

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelCheck:
    """What was found.

    Attributes:
        report: figures, curves and one line with what to do, as `mlpipeline denoise check --json` has them.
        issues: the doubted texts, each with its label, as rows of `label_issue`; the likeliest mistakes first.
    """

    report: dict[str, Any]
    issues: list[IssueRow]


def check_labels(
    rows: pa.Table,
    settings: DenoiseSection,
    *,
    fast: bool = False,
    processes: int = 1,
) -> LabelCheck:
    """Looks for wrong labels; nothing is dropped or changed.

    Args:
        rows: as `as_table` makes them, at least one.
        settings: the recipe's `denoise`.
        fast: without the trainer's network, which only many rows have.
        processes: how many work side by side where there are many rows.
    """
    examples = examples_of(rows)
    large = len(examples) >= settings.large_rows and not fast
    _log.info("checking %s different labelled texts of %s intents", f"{len(examples):,}", f"{len(examples.intents):,}")
    queued = settings.model_copy(update={"policy": "queue"})
    with fit_in_processes(processes, len(examples)) as fit:
        found = analyse_examples(examples, queued, large=large, fit=fit)
    return LabelCheck(report_of(examples, found, answers_of(rows)), issue_rows(examples, found.findings))


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
