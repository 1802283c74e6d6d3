"""What is to be run, and the plan for it: no JVM, nothing written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlpipeline.catalog import stage_named, stages_between
from mlpipeline.errors import UsageError
from mlpipeline.orders.plan import Plan, Planner
from mlpipeline.recipe.load import Resolved
from mlpipeline.stages.contract import Stage
from mlpipeline.store.layout import Store


@dataclass(frozen=True)
class RunRequest:
    """What is to be run.

    `first` and `last` name the stages to begin and to end with, None: the first and the last there are. `force` names
    stages that run although nothing changed. `master` is a Spark master, `auto`, or None for spark-submit's or this
    machine; with `cluster`, a run goes there when that is quicker. `settings` are Spark's. `command` is kept in the
    record: a line that does the same, without secrets.

    Raises:
        UsageError: there is no such stage, or one is forced that is not among those that run.
    """

    store: Store
    bots: Sequence[Resolved]
    first: str | None = None
    last: str | None = None
    force: Sequence[str] = ()
    renew_encoder: bool = False
    master: str | None = None
    cluster: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    command: str = "python"

    def __post_init__(self) -> None:
        stages_of(self.first, self.last, self.force)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that are to run."""
        return stages_of(self.first, self.last, self.force)

    @property
    def names(self) -> list[str]:
        """The bots as DOMAIN/LANG."""
        return [str(bot.bot) for bot in self.bots]


def plan_run(request: RunRequest, bots: Sequence[Resolved] | None = None) -> Plan:
    """What a run would do and why, without a JVM and without writing anything.

    Args:
        request: what is to be run.
        bots: those of its bots that are free, None: all.
    """
    planner = Planner(request.store, renew_encoder=request.renew_encoder, force=request.force)
    return planner.plan(request.bots if bots is None else bots, request.stages)


def stages_of(first: str | None, last: str | None, force: Sequence[str] = ()) -> tuple[Stage, ...]:
    """The stages from `first` to `last`, None: from the first there is and to the last.

    Raises:
        UsageError: there is no such stage, or one is forced that is not among them.
    """
    stages = stages_between(first, last)
    for name in force:
        if stage_named(name) not in stages:
            raise UsageError(
                f"{name} is not between --from-stage and --to-stage", where="--force", fix="correct one of them"
            )
    return stages
