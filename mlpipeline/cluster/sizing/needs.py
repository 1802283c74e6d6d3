"""What one task of a stage needs outside the heap: the Python worker, the tools of its language, its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlpipeline.errors import UsageError, did_you_mean

# Resident MB of a worker with numpy, pandas and pyarrow and nothing else (measured: 138 to 142).
WORKER_MB = 140


@dataclass(frozen=True)
class StageNeed:
    """What a stage adds to a bare worker.

    Args:
        model_mb: resident MB of its model and its library.
        model: what these MB are, in words.
        task_cpus: cores of one task.
        gpu: whether its tasks can use a GPU.
        tools: language without script or region -> MB that its tool adds to a worker, and its name; a job of several
            languages loads all of them.
        by_bot: a task of it is a bot, whose rows cannot be spread.
    """

    model_mb: int = 0
    model: str = ""
    task_cpus: int = 1
    gpu: bool = False
    tools: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    by_bot: bool = False

    @property
    def hungriest_language(self) -> str | None:
        """The language whose tool takes most memory; None for a stage that loads no tool."""
        return max(self.tools, key=lambda lang: self.tools[lang][0]) if self.tools else None


StageNeeds = Mapping[str, StageNeed]
"""The stages of the pipeline by name, in their order; handed in, as this room knows none of them."""


@dataclass(frozen=True)
class Need:
    """What the tasks of a job need.

    Args:
        stage: its name, None for a whole run.
        lang: BCP 47 tag, None for all languages.
        python_mb: resident MB of one Python worker; 0 for a job without Python.
        reason: what the MB are made of, in words.
        task_cpus: cores of one task.
        gpu: whether its tasks can use a GPU.
        pinned_mb: page-locked host memory of an executor (GPU), MB.
    """

    stage: str | None = None
    lang: str | None = None
    python_mb: int = 0
    reason: str = "no Python workers"
    task_cpus: int = 1
    gpu: bool = False
    pinned_mb: int = 0


def python_megabytes(
    stages: StageNeeds, stage: str | None, lang: str | None, *, model_mb: int | None = None
) -> tuple[int, str]:
    """Return the resident MB of one Python worker of a stage, and what they are made of in words.

    Args:
        stages: what each stage needs.
        stage: name of a stage; None: the hungriest stage of a whole run.
        lang: BCP 47 tag; None: all languages in one job, whose workers keep every tool that they have loaded.
        model_mb: MB of the model and its library, where they are known better.

    Raises:
        UsageError: there is no such stage or language.
    """
    if stage is None:
        each = (python_megabytes(stages, name, lang, model_mb=model_mb) for name in stages)
        return max(each, key=lambda found: found[0])
    need = _stage_need(stages, stage)
    parts = [(WORKER_MB, "worker with numpy, pandas, pyarrow")]
    if need.tools:
        parts += [_tool(need.tools, lang)] if lang else list(need.tools.values())
    model = need.model_mb if model_mb is None else model_mb
    if model:
        parts.append((model, need.model if model_mb is None else "the model as stated"))
    words = " + ".join(f"{size} {name}" for size, name in parts)
    return sum(size for size, _ in parts), f"{stage}{f' {lang}' if lang else ''}: {words}"


def need_of(
    stages: StageNeeds, stage: str | None, lang: str | None = None, *, model_mb: int | None = None, pinned_mb: int = 0
) -> Need:
    """Return what the tasks of a stage (None: of a whole run) in a language (None: in all) need.

    Raises:
        UsageError: there is no such stage or language.
    """
    megabytes, reason = python_megabytes(stages, stage, lang, model_mb=model_mb)
    known = _stage_need(stages, stage) if stage else StageNeed(gpu=True)
    return Need(stage, lang, megabytes, reason, known.task_cpus, known.gpu, pinned_mb)


def _stage_need(stages: StageNeeds, stage: str) -> StageNeed:
    if stage not in stages:
        raise UsageError(f"no stage {stage!r}{did_you_mean(stage, stages)}", fix=f"stages are: {', '.join(stages)}")
    return stages[stage]


def _tool(tools: Mapping[str, tuple[int, str]], lang: str) -> tuple[int, str]:
    known = tools.get(lang.split("-")[0].lower())
    if known is not None:
        return known
    # A ninth language has no tool that was measured: the largest measured one is the safe guess.
    megabytes, name = max(tools.values())
    return megabytes, f"a tool as large as {name}"
