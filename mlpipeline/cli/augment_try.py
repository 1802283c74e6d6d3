"""`mlpipeline augment try`: paraphrases of one sentence."""

from __future__ import annotations

import argparse
import difflib
from collections import Counter
from collections.abc import Sequence

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.options import refuse_ignored
from mlpipeline.cli.paraphrase_setting import setting_of
from mlpipeline.cli.tables import cut, draw
from mlpipeline.errors import UsageError
from mlpipeline.languages.paraphrase.operators import Operator
from mlpipeline.languages.profile import normalizer
from mlpipeline.methods.augmentation.corpus import Corpus, left_alone
from mlpipeline.methods.augmentation.gates import NEAR
from mlpipeline.methods.augmentation.wordings import (
    KEPT,
    MEANT,
    REVIEW,
    Setting,
    Wording,
    check_wordings,
    paraphrases_of,
    with_rows,
)
from mlpipeline.orders.paraphrases import working_operators

_CELLS = 60
_LONGEST_CHAIN = 5
# What is shown without --all: a wording too near to what is there is a good one, only not worth a row.
_SHOWN = (KEPT, REVIEW, NEAR)


def add_try(parser: argparse.ArgumentParser) -> None:
    """The arguments of `augment try`."""
    parser.add_argument("lang", metavar="LANG", help="its language: ko, ja, zh-Hans, zh-TW, ...")
    parser.add_argument("sentence", metavar="TEXT", help="a sentence")
    parser.add_argument("--chain", type=int, default=1, metavar="N", help="operators one after another, at most (1)")
    parser.add_argument("--only", default="", metavar="OP,OP", help="these operators and no other")
    parser.add_argument("--all", action="store_true", help="also what a gate refuses")
    parser.add_argument(
        "--bot", metavar="BOT", help="check against the rows of DOMAIN/LANG: near duplicates, test rows, intent"
    )
    parser.set_defaults(verb=try_verb)


def try_verb(context: CommandContext) -> int:
    """Prints paraphrases of a sentence with their operators and scores."""
    options = context.options
    if not 1 <= options.chain <= _LONGEST_CHAIN:
        raise UsageError(f"--chain {options.chain} is no chain", fix=f"give 1 to {_LONGEST_CHAIN}")
    if not options.bot:
        refuse_ignored(options, ("store",), "is for the rows of --bot")
    setting = setting_of(context, options.lang, options.bot)
    used = chosen_operators(setting, options.only)
    said = normalizer(setting.profile)(options.sentence)
    if not said:
        raise UsageError("nothing is left of the text when it is normalised", fix="give a sentence")
    corpus = _corpus(context, setting, said)
    reason = left_alone(said, setting.profile)
    if reason:
        context.say(f"note: in a corpus this row is left alone: {reason}")
    found = check_wordings(setting, corpus, paraphrases_of(setting, used, said, options.chain))
    shown = [one for one in found if options.all or one.decision in _SHOWN]
    told = {"lang": setting.tag, "text": options.sentence, "normalized": said, "bot": options.bot}
    told |= {"left_alone": reason or None, "counts": Counter(one.decision for one in found)}
    context.print_result({**told, "wordings": [one.as_json() for one in shown]}, _text(said, found, shown))
    return 0


def chosen_operators(setting: Setting, only: str) -> dict[str, Operator]:
    """The operators that are used, or those that are asked for. Raises UsageError for one that does not exist."""
    there = setting.tool.operators
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    for name in wanted:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=1)
            fix = f"did you mean {near[0]}?" if near else f"`mlpipeline augment operators {setting.tag}` lists them"
            raise UsageError(f"{setting.tag} has no operator {name!r}", fix=fix)
    if wanted:
        return {name: there[name] for name in wanted}
    # those that are off as well: a person wants to see what they would bring
    return working_operators(setting)


def _corpus(context: CommandContext, setting: Setting, said: str) -> Corpus:
    """The sentence alone, or with the rows of the bot; raises StoreError for a bot that has not been split yet."""
    if not context.options.bot:
        return Corpus(setting.profile, ids=[""], texts=[said], intents=[""])
    # Here, because a sentence alone needs none of what they bring along.
    from mlpipeline.cli.bots import meant_bot
    from mlpipeline.cli.split_samples import bot_samples

    bot, normalize = meant_bot(context, context.options.bot), normalizer(setting.profile)
    samples = bot_samples(context, bot)
    rows = [(normalize(one.text), one.intent or "") for one in samples if one.split == "train"]
    return with_rows(setting, said, rows, [normalize(one.text) for one in samples if one.split != "train"])


def _text(said: str, found: Sequence[Wording], shown: Sequence[Wording]) -> str:
    head, right = ["paraphrase", "operator", "similar", "length", "decision"], ["similar", "length"]
    asked = any(one.agreement is not None for one in found)
    if asked:
        head, right = [*head[:4], "agrees", "intent", "decision"], [*right, "agrees"]
    cells = []
    for one in shown:
        bot = [f"{one.agreement:.2f}", cut(one.intent or "", 24)] if asked else []
        scores = [f"{one.similarity:.2f}", f"{one.length:.2f}", *bot]
        decision = one.decision if one.used else f"{one.decision}, off"
        cells.append([cut(one.text, _CELLS), " > ".join(one.operators), *scores, decision])
    lines = [draw(head, cells, right=right), ""] if cells else []
    counts = Counter(one.decision for one in found)
    off = sum(not one.used for one in found if one.decision == KEPT)
    told = [f"{counts.pop(KEPT, 0)} paraphrases kept", *(f"{count} {name}" for name, count in counts.items())]
    lines.append(f"{said}: {', '.join(told)}")
    if off:
        lines.append(
            f"  off: {off} of those that are kept are of operators that the recipe does not use (kinds, disabled)"
        )
    lines += [f"  {name}: {MEANT[name]}" for name in counts if name in MEANT]
    return "\n".join(lines)
