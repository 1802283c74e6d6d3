"""`mlpipeline new`: conf and corpus of a new bot from a file."""

from __future__ import annotations

import argparse
import os
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlpipeline.cli.options import Desk
from mlpipeline.errors import InputError, UsageError
from mlpipeline.languages.profile import Profile, looks_like
from mlpipeline.recipe.folder import DOMAIN_FILE, ConfFolder, check_domain
from mlpipeline.recipe.tags import canonical_tag
from mlpipeline.recipe.write import new_bot
from mlpipeline.store.corpus_files import Reject, Row, format_of, parse_map, read_file
from mlpipeline.store.corpus_rows import Mapped

_SAMPLE = 1000
_ALIKE = 0.5


def add_new(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("domain", metavar="DOMAIN", help="lower-case letters, digits, - and _")
    parser.add_argument("--lang", required=True, metavar="TAG", help="language tag: ko, ja, en, zh-Hant, ...")
    parser.add_argument("--from", dest="file", required=True, metavar="FILE", help="labelled file of the bot")
    parser.add_argument("--map", default="", metavar="text=question,intent=label", help="column names of the file")
    parser.set_defaults(verb=new_verb)


@dataclass
class Seen:
    """What a file holds: usable rows, rejects by reason with the first of each, rows by intent, the first texts."""

    rows: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, Reject] = field(default_factory=dict)
    intents: Counter[str] = field(default_factory=Counter)
    sample: list[str] = field(default_factory=list)


def new_verb(desk: Desk) -> int:
    """Looks at the file, writes the bot's conf, and puts a copy of the file beside it."""
    options = desk.options
    if not os.path.isfile(options.file):
        raise InputError("no such file", where=options.file, fix="give the bot's labelled file")
    kind, mapping = format_of(options.file), parse_map(options.map) if options.map else {}
    seen = look_through(options.file, kind, mapping)
    if len(seen.intents) < 2:
        raise _too_few(options.file, seen)
    known = ConfFolder(desk.conf).languages if desk.conf.is_dir() else ()
    tag, _ = canonical_tag(options.lang, known)
    name = Path("corpora") / check_domain(options.domain) / f"{tag}{''.join(_suffixes(options.file))}"
    place = desk.conf.resolve().parent / name
    if place.exists() and not os.path.samefile(place, options.file):
        raise UsageError("a corpus is there already", where=str(place), fix="move it away or name it in the bot's conf")
    domain = desk.conf / "domains" / options.domain / DOMAIN_FILE
    before = domain.read_bytes() if domain.is_file() else None
    written = new_bot(desk.conf, options.domain, options.lang, files=[name.as_posix()], mapping=mapping)
    try:
        _copy(options.file, place)
    except OSError as error:
        for made in written:
            made.unlink(missing_ok=True)
        if before is not None:  # the domain's other languages
            domain.write_bytes(before)
        else:
            domain.parent.rmdir()
        what = f"the corpus cannot be copied: {error.strerror or error}"
        raise InputError(what, where=str(place), fix="free space or correct the permissions") from error
    bot = desk.recipe(f"{options.domain}/{options.lang}")
    told = {"bot": f"{bot.domain}/{bot.lang}", "rows": seen.rows, "rejected": dict(seen.rejects),
            "first_rejected": {why: f"line {one.line}: {one.detail}" for why, one in seen.firsts.items()},
            "intents": len(seen.intents), "files": [str(path) for path in written] + [str(place)]}  # fmt: skip
    told["warnings"] = _warnings(bot.recipe.language, seen, bot.recipe.split.min_rows_per_intent)
    desk.give(told, _text(told))
    return 0


def _too_few(file: str, seen: Seen) -> InputError:
    """Why a file makes no bot: its rows are all broken, or they have one intent, or none."""
    if seen.rejects and not seen.rows:
        (reason, count), total = seen.rejects.most_common(1)[0], sum(seen.rejects.values())
        first = seen.firsts[reason]
        what = f"no usable row: all {total:,} were rejected, {count:,} as {reason} ({first.detail})"
        return InputError(what, where=f"{file}:{first.line}", fix="correct the file and try again")
    found = f"the only intent is {next(iter(seen.intents))!r}" if seen.intents else "no row has an intent"
    fix = "a bot needs at least two intents; --map intent=COLUMN names the column"
    return InputError(found if seen.rows else "no row", where=file, fix=fix)


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


def look_through(path: str, kind: Any, mapping: Mapped) -> Seen:
    """Reads a file to its end, as `ingest` will."""
    seen = Seen()
    for record in read_file(path, kind, mapping):
        if isinstance(record, Reject):
            seen.rejects[record.reason] += 1
            seen.firsts.setdefault(record.reason, record)
        elif isinstance(record, Row):
            seen.rows += 1
            if record.intent is not None:
                seen.intents[record.intent] += 1
            if len(seen.sample) < _SAMPLE:
                seen.sample.append(record.text)
    return seen


def _warnings(language: Any, seen: Seen, least: int) -> list[str]:
    profile = Profile.of(language)
    share = looks_like(seen.sample, profile)
    found = []
    if share < _ALIKE:
        found.append(f"only {share:.0%} of the texts look like {language.name} ({language.tag})")
    small = sorted(name for name, rows in seen.intents.items() if rows < least)
    if small:
        found.append(f"{len(small)} intents have fewer than {least} rows: {', '.join(small[:8])}")
    return found


def _text(told: dict[str, Any]) -> str:
    lines = [f"{told['bot']}: {told['rows']:,} rows, {told['intents']} intents"]
    firsts = told["first_rejected"]
    lines += [f"rejected: {count:,} {reason} ({firsts[reason]})" for reason, count in told["rejected"].items()]
    lines += [f"warning: {text}" for text in told["warnings"]]
    lines += [f"wrote {path}" for path in told["files"]]
    return "\n".join([*lines, f"next: mlpipeline run --select {told['bot']}"])
