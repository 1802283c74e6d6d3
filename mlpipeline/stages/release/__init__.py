"""A bundle, a version in the registry, and the alias `champion` only for what passes the gate."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline import __version__
from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.evaluation.sources import learnt_words
from mlpipeline.schemas import (
    DENOISED,
    EMBEDDING,
    ENCODER,
    EVALUATION,
    EXPORTED,
    MODEL,
    PREDICTION,
    RELEASED,
    SOURCE_FILE,
    SPLITS,
)
from mlpipeline.stages.contract import Stage, section_names
from mlpipeline.stages.release.answers import read_answers
from mlpipeline.stages.release.contents import bundle_contents
from mlpipeline.stages.release.facts import release_facts
from mlpipeline.stages.release.gate import ChampionFigures, Condition, as_rows, check_gate, is_provisional
from mlpipeline.stages.release.golden import ask_released, count_broken
from mlpipeline.stages.release.index import seal_index
from mlpipeline.stages.release.lost import find_lost
from mlpipeline.stages.release.predictions import keep_predictions, pair_with_champion
from mlpipeline.stages.release.settings import ReleaseSettings
from mlpipeline.stages.release.wheel import running_wheel
from mlpipeline.store.bundles.content import put_bundle
from mlpipeline.store.fingerprint import digest
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.models import register_bundle, registry, tag_version
from mlpipeline.store.registry.moves import (
    bundles_of,
    database_of,
    move_champion,
    name_candidate,
    read_champion,
    registered,
    take_back,
)
from mlpipeline.store.registry.pointers import ALIAS
from mlpipeline.store.registry.rows import set_aside
from mlpipeline.store.registry.server import team_server
from mlpipeline.store.registry.tracking import RunFacts

_LOADER = "mlpipeline.serving.pyfunc"


@cache
def git_commit() -> str:
    """The commit of the working folder, with `+` when files differ from it; empty outside of a checkout."""
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=True)
        dirty = subprocess.run(
            ["git", "status", "--porcelain"], capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
    return head.stdout.strip() + ("+" if dirty else "")


def data_digest(inputs: Mapping[str, pa.Table]) -> str:
    """16 hex characters of what the model learnt from: content ids, intents and splits, in no order."""
    learnt = inputs["denoised"].select(["content_id", "intent"]).to_pylist()
    rows = sorted((row["content_id"], row["intent"] or "") for row in learnt)
    splits = sorted((row["content_id"], row["split"]) for row in inputs["splits"].to_pylist())
    return digest([rows, splits])


def bundle_home(store: Store, bot: str) -> Path:
    """Where a bot's bundles lie; raises StoreError when the store is no folder of this machine."""
    if not store.is_local:
        raise StoreError("bundles need a folder", where=store.root, fix="mount the store, or copy datasets to a folder")
    return bundles_of(store, bot)


def _answers(inputs: Mapping[str, pa.Table], bot: str) -> dict[str, dict[str, str]]:
    files = inputs["source_file"].to_pylist()
    return read_answers(files[0]["path"], files[0]["name"], Bot.parse(bot).lang) if files else {}


def _figures(inputs: Mapping[str, pa.Table]) -> dict[str, float | None]:
    """What the gate looks at and the registry keeps; `test_rows` are those that accuracy is of."""
    row = inputs["evaluation"].select(["accuracy", "macro_f1", "ece", "report"]).to_pylist()[0]
    report = json.loads(row.pop("report"))
    for name in ("accuracy", "macro_f1", "ece"):
        ends = report.get(f"{name}_interval") or (None, None)
        row |= {f"{name}_low": ends[0], f"{name}_high": ends[1]}
    return {**row, "test_rows": report["accuracy_rows"]}


def _origin_of_figures(inputs: Mapping[str, pa.Table]) -> dict[str, str]:
    """Where the figures come from and what the model learnt, in words, as tags of the registry."""
    report = json.loads(inputs["evaluation"]["report"][0].as_py())
    counts = (report[name] for name in ("train_rows", "near_duplicate_rows", "augmented_rows"))
    return {"figures_from": report["source"], "learnt": learnt_words(*counts)}


def _as_plain(settings: ReleaseSettings) -> dict[str, dict[str, object]]:
    return {name: getattr(settings, name).model_dump(mode="json") for name in section_names(ReleaseSettings)}


