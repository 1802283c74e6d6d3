"""`mlpipeline answer`: one question for a person, a conversation, or many messages for a program."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from mlpipeline.bots import Bot
from mlpipeline.cli.bots import meant_bot
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.tables import cut, draw
from mlpipeline.cli.terminal_text import visible
from mlpipeline.errors import InputError, UsageError
from mlpipeline.serving.answer import Answer, Answerer
from mlpipeline.serving.champion import open_answerer
from mlpipeline.store.corpus.message_files import messages_of, read_messages


def add_answer(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", help="DOMAIN/LANG")
    parser.add_argument("text", nargs="*", help="messages, as a user would write them")
    parser.add_argument(
        "--file", metavar="FILE", help="a file with one message a line; - is the standard input, as without texts"
    )
    parser.add_argument("--version", metavar="N", help="a version of the registry instead of the champion")
    parser.add_argument("--nearest", type=int, default=3, metavar="N", help="known questions to show (default 3)")
    parser.set_defaults(verb=answer_verb)


def answer_verb(context: CommandContext) -> int:
    """Answers messages with the champion of a bot; no JVM is started for it."""
    options = context.options
    bot = meant_bot(context, options.bot)
    texts = list(options.text)
    if not texts and not options.file and _is_terminal():
        _converse(context, bot, open_answerer(context.store, bot, options.version, options.nearest))
        return 0
    if options.file or not texts:
        texts += _read(options.file or "-", Bot.parse(bot).lang)
    if not texts:
        fix = f'write mlpipeline answer {options.bot} "TEXT", or one message a line in --file or on the standard input'
        raise UsageError("no message", fix=fix)
    answers = open_answerer(context.store, bot, options.version, options.nearest).answer(texts)
    text = "\n\n".join(f"> {visible(answer.text)}\n{_as_text(answer)}" for answer in answers)
    context.print_result([answer.to_dict() for answer in answers], text)
    return 0


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _read(file: str, lang: str) -> list[str]:
    """The messages of a file, or of the standard input. Raises UsageError: whoever named it has to name another."""
    try:
        if file != "-":
            return [message.text for message in read_messages(file, lang)]
        # A program without any standard input has nothing to say.
        data = b"" if sys.stdin is None else sys.stdin.buffer.read()
        return [message.text for message in messages_of(data, "standard input", lang)]
    except InputError as error:
        raise UsageError(error.what, where=error.where, fix=error.fix) from error
    except OSError as error:
        raise UsageError(f"the standard input cannot be read: {error}", fix="name a file by --file") from error


def _converse(context: CommandContext, bot: str, answerer: Answerer) -> None:
    """Answers what a person types, line by line, until an empty line, the end of the input or an interrupt."""
    with suppress(ImportError):  # arrow keys and earlier lines, where Python has them
        import readline  # noqa: F401
    context.say(f"{bot}: one message a line; an empty line ends")
    while True:
        try:
            text = input(f"{bot}> ").strip()
        except (EOFError, KeyboardInterrupt):
            sys.stderr.write("\n")
            return
        except UnicodeDecodeError as error:
            context.say(f"this line is not {error.encoding}: nothing was asked")
            continue
        if not text:
            return
        (answer,) = answerer.answer([text])
        context.print_result(answer.to_dict(), f"{_as_text(answer)}\n")


def _as_text(answer: Answer) -> str:
    replies = {"answer": answer.answer or "", "did_you_mean": f"did you mean: {answer.question or answer.intent}?"}
    lines = [f"{answer.zone:<12} {answer.intent}  {answer.score:.3f}  {replies.get(answer.zone, '')}".rstrip()]
    lines += [f"  read as {visible(answer.read_as)}"] if answer.read_as else []
    lines += [f"  {near.similarity:6.3f}  {near.intent}  {cut(near.question, 80)}" for near in answer.nearest]
    return "\n".join(lines)


def draw_samples(samples: Sequence[Mapping[str, object]]) -> str:
    """The answered sample questions for a terminal."""
    if not samples:
        return ""
    names = ["bot", "question", "intent", "score", "zone", "answer"]
    rows = [[row["bot"], cut(str(row["question"]), 44), row["intent"], f"{row['score']:.2f}", row["zone"],
             cut(str(row["answer"] or ""), 40)] for row in samples]  # fmt: skip
    return draw(names, rows, right=("score",))
