"""The fields of a recipe that come after training: how a model is measured, written, released and asked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mlpipeline.recipe.names import OPSETS
from mlpipeline.recipe.values import Count, Section, Share, check_targets


class EvaluateSection(Section):
    """How a model is measured."""

    bootstrap: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        description="Bootstrap resamples for the confidence intervals. 0: only accuracy has an interval"
    )
    interval: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        description="Coverage of a confidence interval; 0.95 is 95 %"
    )
    bins: Annotated[int, Field(ge=1, le=1000)] = Field(description="Bins of the expected calibration error (ECE)")


class ExportSection(Section):
    """What a model is written as."""

    targets: Annotated[
        tuple[Literal["onnx", "saved_model"], ...], Field(strict=False), AfterValidator(check_targets)
    ] = Field(description="Formats to write. onnx must be among them: serving answers with it")
    tolerance: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        description="Largest difference of a probability from that of the trained network"
    )
    opset: Annotated[int, Field(ge=OPSETS[0], le=OPSETS[1])] = Field(
        description="ONNX operator set. 17 is read by every runtime since 2022"
    )


class Gate(Section):
    """What a model must reach, on rows that it has not learnt, to become champion; null switches one condition off."""

    min_accuracy: Share | None = Field(description="Least accuracy on rows not learnt. null: no condition")
    min_macro_f1: Share | None = Field(
        description="Least macro F1, where small intents count as much as large ones. null: no condition"
    )
    max_ece: Share | None = Field(description="Largest expected calibration error. null: no condition")
    max_drop_from_champion: Share | None = Field(
        description="Largest loss of accuracy against the champion, on the rows that both have. null: no condition"
    )
    max_broken_on_golden: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = Field(
        description="Most golden questions that the champion has right and the new model has not. null: no condition"
    )
    min_test_rows: Count | None = Field(
        description="Least number of judged rows with an intent in scope. null: no condition, a run warns below 30"
    )


class ReleaseSection(Section):
    """When a model goes out, and with which answers."""

    gate: Gate | None = Field(
        description="Conditions on rows not learnt; all must hold, or the champion stays. null is an error at release, "
        "never a pass"
    )
    bound: Literal["upper", "point", "lower"] = Field(
        description="Which end of a figure's interval the gate compares with a limit. upper: the better one, so that a "
        "model is refused only where its rows show that it misses the limit; point: the figure itself; lower: the worse"
    )
    provisional_below: Count | None = Field(
        description="A model that was judged on fewer rows is released as provisional, so tagged. null: never"
    )
    answers: str | None = Field(
        description="YAML file with an answer for each intent; {domain} and {lang} are filled in. null: the bot says "
        "the intent only"
    )
    questions: str | None = Field(
        description="Text file, one question a line; the new champion is asked the first three at the end of a run. "
        "null: none"
    )


class AnswerSection(Section):
    """How a question is answered."""

    did_you_mean_share: Share = Field(
        description='Below the answer threshold and from this share of it on, the bot asks "did you mean"'
    )
    nearest: Annotated[int, Field(ge=0, le=100)] = Field(description="Nearest known questions that are shown")
