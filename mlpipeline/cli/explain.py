"""`mlpipeline explain`: why a bot says what it says of one text."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.tables import cut, draw
from mlpipeline.errors import UsageError

if TYPE_CHECKING:
    from mlpipeline.orders.explanation import Explanation, Speech

_BAR = 12  # cells of the longest bar
_WIDE = 70


def add_explain(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("bot", metavar="BOT[@VERSION]", help="DOMAIN/LANG, DOMAIN/LANG@VERSION, or a bundle's folder")
    parser.add_argument("text", help="a message, as a user would write it")
    parser.add_argument("--nearest", type=int, default=3, metavar="N", help="known questions to show (default 3)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default), or json as --json")
    parser.epilog = "exit codes: 0 explained; 1 nothing was released, or the bundle is damaged; 2 a wrong command line"
    parser.set_defaults(verb=explain_verb)


def explain_verb(context: CommandContext) -> int:
    """Prints what spoke for the intent, what is like the text, and which limits decided; no JVM is started for it."""
    # Here: what reads a network brings libraries along that --help need not wait for.
    from mlpipeline.orders.explanation import explain

    options = context.options
    if options.nearest < 0:
        raise UsageError(f"--nearest {options.nearest}: no number of questions", fix="give a number from 0")
    found = explain(context.store, context.conf, options.bot, options.text, nearest=options.nearest)
    options.json = options.json or options.format == "json"
    context.print_result(found.to_dict(), _as_text(found))
    return 0


def _as_text(found: Explanation) -> str:
    answer, limits = found.answer, found.limits
    lines = {
        "text": answer.text,
        "normalised": found.normalized.strip() or "(nothing is left of it)",
        **({"read as": answer.read_as} if answer.read_as else {}),
        "intent": f"{answer.intent}  {answer.score:.3f}  (probability {found.probabilities[0][1]:.3f} x knownness "
        f"{found.knownness:.3f})",
        "zone": f"{answer.zone} (answers from {limits['answer']:.3f}, asks back from {limits['did_you_mean']:.3f})",
        "bot": f"{found.bot}  " + ", ".join(f"{name} {digest[:16]}" for name, digest in found.versions.items()),
    }
    parts = ["\n".join(f"{name:<11} {cut(value, 2 * _WIDE)}".rstrip() for name, value in lines.items())]
    rows = [[intent, f"{share:.3f}"] for intent, share in found.probabilities]
    parts.append(draw(["likeliest intents", "probability"], rows, right=("probability",)))
    unread = "what spoke for the intent is not known: the network is of another shape, or has one intent"
    parts.append(unread if found.speech is None else _speech_text(found.speech))
    near = [[f"{one.similarity:.3f}", one.intent, cut(one.question, _WIDE)] for one in answer.nearest]
    head = ["cosine", "intent", "question"]
    if near:
        parts.append(f"nearest questions that it has learnt\n{draw(head, near, right=('cosine',))}")
    if found.counterfactual is not None:
        other = found.counterfactual
        row = [f"{other.similarity:.3f}", other.intent, cut(other.question, _WIDE)]
        parts.append(f"nearest of another intent\n{draw(head, [row], right=('cosine',))}")
    return "\n\n".join(parts)


def _speech_text(speech: Speech) -> str:
    """The pieces with bars, in the order of the text; what is no piece below them."""
    loudest = max([abs(piece.value) for piece in speech.pieces] + [1e-9])
    more = [("meaning (vector)", speech.vector), ("before any text", speech.prior)]
    cells = [(cut(piece.text, _WIDE // 2), piece.value, f"{piece.known:.0%}") for piece in speech.pieces]
    cells += [(name, value, "") for name, value in more if value is not None]
    rows = [[name, f"{value:+.2f}", known, _bar(value, loudest, speech)] for name, value, known in cells]
    rows.append(["sum", f"{speech.total:+.2f}", f"{speech.known_share:.0%}", ""])
    head = ["piece", "log-odds", "known", "speaks for"]
    lines = [f"what spoke for {speech.intent} against {speech.rival}", draw(head, rows, right=head[1:3])]
    if speech.unknown:
        lines.append(f"the bot has never read: {', '.join(cut(part, _WIDE) for part in speech.unknown)}")
    return "\n".join(lines)


def _bar(value: float, loudest: float, speech: Speech) -> str:
    """As long as a piece is loud, with the intent that it speaks for."""
    bar = "█" * min(_BAR, round(abs(value) / loudest * _BAR))
    return f"{bar} {speech.intent if value > 0 else speech.rival}" if bar else ""