def _register(
    store: Store, bot: str, bundle: tuple[Path, str], conditions: list[Condition], facts: RunFacts
) -> dict[str, object]:
    """Registers a bundle, here and at a team's server, and moves the alias if the gate passed: the store's own last."""
    own, server = registry(store), team_server(registry(store))
    version = register_bundle(own, bot, bundle[0], loader_module=_LOADER, facts=facts, wheel=running_wheel())
    if server is not None:
        server.record(bot, *bundle, facts)
    if all(condition.passed for condition in conditions):
        failure = _answer_or_take_back(store, bot, version)
        if failure is not None:
            conditions.append(failure)
            tag_version(own, bot, version, {"gate": f"refused: {failure.name}"})
    else:
        name_candidate(store, bot, version, f"the gate {facts.tags['gate']}")
    domain, lang = Bot.parse(bot)
    return {
        "domain": domain,
        "lang": lang,
        "version": version,
        "bundle_digest": bundle[1],
        "uri": f"bundles/{domain}/{lang}/{bundle[0].name}",
        "alias": ALIAS if all(condition.passed for condition in conditions) else None,
        "gate": json.dumps(as_rows(conditions)),
    }


def _answer_or_take_back(store: Store, bot: str, version: int) -> Condition | None:
    """Lets a version answer and asks it its golden questions; where it fails, what answered before does so again."""
    before = registered(store, bot)[1]
    asked = ask_released(move_champion(store, bot, version, how="release"))
    if not asked.failed:
        return None
    why = f"{asked.failed} of {asked.questions} golden questions failed after the release: {asked.why}"
    take_back(store, bot, version, before, why)
    return Condition("golden_after_release", asked.failed, 0, False, note=asked.why)


def release(
    store: Store, bot: str, settings: ReleaseSettings, inputs: Mapping[str, pa.Table]
) -> Mapping[str, pa.Table]:
    """Table of contents: put the bundle together, judge by the gate, register it, move the alias if it passed."""
    home = bundle_home(store, bot)
    set_aside(database_of(store))
    profile = Profile.of(settings.language)
    normalize = normalizer(profile)
    today = read_champion(store, bot)
    data, recipe = data_digest(inputs), digest(_as_plain(settings))
    origin = {"data_digest": data, "weights_digest": inputs["model"]["weights_digest"][0].as_py()}
    contents = bundle_contents(bot, profile, normalize, settings, inputs, _answers(inputs, bot), origin)
    figures = {**_figures(inputs), "broken_on_golden": count_broken(today, contents, normalize)}
    rules, judged = settings.release, inputs["prediction"]
    paired = pair_with_champion(today, judged, settings.train.out_of_scope_label)
    before = ChampionFigures(today.metrics, paired) if today else None
    few = rules.provisional_below or 0
    conditions = check_gate(rules.gate, figures, before, bot=bot, bound=rules.bound, provisional_below=few)
    folder, made = put_bundle(home, contents)
    seal_index(folder, contents.vectors, inputs["exported"])
    keep_predictions(folder, judged)
    # What is told of a release but is no content stands in the registry alone: equal content stays one bundle.
    tags = {"bundle_digest": made, "data_digest": data, "recipe_digest": recipe, "git_commit": git_commit()}
    missed = ", ".join(condition.name for condition in conditions if not condition.passed)
    tags |= {"mlpipeline": __version__, "gate": f"refused: {missed}" if missed else "passed"}
    tags |= _origin_of_figures(inputs)
    if is_provisional(figures, few):
        tags["provisional"] = f"{figures['test_rows'] or 0:.0f} rows were judged, fewer than {few}"
    facts = release_facts(store, bot, _as_plain(settings), figures, inputs, conditions, tags)
    row = _register(store, bot, (folder, made), conditions, facts)
    return {"released": pa.Table.from_pylist([row], schema=to_arrow_schema(RELEASED))}


STAGE: Stage[ReleaseSettings] = Stage(
    name="release",
    settings=ReleaseSettings,
    needs={
        "source_file": SOURCE_FILE,
        "denoised": DENOISED,
        "splits": SPLITS,
        "encoder": ENCODER,
        "embedding": EMBEDDING,
        "model": MODEL,
        "prediction": PREDICTION,
        "evaluation": EVALUATION,
        "exported": EXPORTED,
    },
    gives={"released": RELEASED},
    libraries=("mlflow", "numpy", "onnxruntime", "PyYAML", "usearch", "scipy", "sentencepiece"),
    driver=release,
    lost=find_lost,
)
