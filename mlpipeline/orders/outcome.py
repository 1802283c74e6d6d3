"""What a run has to tell about its bots, gathered from the store without a JVM: the content of `run.json`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.bots import Bot
from mlpipeline.errors import Failure, StoreError
from mlpipeline.languages.profile import Profile, looks_like
from mlpipeline.methods.label_noise.listing import DONE, ISSUES, to_read_and_done
from mlpipeline.orders.apply import RunReport
from mlpipeline.orders.augmented import gather_augmented
from mlpipeline.orders.findings import Finding, finding_lines, first_lines
from mlpipeline.orders.ingest_warnings import gather_file_findings
from mlpipeline.orders.keyboard_warnings import keyboard_warnings
from mlpipeline.orders.misread import gather_misread
from mlpipeline.orders.plan import Plan
from mlpipeline.orders.standing import champions, doubts
from mlpipeline.orders.translations import translation_warnings
from mlpipeline.orders.unanswered import answer_warnings
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.manifests import load_manifest
from mlpipeline.store.tables.row_counts import count_filled

# A bot that lost more than this share of its rows to the script rule is probably filed under the wrong language.
_FOREIGN_SHARE = 0.3
_LEARNT = ("train", "validation")
_COUNTED = ("utterance", "utterance_rejected", "cleaned", "splits")
# As `mlpipeline new` does: of the first texts, at least this share should look like the declared language.
_SAMPLE, _ALIKE = 1000, 0.5


class _Issue(TypedDict):
    """What is read here of a row of `label_issue`."""

    rank: int
    split: str
    action: str


class _Noise(TypedDict, total=False):
    """What is added to a bot's `noise_report`."""

    left_out: dict[str, int]
    issues: list[_Issue]
    to_read_count: int
    done_count: int


class _Evaluated(TypedDict):
    """What is read of a row of `evaluation`; the report is JSON."""

    accuracy: float | None
    macro_f1: float | None
    ece: float | None
    report: str


class _Released(TypedDict):
    """What is read of a row of `released`; the gate is JSON."""

    version: int
    alias: str | None
    gate: str
    uri: str


class Tables:
    """Columns of datasets for some bots, each read once; a dataset that is not there yet has no rows."""

    def __init__(self, store: Store, bots: Iterable[str]) -> None:
        self._store = store
        self._bots = set(bots)

    def rows(self, dataset: str, columns: Sequence[str]) -> list[Any]:
        """The rows as dictionaries with `bot`; who asks knows the types of the columns."""
        found = self._table(dataset, columns)
        return [] if found is None else found.to_pylist()

    def counts(self, dataset: str, column: str) -> dict[str, dict[str, int]]:
        """For each bot, how many rows have each value of a column."""
        found = self._table(dataset, [column])
        counted: dict[str, dict[str, int]] = {}
        if found is not None:
            for row in found.group_by(["bot", column], use_threads=False).aggregate([([], "count_all")]).to_pylist():
                counted.setdefault(row["bot"], {})[str(row[column])] = row["count_all"]
        return counted

    def _table(self, dataset: str, columns: Sequence[str]) -> pa.Table | None:
        try:
            table = read_rows(self._store, dataset, columns=["domain", "lang", *columns])
        except StoreError:
            return None
        named = table.append_column("bot", pc.binary_join_element_wise(table["domain"], table["lang"], "/"))
        chosen = named.filter(pc.is_in(named["bot"], pa.array(sorted(self._bots), pa.string())))
        return chosen.drop_columns(["domain", "lang"])


