"""The fields of a recipe: one frozen model a section, every field explained.

No field has a default here: the defaults stand in conf/base.yaml and nowhere else. A description is the only
explanation of its key: `make reference` writes it into conf/base.yaml and docs/recipe-reference.md, and the JSON Schema
shows it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mlpipeline.recipe.model_fields import EmbedSection, TrainSection
from mlpipeline.recipe.release_fields import AnswerSection, EvaluateSection, ExportSection, ReleaseSection
from mlpipeline.recipe.values import (
    Count,
    Files,
    Folds,
    Label,
    Operators,
    Scripts,
    Section,
    Seed,
    Share,
    Steps,
    broken_rule,
    check_columns,
)


class Language(Section):
    """How a language is written; stands in conf/languages/<tag>.yaml, not in base.yaml."""

    tag: str = Field(description="BCP 47 tag. It is the name of the file, so it may be left out")
    name: str = Field(min_length=1, description="Name of the language in English, for reports")
    steps: Steps = Field(description="Normalising steps in their order; docs/languages.md lists them")
    scripts: Scripts = Field(
        description="ISO 15924 codes of the language's scripts, e.g. Hang. Latin is always allowed"
    )


class IngestSection(Section):
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
    personal_data: Literal["mask", "keep"] = Field(
        description="mask: phones, ids, cards, accounts, addresses, mail and names are replaced by their kind "
        "(<PHONE>) as files are read, in rejected rows too; keep: texts stay as they were delivered"
    )
    translations: str | None = Field(
        description="File with columns left and right: rows of two bots of the domain with one meaning. null: none"
    )


class CleanSection(Section):
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
    def _check_lengths(self) -> CleanSection:
        if self.min_chars > self.max_chars:
            raise broken_rule("should have min_chars <= max_chars", "min_chars", "max_chars")
        return self


class SplitSection(Section):
    """Which rows train, which choose, which test."""

    salt: str = Field(description="Change it only to draw a new split: every row may then move to another")
    validation: Share = Field(
        description="Share of rows that are held out like test rows, but may be corrected by denoise"
    )
    test: Share = Field(
        description="Share of rows that are held out where a bot is too large for folds, and that denoise never changes"
    )
    fixed_sources: tuple[Label, ...] = Field(
        strict=False,
        description="Rows with one of these as `source` are a fixed test set: never learnt, and judged by themselves. "
        "`ingest.map: {source: split}` and [test] take it from a column `split`",
    )
    min_rows_per_intent: Count = Field(
        description="Intents with fewer rows are named in the report. They are trained all the same"
    )
    tolerance: Share = Field(
        description="Largest difference of an intent's share between splits that brings no warning"
    )

    @model_validator(mode="after")
    def _check_shares(self) -> SplitSection:
        if self.validation + self.test >= 1.0:
            text = "should leave rows to train on: validation + test must be below 1"
            raise broken_rule(text, "validation", "test")
        return self


class AugmentSection(Section):
    """Which intents get synthetic examples, how they are made, and what they must pass."""

    fill_to: Annotated[int, Field(ge=0, le=100_000)] = Field(
        description="Operators make synthetic examples for an intent up to this number of training rows. 0: none"
    )
    framed: Annotated[int, Field(ge=0, le=10_000)] = Field(
        description="Rows of every intent that are learnt a second time with a greeting, an opening or thanks around "
        "them, at most. 0: none"
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


class DenoiseSection(Section):
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
        description="Use the bot's vectors as a view, where embed.encoder is pretrained; never those of ngram-lsa"
    )
    near_contradiction: Annotated[float, Field(ge=0.5, le=1.0)] | None = Field(
        description="Cosine from which two texts in other words mean nearly the same, where embed.encoder is "
        "pretrained: a finding for people if their intents differ. null: not looked for"
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


class Recipe(Section):
    """All sections, resolved for one bot."""

    domain: str = Field(description="The customer's subject area")
    lang: str = Field(description="BCP 47 tag of the bot's language")
    language: Language = Field(description="How the language is written")
    ingest: IngestSection = Field(description="Where the rows of a bot come from")
    clean: CleanSection = Field(
        description="Which rows are kept; each dropped row stands in cleaned_dropped with its reason"
    )
    split: SplitSection = Field(
        description="Which rows train, choose and test, by a hash of the text: new rows move no old row"
    )
    augment: AugmentSection = Field(description="Synthetic examples for intents that have few rows")
    embed: EmbedSection = Field(description="How an utterance becomes a vector")
    denoise: DenoiseSection = Field(description="Which labels are probably wrong, and what happens to their rows")
    train: TrainSection = Field(description="How the classifier is trained: a network over hashed n-grams, one a bot")
    evaluate: EvaluateSection = Field(description="How a model is measured, on the test rows")
    export: ExportSection = Field(
        description="Formats of a model; each is checked against the trained network on every test row"
    )
    release: ReleaseSection = Field(description="When a model becomes champion, and with which answers")
    answer: AnswerSection = Field(description="How a question is answered")


SECTIONS: dict[str, type[Section]] = {
    name: field.annotation
    for name, field in Recipe.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
}
