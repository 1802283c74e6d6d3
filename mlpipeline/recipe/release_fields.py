"""The fields of a recipe that come after training: how a model is measured, written, released and asked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mlpipeline.recipe.names import OPSETS
from mlpipeline.recipe.values import Count, Part, Share, check_targets


class EvaluatePart(Part):
    """How a model is measured."""

    bootstrap: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        description="resamples for intervals; 0: of accuracy only"
    )
    interval: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(description="probability that an interval covers")
    bins: Annotated[int, Field(ge=1, le=1000)] = Field(description="bins of the calibration error (ECE)")


class ExportPart(Part):
    """What a model is written as."""

    targets: Annotated[
        tuple[Literal["onnx", "saved_model"], ...], Field(strict=False), AfterValidator(check_targets)
    ] = Field(description="formats to write; serving answers with onnx")
    tolerance: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        description="largest difference of a probability from the trainer's that is accepted"
    )
    opset: Annotated[int, Field(ge=OPSETS[0], le=OPSETS[1])] = Field(description="ONNX operator set")


class Gate(Part):
    """What a model must reach, on the test rows, to become champion; null switches one condition off."""

    min_accuracy: Share | None = Field(description="least accuracy")
    min_macro_f1: Share | None = Field(description="least macro F1")
    max_ece: Share | None = Field(description="largest expected calibration error")
    max_drop_from_champion: Share | None = Field(
        description="largest loss of accuracy against the figure that the champion was registered with"
    )
    min_test_rows: Count | None = Field(description="least test rows that the figures are of; null: few are warned of")


class ReleasePart(Part):
    """When a model goes out, and with which answers."""

    gate: Gate | None = Field(
        description="conditions for the alias champion; null is an error at release, never a pass"
    )
    answers: str | None = Field(
        description="YAML file with an answer an intent; {domain} and {lang} are filled in; null: intents only"
    )
    questions: str | None = Field(
        description="text file, one question a line, asked of the new champion at the end of a run; "
        "{domain} and {lang} are filled in"
    )


class AnswerPart(Part):
    """How a question is answered."""

    did_you_mean_share: Share = Field(
        description="below the answer threshold, from this share of it on, ask did-you-mean"
    )
    nearest: Annotated[int, Field(ge=0, le=100)] = Field(description="nearest known questions shown")