def gather_bots(store: Store, plan: Plan, report: RunReport, bots: Sequence[str]) -> list[dict[str, Any]]:
    """One entry a bot for `run.json`: state, scores, rows, what was dropped and why, warnings, failure."""
    tables = Tables(store, bots)
    rejected, dropped = tables.counts("utterance_rejected", "reason"), tables.counts("cleaned_dropped", "reason")
    splits = tables.counts("splits", "split")
    judged = {row["bot"]: row for row in tables.rows("evaluation", ["accuracy", "macro_f1", "ece", "report"])}
    released = {row["bot"]: row for row in tables.rows("released", ["version", "alias", "gate", "uri"])}
    findings = gather_findings(tables)
    for bot, lines in translation_warnings(store, plan.translations).items():
        findings.setdefault(bot, []).extend(first_lines(lines, f"`mlpipeline contradictions {bot.split('/')[0]}`"))
    made = gather_augmented(
        tables.rows("augment_report", ["report"]), tables.rows("augmented", ["intent", "text", "operators"])
    )
    noise, noisy = gather_noise(tables), tables.counts("denoised_dropped", "reason")
    rows = {name: load_manifest(store, name).entries for name in _COUNTED}
    labelled = count_filled(store, "utterance", "intent", bots)
    answering, failing = champions(store, bots), count_filled(store, "embedding", "error", bots)
    misread = gather_misread(store, [bot for bot in bots if _is_worked_on(bot, plan)])
    files, typed = gather_file_findings(store, plan), keyboard_warnings(store, plan)
    unlike, unanswered = find_other_languages(store, plan), answer_warnings(store, plan, released)
    told = []
    for bot in bots:
        counts = {name: entries[bot].rows if bot in entries else None for name, entries in rows.items()}
        counts["labelled"] = labelled.get(bot)
        warnings = report.warnings.get(bot, []) + files.get(bot, []) + unlike.get(bot, []) + unanswered.get(bot, [])
        warnings += typed.get(bot, []) + _warnings(dropped.get(bot, {}), counts, findings.get(bot, []))
        if failing.get(bot):
            look = f"`mlpipeline show embedding {bot} --where 'error!='`"
            warnings.append(f"the encoder fails on {failing[bot]:,} texts, which have no vector: {look}")
        entry = {
            "bot": bot,
            "status": _status(bot, plan, report, released.get(bot)),
            "rows": _row_counts(counts, splits.get(bot, {}), noise.get(bot) or {}),
            "rejected": rejected.get(bot, {}),
            "dropped": {**dropped.get(bot, {}), **noisy.get(bot, {})},
            "causes": {
                stage: "; ".join(o[bot].causes) for stage, o in plan.orders.items() if bot in o and o[bot].causes
            },
            "failure": _failure(report.failed.get(bot)),
            "warnings": warnings,
            "noise": noise.get(bot),
            "augmented": made.get(bot),
            "misread": misread.get(bot),
            "champion": answering.get(bot),
            **_scores(judged.get(bot)),
            **_release(released.get(bot)),
        }
        warnings += doubts(entry)
        told.append(entry)
    return told


def gather_findings(tables: Tables) -> dict[str, list[str]]:
    """For each bot, what `clean` left out and what `split` found, and which texts `denoise` found alike, as lines."""
    told: dict[str, list[str]] = {}
    for row in tables.rows("near_state", ["capped", "skipped"]):
        if row["capped"]:
            left_out = f"{row['capped']:,} grams are in too many texts: {row['skipped']:,} comparisons were left out"
            told.setdefault(row["bot"], []).append(f"near duplicates: {left_out} (clean.near_comparisons)")
    found: dict[str, list[Finding]] = {}
    for row in tables.rows("split_finding", ["kind", "subject", "detail"]):
        found.setdefault(row["bot"], []).append(row)
    for bot, rows in found.items():
        told.setdefault(bot, []).extend(finding_lines(rows))
    for row in tables.rows("noise_report", ["report"]):
        unlike = [one for one in json.loads(row["report"]).get("findings", ()) if one["kind"] != "reworded"]
        told.setdefault(row["bot"], []).extend(finding_lines(unlike, dataset="noise_report"))
    return told


def gather_noise(tables: Tables) -> dict[str, _Noise]:
    """For each bot that `denoise` has judged: its report, and the doubted labels that a person should read first."""
    found: dict[str, _Noise] = {
        row["bot"]: json.loads(row["report"]) for row in tables.rows("noise_report", ["report"])
    }
    columns = ["rank", "text", "intent", "suggested", "score", "kind", "action", "votes", "nearest", "split"]
    listed: dict[str, list[_Issue]] = {}
    for row in tables.rows("label_issue", columns):
        listed.setdefault(row.pop("bot"), []).append(row)
    for bot, report in found.items():
        issues = sorted(listed.get(bot, []), key=lambda row: row["rank"])
        asked, done = to_read_and_done(issues)
        dropped = Counter(row["split"] for row in done if row["action"] == "drop")
        report["left_out"] = {split: dropped[split] for split in _LEARNT}
        report["issues"] = [*asked[:ISSUES], *done[:DONE]]
        report["to_read_count"], report["done_count"] = len(asked), len(done)
    return found


