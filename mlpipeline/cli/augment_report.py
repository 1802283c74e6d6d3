"""`mlpipeline augment report`: what synthetic examples gain for a bot, by operator, and which operators do harm."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from mlpipeline.bots import Bot
from mlpipeline.cli.augment_report_text import as_text
from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.files import atomic_write, check_target
from mlpipeline.cli.options import refuse_ignored, setting_option
from mlpipeline.errors import InputError, RecipeError, StoreError, UsageError
from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.methods.augmentation.ablation import Ablation, Codes, ablate
from mlpipeline.methods.augmentation.corpus import Corpus
from mlpipeline.methods.augmentation.settings import MakingSettings
from mlpipeline.orders.augmentation_rows import drawn_rows, families, taken
from mlpipeline.orders.review_sheet import ReadMarks, SheetRow, bad_rows_line, read_marks, write_sheet
from mlpipeline.recipe.model_fields import TrainSection

_FOLDS, _SEEDS, _SHEET = 3, 5, 200
_COLUMNS = ("content_id", "id", "intent", "text", "normalized", "component", "parent")


def add_report(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", metavar="BOT", help="DOMAIN/LANG, whose rows were split")
    parser.add_argument(
        "--model",
        choices=("linear", "trainer"),
        default="linear",
        help="what measures gains: a fast linear model, operator by operator, or the trainer's network, all together",
    )
    parser.add_argument("--folds", type=int, default=_FOLDS, metavar="K", help=f"folds of the rows ({_FOLDS})")
    parser.add_argument("--seeds", type=int, default=_SEEDS, metavar="N", help=f"how often, at least 5 ({_SEEDS})")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="no gains: only counts of synthetic examples, refusals and marks, in seconds",
    )
    parser.add_argument(
        "--per-intent",
        type=int,
        metavar="N",
        help="look at N rows of each intent only, as if the bot were smaller; switches nothing off",
    )
    parser.add_argument("--no-switch", action="store_true", help="switch no operator off, only name them")
    parser.add_argument("--to", metavar="REVIEW.xlsx", help="write synthetic examples for a native speaker to rate")
    parser.add_argument("--rows", type=int, default=_SHEET, metavar="N", help=f"rows of that sheet ({_SHEET})")
    parser.add_argument("--marks", metavar="REVIEW.xlsx", help="read the ratings of such a sheet")
    setting_option(parser)
    parser.epilog = (
        "Operators that do harm go to conf/domains/DOMAIN/LANG.measured.yaml, which the next run reads; whoever "
        "removes the file takes it back."
    )
    parser.set_defaults(verb=report_verb)


class BotData(NamedTuple):
    """A bot: all its rows, those that gains are measured on with their families, and the rules, without what was
    measured before."""

    all_rows: Corpus
    corpus: Corpus
    groups: Codes
    rules: MakingSettings
    train: TrainSection
    off: tuple[str, ...]


def report_verb(context: CommandContext) -> int:
    """Prints the report; writes the sheet and the measured layer. 1 when the layer cannot be written."""
    from mlpipeline.languages.paraphrase.tools import load_tool
    from mlpipeline.methods.augmentation.making import augment_bot
    from mlpipeline.orders.augmentation_report import as_report, scores_of_order, sheet_rows

    options, began = context.options, time.monotonic()
    _check(options)
    bot = meant_bot(context, options.bot)
    # First, before minutes are spent: a sheet that cannot be read is no reason to begin.
    marks = _marks(context) if options.marks else ReadMarks({}, 0, 0, [])
    data = read_bot(context, bot)
    tool = load_tool(Bot.parse(bot).lang, data.rules.enabled)
    done = augment_bot(data.all_rows, data.rules, tool)
    context.say(f"{bot}: {len(data.all_rows.texts):,} training rows, {len(done.kept):,} synthetic examples")
    ablation = None if options.quick else _ablation(context, data, tool)
    by_operator = ablation is not None and options.model == "linear"
    orders = scores_of_order(data.corpus, ablation, tool, data.rules.seed) if ablation and by_operator else {}
    report = {"bot": bot, **as_report(data.all_rows, done, tool, ablation, orders, marks.operators)}
    report["sheet"] = {"marked": marks.rated, "rows": marks.rows, "bad": marks.bad} if options.marks else None
    report["wrote"] = {}
    if options.to:
        place, rows = Path(options.to), sheet_rows(data.all_rows, [one.candidate for one in done.kept])
        report["wrote"]["sheet"] = str(place)
        context.say(f"{_write_sheet(rows, options.rows, place):,} rows to rate in {place}")
    failed = switch(context, bot, report, data.off, measured=by_operator)
    report["seconds"] = round(time.monotonic() - began, 1)
    context.print_result(report, as_text(report))
    if failed:
        raise failed
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.quick:
        refuse_ignored(options, ("folds", "seeds", "model"), "is for measuring, which --quick leaves out")
    if not options.to:
        refuse_ignored(options, ("rows",), "is for the sheet of --to")
    least = {"folds": 2, "seeds": 5, "per_intent": 2, "rows": 1}
    for name, fewest in least.items():
        value = getattr(options, name)
        if value is not None and value < fewest:
            raise UsageError(f"--{name.replace('_', '-')} {value} is too few", fix=f"give at least {fewest}")
    for name in ("to", "marks"):
        given = getattr(options, name)
        if given and Path(given).suffix.lower() != ".xlsx":
            raise UsageError(f"--{name} {given}: the sheet is an .xlsx file", fix="name it review.xlsx")
    if options.to and options.marks and Path(options.to).resolve() == Path(options.marks).resolve():
        raise UsageError("--to would replace the sheet that --marks reads", fix="give it another name")
    if options.to:
        check_target("--to", Path(options.to))


def _marks(context: CommandContext) -> ReadMarks:
    marks = read_marks(Path(context.options.marks))
    if marks.bad:
        context.say(
            f"note: {len(marks.bad):,} rows of {context.options.marks} cannot be read: {bad_rows_line(marks.bad)}"
        )
    return marks


def read_bot(context: CommandContext, bot: str) -> BotData:
    """The training rows of a bot and their families, and its recipe without the measured layer.

    Raises:
        StoreError: the bot has not been split yet.
    """
    from mlpipeline.languages.profile import Profile
    from mlpipeline.stages.augment import corpus_of, making_settings
    from mlpipeline.store.tables.datasets import read_rows
    from mlpipeline.store.tables.manifests import load_manifest

    recipe = context.recipe(bot, measured=False).recipe
    if bot not in load_manifest(context.store, "splits").entries:
        raise StoreError(
            f"{bot} has no splits", where=context.store.root, fix=f"mlpipeline run --select {bot} --to-stage split"
        )
    splits = read_rows(context.store, "splits", bots=[bot], columns=["content_id", "split"])
    place = dict(zip(splits["content_id"].to_pylist(), splits["split"].to_pylist(), strict=True))
    rows = read_rows(context.store, "cleaned", bots=[bot], columns=list(_COLUMNS)).select(list(_COLUMNS)).to_pylist()
    # A labelled row without a split belongs to nobody: it was cleaned after the last split.
    looked_at = [
        row
        for row in rows
        if (row["content_id"] in place if row["intent"] is not None else recipe.augment.retrieve_to > 0)
    ]
    marked = [
        {**row, "split": place.get(row["content_id"]) if row["intent"] is not None else None} for row in looked_at
    ]
    schema = pa.schema([(name, pa.string()) for name in (*_COLUMNS, "split")])
    corpus = corpus_of(pa.Table.from_pylist(marked, schema=schema), Profile.of(recipe.language))
    family = families(looked_at)
    names, groups = np.unique([family[one] for one in corpus.ids], return_inverse=True)
    chosen = drawn_rows(corpus, groups.reshape(-1), per_intent=context.options.per_intent)
    if len(chosen) < len(corpus.ids):
        context.say(f"note: gains are of {len(chosen):,} of {len(corpus.ids):,} training rows, {len(names):,} families")
    rules = making_settings(recipe.augment, recipe.clean)
    own = taken(corpus, chosen)
    all_rows = own if context.options.per_intent else corpus
    return BotData(all_rows, own, groups.reshape(-1)[chosen], rules, recipe.train, tuple(recipe.augment.disabled))


def _ablation(context: CommandContext, data: BotData, tool: Tool) -> Ablation:
    from mlpipeline.methods.augmentation.ablation_learners import linear_learner, trainer_learner
    from mlpipeline.stages.train import classifier_settings

    options, linear = context.options, context.options.model == "linear"
    corpus, rules, weight = data.corpus, data.rules, data.train.augmented_weight
    learner = linear_learner(corpus, rules.seed, weight)
    if not linear:
        learner = trainer_learner(corpus, classifier_settings(data.train), data.train.seed)
    return ablate(
        corpus,
        data.groups,
        rules,
        tool,
        learner,
        model=options.model,
        folds=options.folds,
        seeds=options.seeds,
        by_operator=linear,
        outside=data.train.out_of_scope_label,
    )


def _write_sheet(rows: list[SheetRow], most: int, place: Path) -> int:
    from mlpipeline.orders.review_sheet import drawn_evenly

    chosen = drawn_evenly(rows, most)
    with atomic_write(place, UsageError) as made:
        write_sheet(chosen, made)
    return len(chosen)


def switch(
    context: CommandContext, bot: str, report: dict[str, Any], off: tuple[str, ...], *, measured: bool
) -> InputError | None:
    """Writes the measured layer and says in the report what it holds and what was taken back.

    What this call did not look at stays as it was: gains and order without an ablation by operator or of operators that
    made too few rows, marks without a sheet. The same goes for lines that a person wrote.

    Args:
        context: of the verb.
        bot: its name.
        report: gets `switched_off`, `taken_back`, `wrote`.
        off: operators that people switched off; they are not written again.
        measured: whether gains and order were measured.

    Returns:
        Why the layer could not be written, to be raised once the report is told.
    """
    from mlpipeline.recipe.measured import measured_file, read_reasons, write_measured

    domain, lang = Bot.parse(bot)
    file = measured_file(context.conf, domain, lang)
    before = read_reasons(file)
    told = {one["name"]: one for one in report["operators"]}
    renewed = {name for name, why in before.items() if name in told and _is_renewed(told[name], why, measured)}
    bad = {one["name"]: one["bad"] for one in report["operators"] if one["bad"] and (one["used"] or one["marks"])}
    found = {name: why for name, why in bad.items() if name not in off}
    wanted = {**{name: why for name, why in before.items() if name not in renewed}, **found}
    report["switched_off"] = wanted
    report["taken_back"] = sorted(set(before) - set(wanted))
    report["written"] = False
    if context.options.no_switch or context.options.per_intent:
        return None
    try:
        if wanted != before:
            write_measured(file, bot, wanted)
    except RecipeError as error:
        return InputError(error.what, where=error.where, fix=error.fix)
    report["written"] = True
    if wanted:
        report["wrote"]["measured"] = str(file)
    return None


def _is_renewed(operator: Mapping[str, object], why: str, measured: bool) -> bool:
    """Whether this call looked again at what had an operator switched off."""
    from mlpipeline.orders.augmentation_report import BY_MARKS

    if why.startswith(BY_MARKS):
        return operator["marks"] is not None
    looked = operator["alone"] is not None or operator["order"] is not None
    return measured and looked and why.startswith(("gain", "order"))
