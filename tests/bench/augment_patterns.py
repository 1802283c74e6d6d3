"""How many of the endings and particles that people use for one question the Korean operators find, on ParaKQC.

    python -m tests.bench.augment_patterns --data DIR [--sources 1000]

DIR holds `parakqc/parakqc.jsonl.gz`: 1,000 groups of ten wordings of one question or command. Of one wording of each
group others are made; asked is which of the patterns of the nine others are among them. The pattern of an ending is
all that stands behind the last content word, that of the particles is which there are, in order; forms that only sound
differently (은 and 는) are one. A wording with the pattern of its source does not count.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

from mlpipeline.languages.paraphrase.operators import Sentence, Token, Tool, wordings
from mlpipeline.languages.paraphrase.tools import load_tool

Pattern = tuple[str, ...]
_CONTENT = ("N", "VV", "VA", "XR", "MAG", "MAJ", "SL", "SN", "W_")
# A verb behind these only frames what is asked: 해 줄래, 할 수 있어, 하면 좋겠어
_FRAME = ("VX", "NNB")
_LIKE = str.maketrans("아았여였", "어었어었")
_SOUNDS = {"는": "은", "ㄴ": "은", "ᆫ": "은", "로": "으로", "와": "과", "랑": "이랑", "나": "이나"}
_COMMON, _SHOWN = 60, 15  # patterns that people use most, and those of them never made that are shown


def ending(sentence: Sentence) -> Pattern:
    """What stands behind the last content word; what makes a verb of a noun (하다, 되다) is no part of it."""
    tokens = [one for one in sentence.tokens if not one.tag.startswith("S") or one.tag in ("SL", "SN")]
    contents = [at for at, one in enumerate(tokens) if one.tag.startswith(_CONTENT) and one.tag not in _FRAME]
    behind = tokens[contents[-1] + 1 :] if contents else tokens
    return tuple(
        _form(one) for one in behind if not one.tag.startswith("XS") and (one.tag[0] != "J" or one.form == "요")
    )


def last_morpheme(sentence: Sentence) -> Pattern:
    """The last two morphemes of the ending."""
    return ending(sentence)[-2:]


def particles(sentence: Sentence) -> Pattern:
    """The particles, in order."""
    return tuple(_form(one) for one in sentence.tokens if one.tag.startswith("J") and one.form != "요")


def _form(token: Token) -> str:
    """A morpheme, whatever the sound before it makes of it."""
    if token.tag[0] == "J":
        return {"JKS": "이", "JKO": "을", "JKC": "이"}.get(token.tag) or _SOUNDS.get(token.form, token.form)
    if token.tag[0] == "E":
        return (token.form[1:] if token.form[0] == "으" and len(token.form) > 1 else token.form).translate(_LIKE)
    return token.form


def groups_of(file: Path) -> list[list[str]]:
    """The wordings of each question."""
    found: dict[int, list[str]] = {}
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        for row in map(json.loads, stream):
            found.setdefault(row["group"], []).append(row["text"])
    return list(found.values())


class Share:
    """How many of what people wrote was found, counted by wording and by pattern."""

    def __init__(self, name: str, pattern: Callable[[Sentence], Pattern]) -> None:
        self.name, self._pattern = name, pattern
        self._said, self._found, self._made = Counter[Pattern](), Counter[Pattern](), set[Pattern]()

    def add(self, source: Sentence, others: Iterable[Sentence], made: Iterable[Sentence]) -> None:
        """One group."""
        own = self._pattern(source)
        produced = {self._pattern(one) for one in made} - {own}
        self._made |= produced
        for other in others:
            pattern = self._pattern(other)
            if pattern != own:
                self._said[pattern] += 1
                self._found[pattern] += pattern in produced

    def lines(self) -> list[str]:
        """Lines of the tables."""
        total, found = sum(self._said.values()), sum(self._found.values())
        common = self._said.most_common(_COMMON)
        ever = sum(count for pattern, count in self._said.items() if pattern in self._made)
        known = sum(1 for pattern, _ in common if pattern in self._made)
        first = f"| {self.name} | {total:,} | {found / total:.1%} | {ever / total:.1%} | {known} of {len(common)} |"
        missing = [f"{' '.join(pattern) or 'none'} ({count})" for pattern, count in common if pattern not in self._made]
        return [first, f"never made, {self.name}: {', '.join(missing[:_SHOWN])}" if missing else ""]


def paraphrases_of(tool: Tool, text: str, rng: Random, chain: int) -> list[str]:
    """Wordings of a text by one operator, and for a chain of two by a second one on each of them."""
    first = [one.text for one in wordings(tool, text, rng)]
    if chain == 1:
        return first
    return [*first, *(two.text for one in first for two in wordings(tool, one, rng))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with parakqc/")
    parser.add_argument("--sources", type=int, default=1000, help="groups, one source of each")
    parser.add_argument("--chain", type=int, default=1, choices=(1, 2), help="operators one after another")
    given = parser.parse_args(arguments)
    tool, rng = load_tool("ko"), Random(20)
    groups = groups_of(given.data / "parakqc" / "parakqc.jsonl.gz")
    shares = [Share("endings", ending), Share("ends of endings", last_morpheme), Share("particles", particles)]
    made = 0
    for number, group in enumerate(rng.sample(groups, min(given.sources, len(groups)))):
        place = number % len(group)
        others = [tool.analyse(text) for at, text in enumerate(group) if at != place]
        texts = paraphrases_of(tool, group[place], Random(number), given.chain)
        made += len(texts)
        produced = [tool.analyse(text) for text in texts]
        for share in shares:
            share.add(tool.analyse(group[place]), others, produced)
    lines = [share.lines() for share in shares]
    print("| patterns of | other wordings | found for their own source | made for some source | most common ones |")
    print("|---|---|---|---|---|")
    print("\n".join(one[0] for one in lines))
    print(f"\n{made / given.sources:.1f} wordings a source")
    print("\n".join(one[1] for one in lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
