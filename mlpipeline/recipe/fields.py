"""The fields of a recipe: one frozen model a section, every field explained.

No field has a default here: the defaults stand in conf/base.yaml, each with its comment, and nowhere else.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mlpipeline.recipe.release_fields import AnswerPart, EvaluatePart, ExportPart, ReleasePart
from mlpipeline.recipe.values import (
    MOST_WEIGHTS,
    Batch,
    Below,
    Count,
    Files,
    Folds,
    Label,
    Operators,
    Part,
    Range,
    Scripts,
    Seed,
    Share,
    Steps,
    Weight,
    broken_rule,
    check_columns,
    check_grams,
)


class Language(Part):
    """How a language is written; stands in conf/languages/<tag>.yaml, not in base.yaml."""

    tag: str = Field(description="BCP 47 tag, equal to the name of the language file")
    name: str = Field(min_length=1, description="name of the language for reports, in English")
    steps: Steps = Field(description="normalising steps in their order, names from mlpipeline.languages")
    scripts: Scripts = Field(description="ISO 15924 names of the scripts expected, e.g. Hang; Latin is always allowed")


class IngestPart(Part):
    """Where the rows of a bot come from."""

    files: Files = Field(
        description="labelled files; relative to the folder that holds conf/; {domain} and {lang} are filled in"
    )
    logs: Files = Field(description="unlabelled conversations, written like files")
    map: Annotated[dict[str, str | None], AfterValidator(check_columns)] = Field(
        description="our column -> theirs, e.g. {text: question}; null: it is not read"
    )
    format: Literal["auto", "jsonl", "csv", "tsv", "rasa"] = Field(description="format of the files; auto: by suffix")
    translations: str | None = Field(
        description="file with the columns left and right: rows of two bots of the domain that say the same"
    )


class CleanPart(Part):
    """Which rows are kept; every dropped row is kept elsewhere with its reason."""

    min_chars: Count = Field(description="shorter texts (characters after normalisation) are dropped")
    max_chars: Count = Field(description="longer texts (characters after normalisation) are dropped")
    min_script_share: Share = Field(description="least share of letters in the language's scripts; 0 switches it off")
    drop_duplicates: bool = Field(description="drop rows whose normalised text and intent were seen before")
    near_duplicates: Literal["drop", "keep", "off"] = Field(
        description="near duplicates with the same intent: drop all but one, keep and only say which, or do not look"
    )
    fold: Folds = Field(
        description="steps after normalising, before texts are compared; names from mlpipeline.languages"
    )
    near_threshold: Annotated[float, Field(ge=0.5, le=1.0)] = Field(
        description="Jaccard similarity of character 2-3-grams and words from which two texts are near duplicates"
    )
    near_comparisons: Count = Field(
        description="comparisons of one text with others that share one rare gram, at most; what is left out is counted"
    )

    @model_validator(mode="after")
    def _check_lengths(self) -> CleanPart:
        if self.min_chars > self.max_chars:
            raise broken_rule("should have min_chars <= max_chars", "min_chars", "max_chars")
        return self


class SplitPart(Part):
    """Which rows train, which choose, which test."""

    salt: str = Field(description="changes every row's place; change it only to draw a new split")
    validation: Share = Field(description="share of rows that choose epochs, temperature and thresholds")
    test: Share = Field(description="share of rows that only evaluate")
    min_rows_per_intent: Count = Field(
        description="intents with fewer rows are reported by name; they are trained all the same"
    )
    tolerance: Share = Field(description="largest difference of an intent's share between splits that is not warned of")

    @model_validator(mode="after")
    def _check_shares(self) -> SplitPart:
        if self.validation + self.test >= 1.0:
            text = "should leave rows to train on: validation + test must be below 1"
            raise broken_rule(text, "validation", "test")
        return self


class AugmentPart(Part):
    """Which intents get made rows, how they are made, and what they must pass."""

    fill_to: Annotated[int, Field(ge=0, le=100_000)] = Field(
        description="operators make rows for an intent with fewer training rows until it has so many; 0: none"
    )
    retrieve_to: Annotated[int, Field(ge=0, le=100_000)] = Field(
        description="unlabelled rows that are likely of an intent with fewer training rows join it up to so many; 0: no"
    )
    kinds: Annotated[tuple[Literal["form", "words", "typing"], ...], Field(strict=False)] = Field(
        description="operators that are used: form (other grammar), words (other words or order), typing (slips)"
    )
    per_row: Count = Field(description="rows that operators make of one row, at most")
    chain: Annotated[int, Field(ge=1, le=5)] = Field(description="operators applied one after another, at most")
    disabled: Operators = Field(description="operators that are not used, by name; this wins over `enabled`")
    enabled: Operators = Field(
        description="operators that are used though their kind is not, or though they are off by default, by name"
    )
    min_agreement: Share = Field(
        description="a made row is kept when a model of the rows that were there gives its intent first, or with this "
        "probability; others go to review"
    )
    min_similarity: Share = Field(description="least Jaccard similarity with the row that it was made from")
    max_length_ratio: Annotated[float, Field(ge=1.0)] = Field(
        description="a made row is at most so many times longer or shorter than the row that it was made from"
    )
    retrieval_precision: Share = Field(
        description="how likely the least certain row of the logs must be right, as measured on the labelled rows"
    )
    generator: str | None = Field(
        description="folder of a local seq2seq model, or http(s) address that answers with paraphrases; null: none"
    )
    review_rows: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        description="made rows that a person should judge: kept in augmented_dropped, at most so many of a bot"
    )
    seed: Seed = Field(description="seed of every random choice in making rows")


class EmbedPart(Part):
    """How an utterance becomes a vector."""

    encoder: str = Field(min_length=1, description="ngram-lsa, trained here, or the folder of an encoder")
    dims: Annotated[int, Field(ge=2, le=4096)] = Field(description="length of the vectors of ngram-lsa")
    engine: Literal["arrow", "rdd"] = Field(description="mapInArrow, or rdd.mapPartitions with equal results")
    batch_size: Batch = Field(description="texts in one call of the encoder")
    retrain_growth: Annotated[float, Field(ge=0.0)] = Field(
        description="growth of a language since its ngram-lsa was trained from which a run says that it can be renewed"
    )
    max_rows: Count = Field(description="ngram-lsa is trained on at most this many texts of a language, drawn by hash")
    char_ngrams: Range = Field(description="shortest and longest character n-gram; [0, 0]: none")
    word_ngrams: Range = Field(description="shortest and longest word n-gram; [0, 0]: none")
    word_weight: Weight = Field(description="how much more a word n-gram weighs than a character n-gram")
    min_df: Count = Field(description="n-grams in fewer texts are not learnt")
    max_vocabulary: Count = Field(description="n-grams kept at most, the most frequent first")
    seed: Seed = Field(description="seed of every random choice in training the encoder")

    @model_validator(mode="after")
    def _check_grams(self) -> EmbedPart:
        if self.encoder == "ngram-lsa":
            check_grams(self.char_ngrams, self.word_ngrams)
        return self


class DenoisePart(Part):
    """Which labels are probably wrong, and what becomes of their rows."""

    policy: Literal["keep", "queue", "drop", "relabel"] = Field(
        description="what becomes of clear cases: keep (all rows as they are), queue (for a human), drop, or relabel "
        "where all views agree; doubtful cases are queued, test and verified rows only reported"
    )
    folds: Annotated[int, Field(ge=2, le=50)] = Field(description="how often the rows are parted for the views")
    large_rows: Count = Field(
        description="from this many labelled rows on a bot is judged by a task for each view and fold, and by a network"
    )
    network: bool = Field(
        description="whether large bots are judged by the trainer's network too, the dearest view; from 6,000,000 rows "
        "x intents on none is"
    )
    pretrained_vectors: bool = Field(
        description="whether the bot's vectors take part in the verdict: they should where embed.encoder is pretrained"
    )
    audit: Annotated[float, Field(ge=0.0, le=0.5)] = Field(
        description="share of labels that are made wrong on purpose to measure how well that is found; 0: none"
    )
    audit_rows: Count = Field(description="rows of a bot that the audit looks at, at most")
    max_dropped: Share = Field(
        description="an intent that would lose more than this share of its rows loses none: they are queued"
    )
    out_of_scope_label: Label = Field(description="the intent of what is not the bot's business; see train")
    seed: Seed = Field(description="seed of every random choice in judging labels")


class TrainPart(Part):
    """How the classifier of a bot is trained."""

    epochs: Annotated[int, Field(ge=1, le=10_000)] = Field(description="passes over the training rows")
    min_steps: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        description="a small corpus is passed more often, until it has had so many steps"
    )
    max_steps: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        description="a large corpus is passed less often: in so many steps, or three times where that is more"
    )
    batch_size: Batch = Field(description="rows in one step at most; a small corpus gets smaller batches")
    learning_rate: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        description="peak of the step size: a short warm-up, then down along a cosine"
    )
    dims: Annotated[int, Field(ge=1, le=65536)] = Field(description="width of the deep part of the network")
    dropout: Below = Field(description="share of the deep part's units silenced in a step")
    feature_dropout: Below = Field(description="share of a text's n-grams hidden in a step")
    label_smoothing: Below = Field(description="share of a target's weight that is spread over all intents")
    char_ngrams: Range = Field(description="shortest and longest character n-gram; [0, 0]: none")
    word_ngrams: Range = Field(description="shortest and longest word n-gram; [0, 0]: none")
    word_weight: Weight = Field(description="how much more a word n-gram weighs than a character n-gram")
    min_df: Count = Field(description="n-grams in fewer texts are not learnt; below 2,000 rows it is 1")
    max_vocabulary: Count = Field(description="n-grams kept at most, the most frequent first")
    max_ids: Annotated[int, Field(ge=1, le=4096)] = Field(
        description="distinct n-grams of one text that the network reads; the rest is cut off"
    )
    augmented_weight: Weight = Field(
        description="how much a made row counts in a step, against 1 for a row of a person"
    )
    out_of_scope_label: Label = Field(
        description="rows of this intent teach what is not the bot's business; it is never an intent to answer"
    )
    accept_share: Share = Field(
        description="without such rows: share of rightly answered validation rows that stay above the threshold"
    )
    seed: Seed = Field(description="seed of every random choice in training")

    @model_validator(mode="after")
    def _check_network(self) -> TrainPart:
        check_grams(self.char_ngrams, self.word_ngrams)
        if self.max_vocabulary * self.dims > MOST_WEIGHTS:
            asked = f"{self.max_vocabulary:,} x {self.dims:,}"
            text = f"should keep max_vocabulary x dims within {MOST_WEIGHTS:,} weights, 1 GB, got {asked}"
            raise broken_rule(text, "max_vocabulary", "dims")
        return self


class Recipe(Part):
    """All sections, resolved for one bot."""

    domain: str = Field(description="the customer's subject area")
    lang: str = Field(description="BCP 47 tag of the bot's language")
    language: Language = Field(description="how the language is written")
    ingest: IngestPart = Field(description="where rows come from")
    clean: CleanPart = Field(description="which rows are kept")
    split: SplitPart = Field(description="which rows train, choose and test")
    augment: AugmentPart = Field(description="which rows are made from others")
    embed: EmbedPart = Field(description="how an utterance becomes a vector")
    denoise: DenoisePart = Field(description="which labels are judged wrong")
    train: TrainPart = Field(description="how the classifier is trained")
    evaluate: EvaluatePart = Field(description="how a model is measured")
    export: ExportPart = Field(description="what a model is written as")
    release: ReleasePart = Field(description="when a model goes out")
    answer: AnswerPart = Field(description="how a question is answered")


SECTIONS: dict[str, type[Part]] = {
    name: field.annotation
    for name, field in Recipe.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Part)
}