def find_other_languages(store: Store, plan: Plan) -> dict[str, list[str]]:
    """For the bots that were cleaned: a warning with the share when few of their texts look like their language."""
    cleaned = plan.to_run("clean")
    if not cleaned:
        return {}
    try:
        rows = read_rows(store, "cleaned", columns=["domain", "lang", "text"])
    except StoreError:
        return {}
    found = {}
    for bot, order in cleaned.items():
        domain, lang = Bot.parse(bot)
        own = rows.filter(pc.and_(pc.equal(rows["domain"], domain), pc.equal(rows["lang"], lang)))
        told = order.job.recipe.language
        profile = Profile.of(told)
        share = looks_like(own["text"].slice(0, _SAMPLE).to_pylist(), profile)
        if share < _ALIKE:
            found[bot] = [f"only {share:.0%} of the texts look like {told.name} ({told.tag})"]
    return found


def _status(bot: str, plan: Plan, report: RunReport, released: Mapping[str, object] | None) -> str:
    if bot in report.failed:
        return "failed"
    if _is_worked_on(bot, plan) and (released is None or bot not in plan.to_run("release")):
        return "made"
    if released is not None and not released["alias"]:
        return "refused"
    return "released" if _is_worked_on(bot, plan) else "skipped"


def _is_worked_on(bot: str, plan: Plan) -> bool:
    return any(bot in plan.to_run(stage) for stage in plan.orders)


def _row_counts(counts: Mapping[str, int | None], splits: Mapping[str, int], noise: _Noise) -> dict[str, int | None]:
    kept, rejected = counts["utterance"], counts["utterance_rejected"]
    gone = noise.get("left_out", {})
    return {
        "in": None if kept is None else kept + (rejected or 0),
        "rejected": rejected,
        "labelled": counts["labelled"],
        "cleaned": counts["cleaned"],
        "distinct": counts["splits"],
        **{name: splits[name] - gone.get(name, 0) if name in splits else None for name in (*_LEARNT, "test")},
    }


def _failure(why: Failure | None) -> dict[str, str] | None:
    if why is None:
        return None
    return {"stage": why.stage, "reason": why.what, "where": why.where, "fix": why.fix, "trace": why.trace}


def _warnings(dropped: Mapping[str, int], counts: Mapping[str, int | None], findings: list[str]) -> list[str]:
    rows = (counts["cleaned"] or 0) + sum(dropped.values())
    foreign = dropped.get("other_script", 0) / rows if rows else 0.0
    warned = []
    if foreign > _FOREIGN_SHARE:
        warned.append(f"{foreign:.0%} of the rows are in another script: is the file in the declared language?")
    return warned + findings


def _scores(row: _Evaluated | None) -> dict[str, object]:
    if row is None:
        return {}
    kept = (
        "accuracy_interval", "macro_f1_interval", "ece_interval", "known_accuracy", "unknown_rows", "in_scope_rows",
        "out_of_scope", "per_intent", "confusions", "reliability", "oos_curve", "at_threshold", "nonsense", "framed",
        "source", "folds", "train_rows", "near_duplicate_rows", "augmented_rows", "unevaluated_rows", "fixed_test",
    )  # fmt: skip
    report = json.loads(row["report"])
    return {
        "test_rows": report.get("rows"),
        **{"accuracy": row["accuracy"], "macro_f1": row["macro_f1"], "ece": row["ece"]},
        **{name: report[name] for name in kept if name in report},
    }


def _release(row: _Released | None) -> dict[str, object]:
    if row is None:
        return {}
    return {
        "version": row["version"],
        "alias": row["alias"],
        "gate": json.loads(row["gate"]),
        "bundle": row["uri"],
    }


def gather_stages(report: RunReport) -> list[dict[str, object]]:
    """One entry a stage for `run.json`."""
    return [
        {**asdict(stage), "counts": stage.counts.as_json(), "skipped": stage.skipped if stage.bots else True}
        for stage in report.stages
    ]
