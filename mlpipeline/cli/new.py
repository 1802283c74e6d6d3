"""`mlpipeline new`: conf and corpus of a new bot from a file."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.file_rows import encoding_of_file, refuse_map
from mlpipeline.cli.files import named_by_user
from mlpipeline.cli.options import location_words
from mlpipeline.errors import InputError, UsageError
from mlpipeline.inputs import plain_file
from mlpipeline.languages.profile import Profile, looks_like, normalizer
from mlpipeline.orders.file_findings import FileFindings
from mlpipeline.recipe.fields import Language
from mlpipeline.recipe.folder import DOMAIN_FILE, ConfFolder, check_domain
from mlpipeline.recipe.tags import canonical_tag
from mlpipeline.recipe.write import new_bot
from mlpipeline.store.corpus.encodings import as_utf8_hint
from mlpipeline.store.corpus.files import SUFFIXES, Kind, Note, Reject, format_of, parse_map, read_file
from mlpipeline.store.corpus.rows import Mapped
from mlpipeline.store.corpus.table_hints import proposed_map

_SAMPLE = 1000
_ALIKE = 0.5
_NAMED = 8  # files of a folder


def add_new(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("domain", metavar="DOMAIN", help="lower-case letters, digits, - and _")
    parser.add_argument("--lang", required=True, metavar="TAG", help="language tag: ko, ja, en, zh-Hant, ...")
    parser.add_argument("--from", dest="file", required=True, metavar="FILE", help="labelled file of the bot")
    parser.add_argument("--map", default="", metavar="text=question,intent=label", help="column names of the file")
    parser.set_defaults(verb=new_verb)


@dataclass
class Seen:
    """What a file holds: usable rows and their texts, rejects by reason with the first of each, rows by intent."""

    rows: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, Reject] = field(default_factory=dict)
    intents: Counter[str] = field(default_factory=Counter)
    sample: list[str] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)
    findings: FileFindings = field(default_factory=FileFindings)


class _Summary(TypedDict, total=False):
    bot: str
    rows: int
    texts: int
    rejected: dict[str, int]
    first_rejected: dict[str, str]
    intents: int
    files: list[str]
    warnings: list[str]
    next: str


def _check_file(options: argparse.Namespace) -> None:
    if os.path.isdir(options.file):
        raise _folder(options.file)
    refuse_map(options, options.file)


def new_verb(context: CommandContext) -> int:
    """Looks at the file, writes the bot's conf, and puts a copy of the file beside it."""
    options = context.options
    _check_file(options)
    with named_by_user():
        source = plain_file(options.file, fix="give the bot's labelled file")
        kind, mapping = format_of(options.file), parse_map(options.map)
        seen = look_through(options.file, kind, mapping)
    if len(seen.intents) < 2:
        raise _too_few(options.file, seen, mapping)
    mapping |= dict.fromkeys(note.raw for note in seen.notes if note.raw)
    known = ConfFolder(context.conf).languages if context.conf.is_dir() else ()
    tag, note = canonical_tag(options.lang, known)
    if note:
        context.say(f"note: {note}")
    name = Path("corpora") / check_domain(options.domain) / f"{tag}{''.join(_suffixes(options.file))}"
    place = context.conf.resolve().parent / name
    if place.exists() and not os.path.samefile(place, source):
        raise UsageError("a corpus is there already", where=str(place), fix="move it away or name it in the bot's conf")
    domain = context.conf / "domains" / options.domain / DOMAIN_FILE
    before = domain.read_bytes() if domain.is_file() else None
    written = new_bot(context.conf, options.domain, options.lang, files=[name.as_posix()], mapping=mapping)
    try:
        _copy(source, place)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if before is not None:  # the domain's other languages
            domain.write_bytes(before)
        else:
            domain.parent.rmdir()
        what = f"the corpus cannot be copied: {error.strerror or error}"
        raise InputError(what, where=str(place), fix="free space or correct the permissions") from error
    bot = context.recipe(f"{options.domain}/{tag}")
    normalize = normalizer(Profile.of(bot.recipe.language))
    distinct = len({normalize(text) for text in seen.texts})
    summary: _Summary = {
        "bot": str(bot.bot),
        "rows": seen.rows,
        "texts": distinct,
        "rejected": dict(seen.rejects),
        "first_rejected": {why: f"line {reject.line}: {reject.detail}" for why, reject in seen.firsts.items()},
        "intents": len(seen.intents),
        "files": [str(path) for path in written] + [str(place)],
    }
    summary["warnings"] = _warnings(bot.recipe.language, seen, bot.recipe.split.min_rows_per_intent)
    summary["next"] = shlex.join(["mlpipeline", "run", "--select", summary["bot"], *location_words(options)])
    context.print_result(summary, _text(summary))
    return 0


