"""Peers that make rows of one language: what their rows bring to the same trainer, and how many are broken.

    python -m tests.bench.augment_peers --data DIR [--only en-US,ko-KR,zh-CN] [--draws 5] [--results FILE]

Peers are not installed with the project: nlpaug (without nltk's WordNet, which is no package), koeda (with konlpy) and
nlpcda are asked where they can be imported. Bots, trainer and weight of made rows are those of `tests.bench.augment`,
two made rows a row on both sides. `strange` is a row that a character model of all real training texts finds stranger
than 95 % of the real test rows: 5 % of what people write is. `damaged` has lost a number, a placeholder or a
character.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mlpipeline.languages.paraphrase.protected import is_whole, kept
from mlpipeline.languages.profile import normalizer
from mlpipeline.stages.train import classifier_settings
from tests.bench import augment_cases as cases
from tests.bench.augment import ROWS_ONLY, Bench, as_interval, trained

# A text, how many wordings are wanted -> wordings
Peer = Callable[[str, int], Iterable[str]]
_EACH = 2
_ORDER = 5  # characters
_COLUMNS = ("data", "made by", "draws", "augmented examples", "gain of macro-F1", "95 %", "strange", "damaged")
OURS = "mlpipeline"


def nlpaug() -> dict[str, Peer]:
    """English: Easy Data Augmentation without its synonyms, and slips."""
    import nlpaug.augmenter.char as char
    import nlpaug.augmenter.word as word

    swap, drop = word.RandomWordAug(action="swap"), word.RandomWordAug(action="delete")
    slips = [word.SpellingAug(), char.KeyboardAug()]
    return {
        "nlpaug: swap, delete": lambda text, count: [made for one in (swap, drop) for made in one.augment(text, n=1)],
        "nlpaug: spelling, keyboard": lambda text, count: [made for one in slips for made in one.augment(text, n=1)],
    }


def koeda() -> dict[str, Peer]:
    """Korean: Easy Data Augmentation with a Korean WordNet, and with marks put in."""
    from koeda import AEDA, EDA

    easy, easier = EDA("Okt"), AEDA("Okt")
    return {
        "KoEDA: EDA": lambda text, count: _listed(easy(text, repetition=count)),
        "KoEDA: AEDA": lambda text, count: _listed(easier(text, repetition=count)),
    }


def nlpcda() -> dict[str, Peer]:
    """Chinese: similar words, homophones, characters dropped and exchanged."""
    import nlpcda as peer

    words = peer.Similarword(create_num=_EACH + 1, change_rate=0.3)
    slips = [
        peer.Homophone(create_num=2, change_rate=0.3),
        peer.CharPositionExchange(create_num=2, change_rate=0.3, char_gram=3, seed=1),
    ]
    return {
        "nlpcda: similar words": lambda text, count: words.replace(text)[1:],
        "nlpcda: homophones, exchanged characters": lambda text, count: [
            made for one in slips for made in one.replace(text)[1:]
        ],
    }


PEERS: dict[str, Callable[[], dict[str, Peer]]] = {"en-US": nlpaug, "clinc150": nlpaug, "ko-KR": koeda, "zh-CN": nlpcda}


def _listed(made: Any) -> list[str]:
    """KoEDA gives a text, a list of texts or lists of lists."""
    return [made] if isinstance(made, str) else [text for one in made for text in _listed(one)]


class Strangeness:
    """How strange a text is to a model of characters: mean surprise of one, in bits.

    Witten and Bell 1991, method C, over the last characters.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs, self._after, self._kinds = Counter[str](), Counter[str](), Counter[str]()
        for text in texts:
            padded = _padded(text)
            for at in range(_ORDER - 1, len(padded)):
                for order in range(_ORDER):
                    run = padded[at - order : at + 1]
                    self._kinds[run[:-1]] += self._runs[run] == 0
                    self._runs[run] += 1
                    self._after[run[:-1]] += 1

    def of(self, text: str) -> float:
        """Of a text."""
        padded = _padded(text)
        return float(np.mean([-np.log2(self._chance(padded, at)) for at in range(_ORDER - 1, len(padded))]))

    def _chance(self, padded: str, at: int) -> float:
        chance = 1e-5
        for order in range(_ORDER):
            run = padded[at - order : at + 1]
            if seen := self._after[run[:-1]]:
                kinds = self._kinds[run[:-1]]
                chance = (self._runs[run] + kinds * chance) / (seen + kinds)
        return chance


