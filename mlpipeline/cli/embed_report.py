"""`mlpipeline embed report`: how good the encoders of bots are, on their own rows and on lists of their languages."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.bots import Bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.embed_report_text import as_text
from mlpipeline.cli.files import atomic_write, check_target
from mlpipeline.cli.options import selecting_options
from mlpipeline.errors import UsageError, did_you_mean
from mlpipeline.inputs import local_path
from mlpipeline.recipe.names import ENCODERS
from mlpipeline.store.elsewhere import is_elsewhere

if TYPE_CHECKING:
    from mlpipeline.methods.vector_quality.plane import Plane
    from mlpipeline.methods.vector_quality.samples import Grouped
    from mlpipeline.networks.encoders.contract import Encoder
    from mlpipeline.orders.embedding_results import VectorReport
    from mlpipeline.orders.embedding_rows import BotTexts
    from mlpipeline.recipe.load import Resolved

_ROWS, _MOST_SENTENCES = 2000, 2000
_REFUSED = 4


def add_report(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    selecting_options(parser)
    parser.add_argument("--to", metavar="REPORT.html", help="write the page there; --json has the same figures")
    parser.add_argument(
        "--against",
        metavar="ENCODER",
        help=f"another encoder on the same texts, and what is gained over it: {', '.join(ENCODERS)} or a folder",
    )
    parser.add_argument(
        "--paraphrases",
        metavar="FILE",
        help="sentences of one language with the columns text and group, those of a group mean the same: JSONL, CSV or "
        "TSV; without it, 48 sentences a language that come with the package",
    )
    parser.add_argument(
        "--min-knn-accuracy", type=float, metavar="X", help="exit code 4 when a bot has less, 0 to 1: for CI"
    )
    parser.add_argument(
        "--rows", type=int, default=_ROWS, metavar="N", help=f"texts of a bot, at most, drawn by embed.seed ({_ROWS})"
    )
    parser.epilog = (
        "No JVM is started. Vectors come from the store; what it lacks is encoded. exit codes: 0 measured; 1 no "
        "vectors yet, or an encoder cannot be opened; 2 a wrong command line; 4 a bot is below --min-knn-accuracy"
    )
    parser.set_defaults(verb=report_verb)


@dataclass
class Measured:
    """What the page is made of: the figures, and of each bot its texts and their map."""

    report: VectorReport
    maps: list[tuple[BotTexts, Plane]] = field(default_factory=list)


def report_verb(context: CommandContext) -> int:
    """Prints the figures; writes the page. 4 when a bot is below the gate."""
    options = context.options
    place = _check(options)
    recipes = {str(one.bot): one for one in context.recipes()}
    sentences = _file_sentences(options.paraphrases, recipes) if options.paraphrases else None
    measured = measure(context, recipes, sentences)
    report = measured.report
    if place:
        from mlpipeline.views.report.vectors_page import render_vectors

        with atomic_write(place, UsageError) as made:
            made.write_text(render_vectors(report, measured.maps), "utf-8", newline="")
    report["wrote"] = {"report": str(place)} if place else {}
    context.print_result(report, as_text(report))
    gate = report["gate"]
    return _REFUSED if gate and gate["refused"] else 0


def _check(options: argparse.Namespace) -> Path | None:
    least = options.min_knn_accuracy
    if least is not None and not 0.0 <= least <= 1.0:
        raise UsageError(f"--min-knn-accuracy {least}: an accuracy is a share", fix="give a number from 0 to 1")
    if options.rows < 2:
        raise UsageError(f"--rows {options.rows} is too few", fix="give at least 2")
    name = options.against
    if name is not None and name not in ENCODERS and not (is_elsewhere(name) or Path(local_path(name)).is_dir()):
        what = f"--against {name}: neither an encoder nor a folder{did_you_mean(name, ENCODERS)}"
        raise UsageError(what, fix=f"give one of {', '.join(ENCODERS)}, or a folder that holds an encoder")
    if not options.to:
        return None
    if Path(options.to).suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--to {options.to}: the page is an .html file", fix="name it report.html")
    return check_target("--to", Path(options.to))


def _file_sentences(path: str, recipes: Mapping[str, Resolved]) -> Grouped:
    """The sentences of a file whose group has two or more, whole groups drawn where there are too many."""
    from mlpipeline.cli.file_rows import read_rows
    from mlpipeline.methods.vector_quality.samples import grouped_sentences

    langs = sorted({Bot.parse(bot).lang for bot in recipes})
    if len(langs) > 1:
        what = "--paraphrases is a file of one language, and bots of several are chosen"
        raise UsageError(what, where=path, fix=f"add --select lang:{langs[0]}, or another of {', '.join(langs)}")
    mapping = {"intent": None, "source": "group"}
    held = read_rows(path, mapping)
    for row in held.rows:
        if row.source is None:
            held.left_out.add("no_group", row.line)
    pairs = [(row.text, row.source) for row in held.rows if row.source is not None]
    if not pairs:
        raise held.left_out.refusal(path, "no sentence with a group", ("text", "source"), mapping)
    seed = next(iter(recipes.values())).recipe.embed.seed
    found = grouped_sentences(pairs, most=_MOST_SENTENCES, seed=seed)
    if not found.texts:
        raise UsageError("no two sentences share a group", where=path, fix="give those that mean the same one group")
    return found


def measure(context: CommandContext, recipes: Mapping[str, Resolved], sentences: Grouped | None) -> Measured:
    """All figures of the chosen bots and of their languages, and between these.

    Raises:
        StoreError: no bot has vectors, or they are damaged.
        SetupError: an encoder cannot be opened on this machine.
    """
    from mlpipeline.languages.profile import Profile, normalizer
    from mlpipeline.methods.vector_quality.samples import paraphrases
    from mlpipeline.orders.embedding_report import Sentences, below_gate, report_across, report_language
    from mlpipeline.orders.embedding_rows import embedded_bots

    bots, without = embedded_bots(context.store, list(recipes))
    if without:
        context.say(f"note: without vectors, and left out: {', '.join(without)}")
    encoders = _encoders(context, bots, recipes)
    result: VectorReport = {
        "against": context.options.against,
        "bots": [],
        "languages": [],
        "across": [],
        "gate": None,
        "wrote": {},
    }
    measured = Measured(result)
    for bot in bots:
        _add_bot(context, measured, bot, recipes[bot], *encoders[Bot.parse(bot).lang])
    normalizers = {lang: normalizer(Profile.of(recipes[_first(bots, lang)].recipe.language)) for lang in encoders}
    seed = recipes[bots[0]].recipe.embed.seed
    for lang, (own, other) in encoders.items():
        given = Sentences(sentences or paraphrases(lang), context.options.paraphrases or "")
        result["languages"].append(report_language(lang, normalizers[lang], own, other, given, seed))
    for number in (0, 1):
        held = {lang: pair[number] for lang, pair in encoders.items()}
        result["across"] += report_across({lang: one for lang, one in held.items() if one}, normalizers, seed)
    least = context.options.min_knn_accuracy
    if least is not None:
        result["gate"] = {"min_knn_accuracy": least, "refused": below_gate(result["bots"], least)}
    return measured


def _first(bots: list[str], lang: str) -> str:
    return next(bot for bot in bots if Bot.parse(bot).lang == lang)


def _encoders(
    context: CommandContext, bots: list[str], recipes: Mapping[str, Resolved]
) -> dict[str, tuple[Encoder, Encoder | None]]:
    """Language -> the encoder of its bots, and the one that it is compared with."""
    from mlpipeline.networks.encoders.opening import USE_FITTED
    from mlpipeline.networks.encoders.use_source import knows
    from mlpipeline.orders.embedding_rows import other_encoder
    from mlpipeline.orders.neighbours import stored_encoder

    name = context.options.against
    found: dict[str, tuple[Encoder, Encoder | None]] = {}
    for bot in bots:
        lang, rules = Bot.parse(bot).lang, recipes[bot].recipe.embed
        if lang in found:
            continue
        if name in ("use", USE_FITTED) and not knows(lang):
            context.say(f"note: the encoder `{name}` never learnt {lang}")
        other = other_encoder(context.store, lang, name, rules) if name else None
        found[lang] = (stored_encoder(context.store, bot, rules.encoder), other)
    return found


def _add_bot(
    context: CommandContext, measured: Measured, bot: str, resolved: Resolved, own: Encoder, other: Encoder | None
) -> None:
    from mlpipeline.networks.encoders.opening import USE_FITTED
    from mlpipeline.orders.embedding_report import report_bot
    from mlpipeline.orders.embedding_rows import read_bot_texts, vectors_of

    seed = resolved.recipe.embed.seed
    fitted = any(one is not None and one.name == USE_FITTED for one in (own, other))
    data = read_bot_texts(context.store, bot, most=context.options.rows, seed=seed, unlearnt=fitted)
    if fitted:
        context.say(f"{bot}: training rows left out, whose intents `{USE_FITTED}` has learnt from", bot=bot)
    vectors, stored = vectors_of(context.store, data, own)
    drawn = f"{len(data.texts):,} of {data.total:,} texts" if len(data.texts) < data.total else f"{data.total:,} texts"
    context.say(f"{bot}: {drawn}, {stored:,} vectors from the store, {len(data.texts) - stored:,} encoded", bot=bot)
    before = vectors_of(context.store, data, other)[0] if other else None
    figures = report_bot(data, own, vectors, other, before, seed)
    measured.report["bots"].append(figures.result)
    measured.maps.append((data, figures.plane))
