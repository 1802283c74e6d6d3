"""`mlpipeline answer`: one question for a person, or many for a program."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlpipeline.cli.options import Desk
from mlpipeline.cli.tables import cut, draw
from mlpipeline.errors import InputError, MLPipelineError, StoreError, UsageError
from mlpipeline.serving.answer import Answer, Answerer
from mlpipeline.serving.bundle import load_bundle
from mlpipeline.store.layout import Store
from mlpipeline.store.models import read_pointer, read_version, registry, versions

if TYPE_CHECKING:
    from mlpipeline.recipe.load import Resolved

_SAMPLES = 3


def add_answer(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    parser.add_argument("text", nargs="*", help="what a user would say; one or more messages")
    parser.add_argument("--file", metavar="FILE", help="a file with one message a line, instead of texts")
    parser.add_argument("--version", metavar="N", help="a version of the registry instead of the champion")
    parser.add_argument("--nearest", type=int, default=3, metavar="N", help="known questions to show (default 3)")
    parser.set_defaults(verb=answer_verb)


def answer_verb(desk: Desk) -> int:
    """Answers messages with the champion of a bot; no JVM is started for it."""
    options = desk.options
    texts = list(options.text)
    if options.file:
        try:
            read = Path(options.file).read_text("utf-8", "replace")
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", where=options.file, fix="correct --file") from error
        texts += [line for line in read.splitlines() if line.strip()]
    if not texts:
        raise UsageError("no message", fix=f'write mlpipeline answer {options.bot} "TEXT", or --file FILE')
    bot = canonical_bot(options.bot)
    answers = open_answerer(desk.store, bot, options.version, options.nearest).answer(texts)
    desk.give([answer.to_dict() for answer in answers], "\n\n".join(_told(answer) for answer in answers))
    return 0


def canonical_bot(bot: str) -> str:
    """`shop/zh_TW` -> `shop/zh-TW`; raises UsageError for what names no bot."""
    from mlpipeline.recipe.tags import canonical_tag

    if bot.count("/") != 1 or not all(bot.split("/")):
        raise UsageError(f"{bot!r} is no bot", fix="write DOMAIN/LANG, such as shop/ko")
    domain, lang = bot.split("/")
    return f"{domain}/{canonical_tag(lang)[0]}"


def open_answerer(store: Store, bot: str, version: str | None = None, nearest: int = 3) -> Answerer:
    """What answers for a bot: its champion, or one version of it.

    Raises:
        StoreError: the bot has no such bundle.
    """
    domain, lang = bot.split("/")
    found = (
        read_version(registry(store), bot, version)
        if version
        else read_pointer(Path(store.path("bundles", domain, lang)))
    )
    if found is None and version and (there := versions(registry(store), bot)):
        fix = f"its versions are: {', '.join(map(str, there[-10:]))}"
        raise StoreError(f"no version {version}", where=bot, fix=fix)
    if found is None:
        known = sorted(f"{place.parent.name}/{place.name}" for place in Path(store.path("bundles")).glob("*/*"))
        hint = f"released bots are: {', '.join(known[:10])}" if known else "`mlpipeline run` releases bots"
        raise StoreError("no champion" if not version else f"no version {version}", where=bot, fix=hint)
    return Answerer(load_bundle(Path(found.folder), verify=False), nearest=nearest)


def _told(answer: Answer) -> str:
    said = {"answer": answer.answer or "", "did_you_mean": f"did you mean: {answer.question or answer.intent}?"}
    lines = [f"{answer.zone:<12} {answer.intent}  {answer.score:.3f}  {said.get(answer.zone, '')}".rstrip()]
    lines += [f"  {near.similarity:6.3f}  {near.intent}  {cut(near.question, 80)}" for near in answer.nearest]
    return "\n".join(lines)


def ask_samples(store: Store, bots: Iterable[Resolved]) -> list[dict[str, Any]]:
    """The sample questions of the recipes (`release.questions`), answered by the champions: three a bot."""
    asked = []
    for bot in bots:
        named = bot.recipe.release.questions
        path = bot.locate(named.format(domain=bot.domain, lang=bot.lang)) if named else ""
        if not named or not os.path.exists(path):
            continue
        texts = [line.strip() for line in Path(path).read_text("utf-8", "replace").splitlines() if line.strip()]
        try:
            answers = open_answerer(store, f"{bot.domain}/{bot.lang}", nearest=0).answer(texts[:_SAMPLES])
        except MLPipelineError:
            continue
        asked += [_asked(f"{bot.domain}/{bot.lang}", answer) for answer in answers]
    return asked


def _asked(bot: str, answer: Answer) -> dict[str, Any]:
    told = {"question": answer.text, "intent": answer.intent, "score": answer.score, "zone": answer.zone}
    return {"bot": bot, **told, "answer": answer.answer}


def draw_asked(asked: Sequence[dict[str, Any]]) -> str:
    """The answered sample questions for a terminal."""
    if not asked:
        return ""
    names = ["bot", "question", "intent", "score", "zone", "answer"]
    rows = [[row["bot"], cut(row["question"], 44), row["intent"], f"{row['score']:.2f}", row["zone"],
             cut(row["answer"] or "", 40)] for row in asked]  # fmt: skip
    return draw(names, rows, right=("score",))
