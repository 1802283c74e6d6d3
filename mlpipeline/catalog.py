"""The stages in their order, and the datasets that they make: what others know of a stage is derived from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlpipeline.cluster.sizing.needs import StageNeeds
from mlpipeline.errors import UsageError, did_you_mean
from mlpipeline.stages import augment, clean, denoise, embed, evaluate, export, ingest, release, split, train
from mlpipeline.stages.contract import Stage

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

# The places of what is still to come: deidentify after ingest, review after evaluate.
STAGES: tuple[Stage, ...] = (
    ingest.STAGE,
    clean.STAGE,
    split.STAGE,
    augment.STAGE,
    embed.STAGE,
    denoise.STAGE,
    train.STAGE,
    evaluate.STAGE,
    export.STAGE,
    release.STAGE,
)

NEEDS: StageNeeds = {stage.name: replace(stage.need, by_bot=stage.by_bot) for stage in STAGES}
"""What each stage needs of a machine, for rooms that know no stage."""

MAKER: Mapping[str, Stage] = {dataset: stage for stage in STAGES for dataset in stage.gives}

SHARED = frozenset(stage.shared.gives for stage in STAGES if stage.shared is not None)
# Tables that all bots and runs share and that are only ever added to; what they hold can be made anew.
KEPT = frozenset(stage.kept.gives for stage in STAGES if stage.kept is not None)
# Every dataset that a person may ask for, in the order in which they are made, those that bots share at the end.
DATASETS: Mapping[str, StructType] = {
    **{name: schema for stage in STAGES for name, schema in stage.gives.items()},
    **{stage.shared.gives: stage.shared.schema for stage in STAGES if stage.shared is not None},
}


def stage_named(name: str) -> Stage:
    """The stage of that name.

    Raises:
        UsageError: there is none.
    """
    for stage in STAGES:
        if stage.name == name:
            return stage
    names = [stage.name for stage in STAGES]
    raise UsageError(f"no stage {name!r}{did_you_mean(name, names)}", fix=f"stages are: {', '.join(names)}")


def stages_between(first: str | None, last: str | None) -> tuple[Stage, ...]:
    """The stages from one to another, both included.

    Raises:
        UsageError: there is no such stage, or the first comes after the last.
    """
    names = [stage.name for stage in STAGES]
    start = names.index(stage_named(first).name) if first else 0
    stop = names.index(stage_named(last).name) if last else len(names) - 1
    if start > stop:
        raise UsageError(f"{first} comes after {last}", fix=f"the order is: {', '.join(names)}")
    return STAGES[start : stop + 1]