def _padded(text: str) -> str:
    return "\x02" * (_ORDER - 1) + text + "\x03"


def of_peer(few: cases.Few, peer: Peer, seed: int) -> list[tuple[cases.Row, int, str]]:
    """The rows of a peer, normalised; what is equal to a row is not counted. The third is the text as it was made."""
    random.seed(seed)
    np.random.seed(seed)
    normal, known = normalizer(few.profile), {text for text, _ in few.rows}
    made = []
    for place, (text, intent) in enumerate(few.rows):
        for one in peer(text, _EACH):
            normalized = normal(one)
            if normalized and normalized not in known:
                known.add(normalized)
                made.append(((normalized, intent), place, one))
    return made


def run(bench: Bench, name: str, seed: int, maker: str, peer: Peer | None) -> dict[str, Any]:
    """The figures of one training on the rows of one maker."""
    few = bench.few(name, seed)
    settings = classifier_settings(bench.recipe(name).recipe.train)
    if peer is None:
        rules = bench.rules(name, **ROWS_ONLY)
        made = [(row, parent, row[0]) for row, parent, _ in cases.make(few, rules, bench.tool(name))[0]]
    else:
        made = of_peer(few, peer, seed)
    model = Strangeness([*few.truth])
    limit = np.quantile([model.of(text) for text, _ in few.test], 0.95)
    strange = np.mean([model.of(row[0]) > limit for row, _, _ in made])
    damaged = np.mean([not is_whole(text) or not kept(few.rows[parent][0], row[0]) for row, parent, text in made])
    return {
        **cases.train(few, [(row, parent) for row, parent, _ in made], settings, seed),
        "maker": maker,
        "made": len(made),
        "strange": float(strange),
        "damaged": float(damaged),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with massive/ and clinc150/")
    parser.add_argument("--only", default="en-US,ko-KR,zh-CN", help=f"of {', '.join(PEERS)}")
    parser.add_argument("--draws", type=int, default=5, help="draws of rows, each with a seed of the trainer")
    parser.add_argument("--results", type=Path, help="file of finished cases, to go on from where a run was stopped")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in `mlpipeline run`")
    given = parser.parse_args(arguments)
    bench, changed = Bench(given.data, given.set, given.results), " ".join(sorted(given.set))
    print(f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}", flush=True)
    for name in given.only.split(","):
        try:
            makers: dict[str, Peer | None] = {OURS: None, **PEERS[name]()}
        except ImportError as error:
            print(f"{name}: {error}", flush=True)
            makers = {OURS: None}
        for maker, peer in makers.items():
            found, gains = [], []
            for seed in range(1, given.draws + 1):
                plain = bench.once(
                    f"plain {name} {seed} {changed}".strip(), partial(trained, bench, name, seed, "plain")
                )
                case = f"peer {maker} {name} {seed} {changed}".strip()
                found.append(bench.once(case, partial(run, bench, name, seed, maker, peer)))
                gains.append(found[-1]["macro_f1"] - plain["macro_f1"])
            means = {key: np.mean([one[key] for one in found]) for key in ("made", "strange", "damaged")}
            cells = (name, maker, str(len(found)), f"{means['made']:.0f}", f"**{np.mean(gains):+.1f}**",
                     as_interval(gains), f"{means['strange']:.0%}", f"{means['damaged']:.1%}")  # fmt: skip
            print(f"| {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
