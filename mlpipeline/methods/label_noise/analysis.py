"""The verdict on the labels of one bot: what views say, findings, and what becomes of each row.

Nothing here knows Spark: views are asked of `Fit`, which runs them in this process, in a few, or as Spark tasks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mlpipeline.errors import StageError
from mlpipeline.methods.label_noise.audit import Audit, audit
from mlpipeline.methods.label_noise.decide import Finding, choose_action, list_findings
from mlpipeline.methods.label_noise.detect import Detection, check_labels, detect, find_noise
from mlpipeline.methods.label_noise.estimate import NoiseEstimate
from mlpipeline.methods.label_noise.examples import Examples, Flags
from mlpipeline.methods.label_noise.folds import Task, predict_all
from mlpipeline.methods.label_noise.fuse import votes
from mlpipeline.methods.label_noise.noise_data import Codes, Floats, NoiseData, as_noise_data, folds_by_group
from mlpipeline.methods.label_noise.packed import Taken
from mlpipeline.methods.label_noise.settings import NoiseSettings
from mlpipeline.methods.label_noise.views import View, choose_views, quick_views, say_cheaper

_TEST = 2  # the part of the test rows; human rows are part 0, made ones part 1
_MOST_CELLS = 150_000_000  # units x intents: 600 MB for the scores of one view, of which several are held at a time


# The scores (n, classes) of several views by name, out of fold.
Fit = Callable[[Sequence[View], Task], Mapping[str, Floats]]


@dataclass(frozen=True)
class NoiseAnalysis:
    """What was found in one bot.

    Attributes:
        findings: the doubted units by number, the likeliest mistakes first; test units last.
        detection: of the units that are not held out, in their order, its views being gone; None when nothing can be
            judged.
        test: the judgement of all units, of which those held out count; None without such units.
        audits: how well planted mistakes are found.
        agreed: by view, the share of the learnt units for which it says the given label.
        reason: why nothing can be judged, and what to do; empty otherwise.
        cheaper: which views were taken for their cost, and why; empty where size does not matter.
    """

    findings: Sequence[Finding] = ()
    detection: Detection | None = None
    test: NoiseEstimate | None = None
    audits: Sequence[Audit] = ()
    agreed: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    cheaper: str = ""


def fit_here(views: Sequence[View], task: Task) -> Mapping[str, Floats]:
    """`Fit` in this process, one fold after another."""
    return {view.name: predict_all(view, task) for view in views}


def analyse_examples(examples: Examples, rules: NoiseSettings, *, large: bool, fit: Fit = fit_here) -> NoiseAnalysis:
    """Judges the labels of one bot.

    Args:
        units: of the bot.
        rules: the recipe's `denoise` section.
        large: whether it is worth the trainer's network as well.
        fit: runs the views.
    """
    learnt = np.flatnonzero(~examples.held_out)
    try:
        views, task = plan_views(examples, rules, large=large)
    except StageError as error:
        return _unjudged(examples, error, rules.policy)
    scores = fit(views, task)
    detection = detect(views, Taken(scores, learnt), task.labels[learnt], task.origins[learnt], seed=rules.seed)
    part = task.noise_data.take(learnt)
    findings = _findings(detection, part, task.labels[learnt], examples, learnt, rules)
    findings = spare_intents(findings, task.labels[learnt], rules.max_dropped)
    heard = votes(detection.views)
    agreed = {name: float((said == task.labels[learnt]).mean()) for name, said in heard.items()}
    detection = replace(detection, views={})  # those of a large bot are hundreds of MB, and the test units come next
    test, told = _judge_test(examples, rules, task, views, scores)
    audits = (
        _audit(detection.estimate, part, task.labels[learnt], examples.verified[learnt], rules) if rules.audit else []
    )
    cheaper = say_cheaper(task.classes, len(learnt), views)
    return NoiseAnalysis([*findings, *told], detection, test, audits, agreed, cheaper=cheaper)


def plan_views(examples: Examples, rules: NoiseSettings, *, large: bool) -> tuple[Sequence[View], Task]:
    """What is asked of a `Fit`; raises StageError where nothing can be judged."""
    learnt = np.flatnonzero(~examples.held_out)
    _check(examples, learnt, rules.folds)
    views = choose_views(
        len(examples.intents),
        len(learnt),
        vectors=examples.vectors is not None,
        network=large and rules.network,
        pretrained=rules.pretrained_vectors,
    )
    return views, as_task(examples, rules)


def as_task(examples: Examples, rules: NoiseSettings) -> Task:
    """What the views of a bot work on. Folds are dealt to learnt and held-out units apart, so that neither moves."""
    noise_data = as_noise_data(examples.normalized, examples.groups, examples.vectors)
    folds = np.zeros(len(examples), np.int64)
    for rows in (np.flatnonzero(~examples.held_out), np.flatnonzero(examples.held_out)):
        folds[rows] = folds_by_group(examples.labels[rows], examples.groups[rows], rules.folds, rules.seed)
    parts = examples.synthetic.astype(np.int64)
    return Task(noise_data, examples.labels, folds, parts, ~examples.held_out, len(examples.intents), rules.seed)


def spare_intents(findings: Sequence[Finding], labels: Codes, most: float) -> list[Finding]:
    """The findings with `queue` instead of `drop` and `relabel` for intents that would lose more than that share.

    An intent that the views doubt as a whole is a question about intents, and no row of it answers that.
    """
    sizes = np.bincount(labels)
    lost = Counter(finding.given for finding in findings if finding.action in ("drop", "relabel"))
    spared = {given for given, count in lost.items() if count > most * sizes[given]}
    return [
        replace(one, action="queue") if one.given in spared and one.action in ("drop", "relabel") else one
        for one in findings
    ]


def _check(examples: Examples, learnt: Codes, folds: int) -> None:
    """Raises StageError where nothing can be judged."""
    texts = np.unique(examples.groups[learnt])
    if len(learnt) and len(texts) < 2:
        raise StageError("all texts are one and the same", fix=f"give at least {2 * folds} different texts")
    check_labels(NoiseData(None, np.zeros((0, 0), np.float32), examples.groups[learnt]), examples.labels[learnt], folds)
    if len(examples) * len(examples.intents) > _MOST_CELLS:
        what = f"{len(examples):,} texts of {len(examples.intents):,} intents are more than fits into memory"
        raise StageError(what, fix="check a part of them with `mlpipeline denoise check`")
    # Of an intent with one text, nothing is left to learn from when that text is asked.
    pairs = np.unique(np.stack([examples.labels[learnt], examples.groups[learnt]]), axis=1)
    known = np.bincount(pairs[0]) >= 2
    if known.sum() < 2:
        raise StageError("fewer than two intents have two different texts", fix="give each intent several texts")


def _unjudged(examples: Examples, error: StageError, policy: str) -> NoiseAnalysis:
    """Why no model is asked, and what needs none: one text under several labels, of which at most one is right."""
    labels: dict[str, list[int]] = {}
    for row, content in enumerate(examples.ids):
        labels.setdefault(content, []).append(row)
    opposed = {content: rows for content, rows in labels.items() if len(rows) > 1}
    kept = (examples.verified | examples.held_out).tolist()
    findings = [
        Finding(
            row=row,
            given=int(examples.labels[row]),
            suggested=int(examples.labels[other]),
            wrong=round(1.0 - 1.0 / len(rows), 6),
            flagged=False,
            kind="contradiction",
            action="report" if kept[row] else choose_action(policy, clear=False, agreed=False),
            votes={},
            like_given=(),
            like_suggested=(other,),
        )
        for rows in opposed.values()
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True)
    ]
    findings.sort(key=lambda one: (bool(examples.held_out[one.row]), -one.wrong, one.row))
    told = [error.what, error.fix]
    if len(opposed) == 1:
        told.append(f"one text stands under {len(findings)} labels")
    elif opposed:
        told.append(f"{len(opposed):,} texts stand under 2 labels or more")
    return NoiseAnalysis(findings, reason="; ".join(filter(None, told)))


def _findings(
    detection: Detection, part: NoiseData, labels: Codes, examples: Examples, rows: Codes, rules: NoiseSettings
) -> list[Finding]:
    """The findings of some units, with the numbers that they have among all."""
    outside = examples.intents.index(rules.out_of_scope_label) if rules.out_of_scope_label in examples.intents else None
    kept = (examples.verified | examples.held_out)[rows]
    listed = list_findings(detection, part, labels, policy=rules.policy, outside=outside, verified=kept)
    return [
        replace(
            one,
            row=int(rows[one.row]),
            like_given=tuple(int(rows[near]) for near in one.like_given),
            like_suggested=tuple(int(rows[near]) for near in one.like_suggested),
        )
        for one in listed
    ]


def _judge_test(
    examples: Examples, rules: NoiseSettings, task: Task, views: Sequence[View], scores: Mapping[str, Floats]
) -> tuple[NoiseEstimate | None, list[Finding]]:
    """The test units, judged by what the views said of them; the others stand beside them only as a scale."""
    if not examples.held_out.any():
        return None, []
    apart = np.where(examples.held_out, _TEST, task.origins)
    whole = detect(views, scores, task.labels, apart, seed=rules.seed)
    listed = _findings(whole, task.noise_data, task.labels, examples, np.arange(len(examples)), rules)
    return whole.estimate, [one for one in listed if examples.held_out[one.row]]


def _audit(
    before: NoiseEstimate, noise_data: NoiseData, labels: Codes, verified: Flags, rules: NoiseSettings
) -> list[Audit]:
    """Plants mistakes and looks for them with the quick views, on at most `rules.audit_rows` units."""
    rows = _drawn(noise_data.groups, rules.audit_rows, rules.seed)
    known, own = np.unique(labels[rows], return_inverse=True)
    if len(known) < 2:
        return []
    own = np.asarray(own.reshape(-1), np.int64)
    part = noise_data.take(rows)
    views = quick_views(len(known), len(labels))
    seen = replace(before, wrong=before.wrong[rows], score=before.score[rows])

    def again(changed: Codes) -> NoiseEstimate:
        return find_noise(part, changed, len(known), views=views, folds=rules.folds, seed=rules.seed).estimate

    return audit(own, part, seen, again, share=rules.audit, verified=verified[rows], seed=rules.seed)


def _drawn(groups: Codes, most: int, seed: int) -> Codes:
    """At most about that many rows, whole groups, drawn evenly: row numbers in their order."""
    if len(groups) <= most:
        return np.arange(len(groups))
    numbers = np.unique(groups)
    chosen = np.random.default_rng(seed).permutation(numbers)[: max(len(numbers) * most // len(groups), 1)]
    return np.flatnonzero(np.isin(groups, chosen))