def _folder(path: str) -> UsageError:
    """What a folder holds that can be read, and how to name it."""
    found, others = list[str](), list[str]()
    for name in sorted(os.listdir(path)):
        if name.startswith((".", "_")) or os.path.isdir(os.path.join(path, name)):
            continue
        readable = name.lower().removesuffix(".gz").endswith(tuple(SUFFIXES))
        (found if readable else others).append(name)
    what = "this is a folder"
    if not found:
        holds = f"only {_listed(others)}" if others else "no file"
        return UsageError(f"{what} with {holds}", where=path, fix=f"name a labelled file: {', '.join(SUFFIXES)}")
    first = shlex.quote(os.path.join(path, found[0]))
    fix = f"name one: --from {first}" + ("; the others go into ingest.files of the bot" if len(found) > 1 else "")
    return UsageError(f"{what}; it holds {_listed(found)}", where=path, fix=fix)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _too_few(file: str, seen: Seen, mapping: Mapped) -> UsageError:
    """Why a file makes no bot: its rows are all broken, or they have one intent, or none."""
    columns = proposed_map(file, format_of(file), mapping, ("text", "intent"))
    if seen.rejects and not seen.rows:
        (reason, count), total = seen.rejects.most_common(1)[0], sum(seen.rejects.values())
        first = seen.firsts[reason]
        what = f"no usable row: all {total:,} were rejected, {count:,} as {reason} ({first.detail})"
        fix = columns if reason == "no_text" else "correct the file and try again"
        if reason in ("invalid_utf8", "utf16"):
            fix = as_utf8_hint(encoding_of_file(file), file)
        return UsageError(what, where=f"{file}:{first.line}", fix=fix)
    if not seen.rows:
        return UsageError("no row", where=file, fix="give a file that holds rows")
    if not seen.intents:
        return UsageError(
            f"no row has an intent{_rejected(seen)}", where=file, fix=f"a bot needs at least two intents; {columns}"
        )
    what = f"the only intent is {next(iter(seen.intents))!r}{_rejected(seen)}"
    is_table = columns.startswith("--map") and format_of(file) != "rasa"
    other = f"; is it another column? {columns}" if is_table else ""
    return UsageError(what, where=file, fix=f"a bot needs at least two intents: add rows of another one{other}")


def _rejected(seen: Seen) -> str:
    if not seen.rejects:
        return ""
    first = min(seen.firsts.values(), key=lambda reject: reject.line)
    return f"; {seen.rejects.total():,} rejected, the first in line {first.line}: {first.reason} ({first.detail})"


def _copy(file: str, place: Path) -> None:
    """Copies the corpus in one step: it is there as a whole or not at all."""
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    spare = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        shutil.copyfile(file, spare)
        spare.replace(place)
    finally:
        spare.unlink(missing_ok=True)


def _suffixes(path: str) -> list[str]:
    kept = Path(path).suffixes[-2:]
    return kept if kept and kept[-1] == ".gz" else kept[-1:]


def look_through(path: str, kind: Kind | Literal["auto"], mapping: Mapped) -> Seen:
    """Reads a file to its end, as `ingest` will."""
    seen = Seen()
    for record in read_file(path, kind, mapping):
        if isinstance(record, Note):
            seen.notes.append(record)
        elif isinstance(record, Reject):
            seen.rejects[record.reason] += 1
            seen.firsts.setdefault(record.reason, record)
        else:
            seen.rows += 1
            seen.texts.add(record.text)
            seen.findings.add(f"line {record.line}", record.text, record.intent)
            if record.intent is not None:
                seen.intents[record.intent] += 1
            if len(seen.sample) < _SAMPLE:
                seen.sample.append(record.text)
    return seen


def _warnings(language: Language, seen: Seen, least: int) -> list[str]:
    profile = Profile.of(language)
    share = looks_like(seen.sample, profile)
    found = [*(note.detail for note in seen.notes), *seen.findings.lines()]
    if share < _ALIKE:
        found.append(f"only {share:.0%} of the texts look like {language.name} ({language.tag})")
    small = sorted(name for name, rows in seen.intents.items() if rows < least)
    if small:
        have = "1 intent has" if len(small) == 1 else f"{len(small)} intents have"
        found.append(f"{have} fewer than {least} rows: {', '.join(small[:8])}")
    return found


def _text(summary: _Summary) -> str:
    distinct = f" ({summary['texts']:,} different texts)" if summary["texts"] < summary["rows"] else ""
    lines = [f"{summary['bot']}: {summary['rows']:,} rows{distinct}, {summary['intents']} intents"]
    firsts = summary["first_rejected"]
    lines += [f"rejected: {count:,} {reason} ({firsts[reason]})" for reason, count in summary["rejected"].items()]
    lines += [f"warning: {text}" for text in summary["warnings"]]
    lines += [f"wrote {path}" for path in summary["files"]]
    return "\n".join([*lines, f"next: {summary['next']}"])
