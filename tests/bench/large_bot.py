"""A bot of 60,000 rows and 500 intents: from public corpora, or of made words where those are not at hand.

Of public data (`DIR` holds `clinc150/`, `massive/`, `multidogo/` and `sgd_en/`) an intent is one of CLINC150's 150, an
intent of MASSIVE with its first two slots (`calendar_set date time`), an intent of MultiDoGO's six domains, or a
service of SGD with its intent and what the turn does (`Hotels_4:ReserveHotel REQUEST`). So some intents have 15 rows
and others hundreds, near relations stand side by side, and the wrong labels, repeats and slips of the corpora are in
it. On top comes what is known: a share of the rows gets any other label, and a few are typed again with a slip.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bench.denoise import made_corpus

_SLOT = re.compile(r"\[(\w+) :")
_ACTS = ("INFORM_INTENT", "INFORM", "REQUEST", "SELECT", "REQUEST_ALTS")  # the others are the same for all services
_NO_INTENT = ("contentonly", "outofdomain")
_FEWEST = 15  # rows of an intent
_TYPED_AGAIN = 0.03  # share of the rows


@dataclass(frozen=True)
class LargeBot:
    """n rows: texts, the intents that they carry, and bool (n,), whether a wrong one was put there on purpose."""

    texts: list[str]
    intents: list[str]
    planted: NDArray[np.bool_]

    def write(self, file: Path) -> None:
        """JSON lines with an id, as `ingest` takes them."""
        rows = zip(self.texts, self.intents, strict=True)
        lines = (json.dumps({"id": f"r{n}", "text": text, "intent": intent}) for n, (text, intent) in enumerate(rows))
        file.write_text("\n".join(lines) + "\n", "utf-8")


def make_bot(data: Path | None, rows: int, intents: int, wrong: float, seed: int = 1) -> LargeBot:
    """That many rows of that many intents, a share of them with a wrong intent.

    Args:
        data: folder of the public corpora; made words without it.
        rows: how many; fewer where the corpora do not hold so many.
        intents: how many, those with most texts first.
        wrong: share of the rows that get another intent, each of the others being as likely.
        seed: of what is drawn.
    """
    rng = np.random.default_rng(seed)
    if data is None:
        texts, codes = made_corpus(intents, rows // intents)
        names = [f"intent_{number:04d}" for number in range(intents)]
    else:
        texts, codes, names = _drawn(_public(data), round(rows / (1.0 + _TYPED_AGAIN)), intents, rng)
        again = rng.permutation(len(texts))[: rows - len(texts)]
        texts, codes = texts + [_slip(texts[row], rng) for row in again], np.concatenate([codes, codes[again]])
    planted = np.zeros(len(texts), bool)
    planted[rng.permutation(len(texts))[: round(wrong * len(texts))]] = True
    given = np.where(planted, (codes + rng.integers(1, len(names), len(texts))) % len(names), codes)
    order = rng.permutation(len(texts)).tolist()
    return LargeBot([texts[row] for row in order], [names[given[row]] for row in order], planted[order])


def _public(data: Path) -> Mapping[str, list[str]]:
    """The different texts of each intent, sorted."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in _rows(data / "clinc150" / "full.jsonl.gz"):
        if row["label"] != "oos":
            found[row["label"]].add(row["text"])
    for row in _rows(data / "massive" / "en-US.jsonl.gz"):
        slots = _SLOT.findall(row["annot_utt"])
        found[" ".join([row["label"], *slots[:2]])].add(row["text"])
    for row in _rows(data / "multidogo" / "sentence_level.jsonl.gz"):
        if row["label"] not in _NO_INTENT:
            found[row["label"]].add(row["text"])
    for row in _rows(data / "sgd_en" / "turns.jsonl.gz"):
        if row["role"] == "user" and row["label"] and (act := (row["acts"] or [""])[0]) in _ACTS:
            found[f"{row['label']} {act}"].add(row["text"])
    return {intent: sorted(texts) for intent, texts in found.items()}


def _rows(file: Path) -> Iterator[Any]:
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def _drawn(
    found: Mapping[str, list[str]], rows: int, intents: int, rng: np.random.Generator
) -> tuple[list[str], NDArray[np.int64], list[str]]:
    """Texts, the number of the intent of each, and the intents: of the largest ones, each cut at the same number."""
    largest = sorted(found, key=lambda name: (-len(found[name]), name))[:intents]
    names = sorted(name for name in largest if len(found[name]) >= _FEWEST)
    sizes = np.array([len(found[name]) for name in names])
    most = int(sizes.max())
    while most > _FEWEST and np.minimum(sizes, most - 1).sum() >= rows:
        most -= 1
    texts, codes = [], []
    for code, name in enumerate(names):
        chosen = rng.permutation(len(found[name]))[:most]
        texts += [found[name][row] for row in chosen]
        codes += [code] * len(chosen)
    kept = np.sort(rng.permutation(len(texts))[:rows])
    return [texts[row] for row in kept], np.array(codes, np.int64)[kept], names


def _slip(text: str, rng: np.random.Generator) -> str:
    """The text with one character doubled, left out or exchanged with the next."""
    place = int(rng.integers(0, max(len(text) - 1, 1)))
    before, own, after = text[:place], text[place : place + 1], text[place + 1 :]
    return (before + own + own + after, before + after, before + after[:1] + own + after[1:])[int(rng.integers(0, 3))]
