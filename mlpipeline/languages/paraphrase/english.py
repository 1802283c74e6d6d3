"""English by rules, with lemminflect's dictionary of forms (not its guesses for unknown words)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random

from mlpipeline.languages.paraphrase import english_frames, english_typing, english_words
from mlpipeline.languages.paraphrase.english_frames import framed, request
from mlpipeline.languages.paraphrase.operators import Operator, Sentence, Token, Tool, by_name
from mlpipeline.languages.paraphrase.protected import protected_spans
from mlpipeline.languages.paraphrase.word_edits import checked_rewrite, lexicon, spliced

_LEXICON = lexicon("en")
_words = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*").finditer
_dont = re.compile(r"(?:please +)?(?:do not|don't|dont|never) +(?P<rest>\w.*)", re.IGNORECASE | re.DOTALL).fullmatch
_statement = re.compile(
    r"(?P<yes>\bi (?:want|need|like|have)\b)|(?P<be>(?<=\bit) is\b|(?<=\bi) am\b|(?<=\bit)'s\b|(?<=\bi)'m\b)",
    re.IGNORECASE,
).search


def _opposite_negation(sentence: Sentence, rng: Random) -> Iterator[str]:
    asked = request(sentence)
    if asked:
        yield framed(sentence, f"{asked[0]}don't {asked[1]}")
    elif found := _dont(sentence.text):
        yield framed(sentence, found["rest"])
    elif (found := _statement(sentence.text)) and not re.search(
        r"\bdo +$", sentence.text[: found.start()], re.IGNORECASE
    ):
        if found["be"]:
            yield spliced(sentence.text, found.end(), found.end(), " not")
        else:
            yield spliced(sentence.text, found.start() + 1, found.start() + 1, " don't")


# Frames, politeness and what carries no subject: an operator of kind form may add and drop them
_NO_STEMS_TEXT = """
a an the i me my you your u ur we us it its please pls plz kindly thanks thx thank can could would will may am
is are was were be do does did have has to of for in on at with if there this that what whats how where when who
let lets know tell show give see get want wanna need like help some any question quick hi hello hey excuse mind
able possible wonder way come should look try im ive id ill about information
whats whens wheres whos hows whys thats theres heres youre theyre weve youve youd youll"""
_NO_STEMS = frozenset(_NO_STEMS_TEXT.split())
_NEGATIONS_TEXT = """
not cannot dont doesnt didnt isnt arent wasnt cant couldnt wont wouldnt havent hasnt never"""
_NEGATIONS = frozenset(_NEGATIONS_TEXT.split())
_Lookup = Callable[..., Mapping[str, Sequence[str]]]
_short = re.compile("'(?:s|re|ll|ve|m|d)$").sub


@lru_cache(1)
def _dictionary() -> tuple[_Lookup, _Lookup]:
    """Lemmas and inflections of known words; imported when first needed, it takes 80 MB."""
    from lemminflect import getAllInflections, getAllLemmas

    return getAllLemmas, getAllInflections


@lru_cache(50_000)
def _stem(word: str) -> str:
    # twice: meetings is meeting is meet
    for _ in range(2):
        lemmas = _dictionary()[0](word)
        word = next((lemmas[tag][0] for tag in ("VERB", "NOUN", "ADJ", "ADV") if tag in lemmas), word)
    return word


def _inflected(verb: str, tag: str) -> str:
    return next(iter(_dictionary()[1](verb, "VERB").get(tag, ())), "")


def _other_number(noun: str) -> str:
    lemmas = _dictionary()[0](noun)
    if set(lemmas) - {"NOUN", "VERB"} or "NOUN" not in lemmas:
        return ""
    lemma = lemmas["NOUN"][0]
    plural = next(iter(_dictionary()[1](lemma, "NOUN").get("NNS", ())), "")
    if not plural or plural == lemma:
        return ""
    return plural if noun == lemma else lemma if noun == plural else ""


OPPOSITES: tuple[Operator, ...] = (
    Operator("opposite_negation", "don't put in or taken out", "form", _opposite_negation, opposite=True),
    Operator(
        "opposite_word", "off for on, add for remove", "words", english_words.exchange(_LEXICON["opposite_word"]), True
    ),
)
OPERATORS: tuple[Operator, ...] = tuple(
    one._replace(rewrite=checked_rewrite(one.rewrite))
    for one in (
        *english_frames.OPERATORS,
        *english_words.operators(_LEXICON),
        *english_words.inflection(_inflected, _other_number),
        *english_typing.operators(_LEXICON),
        *OPPOSITES,
    )
)


class English(Tool):
    """English; the dictionary is of lemminflect, whose guesses for unknown words are not used."""

    def __init__(self) -> None:
        self.operators: Mapping[str, Operator] = by_name(OPERATORS)
        # the dictionaries are read at the first question: here, not in the first sentence
        _inflected(_stem("lights"), "VBG")

    def analyse(self, text: str) -> Sentence:
        """The words of a text, their base forms; word classes are not told apart."""
        tokens = [Token(found[0], _stem(found[0].lower()), "", found.start(), found.end()) for found in _words(text)]
        return Sentence(text, tokens, protected_spans(text))

    def stems(self, text: str) -> Sequence[str]:
        """Content words in base form and `not`, in order; the words of polite and asking frames do not count."""
        stems = list[str]()
        for found in _words(text):
            word = found[0].lower().replace("’", "'")
            if word.endswith("n't") or word in _NEGATIONS:
                stems.append("not")
                continue
            stem = _stem(_short("", word))
            if stem not in _NO_STEMS and word not in _NO_STEMS and _short("", word) not in _NO_STEMS:
                stems.append(stem)
        return stems


def load() -> Tool:
    """English, ready to analyse: 80 MB, 2 s."""
    return English()
