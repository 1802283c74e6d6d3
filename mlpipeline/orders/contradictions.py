"""The same text, or nearly the same, under two labels: found in what the store says of bots. No JVM."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypedDict

from mlpipeline.languages.folding import text_key
from mlpipeline.languages.labels import spelling_key
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows
from mlpipeline.store.tables.manifests import load_manifest

KINDS = ("same", "spelling", "pair", "near")
_ROW = ("content_id", "intent", "text", "normalized", "id", "source", "annotator", "verified")


@dataclass
class Side:
    """What rows of one text (or of near duplicates) and one intent say: how many they are and who says it.

    `suggested` is the intent that the models would give. `doubt` is the probability that `intent` is wrong, where
    `denoise` judged it; else `score` is that of `suggested`, where the row was held out.
    """

    bot: str
    intent: str
    text: str
    rows: int = 0
    verified: int = 0
    sources: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    suggested: str | None = None
    doubt: float | None = None
    score: float | None = None


@dataclass
class Contradiction:
    """Sides that cannot all be right. `kind` is one of KINDS: the same text, labels that differ by spelling only, a
    pair of translations, near duplicates."""

    kind: str
    similarity: float
    sides: list[Side]

    @property
    def rows(self) -> int:
        """Rows of all sides."""
        return sum(side.rows for side in self.sides)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {**asdict(self), "rows": self.rows}


class LabelledRow(TypedDict):
    """A labelled row of a bot, as `cleaned` has it."""

    content_id: str
    intent: str
    text: str
    normalized: str | None
    id: str
    source: str | None
    annotator: str | None
    verified: bool | None


class NearPair(TypedDict):
    """Two contents that are near each other."""

    left: str
    right: str
    similarity: float


class DoubtedRow(TypedDict):
    """What label noise says of a row."""

    content_id: str
    intent: str
    suggested: str | None
    score: float | None


class GuessedRow(TypedDict):
    """What the bot's model says of a held-out row."""

    content_id: str
    predicted: str
    score: float


@dataclass
class BotRows:
    """What the store says of one bot, as rows.

    Args:
        bot: its name.
        rows: labelled rows with `content_id`, `intent`, `text`, `normalized`, `id`, `source`, `annotator`, `verified`,
            those too that `clean` dropped as duplicates.
        near: rows of `near_pair`.
        issues: rows of `label_issue`: `content_id`, `intent`, `suggested`, `score`.
        predictions: rows of `prediction`: `content_id`, `predicted`, `score`.
    """

    bot: str
    rows: Sequence[LabelledRow]
    near: Sequence[NearPair] = ()
    issues: Sequence[DoubtedRow] = ()
    predictions: Sequence[GuessedRow] = ()


def read_bot(store: Store, bot: str) -> BotRows:
    """What the store says of one bot; datasets that are not there yet are left out."""
    return BotRows(
        bot,
        read_rows_of(store, bot),
        near=_rows(store, "near_pair", bot, ("left", "right", "similarity")),
        issues=_rows(store, "label_issue", bot, ("content_id", "intent", "suggested", "score")),
        predictions=_rows(store, "prediction", bot, ("content_id", "predicted", "score")),
    )


def read_rows_of(store: Store, bot: str) -> list[LabelledRow]:
    """The labelled rows of one bot, those too that `clean` dropped as duplicates."""
    rows = _rows(store, "cleaned", bot, _ROW)
    dropped = _rows(store, "cleaned_dropped", bot, (*_ROW, "reason"))
    rows += [row for row in dropped if row["reason"] in ("duplicate", "near_duplicate")]
    return [row for row in rows if row["intent"] is not None]


def _rows(store: Store, dataset: str, bot: str, columns: Sequence[str]) -> list[Any]:
    if bot not in load_manifest(store, dataset).entries:
        return []
    return list(read_rows(store, dataset, bots=[bot], columns=columns).to_pylist())


def find_contradictions(bot: BotRows) -> list[Contradiction]:
    """The contradictions of one bot, those with most rows first: same texts, then spellings, then near ones."""
    say = _Saying(bot)
    found = [say.contradiction([content], 1.0) for content in say.by_content]
    classes = _classes(bot.near)
    members = defaultdict(list)
    for content, least in classes.items():
        members[least].append(content)
    found += [say.contradiction(contents, 1.0, "near") for contents in members.values()]
    for pair in bot.near:
        if pair["similarity"] < 1.0:
            left, right = (members.get(end, [end]) for end in (pair["left"], pair["right"]))
            found.append(say.across(left, right, pair["similarity"]))
    return ordered(one for one in found if one is not None)


