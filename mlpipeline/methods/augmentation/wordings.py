"""One sentence said another way: its wordings by each operator, and what the gates of `augment` say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlpipeline.languages.paraphrase.operators import Operator, Tool, effective
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.augmentation.agreement import agreement_of
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus, coded, is_used, rng_of
from mlpipeline.methods.augmentation.gates import NEAR, TextGate, refusal
from mlpipeline.methods.augmentation.nearness import as_texts, near_rows, similarity_to
from mlpipeline.methods.augmentation.settings import MakingSettings

# Wordings that a further operator makes of one: all of them would be hundreds.
_EACH = 3
KEPT, REVIEW = "kept", "for review"
MEANT = {
    NEAR: "too near to the sentence or a row of the bot to teach anything",
    "same": "the normaliser makes the sentence itself, or a row of the bot, of it",
    "held_out": "near a row that the bot is tested on",
    "stranger": "too little is left of the sentence",
    "stems": "its content words are others: the form is broken, or the analyser reads it otherwise",
    "broken": "a number, placeholder or letter is broken",
    "script": "letters of another language",
    "length": "too long or too short",
    "label_disagrees": "the bot's model gives it another intent",
}


@dataclass(frozen=True)
class Wording:
    """One made text with its scores; `decision` is kept, for review, or the gate that refuses it.

    `used` is false where the recipe does not use one of the operators. `similarity` is the Jaccard similarity with the
    sentence as `clean` folds both, `length` made by given characters; `intent` and `agreement` are there with `--bot`:
    what the model of its rows says of the made text, and how probable it holds the intent of the sentence.
    """

    text: str
    normalized: str
    operators: tuple[str, ...]
    decision: str
    similarity: float
    length: float
    used: bool
    opposite: bool = False
    intent: str | None = None
    agreement: float | None = None

    def as_json(self) -> dict[str, object]:
        """For machines."""
        told = {**vars(self), "operators": list(self.operators)}
        told |= {name: round(told[name], 4) for name in ("similarity", "length")}
        if self.agreement is None:
            del told["intent"], told["agreement"]
        return told


@dataclass(frozen=True)
class Setting:
    """A language with its rules: profile, the recipe's `augment` with what `clean` takes for near, tool."""

    tag: str
    profile: Profile
    rules: MakingSettings
    tool: Tool

    def uses(self, name: str) -> bool:
        """Whether the stage uses an operator by this recipe, on rows of this language."""
        return is_used(self.rules, name, self._there[name].kind if name in self._there else "")

    @cached_property
    def _there(self) -> Mapping[str, Operator]:
        return effective(self.tool.operators, self.profile.steps)


def paraphrases_of(setting: Setting, used: Mapping[str, Operator], normalized: str, chain: int) -> Iterator[Candidate]:
    """Wordings of a normalised text, each once: of each operator, then of some more on what others made."""
    normalize, seed = normalizer(setting.profile), setting.rules.seed
    bases: list[tuple[tuple[str, ...], str]] = [((), normalized)]
    seen = set[str]()
    for depth in range(chain):
        longer = list[tuple[tuple[str, ...], str]]()
        for before, text in bases:
            sentence, rng = setting.tool.analyse(text), rng_of(seed, *before, text)
            names = [name for name in used if name not in before]
            given = 0
            for name in rng.sample(names, len(names)) if depth else names:
                if depth and (given >= _EACH or used[name].opposite):
                    continue
                # A generator of its own: what one operator makes does not depend on which others are used.
                for made in used[name].rewrite(sentence, rng_of(seed, *before, text, name)):
                    given += 1
                    one = Candidate(made, normalize(made), 0, (*before, name), opposite=used[name].opposite)
                    if one.normalized not in seen:
                        yield one
                    seen.add(one.normalized)
                    # no analyser reads what is mistyped, and an opposite is for a person to read as it is
                    if used[name].kind != "typing" and not used[name].opposite:
                        longer.append(((*before, name), made))
        bases = longer


def with_rows(setting: Setting, sentence: str, rows: Sequence[tuple[str, str]], held_out: Sequence[str]) -> Corpus:
    """The sentence, then a bot's training rows. Its intent is that of an equal row, or what the rows' model says.

    Args:
        setting: of the bot.
        sentence: the sentence, normalised.
        rows: (normalised text, intent) each.
        held_out: normalised texts of validation and test rows.
    """
    names, codes = coded([intent for _, intent in rows])
    asked = agreement_of([text for text, _ in rows], codes, [sentence], np.zeros(1, np.int64), setting.rules.seed)
    guessed = names[int(asked.predicted[0])] if asked else "".join(names[:1])
    intent = next((known for text, known in rows if text == sentence), guessed)
    learnt = [(sentence, intent), *((text, known) for text, known in rows if text != sentence)]
    texts, intents = zip(*learnt, strict=True)
    return Corpus(setting.profile, list(map(str, range(len(texts)))), texts, intents, held_out)


def check_wordings(setting: Setting, corpus: Corpus, paraphrases: Iterable[Candidate]) -> list[Wording]:
    """What the gates of the stage say of wordings of the first row of a corpus, in the order of the verdicts."""
    candidates, said = list(paraphrases), corpus.texts[0]
    gate = TextGate(corpus, setting.rules, setting.tool)
    verdicts = [gate.refuse(one) for one in candidates]
    similar = _near(setting, corpus, candidates, verdicts)
    for at, one in enumerate(candidates):
        if not verdicts[at] and gate.loses_words(one):
            verdicts[at] = "stems"
    agreed = _agreed(setting, corpus, candidates, verdicts)
    used = {name for name in setting.tool.operators if setting.uses(name)}
    found = [
        Wording(one.text, one.normalized, one.operators, decision or (REVIEW if one.opposite else KEPT), likeness,
                len(one.normalized) / len(said), used.issuperset(one.operators), one.opposite, *told)
        for one, decision, likeness, told in zip(candidates, verdicts, similar, agreed, strict=True)
    ]  # fmt: skip
    order = {decision: place for place, decision in enumerate((KEPT, NEAR, *MEANT, REVIEW))}
    return sorted(found, key=lambda one: (order[one.decision], not one.used))


def _near(setting: Setting, corpus: Corpus, made: Sequence[Candidate], verdicts: list[str]) -> list[float]:
    rules = setting.rules
    texts = as_texts([one.normalized for one in made], corpus.texts, corpus.held_out, rules.fold)
    by_existing, by_held_out = near_rows(texts, rules.near_threshold)
    similar = similarity_to(texts, np.arange(len(made)), np.zeros(len(made), np.int64)).tolist()
    for at, one in enumerate(made):
        if not verdicts[at]:
            verdicts[at] = refusal(one, by_existing[at], by_held_out[at], similar[at], rules.min_similarity)
    return list(similar)


def _agreed(
    setting: Setting, corpus: Corpus, made: Sequence[Candidate], verdicts: list[str]
) -> list[tuple[str | None, float | None]]:
    names, codes = coded(corpus.intents)
    wanted = np.full(len(made), codes[0])
    said = agreement_of(corpus.texts, codes, [one.normalized for one in made], wanted, setting.rules.seed)
    if said is None:
        return [(None, None)] * len(made)
    for at, (one, sure) in enumerate(zip(made, said.accepts(setting.rules.min_agreement), strict=True)):
        if not verdicts[at] and not one.opposite and not sure:
            verdicts[at] = "label_disagrees"
    return [(names[code], float(share)) for code, share in zip(said.predicted, said.probability, strict=True)]
