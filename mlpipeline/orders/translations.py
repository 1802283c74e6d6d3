"""Which texts of a domain's bots are translations of each other, as its recipe says, and what contradicts it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from mlpipeline.bots import Bot
from mlpipeline.errors import InputError, MLPipelineError
from mlpipeline.orders.contradictions import BotRows, Contradiction, find_between, read_rows_of
from mlpipeline.recipe.load import Resolved
from mlpipeline.store.corpus.files import Row, format_of, read_file
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.manifests import load_manifest


def translation_files(bots: Iterable[Resolved]) -> dict[str, str]:
    """Bot -> file of translations that its recipe names; bots whose recipe names none are absent."""
    named = [(bot, bot.recipe.ingest.translations) for bot in bots]
    return {str(bot.bot): bot.locate(name) for bot, name in named if name is not None}


def read_pairs(path: str) -> list[tuple[str, str]]:
    """The pairs of a file with the columns `left` and `right`.

    Raises:
        InputError: the file cannot be read or holds no pair.
    """
    try:
        rows = list(read_file(path, format_of(path), {"text": "left", "parent": "right"}))
    except InputError as error:
        what = error.what.replace("for the text", "for the one side").replace("for the parent", "for the other")
        raise InputError(what, where=error.where, fix="give a file with the columns left and right") from None
    pairs = [(row.text, row.parent) for row in rows if isinstance(row, Row) and row.parent]
    if not pairs:
        raise InputError("no pair", where=path, fix="write two columns, left and right: texts or ids of rows")
    return pairs


def translation_warnings(store: Store, files: Mapping[str, str]) -> dict[str, list[str]]:
    """For each bot: a line for each two intents under which it and another bot of its domain have translated texts.

    Args:
        store: with the cleaned rows of all bots of these domains, those too that are not asked for.
        files: bot -> file of translations, as `translation_files` gives them.
    """
    told: dict[str, list[str]] = defaultdict(list)
    known = sorted(load_manifest(store, "cleaned").entries)
    for domain, file in sorted({(Bot.parse(bot).domain, file) for bot, file in files.items()}):
        asked = [bot for bot, its in files.items() if its == file and Bot.parse(bot).domain == domain]
        try:
            pairs = read_pairs(file)
        except MLPipelineError as error:
            for bot in asked:
                told[bot].append(f"ingest.translations: {error}")
            continue
        bots = [BotRows(bot, read_rows_of(store, bot)) for bot in known if Bot.parse(bot).domain == domain]
        found, _ = find_between(bots, pairs)
        for bot in asked:
            told[bot] += _lines(bot, domain, found)
    return dict(told)


def _lines(bot: str, domain: str, found: Iterable[Contradiction]) -> list[str]:
    """What of it is about one bot, in its words, the most frequent first."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        said: dict[str, set[str]] = defaultdict(set)
        for side in one.sides:
            said[side.bot].add(side.intent)
        if bot in said:
            (other,) = said.keys() - {bot}
            counted[" | ".join(sorted(said[bot])), " | ".join(sorted(said[other])), other] += 1
    return [
        f"translations of each other: {own} here, {its} in {other}, {times:,} times "
        f"(`mlpipeline contradictions {domain}` lists them)"
        for (own, its, other), times in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
