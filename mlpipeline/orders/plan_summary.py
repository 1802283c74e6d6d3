"""A plan as somebody reads it: one row for each bot and stage, what cannot be planned, and notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlpipeline.errors import MLPipelineError
from mlpipeline.orders.plan import Plan

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PlannedStage:
    """One stage for one bot: `causes` say why it is to run; without any it is skipped."""

    bot: str
    stage: str
    causes: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """True where there is a cause to run."""
        return bool(self.causes)


@dataclass(frozen=True)
class PlanSummary:
    """What a run would do.

    Attributes:
        rows: bots within stages, in the order of a run.
        refused: bots that cannot be planned, with the reason, where, and what to do.
        notes: what their owner should know.
    """

    rows: tuple[PlannedStage, ...]
    refused: Mapping[str, MLPipelineError]
    notes: tuple[str, ...]

    @property
    def to_run(self) -> list[PlannedStage]:
        """The rows that have a cause, bot by bot."""
        return sorted((row for row in self.rows if row.runs), key=lambda row: row.bot)

    @property
    def is_empty(self) -> bool:
        """True where nothing is to be done."""
        return not self.to_run

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a frame: `bot`, `stage`, `run` (bool), `cause` (text)."""
        import pandas as pd

        values = [(row.bot, row.stage, row.runs, "; ".join(row.causes)) for row in self.rows]
        return pd.DataFrame(values, columns=["bot", "stage", "run", "cause"])

    def __str__(self) -> str:
        lines = [(row.bot, row.stage, "; ".join(row.causes)) for row in self.to_run]
        bots, stages = (max((len(line[at]) for line in lines), default=0) for at in (0, 1))
        shown = [f"{bot:<{bots}}  {stage:<{stages}}  {cause}" for bot, stage, cause in lines]
        skipped = len(self.rows) - len(lines)
        shown.append(f"{len(lines)} to run, {skipped} to skip" if lines else f"nothing to do ({skipped} to skip)")
        return "\n".join([*shown, *(f"note: {note}" for note in self.notes), *map(failed_line, self.refused.items())])


def summary_of(plan: Plan) -> PlanSummary:
    """The rows of a plan."""
    rows = [
        PlannedStage(bot, stage, tuple(order.causes))
        for stage, orders in plan.orders.items()
        for bot, order in orders.items()
    ]
    return PlanSummary(tuple(rows), dict(plan.refused), tuple(plan.notes))


def failed_line(refusal: tuple[str, MLPipelineError]) -> str:
    """`failed: shop/ko: ...`: a bot that cannot be planned, and why."""
    bot, error = refusal
    return f"failed: {error}" if error.where.startswith(bot) else f"failed: {bot}: {error}"
