"""The fields of a recipe: one frozen model a section, every field explained.

No field has a default here: the defaults stand in conf/base.yaml and nowhere else. A description is the only
explanation of its key: `make reference` writes it into conf/base.yaml and docs/recipe-reference.md, and the JSON Schema
shows it.
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

    tag: str = Field(description="BCP 47 tag. It is the name of the file, so it may be left out")
    name: str = Field(min_length=1, description="Name of the language in English, for reports")
    steps: Steps = Field(description="Normalising steps in their order; docs/languages.md lists them")
    scripts: Scripts = Field(
        description="ISO 15924 codes of the language's scripts, e.g. Hang. Latin is always allowed"
    )


class IngestPart(Part):
    """Where the rows of a bot come from."""

    files: Files = Field(
        description="Labelled files, relative to the folder that holds conf/. {domain} and {lang} are filled in; * "
        "and ? match several files"
    )
    logs: Files = Field(description="Unlabelled conversations, written like `files`")
    map: Annotated[dict[str, str | None], AfterValidator(check_columns)] = Field(
        description="Our column -> the column in the files, where the names differ: {text: question, intent: label}. "
        "null: it is not read"
    )
    format: Literal["auto", "jsonl", "csv", "tsv", "rasa"] = Field(description="auto: by the suffix")
    translations: str | None = Field(
        description="File with columns left and right: rows of two bots of the domain with one meaning. null: none"
    )


class CleanPart(Part):
    """Which rows are kept; every dropped row is kept elsewhere with its reason."""

    min_chars: Count = Field(description="Shorter texts are dropped. Unit: characters after normalisation")
    max_chars: Count = Field(
        description="Longer texts are dropped: they are no questions. Unit: characters after normalisation"
    )
    min_script_share: Share = Field(
        description="Least share of letters in the scripts of the language; Latin counts too. 0: no check"
    )
    drop_duplicates: bool = Field(description="Drop rows whose normalised text and intent occurred before")
    near_duplicates: Literal["drop", "keep", "off"] = Field(
        description="Near duplicates with the same intent. drop: one of them is kept; keep: all are kept, the report "
        "names them; off: no search"
    )
    fold: Folds = Field(
        description="Further steps, only for the comparison of near duplicates. Each language file has its own"
    )
    near_threshold: Annotated[float, Field(ge=0.5, le=1.0)] = Field(
        description="Two texts are near duplicates from this similarity on: Jaccard, of character 2-3-grams and "
        "words after `fold`"
    )
    near_comparisons: Count = Field(
        description="Most comparisons of a text with others that share a rare n-gram. What is left out is counted"
    )

    @model_validator(mode="after")
    def _check_lengths(self) -> CleanPart:
        if self.min_chars > self.max_chars:
            raise broken_rule("should have min_chars <= max_chars", "min_chars", "max_chars")
        return self


class SplitPart(Part):
    """Which rows train, which choose, which test."""

    salt: str = Field(description="Change it only to draw a new split: every row may then move to another")
    validation: Share = Field(description="Share of rows that choose epochs, temperature and thresholds")
    test: Share = Field(description="Share of rows that are used for evaluation only")
    min_rows_per_intent: Count = Field(
        description="Intents with fewer rows are named in the report. They are trained all the same"
    )
    tolerance: Share = Field(
        description="Largest difference of an intent's share between splits that brings no warning"
    )

    @model_validator(mode="after")
    def _check_shares(self) -> SplitPart:
        if self.validation + self.test >= 1.0:
            text = "should leave rows to train on: validation + test must be below 1"
            raise broken_rule(text, "validation", "test")
        return self


class AugmentPart(Part):
    """Which intents get synthetic examples, how they are made, and what they must pass."""

    fill_to: Annotated[int, Field(ge=0, le=100_000)] = Field(
        description="Operators make synthetic examples for an intent up to this number of training rows. 0: none"
    )
    retrieve_to: Annotated[int, Field(ge=0, le=100_000)] = Field(
        description="Likely rows of `ingest.logs` join an intent up to this number of training rows. 0: none"
    )
    kinds: Annotated[tuple[Literal["form", "words", "typing"], ...], Field(strict=False)] = Field(
        description="Kinds of operators that are used. form: other grammar; words: synonyms, other order; typing: "
        "slips, as people type"
    )
    per_row: Count = Field(description="Synthetic examples that operators make of one row, at most")
    chain: Annotated[int, Field(ge=1, le=5)] = Field(description="Operators applied one after another, at most")
    disabled: Operators = Field(
        description="Operators that are not used, by name (`mlpipeline augment operators LANG` lists them); this wins "
        "over `enabled`. splice often breaks a sentence"
    )
    enabled: Operators = Field(
        description="Operators that are used though their kind is not in `kinds`, or though they are off by default"
    )
    min_agreement: Share = Field(
        description="A synthetic example goes to review unless a model of the other rows ranks its intent first or "
        "gives it this probability"
    )
    min_similarity: Share = Field(description="Least Jaccard similarity of a synthetic example to its original")
    max_length_ratio: Annotated[float, Field(ge=1.0)] = Field(
        description="A synthetic example is at most this many times longer or shorter than its original"
    )
    retrieval_precision: Share = Field(
        description="Least probability that a row taken from the logs is right, measured on the labelled rows"
    )
    generator: str | None = Field(
        description="Folder of a local seq2seq model, or http(s) address that returns paraphrases. null: none"
    )
    review_rows: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        description="Synthetic examples of a bot that are kept for review by a person, at most, in augmented_dropped"
    )
    seed: Seed = Field(description="Seed of every random choice in making synthetic examples")


class EmbedPart(Part):
    """How an utterance becomes a vector."""

    encoder: str = Field(
        min_length=1,
        description="ngram-lsa (trained here, on all texts of a language), or the folder of a pretrained encoder",
    )
    dims: Annotated[int, Field(ge=2, le=4096)] = Field(description="Length of the vectors of ngram-lsa")
    engine: Literal["arrow", "rdd"] = Field(
        description="How Spark calls the encoder. arrow: mapInArrow; rdd: rdd.mapPartitions, slower, equal results"
    )
    batch_size: Batch = Field(description="Texts in one call of the encoder")
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
    def _check_grams(self) -> EmbedPart:
        if self.encoder == "ngram-lsa":
            check_grams(self.char_ngrams, self.word_ngrams)
        return self


class DenoisePart(Part):
    """Which labels are probably wrong, and what becomes of their rows."""

    policy: Literal["keep", "queue", "drop", "relabel"] = Field(
        description="What happens to clear label errors. keep: nothing; queue: a person decides; drop: the row goes; "
        "relabel: the label is corrected where all views agree. Doubtful cases are queued. Test rows and "
        "verified rows are only reported"
    )
    folds: Annotated[int, Field(ge=2, le=50)] = Field(
        description="Folds of the cross-validation: models trained on the other folds score a row"
    )
    large_rows: Count = Field(
        description="Bots with this many labelled rows or more get a task for each view and fold, and `network`"
    )
    network: bool = Field(
        description="Use the trainer's network as a view for large bots; without it they take a third of the time. "
        "From 6,000,000 rows x intents on it is never used"
    )
    pretrained_vectors: bool = Field(
        description="Use the bot's vectors as a view. Switch it on where embed.encoder is pretrained"
    )
    audit: Annotated[float, Field(ge=0.0, le=0.5)] = Field(
        description="Share of labels replaced by wrong ones, for a test of how many label errors are found. 0: no test"
    )
    audit_rows: Count = Field(description="Rows of a bot that take part in this test, at most")
    max_dropped: Share = Field(
        description="An intent that would lose a larger share of its rows loses none: they are queued"
    )
    out_of_scope_label: Label = Field(description="The label of what is not the bot's business, as in `train`")
    seed: Seed = Field(description="Seed of every random choice in the search for label errors")


class TrainPart(Part):
    """How the classifier of a bot is trained."""

    epochs: Annotated[int, Field(ge=1, le=10_000)] = Field(description="Passes over the training rows")
    min_steps: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        description="A small corpus is passed more often, up to this many steps"
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
        description="Without such rows: share of correct validation rows that stay above the answer threshold"
    )
    seed: Seed = Field(description="Seed of every random choice in training")

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

    domain: str = Field(description="The customer's subject area")
    lang: str = Field(description="BCP 47 tag of the bot's language")
    language: Language = Field(description="How the language is written")
    ingest: IngestPart = Field(description="Where the rows of a bot come from")
    clean: CleanPart = Field(
        description="Which rows are kept; each dropped row stands in cleaned_dropped with its reason"
    )
    split: SplitPart = Field(
        description="Which rows train, choose and test, by a hash of the text: new rows move no old row"
    )
    augment: AugmentPart = Field(description="Synthetic examples for intents that have few rows")
    embed: EmbedPart = Field(description="How an utterance becomes a vector")
    denoise: DenoisePart = Field(description="Which labels are probably wrong, and what happens to their rows")
    train: TrainPart = Field(description="How the classifier is trained: a network over hashed n-grams, one a bot")
    evaluate: EvaluatePart = Field(description="How a model is measured, on the test rows")
    export: ExportPart = Field(
        description="Formats of a model; each is checked against the trained network on every test row"
    )
    release: ReleasePart = Field(description="When a model becomes champion, and with which answers")
    answer: AnswerPart = Field(description="How a question is answered")


SECTIONS: dict[str, type[Part]] = {
    name: field.annotation
    for name, field in Recipe.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Part)
}
