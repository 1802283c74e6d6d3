"""The fields of a recipe that say how vectors and models are made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlpipeline.recipe.names import ENCODERS
from mlpipeline.recipe.values import (
    MOST_WEIGHTS,
    Batch,
    Below,
    Cost,
    Count,
    Label,
    Range,
    Section,
    Seed,
    Share,
    Weight,
    broken_rule,
    check_grams,
)


class EmbedSection(Section):
    """How an utterance becomes a vector."""

    encoder: str = Field(
        min_length=1,
        description="use (pretrained, sixteen languages), ngram-lsa (trained here, on all texts of a language), "
        "use+ngram-lsa (both side by side), use-fitted (use, fitted to the intents of the training rows), or the "
        "folder of a pretrained encoder, also hdfs:// or s3a://",
    )
    dims: Annotated[int, Field(ge=2, le=4096)] = Field(description="Length of the vectors of ngram-lsa")
    engine: Literal["arrow", "rdd"] = Field(
        description="How Spark calls the encoder. arrow: mapInArrow; rdd: rdd.mapPartitions, slower, equal results"
    )
    batch_size: Batch = Field(description="Texts in one call of the encoder, at most")
    batch_chars: Count = Field(
        description="Characters in one call of the encoder, at most; texts count as long as the longest beside them"
    )
    precision: Literal["float32", "float16", "int8"] = Field(
        description="How exactly vectors are kept. float16 and int8 take a half and a quarter of the room"
    )
    retrain_growth: Annotated[float, Field(ge=0.0)] = Field(
        description="When a language has grown by this share, a run advises `run --renew-encoder`"
    )
    max_rows: Count = Field(description="Texts of a language that ngram-lsa is trained on, at most; sampled by hash")
    char_ngrams: Range = Field(description="Shortest and longest character n-gram. [0, 0]: none")
    word_ngrams: Range = Field(description="Shortest and longest word n-gram. [0, 0]: none")
    word_weight: Weight = Field(description="Weight of a word n-gram; a character n-gram has 1")
    min_df: Count = Field(description="n-grams that occur in fewer texts are ignored")
    max_vocabulary: Count = Field(description="n-grams that are kept, at most; the most frequent first")
    seed: Seed = Field(description="Seed of every random choice in training the encoder")

    @model_validator(mode="after")
    def _check_grams(self) -> EmbedSection:
        if self.encoder in ENCODERS:  # `use` too: where it is not installed, n-grams stand in
            check_grams(self.char_ngrams, self.word_ngrams)
        return self


class TrainSection(Section):
    """How the classifier of a bot is trained."""

    model: Literal["auto", "ngram", "vector"] = Field(
        description="What the network reads. ngram: n-grams; vector: the encoder's vector beside them, more accurate, "
        "and a machine that answers needs the encoder; auto: vector where it gives half a point on unseen rows"
    )
    epochs: Annotated[int, Field(ge=1, le=10_000)] = Field(description="Passes over the training rows")
    min_steps: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        description="A small corpus is passed more often, up to this many steps; half of them where vectors are read"
    )
    max_steps: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        description="A large corpus is passed less often, to have at most this many steps; three passes are always made"
    )
    batch_size: Batch = Field(description="Rows in one step, at most; a small corpus gets smaller batches")
    learning_rate: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        description="Peak; before it a short warm-up, then cosine decay"
    )
    dims: Annotated[int, Field(ge=1, le=65536)] = Field(description="Width of the deep part of the network")
    dropout: Below = Field(description="Share of the units of the deep part that are dropped in a step")
    feature_dropout: Below = Field(description="Share of the n-grams of a text that are hidden in a step")
    label_smoothing: Below = Field(description="Share of the target's weight that is spread over all intents")
    char_ngrams: Range = Field(description="Shortest and longest character n-gram. [0, 0]: none")
    word_ngrams: Range = Field(description="Shortest and longest word n-gram. [0, 0]: none")
    word_weight: Weight = Field(description="Weight of a word n-gram; a character n-gram has 1")
    min_df: Count = Field(description="n-grams that occur in fewer texts are ignored. Below 2,000 rows it is 1")
    max_vocabulary: Count = Field(description="n-grams that are kept, at most; the most frequent first")
    max_ids: Annotated[int, Field(ge=1, le=4096)] = Field(
        description="Distinct n-grams of one text that the network reads, at most; the rest is cut off"
    )
    augmented_weight: Weight = Field(description="Weight of a synthetic example in the loss; an original example has 1")
    out_of_scope_label: Label = Field(
        description="Rows of this intent teach what is not the bot's business. It is never an answer"
    )
    accept_share: Share = Field(
        description="Without such rows: share of correctly answered unseen rows above the answer threshold"
    )
    max_wrong: Share | None = Field(
        description="Promised share of wrong ones among the answers; raises the limit where need be. null: no promise"
    )
    wrong_cost: Cost | None = Field(
        description="What a wrong answer costs, in any unit; with the next two, limits are those of the least cost, "
        "the upper one not below that of accept_share. null: accept_share or max_wrong decides"
    )
    question_cost: Cost | None = Field(description='What asking "did you mean" costs, in the same unit')
    hand_over_cost: Cost | None = Field(description="What falling back costs, in the same unit")
    negatives: bool = Field(
        description="Calibrate on texts that are no bot's business too: neutral sentences, shuffled words and letters, "
        "other languages. It lowers the score of what the bot knows little of. false: scores are probabilities"
    )
    folds: Annotated[int, Field(ge=2, le=20)] = Field(
        description="Folds of the cross-validation that judges a bot; the released model learns all rows"
    )
    max_folded_rows: Count = Field(
        description="A bot of more rows is judged by one network that does not learn validation and test rows"
    )
    seed: Seed = Field(description="Seed of every random choice in training")

    @model_validator(mode="after")
    def _check_limits(self) -> TrainSection:
        given = [cost is not None for cost in (self.wrong_cost, self.question_cost, self.hand_over_cost)]
        if any(given) and not all(given):
            raise broken_rule("should have all three costs or none", "wrong_cost", "question_cost", "hand_over_cost")
        if any(given) and self.max_wrong is not None:
            raise broken_rule("should have costs or max_wrong: each decides which score is answered", "max_wrong")
        return self

    @model_validator(mode="after")
    def _check_network(self) -> TrainSection:
        check_grams(self.char_ngrams, self.word_ngrams)
        if self.max_vocabulary * self.dims > MOST_WEIGHTS:
            asked = f"{self.max_vocabulary:,} x {self.dims:,}"
            text = f"should keep max_vocabulary x dims within {MOST_WEIGHTS:,} weights, 1 GB, got {asked}"
            raise broken_rule(text, "max_vocabulary", "dims")
        return self
