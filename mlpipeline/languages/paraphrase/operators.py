"""What an operator is, and what a language brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, Protocol


class Token(NamedTuple):
    """A word or morpheme: its surface, its base form, its word class in the tool's own tags, and where it stands."""

    form: str
    stem: str
    tag: str
    start: int
    stop: int


@dataclass(frozen=True)
class Sentence:
    """A text with its analysis. `start` and `stop` of tokens are code points of `text`.

    `protected` are (start, stop) of what no operator may touch: placeholders, links, numbers, e-mail addresses.
    """

    text: str
    tokens: Sequence[Token]
    protected: Sequence[tuple[int, int]] = ()


# Gives other wordings of a sentence; all random choices by the dice, so that equal seeds give equal texts. What it
# cannot say another way it leaves: no wording comes, never a broken one.
Rewrite = Callable[[Sentence, Random], Iterator[str]]


class Operator(NamedTuple):
    """One named way to say a sentence differently.

    `kind` is `form` (another grammatical form of the same words), `words` (other words), `typing` (as people type:
    slips, shortenings, no marks). `opposite` is true where the meaning is turned round: for review, never a positive.
    `undone_by` names normalising steps each of which takes all of it back (`nfkc` makes full width of half width):
    where one of them runs, nothing that the operator makes can be new.
    """

    name: str
    about: str
    kind: str
    rewrite: Rewrite
    opposite: bool = False
    undone_by: tuple[str, ...] = ()


# A sentence has one or two slips that people make, and twenty that keys allow; frames of requests are as many. What is
# given of one operator must not outweigh what the others give.
MOST = 3


def drawn(operator: Operator, most: int = MOST) -> Operator:
    """The operator with at most so many wordings of a sentence, drawn by the dice, in the order in which they came."""
    rewrite = operator.rewrite

    def some(sentence: Sentence, rng: Random) -> Iterator[str]:
        made = list(rewrite(sentence, rng))
        if len(made) > most:
            made = [made[at] for at in sorted(rng.sample(range(len(made)), most))]
        return iter(made)

    return operator._replace(rewrite=some)


def by_name(operators: Iterable[Operator]) -> Mapping[str, Operator]:
    """The operators of a tool by their names, each drawn; raises ValueError for a name that comes twice."""
    named = dict[str, Operator]()
    for one in operators:
        if named.setdefault(one.name, one) is not one:
            raise ValueError(f"two operators are called {one.name!r}")
    return {name: drawn(one) for name, one in named.items()}


def effective(operators: Mapping[str, Operator], steps: Iterable[str]) -> Mapping[str, Operator]:
    """The operators whose wordings stay different under a language's normalising steps."""
    undoing = frozenset(steps)
    return {name: one for name, one in operators.items() if undoing.isdisjoint(one.undone_by)}


class Tool(Protocol):
    """A language, loaded once a process; not to be shared between threads."""

    operators: Mapping[str, Operator]

    def analyse(self, text: str) -> Sentence:
        """The sentence of a text, whatever the text is."""

    def stems(self, text: str) -> Sequence[str]:
        """Its content words in base form, in order; what is the same for all wordings that only change the form.

        The round-trip gate compares them before and after: an operator of kind `form` keeps them.
        """


class Wording(NamedTuple):
    """A made text and the operators that made it, in order."""

    text: str
    operators: tuple[str, ...]


def wordings(tool: Tool, text: str, rng: Random, names: Iterable[str] | None = None) -> Iterator[Wording]:
    """Other wordings of a text by one operator each, each text once, not the text itself.

    Args:
        tool: the language.
        text: normalised.
        dice: all random choices.
        names: operators to use; all that keep the meaning when None.
    """
    sentence = tool.analyse(text)
    wanted = [name for name, one in tool.operators.items() if not one.opposite] if names is None else names
    seen = {text}
    for name in wanted:
        for made in tool.operators[name].rewrite(sentence, rng):
            if made not in seen and made.strip():
                seen.add(made)
                yield Wording(made, (name,))