def find_between(bots: Sequence[BotRows], pairs: Iterable[tuple[str, str]]) -> tuple[list[Contradiction], int]:
    """Contradictions between bots of one domain, and how many pairs name a row that no bot has.

    Args:
        bots: of one domain, whose intents have the same names in every language.
        pairs: translations of each other, each end the `id`, the `content_id` or the text of a row.
    """
    says = [_Saying(bot) for bot in bots]
    places: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, bot in enumerate(bots):
        for row in bot.rows:
            names = {row["id"], row["content_id"], text_key(row["text"]), text_key(row["normalized"] or "")}
            for name in names:
                if (number, row["content_id"]) not in places[name]:
                    places[name].append((number, row["content_id"]))
    found, lost = [], 0
    for pair in pairs:
        ends = [places.get(end.strip()) or places.get(text_key(end)) or [] for end in pair]
        across = [(one, other) for one in ends[0] for other in ends[1] if one[0] != other[0]]
        lost += not across
        for (one, left), (other, right) in across:
            sides = [*says[one].sides([left]), *says[other].sides([right])]
            if {side.intent for side in sides if side.bot == bots[one].bot} != {
                side.intent for side in sides if side.bot == bots[other].bot
            }:
                found.append(Contradiction("pair", 1.0, sides))
    return ordered(found), lost


def ordered(contradictions: Iterable[Contradiction]) -> list[Contradiction]:
    """By kind, then those with most rows first."""
    return sorted(contradictions, key=lambda one: (KINDS.index(one.kind), -one.rows, -one.similarity, _names(one)))


def _names(one: Contradiction) -> list[tuple[str, str, str]]:
    return [(side.bot, side.intent, side.text) for side in one.sides]


def _classes(near: Iterable[NearPair]) -> dict[str, str]:
    """The least content of those whose gram sets are equal; only contents that have such."""
    least: dict[str, str] = {}
    for pair in near:
        if pair["similarity"] >= 1.0:
            first = least.setdefault(pair["left"], pair["left"])
            least[pair["right"]] = first
    return least


class _Saying:
    """What the rows of a bot say, by content and intent."""

    def __init__(self, bot: BotRows) -> None:
        self.bot = bot.bot
        self.by_content: dict[str, dict[str, list[LabelledRow]]] = defaultdict(lambda: defaultdict(list))
        for row in bot.rows:
            self.by_content[row["content_id"]][row["intent"]].append(row)
        self.issues = {(row["content_id"], row["intent"]): row for row in bot.issues}
        self.predictions = {row["content_id"]: row for row in bot.predictions}

    def contradiction(self, contents: Sequence[str], similarity: float, kind: str = "same") -> Contradiction | None:
        """What the contents say, when it is not one thing; of several contents only what differs between them."""
        intents = {intent for content in contents for intent in self.by_content.get(content, ())}
        if len(intents) < 2 or (kind == "near" and not self._differ(contents)):
            return None
        spelled = len({spelling_key(intent) for intent in intents}) == 1
        return Contradiction("spelling" if spelled else kind, similarity, self.sides(contents))

    def across(self, ones: Sequence[str], others: Sequence[str], similarity: float) -> Contradiction | None:
        """As `contradiction`, of near duplicates of which each side may be several contents."""
        said = [{intent for content in side for intent in self.by_content.get(content, ())} for side in (ones, others)]
        if not all(said) or said[0] == said[1]:
            return None
        return self.contradiction([*ones, *others], similarity, "near")

    def _differ(self, contents: Sequence[str]) -> bool:
        said = [frozenset(self.by_content[content]) for content in contents if content in self.by_content]
        return len(set(said)) > 1

    def sides(self, contents: Sequence[str]) -> list[Side]:
        """One side an intent, those with most rows first."""
        rows: dict[str, list[tuple[str, LabelledRow]]] = defaultdict(list)
        for content in contents:
            for intent, its in self.by_content.get(content, {}).items():
                rows[intent] += [(content, row) for row in its]
        made = [self._side(intent, its) for intent, its in rows.items()]
        return sorted(made, key=lambda side: (-side.rows, side.intent))

    def _side(self, intent: str, rows: Sequence[tuple[str, LabelledRow]]) -> Side:
        side = Side(self.bot, intent, rows[0][1]["text"], len(rows))
        side.verified = sum(bool(row["verified"]) for _, row in rows)
        side.sources = sorted({row["source"] for _, row in rows if row["source"]})
        side.owners = sorted({row["annotator"] for _, row in rows if row["annotator"]})
        for content, _ in rows:
            if (issue := self.issues.get((content, intent))) is not None:
                side.suggested, side.doubt = issue["suggested"], issue["score"]
                break
            if (guess := self.predictions.get(content)) is not None and side.suggested is None:
                side.suggested, side.score = guess["predicted"], guess["score"]
        return side
