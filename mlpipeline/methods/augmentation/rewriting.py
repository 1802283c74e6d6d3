"""Candidates: rows of intents that have few, rewritten by the operators of their language, alone and in chains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from mlpipeline.languages.paraphrase.any_language import Mixed, slot_exchanges, splices
from mlpipeline.languages.paraphrase.frame import NAME as FRAME
from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Tool, effective
from mlpipeline.languages.profile import normalizer
from mlpipeline.methods.augmentation.corpus import (
    RETRIEVAL,
    Candidate,
    Corpus,
    Source,
    is_foreign,
    is_used,
    lacking,
    left_alone,
    open_to_logs,
    rng_of,
)
from mlpipeline.methods.augmentation.settings import MakingSettings

# Gates and balance take most of what is made: so many candidates for a row that an intent lacks.
_FOR_ONE = 6
# Wordings of one operator on one text that are looked at, and of one text by a second operator.
_EACH = 3
# Rows of an intent that are looked at together: which pairs are alike costs their square.
_MOST_MIXED = 200
SPLICE, SLOT_EXCHANGE = "splice", "slot_exchange"
# What says the opposite is there to be read: so many of an intent
_MOST_OPPOSITES = 5
# Of the kind `typing`, but words are lost by it
_NO_SLIP = "word_dropout"


@dataclass(frozen=True)
class Making:
    """What was made, what intents lack and how many sentences of the logs they take, how many rows were left alone."""

    candidates: list[Candidate]
    lacking: Mapping[str, int]
    open_to_logs: Mapping[str, int]
    skipped: Counter[str]


def make_candidates(corpus: Corpus, rules: MakingSettings, tool: Tool, sources: Sequence[Source] = ()) -> Making:
    """Candidates for each intent that lacks rows.

    Args:
        corpus: in its canonical order (`Corpus.ordered`).
        rules: the recipe's `augment` part.
        tool: of its language.
        sources: what else gives candidates.
    """
    maker = _Maker(corpus, rules, tool, normalizer(corpus.profile))
    missing, room, candidates = lacking(corpus, rules), open_to_logs(corpus, rules), list[Candidate]()
    for intent, rows in corpus.rows_of_intents().items():
        if intent in missing:
            candidates += maker.of_intent(intent, rows, missing[intent])
    for source in sources:
        given = Counter[str]()
        for one in source(corpus, missing):
            intent, most = corpus.intents[one.row], room if RETRIEVAL in one.operators else missing
            if given[intent] < _FOR_ONE * most.get(intent, 0):
                given[intent] += 1
                candidates.append(one)
    # what people wrote comes first: of two equal texts the first stays
    candidates.sort(key=lambda one: RETRIEVAL not in one.operators)
    return Making(candidates, missing, room, maker.skipped)


@dataclass
class _Maker:
    corpus: Corpus
    rules: MakingSettings
    tool: Tool
    normalize: Callable[[str], str]
    skipped: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        there = effective(self.tool.operators, self.corpus.profile.steps)
        # Frames have a number of rows of their own: see `framing`.
        used = {name: one for name, one in there.items() if name != FRAME and is_used(self.rules, name, one.kind)}
        self._operators = {name: one for name, one in used.items() if not one.opposite}
        self._opposites = {name: one for name, one in used.items() if one.opposite}
        self._seen = set(self.corpus.texts)
        self._foreign = is_foreign(self.corpus)

    def of_intent(self, intent: str, rows: Sequence[int], missing: int) -> Iterator[Candidate]:
        """Candidates for one intent: of two rows first, then as many of each row as of the others."""
        sentences = self._sentences(rows)
        if not sentences:
            return
        yield from self._mixed(intent, sentences, missing)
        # more than all of them could not be kept of one row
        share = min(-(-_FOR_ONE * missing // len(sentences)), _FOR_ONE * self.rules.per_row)
        for row, sentence in sentences.items():
            yield from self._of_row(row, sentence, share)
        rows = list(sentences)
        for row in self._rng(intent, "opposites").sample(rows, min(_MOST_OPPOSITES, len(rows))):
            yield from self._opposite(row, sentences[row])

    def _sentences(self, rows: Sequence[int]) -> dict[int, Sentence]:
        """The rows that can be rewritten, analysed."""
        sentences = dict[int, Sentence]()
        for row in rows:
            text = self.corpus.texts[row]
            reason = left_alone(text, self.corpus.profile)
            if not reason and self._foreign:
                reason = "wrong_language"
            if not reason:
                sentence = self.tool.analyse(text)
                if _count_words(sentence) > 1:
                    sentences[row] = sentence
                    continue
            self.skipped[reason or "one_word"] += 1
        return sentences

    def _mixed(self, intent: str, sentences: Mapping[int, Sentence], missing: int) -> Iterator[Candidate]:
        if len(sentences) < 2:
            self.skipped["single_row"] += len(sentences)
            return
        rows = list(sentences)
        if len(rows) > _MOST_MIXED:
            rows = sorted(rng_of(self.rules.seed, intent, "mixed").sample(rows, _MOST_MIXED))
        given = [sentences[row] for row in rows]
        ways: list[tuple[str, Callable[[], Iterator[Mixed]]]] = [
            (SPLICE, lambda: splices(given, self._rng(intent, SPLICE), contents=list(map(self._contents, given)))),
            (SLOT_EXCHANGE, lambda: slot_exchanges(given, self._rng(intent, SLOT_EXCHANGE))),
        ]
        for name, way in ways:
            if is_used(self.rules, name, "words"):
                for made in islice(way(), 2 * missing):
                    one = self._candidate(made.text, rows[made.row], (name,))
                    yield one._replace(other=rows[made.other])

    def _contents(self, sentence: Sentence) -> set[str]:
        """Base forms of content words as the tokens have them; in Chinese the tool knows their characters only."""
        stems = set(self.tool.stems(sentence.text))
        return {one.stem for one in sentence.tokens if one.stem in stems or stems.issuperset(one.stem)}

    def _of_row(self, row: int, sentence: Sentence, share: int) -> Iterator[Candidate]:
        alone = self._by_each(row, sentence, self._operators)
        half = share if self.rules.chain < 2 else -(-share // 2)
        given = 0
        for name, text in _dealt(alone, self._rng(self.corpus.ids[row], "order").sample(list(alone), len(alone))):
            if given >= half:
                break
            one = self._candidate(text, row, (name,), sentence.text)
            given += self._is_new(one)
            yield one
        yield from self._chains(row, alone, share - given)

    def _by_each(self, row: int, sentence: Sentence, operators: Mapping[str, Operator]) -> dict[str, list[str]]:
        found = dict[str, list[str]]()
        for name, operator in operators.items():
            made = list(islice(operator.rewrite(sentence, self._rng(self.corpus.ids[row], name)), _EACH))
            if made:
                found[name] = made
        return found

    def _chains(self, row: int, alone: Mapping[str, Sequence[str]], wanted: int) -> Iterator[Candidate]:
        """Further operators on what one has made; grammar never on what is mistyped, as no analyser reads that."""
        bases: list[tuple[tuple[str, ...], str]] = [((name,), text) for name, texts in alone.items() for text in texts]
        for depth in range(2, self.rules.chain + 1):
            rng = self._rng(self.corpus.ids[row], "chain", str(depth))
            bases = [base for base in bases if self._operators[base[0][-1]].kind != "typing"]
            longer, given = list[tuple[tuple[str, ...], str]](), 0
            most = -(-wanted // (self.rules.chain - 1))
            for chain, text in rng.sample(bases, len(bases)):
                if given >= most:
                    break
                for name, made in self._next(row, chain, text):
                    one = self._candidate(made, row, (*chain, name), text)
                    given += self._is_new(one)
                    longer.append((one.operators, made))
                    yield one
            bases = longer

    def _next(self, row: int, chain: tuple[str, ...], text: str) -> Iterator[tuple[str, str]]:
        sentence, given = self.tool.analyse(text), 0
        # another of the same family takes the place of what the first has made
        families = {_family(name) for name in chain}
        names = [name for name in self._operators if _family(name) not in families]
        own = self._rng(self.corpus.ids[row], *chain, text)
        for name in own.sample(names, len(names)):
            made = next(iter(self._operators[name].rewrite(sentence, own)), self.corpus.texts[row])
            # one that takes the other back makes nothing
            if made != self.corpus.texts[row]:
                yield name, made
                given += 1
                if given == _EACH:
                    return

    def _opposite(self, row: int, sentence: Sentence) -> Iterator[Candidate]:
        found = self._by_each(row, sentence, self._opposites)
        if found:
            name = self._rng(self.corpus.ids[row], "opposite").choice(sorted(found))
            yield self._candidate(found[name][0], row, (name,))._replace(opposite=True)

    def _rng(self, *names: str) -> Random:
        return rng_of(self.rules.seed, *names)

    def _candidate(self, text: str, row: int, operators: tuple[str, ...], before: str = "") -> Candidate:
        last = self._operators.get(operators[-1])
        slip = last is not None and last.kind == "typing" and last.name != _NO_SLIP
        return Candidate(text, self.normalize(text), row, operators, meant=self.normalize(before) if slip else "")

    def _is_new(self, one: Candidate) -> bool:
        new = one.normalized not in self._seen
        self._seen.add(one.normalized)
        return new


def _count_words(sentence: Sentence) -> int:
    """Words that operators may touch; marks, numbers and placeholders are none."""
    return sum(
        1
        for one in sentence.tokens
        if any(map(str.isalpha, one.form))
        and not any(first <= one.start and one.stop <= last for first, last in sentence.protected)
    )


def _family(name: str) -> str:
    """What operators have in common that change the same part of a sentence: the first word of their names."""
    return name.partition("_")[0]


def _dealt(found: Mapping[str, Sequence[str]], order: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The first text of each, then the second of each, and so on."""
    for place in range(_EACH):
        for name in order:
            if place < len(found[name]):
                yield name, found[name][place]
