"""English words in another form: contracted, inflected, without articles and prepositions, spelled the other way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from mlpipeline.languages.paraphrase.english_frames import framed, request
from mlpipeline.languages.paraphrase.operators import Operator, Rewrite, Sentence
from mlpipeline.languages.paraphrase.word_edits import cased, free, some, spliced

# The inflected form of a word for a tag of the Penn Treebank, "" where the dictionary has none
Inflect = Callable[[str, str], str]
_Fits = Callable[[str, int, int], bool]

_WH = re.compile(r"\b(?:what|where|who|how|when|which|why|whether)\b(?! (?:is|are)\b)", re.IGNORECASE).search
_NEGATED_QUESTION = re.compile(r"(?: +(?:i|you|he|she|it|we|they|there|that|this)\b)", re.IGNORECASE).match
_AFTER_IS = re.compile(r" +(?:been|got|had|gone|become|happened|taken|changed)\b", re.IGNORECASE).match


def always(text: str, start: int, stop: int) -> bool:
    """Fits everywhere."""
    return True


def _may_contract(text: str, start: int, stop: int) -> bool:
    said = text[start:stop].lower()
    if said.endswith((" not", "cannot", " us", " like")):
        return True
    # no short form at the end ("tell me what it is"), nor behind a question word ("how much it is in euros")
    return bool(re.match(r" +\w", text[stop:])) and not (
        said.split()[0] in ("i", "you", "it", "we", "they", "that", "there") and _WH(text[:start])
    )


def _may_expand(text: str, start: int, stop: int) -> bool:
    said = text[start:stop].lower()
    if said.endswith("n't"):
        # isn't it, why don't you: nobody says "is not it"
        return not _NEGATED_QUESTION(text[stop:]) and not re.search(r"(?:why|how come) +$", text[:start], re.IGNORECASE)
    return not (said.endswith("'s") and _AFTER_IS(text[stop:]))


def exchange(table: Mapping[str, Sequence[str]], fits: _Fits = always, most: int = 4) -> Rewrite:
    """Another word of the table in place of one that stands in the text, where it fits (text, start, stop)."""
    keys = "|".join(map(re.escape, sorted(table, key=lambda key: (-len(key), key))))
    find = re.compile(rf"(?<![\w'-])(?:{keys})(?![\w'-])", re.IGNORECASE).finditer

    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        text = sentence.text
        choices = [
            (found, other)
            for found in find(text)
            if free(sentence, *found.span()) and fits(text, *found.span())
            for other in table[found[0].lower()]
        ]
        for found, other in some(rng, choices, most):
            yield spliced(text, *found.span(), cased(found[0], other))

    return rewrite


def drop(pattern: str) -> Rewrite:
    """Without what the pattern finds: one at a time, and all at once."""
    find = re.compile(pattern, re.IGNORECASE).finditer

    def rewrite(sentence: Sentence, rng: Random) -> Iterator[str]:
        spans = [found.span() for found in find(sentence.text) if free(sentence, *found.span())]
        for start, stop in some(rng, spans, 2):
            yield _without(sentence.text, [(start, stop)])
        if len(spans) > 1:
            yield _without(sentence.text, spans)

    return rewrite


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    made = text
    for start, stop in reversed(spans):
        made = made[:start] + made[stop:]
    return made[:1].upper() + made[1:] if text[:1].isupper() else made


_ARTICLES = (
    r"(?<!such )(?<!what )(?<!half )(?<!times )(?<!once )(?<!twice )(?<!quite )(?<!as )(?<![\w'-])(?:the|an?) (?=[a-z])"
    r"(?!(?:lot|few|little|bit|while|couple|same|most|best|way|day|week|year|month|hour|m|b|c|d|other)\b)"
)
# Only before what a customer has one or a list of: "my brother" without my is another sentence
_MINE_TEXT = """
account accounts card cards balance order orders calendar list lists alarm alarms reminder reminders email
emails inbox password pin bill bills subscription package delivery refund appointment appointments meeting
meetings schedule playlist playlists music location messages contacts"""
_MINE = "|".join(_MINE_TEXT.split())
_POSSESSIVES = (
    rf"(?<!are )(?<!is )(?<!'s )(?<![\w'-])my (?=(?:{_MINE}"
    r"|(?:credit|debit|checking|savings|shopping|to ?do|bank|phone|grocery) \w+)\b(?!'s))"
)
_DAYS = "mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?"
_TIMES = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midnight"
_PREPOSITIONS = (
    rf"(?<=\w )on (?=(?:{_DAYS})\b)|(?<=\w )at (?=(?:{_TIMES}|\d)\b)"
    r"|(?<=\w )for (?=(?:tomorrow|today|tonight|next (?:week|month|year))\b)"
    r"|(?<=search )for "
)
_plain_day = re.compile(rf"(?<=[a-z]) (?={_DAYS})", re.IGNORECASE).finditer
_LEADS_TEXT = """
on next this every last for by until till from to of and or the since each it's is was be a coming if between
through what all any does not my new good happy are black week"""
_LEADS = frozenset(_LEADS_TEXT.split())


def _preposition_add(sentence: Sentence, rng: Random) -> Iterator[str]:
    text = sentence.text
    for found in _plain_day(text):
        before = text[: found.start()].rsplit(" ", 1)[-1].lower()
        if (
            before not in _LEADS
            and not re.match(r"\w+(?:'s| \w*ing\b)", text[found.end() :])
            and free(sentence, *found.span())
        ):
            yield spliced(text, *found.span(), " on ")


_NAKED = re.compile(
    r"(?<![\w'-])(?P<verb>set|create|add|make|schedule|send|start|book|order|cancel|delete|remove|open|need|want) "
    r"(?=(?P<noun>alarm|reminder|meeting|appointment|email|timer|message|taxi|cab|ticket|event|list|playlist|note|pizza|uber)\b)"
    r"(?!\w+ (?:list|app|settings?)\b)",
    re.IGNORECASE,
).finditer


def _article_add(sentence: Sentence, rng: Random) -> Iterator[str]:
    for found in _NAKED(sentence.text):
        article = "an" if found["noun"][0].lower() in "aeiou" and found["noun"] != "uber" else "a"
        if found["verb"].lower() in ("cancel", "delete", "remove", "open"):
            article = "the"
        if free(sentence, *found.span()):
            yield spliced(sentence.text, found.end(), found.end(), f"{article} ")


_ASKED = re.compile(
    r"(?<![\w'-])(?P<how>any|any new|all my|all the) (?P<noun>[a-z]+)(?![\w'-])"
    r"(?= *$| (?:for|on|in|from|today|tomorrow|this|next)\b)"
).search
_REST = re.compile(r"(?P<verb>[a-z]+)(?P<rest> .*)", re.DOTALL).fullmatch
_how = re.compile(r"(?:how (?:do|can|should) i|how to) +(?P<rest>.+?)[.!?]*", re.IGNORECASE).fullmatch


def inflection(inflect: Inflect, number_of: Callable[[str], str]) -> tuple[Operator, ...]:
    """Operators that need a dictionary of forms.

    Args:
        inflect: a base form and a tag -> the form.
        number_of: a noun's other number, "" for what is no noun with two.
    """

    def _noun_number(sentence: Sentence, rng: Random) -> Iterator[str]:
        found = _ASKED(sentence.text)
        other = number_of(found["noun"]) if found and free(sentence, *found.span("noun")) else ""
        # all my email is many; are there any emails asks for many
        many = found and other and (found["how"].startswith("all") or re.search(r"\bare\b", sentence.text))
        if found and other and not (many and len(other) < len(found["noun"])):
            yield spliced(sentence.text, *found.span("noun"), other)

    def _gerund(text: str) -> str:
        found = _REST(text)
        form = inflect(found["verb"], "VBG") if found else ""
        # what is joined by and would need the form too
        return form + found["rest"] if found and form and not re.search(r"\b(?:and|then) ", text) else ""

    def _request_gerund(sentence: Sentence, rng: Random) -> Iterator[str]:
        asked = request(sentence)
        if asked and (doing := _gerund(asked[1])):
            frame = rng.choice(("would you mind {}", "do you mind {}"))
            yield framed(sentence, asked[0] + frame.format(doing), "?")

    def _help_gerund(sentence: Sentence, rng: Random) -> Iterator[str]:
        found = _how(sentence.text)
        if (
            not found
            or not (doing := _gerund(found["rest"]))
            or doing.startswith(("being", "knowing", "having", "going", "getting", "saying", "besting"))
        ):
            return
        for frame in some(
            rng, ("i need help {}", "can you help me with {}", "help me with {}", "i need some help with {}"), 2
        ):
            yield framed(sentence, frame.format(doing), "?" if frame.startswith("can") else ".")

    return (
        Operator("noun_number", "any email, any emails", "form", _noun_number),
        Operator("request_gerund", "would you mind turning ...", "form", _request_gerund),
        Operator("help_gerund", "i need help cancelling ... for how do i cancel ...", "form", _help_gerund),
    )


def operators(lexicon: Mapping[str, Mapping[str, Sequence[str]]]) -> tuple[Operator, ...]:
    """The operators that need the word list only."""
    spellings = {**lexicon["spelling_variant"]}
    spellings |= {others[0]: (said,) for said, others in lexicon["spelling_variant"].items()}
    # what is another word as often
    for both in ("check", "checks", "tire", "tires", "meter", "meters", "learned", "program"):
        spellings.pop(both, None)
    return (
        Operator("contraction", "what's for what is", "form", exchange(lexicon["contraction"], _may_contract)),
        Operator("expansion", "what is for what's", "form", exchange(lexicon["expansion"], _may_expand)),
        Operator("article_drop", "without the, a, an", "typing", drop(_ARTICLES)),
        Operator("article_add", "set an alarm for set alarm", "form", _article_add),
        Operator("possessive_drop", "without my", "typing", drop(_POSSESSIVES)),
        Operator("preposition_drop", "monday for on monday, seven for at seven", "typing", drop(_PREPOSITIONS)),
        Operator("preposition_add", "on monday for monday", "form", _preposition_add),
        Operator("word_exchange", "another word for the same thing", "words", exchange(lexicon["word_exchange"])),
        Operator("spelling_variant", "British and American spelling", "typing", exchange(spellings)),
    )
