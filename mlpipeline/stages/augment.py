"""Training rows of small intents said another way, by operators of each language, each made row with its pedigree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import ArrayType, StructField, StructType

from mlpipeline.bots import Bot
from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.languages.paraphrase.tools import Plain, load_tool
from mlpipeline.languages.profile import Profile
from mlpipeline.languages.tool_memory import TOOL_MEMORY
from mlpipeline.methods.augmentation.corpus import Corpus, lacks_nothing
from mlpipeline.methods.augmentation.making import AugmentedRow, augment_bot
from mlpipeline.methods.augmentation.settings import MakingSettings
from mlpipeline.schemas import AUGMENT_REPORT, AUGMENTED, AUGMENTED_DROPPED, CLEANED, SPLITS
from mlpipeline.spark.counters import Counters, Counts
from mlpipeline.spark.frames import with_text_id
from mlpipeline.spark.tasks import check_failures, run_tasks
from mlpipeline.stages.contract import Frames, RowWords, Stage, Work

if TYPE_CHECKING:
    from mlpipeline.recipe.fields import AugmentSection, CleanSection, Language

TOOLS = ("kiwipiepy", "sudachipy", "jieba", "opencc", "lemminflect", "pythainlp", "pyvi")
_KEYS = ["domain", "lang", "content_id"]
_GIVEN_LATER = ("domain", "lang", "id", "content_id", "source")
_ROW = StructType([field for field in AUGMENTED_DROPPED.fields if field.name not in _GIVEN_LATER])
# What is said of one bot: a row of AUGMENT_REPORT with the rows that were made in it.
WORKED = StructType([*AUGMENT_REPORT.fields, StructField("texts", ArrayType(_ROW))])


@dataclass(frozen=True)
class AugmentSettings:
    """What augmenting receives of the recipe: `clean` says what is nearly the same."""

    language: Language
    clean: CleanSection
    augment: AugmentSection


def corpus_of(rows: pa.Table, profile: Profile) -> Corpus:
    """What a bot has.

    Args:
        rows: `id`, `intent`, `normalized`, `content_id`, `split` of all its cleaned rows, in any order. A row without
            intent is one of the logs, whatever its split: where it says what a labelled row says, it has that one's.
        profile: of its language.
    """
    rows = rows.sort_by([("content_id", "ascending"), ("intent", "ascending"), ("id", "ascending")])
    labelled, logs = rows.filter(pc.is_valid(rows["intent"])), rows.filter(pc.is_null(rows["intent"]))
    learnt = labelled.filter(pc.equal(labelled["split"], "train"))
    held_out = labelled.filter(pc.is_in(labelled["split"], pa.array(["validation", "test"])))
    return Corpus(
        profile=profile,
        ids=learnt["id"].to_pylist(),
        texts=learnt["normalized"].to_pylist(),
        intents=learnt["intent"].to_pylist(),
        held_out=held_out["normalized"].to_pylist(),
        logs=logs["normalized"].to_pylist(),
    )


def work_on(bot: str, rows: pa.Table, profile: Profile, rules: MakingSettings, review_rows: int) -> pa.Table:
    """One row of WORKED, at most so many rows to review in it; see `corpus_of` for `rows`."""
    corpus = corpus_of(rows, profile)
    # Seconds and up to half a GB that a bot with enough rows need not pay.
    tool = Plain() if lacks_nothing(corpus, rules) else load_tool(profile.tag, rules.enabled)
    done = augment_bot(corpus, rules, tool)
    texts = [_as_row(corpus, made, rules.seed) for made in done.kept]
    review = [
        {**_as_row(corpus, made, rules.seed), "reason": reason, "detail": detail}
        for made, reason, detail in done.review
    ]
    domain, lang = Bot.parse(bot)
    row = {
        "domain": domain,
        "lang": lang,
        **{name: done.report[name] for name in ("rows", "made", "kept", "review")},
        "report": json.dumps(done.report, ensure_ascii=False, sort_keys=True),
        "texts": texts + review[:review_rows],
    }
    return pa.Table.from_pylist([row], schema=to_arrow_schema(WORKED))


def _as_row(corpus: Corpus, made: AugmentedRow, seed: int) -> dict[str, object]:
    one = made.candidate
    return {
        "intent": corpus.intents[one.row],
        "text": one.text,
        "normalized": one.normalized,
        "parent": corpus.ids[one.row],
        "partner": corpus.ids[one.other] if one.other >= 0 else None,
        "operators": ">".join(one.operators),
        "seed": seed,
        "agreement": made.agreement,
        "similarity": made.similarity,
        "reason": None,
        "detail": None,
    }


def as_rows(inputs: Frames, *, logs: bool) -> DataFrame:
    """The labelled rows with their split, and the unlabelled ones where they are wanted."""
    cleaned = inputs["cleaned"].select(*_KEYS, "id", "intent", "normalized")
    wanted = cleaned if logs else cleaned.where(F.col("intent").isNotNull())
    return wanted.join(inputs["splits"].select(*_KEYS, "split"), _KEYS, "left")


def making_settings(augment: AugmentSection, clean: CleanSection) -> MakingSettings:
    """The recipe's `augment` section without what only this stage needs, and what `clean` takes for nearly the same."""
    own = augment.model_dump(exclude={"review_rows"})
    return MakingSettings(**own, fold=clean.fold, near_threshold=clean.near_threshold)


def augment(settings: AugmentSettings, inputs: Frames, counters: Counters) -> Frames:
    """Table of contents: make rows bot by bot, name them as cleaned rows are named, part what is kept from doubts."""
    rules, profile = making_settings(settings.augment, settings.clean), Profile.of(settings.language)
    review_rows = settings.augment.review_rows
    rows = as_rows(inputs, logs=rules.retrieve_to > 0)

    def work(bot: str, table: pa.Table) -> pa.Table:
        return work_on(bot, table, profile, rules, review_rows)

    worked = run_tasks(rows, work, schema=WORKED, counters=counters).persist()
    told = worked.select(F.sum("review")).head()
    check_failures(counters)
    counters.add(Counts(dropped=int((told and told[0]) or 0)))
    made = worked.select("domain", "lang", F.explode("texts").alias("one")).select("domain", "lang", "one.*")
    named = (
        made.withColumn("source", F.lit("augment"))
        .transform(with_text_id("id", "domain", "lang", "intent", "text"))
        .transform(with_text_id("content_id", "lang", "normalized"))
    )
    return {
        "augmented": named.where(F.col("reason").isNull()).select(*AUGMENTED.names),
        "augment_report": worked.drop("texts"),
        "augmented_dropped": named.where(F.col("reason").isNotNull()),
    }


STAGE = Stage(
    name="augment",
    settings=AugmentSettings,
    needs={"cleaned": CLEANED, "splits": SPLITS},
    gives={"augmented": AUGMENTED, "augment_report": AUGMENT_REPORT, "augmented_dropped": AUGMENTED_DROPPED},
    libraries=("python", "numpy", "scipy", "scikit-learn", "pyarrow", *TOOLS),
    loads=("languages.paraphrase.*",),
    folders={"augment.generator": ("torch", "transformers")},
    run=augment,
    dropped="augmented_dropped",
    need=StageNeed(150, "the texts of a bot and the model that checks augmented examples", tools=TOOL_MEMORY),
    work=Work(4.0, 2.0),
    words=RowWords("made", "to review"),
)
