"""The shape of a stage, and of its work: what a run asks of it for each bot, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol

from pyspark.sql.types import StructType
from typing_extensions import TypeVar

from mlpipeline.cluster.sizing.needs import StageNeed
from mlpipeline.errors import Failure
from mlpipeline.spark.counters import Counters, Counts

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from mlpipeline.recipe.fields import Recipe
    from mlpipeline.spark.progress import Progress
    from mlpipeline.store.corpus.sources import SourceFile
    from mlpipeline.store.layout import Store
    from mlpipeline.store.tables.provenance import Provenance
    from mlpipeline.store.tables.recall import Recall

# A stage's settings: a frozen dataclass whose fields are the sections of the recipe that it receives, by their names.
# `Stage` alone stands for a stage with any of them, as in a list of all.
SettingsT = TypeVar("SettingsT", default=Any)
Frames = Mapping[str, "DataFrame"]
Run = Callable[[SettingsT, Frames, "Counters"], Frames]
# (store, bot, settings, its rows of each needed dataset) -> its rows of each given dataset; on the driver, bot by bot.
DriverRun = Callable[["Store", str, SettingsT, Mapping[str, "pa.Table"]], Mapping[str, "pa.Table"]]


class Lost(Protocol):
    """(store, thorough) -> a function: bot -> why its work must be done anew though its rows are there, or nothing.

    `thorough` reads what was made whole, without it a look at names, sizes and times must do.
    """

    def __call__(self, store: Store, *, thorough: bool) -> Callable[[str], list[str]]:
        """Reads once what all bots share."""


@dataclass(frozen=True)
class Shared(Generic[SettingsT]):
    """What all bots of a language share and a stage makes first: one row a language in `gives`, domain `*`.

    It is made when it is missing or when its code or settings changed, not when rows came in: otherwise one new
    row of one bot would redo every bot of the language.
    """

    gives: str
    schema: StructType
    needs: Mapping[str, StructType]
    run: Callable[[SettingsT, Frames, Counters], DataFrame]


class StoredRows(Protocol):
    """Rows of the store, read by the driver: for stages whose bots have few."""

    def of(self, dataset: str, columns: Sequence[str]) -> pa.Table:
        """Columns of what the stage needs of its bots."""

    def kept(self, columns: Sequence[str], partitions: Mapping[str, Sequence[str]]) -> pa.Table:
        """Columns of what is kept, of partitions: column -> its values."""


@dataclass(frozen=True)
class Few(Generic[SettingsT]):
    """The same work as of a stage's `kept` and `run`, for rows that fit into the driver's memory, without Spark's jobs.

    `missing` gives the inputs of `kept.run` with nothing but what is not there yet, and counts what is there; a dataset
    without rows: all is there. `gather` gives the rows of the one dataset that the stage gives, bot by bot.
    """

    missing: Callable[[SettingsT, StoredRows, Counters], Mapping[str, pa.Table]]
    gather: Callable[[SettingsT, StoredRows], Iterator[tuple[str, pa.Table]]]


@dataclass(frozen=True)
class Kept(Generic[SettingsT]):
    """What a stage makes once for all bots, runs and stages, by keys: `gives` is only ever added to.

    `run` yields frames of what is not there yet; each is kept before the next is asked for, so that a run that is
    killed loses one at most. The stage then gets all that is there as the input `gives`, and must not need anything of
    the runs before: it is a cache. `partitions` are its columns that the table is partitioned by. `few` does the same
    where rows are few.
    """

    gives: str
    schema: StructType
    partitions: tuple[str, ...]
    run: Callable[[SettingsT, Frames, Counters], Iterator[DataFrame]]
    few: Few[SettingsT] | None = None


class Work(NamedTuple):
    """Seconds of a stage where no run has told yet: without rows, and core-seconds for 1,000 rows more.

    Guessed on two cores of a small server.
    """

    seconds: float = 3.0
    per_thousand: float = 1.0


class RowWords(NamedTuple):
    """How a progress line counts: `10 rows in, 9 texts out, 1 dropped`.

    `balanced` says that what comes in is what goes out and what is left out: `10 rows in = 9 out + 1 rejected`.
    `new` names what a stage with `kept` made now, the others were there: `9 texts out, 8 from the store, 1 encoded`.
    """

    out: str = "out"
    left_out: str = "dropped"
    balanced: bool = False
    new: str = ""


_BARE, _LITTLE, _ROWS = StageNeed(), Work(), RowWords()


@dataclass(frozen=True)
class Stage(Generic[SettingsT]):
    """One step of the pipeline.

    `name` is the word that stands in all five places. `needs` and `gives` map datasets to their schemas, checked
    before and after. `settings` is the type of what it receives: a frozen dataclass whose fields are sections of the
    recipe, by their names; bots with equal settings share one call of `run`. `libraries` names the distributions that
    decide what it makes: another version runs it again. So does a change in its code, which is found from the imports
    of its functions; `loads` names the modules below `mlpipeline` that no import shows because they are loaded by name
    (`room.*`: all of a room). `folders` maps settings (`section.key`) that may name a folder outside the store to
    the libraries that read it: where there is such a folder, what lies in it and the versions of those libraries
    count too. A stage has either `run` (on Spark) or `driver` (work of the driver, such as registering a model).
    `by_bot` says that `run` makes one call a bot (`spark/tasks.py`). `dropped` names the dataset among `gives` that
    holds what was left out; it is written last, and not computed when the tasks counted `Counts.dropped` and it is
    0. `recalls` names datasets among `gives` whose earlier rows the stage gets back as the input `last_<dataset>`:
    of the bots whose rows were made with the same
    recipe part ("part"), or also by the same code and libraries ("code"). What it makes must be right without them:
    they may save work or keep decisions.
    `kept` is what it makes once for all bots and runs, see `Kept`.
    `lost` tells a plan what the stage made outside of its datasets and is missing or damaged; see `Lost`.

    What others have to know of a stage stands here too, and decides nothing of what it makes: `need` is what its tasks
    need (memory, cores, a GPU), for sizing, the linter of settings and the doctor; `work` its seconds where no run has
    told yet; `words` how its rows are counted in progress lines. `must_keep` names the dataset among `gives` of which a
    bot must have a row, else nothing is left to learn from.
    """

    name: str
    settings: type[SettingsT]
    needs: Mapping[str, StructType]
    gives: Mapping[str, StructType]
    libraries: tuple[str, ...]
    loads: tuple[str, ...] = ()
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    run: Run[SettingsT] | None = None
    driver: DriverRun[SettingsT] | None = None
    shared: Shared[SettingsT] | None = None
    kept: Kept[SettingsT] | None = None
    by_bot: bool = False
    dropped: str | None = None
    recalls: Mapping[str, Recall] = field(default_factory=dict)
    lost: Lost | None = None
    need: StageNeed = _BARE
    work: Work = _LITTLE
    words: RowWords = _ROWS
    must_keep: str | None = None

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of the recipe's sections that the stage receives."""
        return section_names(self.settings)


