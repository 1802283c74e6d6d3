"""What is kept of a run, as `run.json` holds it: one model for whoever writes it and for whoever reads it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mlpipeline.errors import StoreError

VERSION = 1
"""Of the format: it grows when a key changes its meaning or goes, not when one is added."""

Object = dict[str, Any]


class _Record(BaseModel):
    # A later version may know more: what is not known here is kept as it is.
    model_config = ConfigDict(extra="allow", frozen=True)


class Ended(_Record):
    """Why the session of a run ended before its time, and what to do."""

    what: str
    fix: str


class Failure(_Record):
    """Why a bot failed: in which stage, what to do, and the trace where the cause is no message of ours."""

    stage: str
    reason: str
    where: str = ""
    fix: str
    trace: str = ""


class GateCheck(_Record):
    """One condition of the gate: the figure that was found, its limit, and whether it holds."""

    name: str
    limit: float
    value: float | None
    passed: bool


class StageRecord(_Record):
    """What one stage did: rows summed over its bots, seconds, memory in MB; `reasons` say why its work was cut so."""

    stage: str
    bots: int
    skipped: int
    rows_in: int
    rows_out: int
    dropped: int
    seconds: float
    peak_memory_mb: float
    worker_memory_mb: float
    counts: Object
    reasons: list[str] = []


class BotRecord(_Record):
    """How one bot stands after a run.

    `status` is released, refused (by the gate), made (not released in this run), skipped (nothing to do) or failed.
    `rows` counts in, rejected, labelled, cleaned, distinct, train, validation, test; None is not known yet.
    Scores are there once a model was evaluated, `source` says where they come from; `version`, `alias`, `gate` and
    `bundle` are there once one was released.
    """

    bot: str
    status: str
    rows: dict[str, int | None]
    rejected: dict[str, int]
    dropped: dict[str, int]
    causes: dict[str, str]
    failure: Failure | None
    warnings: list[str]
    noise: Object | None
    augmented: Object | None
    misread: Object | None
    champion: Object | None
    champion_before: Object | None = None
    golden: list[Object] = []
    accuracy: float | None = None
    macro_f1: float | None = None
    ece: float | None = None
    accuracy_interval: list[float] | None = None
    macro_f1_interval: list[float] | None = None
    ece_interval: list[float] | None = None
    known_accuracy: float | None = None
    unknown_rows: int | None = None
    in_scope_rows: int | None = None
    test_rows: int | None = None
    source: str | None = None
    folds: int | None = None
    train_rows: int | None = None
    near_duplicate_rows: int | None = None
    augmented_rows: int | None = None
    unevaluated_rows: int | None = None
    fixed_test: Object | None = None
    out_of_scope: Object | None = None
    per_intent: list[Object] | None = None
    confusions: list[Object] | None = None
    reliability: list[Object] | None = None
    oos_curve: list[Object] | None = None
    at_threshold: Object | None = None
    nonsense: list[Object] | None = None
    version: int | None = None
    alias: str | None = None
    gate: list[GateCheck] = []
    bundle: str | None = None


class RunRecord(_Record):
    """One run.

    `run` is its name and that of its folder in `runs/`, or empty where there was nothing to do and nothing is kept.
    `seconds` is all of it, `session_seconds` the start of Spark. `unread_files` are files of sample questions that
    cannot be used. `resources` and `event_log` are what each stage used, and where Spark wrote of it.
    """

    format: int = VERSION
    run: str
    started: str
    seconds: float
    command: str
    status: str
    session_seconds: float = 0.0
    master: str = ""
    slots: int = 0
    bots: list[BotRecord] = []
    stages: list[StageRecord] = []
    resources: list[Object] = []
    event_log: str = ""
    ended: Ended | None = None
    notes: list[str] = []
    unread_files: list[str] = []
    environment: dict[str, str] = {}

    @property
    def exit_code(self) -> int:
        """0: all bots are as they should be; 1: some failed, or a file cannot be used; 4: else, a gate refused some."""
        states = {bot.status for bot in self.bots}
        return 1 if "failed" in states or self.ended or self.unread_files else 4 if "refused" in states else 0

    def content(self) -> Object:
        """What `run.json` holds: the keys that are known of this run."""
        return self.model_dump(mode="json", exclude_unset=True) | {"format": self.format}


def read_record(text: bytes, where: str) -> RunRecord:
    """The record in a `run.json`.

    Args:
        text: its content; one that was written before records had a format is read as the first.
        where: its path, for messages.

    Raises:
        StoreError: it is none, or of a later format.
    """
    try:
        record = RunRecord.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "its content"
        raise StoreError(f"no record of a run: {place}: {first['msg']}", where=where, fix="remove it") from error
    if record.format > VERSION:
        raise StoreError(
            f"a record of format {record.format}, this version reads {VERSION}", where=where, fix="update mlpipeline"
        )
    return record
