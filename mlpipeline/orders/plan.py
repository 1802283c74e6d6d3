"""What is wanted, what is missing: for each bot and stage, run or skip, and the cause. No JVM is needed for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlpipeline.catalog import STAGES
from mlpipeline.errors import MLPipelineError, StageError
from mlpipeline.inputs import plain_file
from mlpipeline.orders.causes import find_causes
from mlpipeline.orders.changes import row_changes
from mlpipeline.orders.encoders import EncoderChoice, trained_here
from mlpipeline.orders.growth import growth_notes
from mlpipeline.orders.promises import check_promises
from mlpipeline.orders.provenance import folders_of, read_stage_code
from mlpipeline.orders.refusals import check_refusal, read_refusals
from mlpipeline.orders.rowless import check_rows
from mlpipeline.orders.translations import translation_files
from mlpipeline.recipe.load import Resolved
from mlpipeline.stages.contract import Job, Stage
from mlpipeline.stages.release.answers import read_answers
from mlpipeline.store.corpus.sources import SourceDigests, SourceFile, list_sources
from mlpipeline.store.fingerprint import library_versions
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import (
    Entry,
    Manifest,
    keep_manifest,
    load_manifest,
    missing_files,
    version_holding,
)
from mlpipeline.store.tables.provenance import Provenance, make_provenance


@dataclass(frozen=True)
class Order:
    """One stage for one bot: run it for these causes, or skip it when there are none."""

    stage: str
    job: Job
    causes: Sequence[str]

    @property
    def runs(self) -> bool:
        """True when there is a cause to run."""
        return bool(self.causes)


@dataclass
class Plan:
    """All orders by stage and bot, and the bots that cannot be planned, with the reason.

    `translations` names the bots' files of them: no stage reads those, the report does.
    """

    orders: dict[str, dict[str, Order]] = field(default_factory=dict)
    translations: dict[str, str] = field(default_factory=dict)
    refused: dict[str, MLPipelineError] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_run(self, stage: str) -> dict[str, Order]:
        """The orders of a stage that are to run, by bot."""
        return {bot: order for bot, order in self.orders.get(stage, {}).items() if order.runs}

    @property
    def is_empty(self) -> bool:
        """True when nothing is to be done."""
        return not any(self.to_run(stage) for stage in self.orders)


class Planner:
    """Compares the recipes with the manifests of a store.

    Args:
        store: where the manifests are.
        renew_encoder: train the languages' encoders anew even though they fit.
        force: names of stages that run although nothing changed.
        count_rows: say how many rows of a changed file are new (reads the file and one column of one table).
    """

    def __init__(
        self, store: Store, *, renew_encoder: bool = False, force: Collection[str] = (), count_rows: bool = True
    ) -> None:
        self._store = store
        self._renew = renew_encoder
        self._forced = frozenset(force)
        self._notes: list[str] = []
        self._refusals = read_refusals(store)
        self._count_rows = count_rows
        self._manifests: dict[str, Manifest] = {}
        self._parts: dict[tuple[int, ...], tuple[list[object], dict[str, object]]] = {}
        self._digests = SourceDigests(store)
        self._provenance = read_stage_code(store, STAGES)
        self._first = ""
        self._lost: dict[str, Callable[[str], list[str]]] = {}
        self._encoders = EncoderChoice()

    def plan(self, bots: Iterable[Resolved], stages: Sequence[Stage]) -> Plan:
        """Orders for all bots; stages outside `stages` are taken as they stand."""
        plan = Plan(orders={stage.name: {} for stage in stages})
        # Whoever begins at a stage asks for it; then it is worth reading every byte of what it made.
        self._first = stages[0].name if stages else ""
        chosen = {stage.name for stage in stages}
        for bot in bots:
            self._plan_bot(plan, self._encoders.as_runnable(bot), chosen)
        plan.notes += self._encoders.notes.values() if "embed" in chosen else ()
        plan.notes += [*self._notes, *self._growth_notes(plan)]
        plan.notes += [
            f"{path}: nobody here can tell whether it has changed: `--force ingest` reads it again"
            for path in self._digests.untold
        ]
        for manifest in self._manifests.values():
            keep_manifest(self._store, manifest)
        self._digests.keep()
        return plan

    def manifest(self, dataset: str) -> Manifest:
        """A dataset's manifest, read once."""
        if dataset not in self._manifests:
            self._manifests[dataset] = load_manifest(self._store, dataset)
        return self._manifests[dataset]

    def _plan_bot(self, plan: Plan, bot: Resolved, chosen: set[str]) -> None:
        name = str(bot.bot)
        try:
            orders = list(self._orders(bot, name, chosen))
        except MLPipelineError as error:
            plan.refused[name] = error
            return
        plan.translations |= translation_files([bot])
        for order in orders:
            plan.orders[order.stage][name] = order

    def _orders(self, bot: Resolved, name: str, chosen: set[str]) -> Iterator[Order]:
        made: dict[str, str] = {}  # dataset -> fingerprint, of what was made or will be
        running: list[str] = []
        check_promises(bot, chosen)
        for stage in STAGES:
            if stage.name not in chosen:
                self._take_as_it_stands(stage, bot, name, chosen, made)
                continue
            sources: list[SourceFile] = []
            if "source_file" in stage.needs:
                sources = self._answers(bot) if stage.driver else self._sources(bot)
            shared = self._shared_mark(stage, bot)
            if stage.shared is not None and shared is not None:
                made[stage.shared.gives] = shared.fingerprint
            wanted = self._wanted(stage, bot, made, sources)
            made.update(dict.fromkeys(stage.gives, wanted.fingerprint))
            causes = self._causes(stage, name, wanted, running, sources)
            if stage.name in self._forced:
                causes = [*causes, "forced"]
            elif causes and stage.run and sources:
                check_refusal(self._refusals, name, wanted.fingerprint)
            if not causes and not running:
                check_rows(self.manifest, stage, name)
            needed = shared if self._shared_is_missing(stage, bot, shared) else None
            if needed is not None and stage.shared is not None and not causes:
                causes = [f"artefact missing: {stage.shared.gives} of {bot.lang}"]
            order = self._order(stage, Job(name, bot.recipe, wanted, sources, needed), causes)
            yield order
            if causes and not order.job.reuse:
                running.append(stage.name)

    def _order(self, stage: Stage, job: Job, causes: list[str]) -> Order:
        """An order; where the store still holds what it would make, to take that instead of working again.

        What the driver does (a release) is done again: it has effects beside its rows. Nor does anything stay that
        leans on what bots share, when that has to be made anew: it may come out another.
        """
        wanted = dict.fromkeys(stage.gives, (job.bot, job.provenance))
        may_reuse = bool(causes) and stage.driver is None and stage.name not in self._forced
        if stage.shared is not None and job.shared is not None:
            wanted[stage.shared.gives] = (f"*/{job.recipe.lang}", job.shared)
        held = [
            version_holding(self._store, self.manifest(name), unit, provenance.fingerprint)
            for name, (unit, provenance) in (wanted.items() if may_reuse else ())
        ]
        if not held or None in held:
            return Order(stage.name, job, causes)
        return Order(stage.name, replace(job, reuse=True), [f"reuse of what was made before ({'; '.join(causes)})"])

    def _take_as_it_stands(
        self, stage: Stage, bot: Resolved, name: str, chosen: set[str], made: dict[str, str]
    ) -> None:
        """The fingerprints of a stage outside the plan; raises when a stage of the plan needs what it never made."""
        entry = self._entry(stage, name)
        if entry is not None:
            made.update(dict.fromkeys(stage.gives, entry.provenance.fingerprint))
            check_rows(self.manifest, stage, name)
        elif any(set(stage.gives) & set(one.needs) for one in STAGES if one.name in chosen):
            what = f"{stage.name} has not made its rows yet"
            raise StageError(what, where=name, fix=f"run again with --from-stage {stage.name} or without it")
        if stage.shared is not None:
            unit = self.manifest(stage.shared.gives).entries.get(f"*/{bot.lang}")
            made[stage.shared.gives] = unit.provenance.fingerprint if unit else ""

    def _sources(self, bot: Resolved) -> list[SourceFile]:
        part = bot.recipe.ingest
        named = [(name, source) for names, source in ((part.files, "corpus"), (part.logs, "logs")) for name in names]
        return list_sources(
            str(bot.bot),
            [(name, bot.locate(name), source) for name, source in named],
            kind=part.format,
            mapping=part.map,
            notes=self._notes,
        )

    def _wanted(self, stage: Stage, bot: Resolved, made: Mapping[str, str], files: Sequence[SourceFile]) -> Provenance:
        inputs: dict[str, object] = {name: made[name] for name in stage.needs if name != "source_file"}
        if "source_file" in stage.needs:
            inputs["source_file"] = {file.name: self._digests.digest(file) for file in files}
        return self._mark(stage, bot, inputs)

    def _mark(self, stage: Stage, bot: Resolved, inputs: Mapping[str, object]) -> Provenance:
        """The mark of these inputs and of the folders outside the store that the bot's recipe names for the stage."""
        folders = folders_of(stage, bot.recipe)
        known = {"folders": {name: self._digests.folder(path) for name, path in folders.items()}} if folders else {}
        made_by = self._provenance[stage.name]
        libraries = {**made_by.libraries, **library_versions(one for name in folders for one in stage.folders[name])}
        return make_provenance(made_by.code, self._part(stage, bot), {**inputs, **known}, libraries)

    def _answers(self, bot: Resolved) -> list[SourceFile]:
        name = bot.recipe.release.answers
        if name is None:
            return []
        where = str(bot.bot)
        path = plain_file(bot.locate(name), where=where, name=name, fix="correct release.answers")
        # What is wrong in it is said now, not when all is trained.
        read_answers(path, name, bot.lang)
        return [SourceFile(bot.domain, bot.lang, path, name, "yaml", "answers", "{}")]

    def _shared_mark(self, stage: Stage, bot: Resolved) -> Provenance | None:
        if stage.shared is None:
            return None
        entry = self.manifest(stage.shared.gives).entries.get(f"*/{bot.lang}")
        generation = int(str(entry.provenance.inputs.get("generation", 0))) if entry else 0
        return self._mark(stage, bot, {"generation": generation + int(self._renew)})

    def _shared_is_missing(self, stage: Stage, bot: Resolved, wanted: Provenance | None) -> bool:
        if stage.shared is None or wanted is None:
            return False
        manifest, unit = self.manifest(stage.shared.gives), f"*/{bot.lang}"
        entry = manifest.entries.get(unit)
        return (
            entry is None
            or entry.provenance.fingerprint != wanted.fingerprint
            or bool(missing_files(self._store, manifest, unit))
        )

    def _part(self, stage: Stage, bot: Resolved) -> dict[str, object]:
        sections = [getattr(bot.recipe, name) for name in stage.sections]
        key = tuple(id(section) for section in sections)
        if key not in self._parts:
            dumped = {name: part.model_dump(mode="json") for name, part in zip(stage.sections, sections, strict=True)}
            # Which files, is an input; how to read them, a setting. No stage reads translations: the report does.
            for name in ("files", "logs", "translations"):
                dumped.get("ingest", {}).pop(name, None)
            # With the sections: an id may be used again when what had it is gone.
            self._parts[key] = (sections, dumped)
        return self._parts[key][1]

    def _entry(self, stage: Stage, bot: str) -> Entry | None:
        """The bot's entry when all datasets of the stage carry one and the same mark."""
        entries = [self.manifest(dataset).entries.get(bot) for dataset in stage.gives]
        first = entries[0]
        prints = {one.provenance.fingerprint if one else None for one in entries}
        if first is None or len(prints) > 1:
            return None
        return entries[-1]

    def _causes(
        self, stage: Stage, bot: str, wanted: Provenance, running: Sequence[str], sources: Sequence[SourceFile]
    ) -> list[str]:
        entry = self._entry(stage, bot)
        tables = [(name, self.manifest(name)) for name in stage.gives]
        missing = [f"{name}/{path}" for name, table in tables for path in missing_files(self._store, table, bot)]
        if entry is not None:  # made before: only what makes its inputs can be the cause
            running = [one.name for one in STAGES if one.name in running and set(one.gives) & set(stage.needs)]
        causes = find_causes(stage.name, entry, wanted, upstream=running, missing=missing)
        if not causes and stage.lost is not None:
            causes = self._lost_of(stage, bot)
        if entry is not None and stage.run and self._count_rows and any(cause.endswith(" changed") for cause in causes):
            counted = row_changes(self._store, bot, sources, entry, wanted)
            causes = [counted.get(cause.removesuffix(" changed"), cause) for cause in causes]
        return causes

    def _lost_of(self, stage: Stage, bot: str) -> list[str]:
        if stage.lost is not None and stage.name not in self._lost:
            self._lost[stage.name] = stage.lost(self._store, thorough=stage.name == self._first)
        return self._lost[stage.name](bot)

    def _growth_notes(self, plan: Plan) -> list[str]:
        recipes = [order.job.recipe for order in plan.orders.get("embed", {}).values()]
        shares = {one.lang: one.embed.retrain_growth for one in recipes if trained_here(one.embed.encoder)}
        if not shares or not self.manifest("encoder").entries:
            return []
        return growth_notes(self._store, self.manifest("cleaned"), shares)