def section_names(settings: type) -> tuple[str, ...]:
    """The names of the sections that a type of settings has, in its order."""
    return tuple(one.name for one in fields(settings))


@dataclass(frozen=True)
class Job:
    """One bot's work in a stage: its recipe, its files, and the mark that its result will carry.

    `reuse` says that a version of the tables holds the rows of that mark, so that they need not be made again.
    """

    bot: str
    recipe: Recipe
    provenance: Provenance
    sources: Sequence[SourceFile] = ()
    shared: Provenance | None = None
    reuse: bool = False


@dataclass
class Outcome:
    """What a stage did: bots that are done, that failed and why, that are warned of, and what its tasks counted.

    `remarks` are lines on the whole run, `reasons` why its work was cut as it was.
    """

    done: list[str] = field(default_factory=list)
    failed: dict[str, Failure] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    remarks: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()

    def add(self, other: Outcome) -> None:
        """Takes over another outcome of the same stage."""
        self.done += other.done
        self.failed.update(other.failed)
        self.warnings.update(other.warnings)
        self.counts.add(other.counts)
        self.remarks |= other.remarks
        self.reasons |= other.reasons


@dataclass(frozen=True)
class RunContext:
    """Where stages run: the store, a session that starts when it is first asked for, and the run's name.

    `progress` is told which bots are done, for whoever watches.
    """

    store: Store
    spark: Callable[[], SparkSession]
    run: str
    progress: Progress | None = None
