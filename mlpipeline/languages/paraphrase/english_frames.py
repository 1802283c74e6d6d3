"""English sentences by another frame: requests polite and plain, questions as requests, requests as questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random

from mlpipeline.languages.paraphrase.operators import Operator, Sentence
from mlpipeline.languages.paraphrase.word_edits import free, some

# Verbs that begin a request whatever follows, and verbs that are nouns as often: those need a word behind that shows it
_SURE_TEXT = """
show tell give find set add remove delete send create make turn put get remind cancel explain bring pull switch
shut lower increase decrease raise mute unmute wake let dim erase compose locate suggest recommend describe
define transfer activate enable disable reset connect clear take keep tweet inform notify convert calculate
translate resume pause start stop"""
_SURE = "|".join(_SURE_TEXT.split())
_PERHAPS_TEXT = """
play open book order list call check change schedule reschedule read search look go post reply save run name pay
update move buy fix clean brew shuffle skip repeat download forward track rate report block write answer help
freeze"""
_PERHAPS = "|".join(_PERHAPS_TEXT.split())
_BEHIND_TEXT = """
a an the my me this that these those all any some up off on for to through another it him her our us if what how
new more out from down in back next"""
_BEHIND = "|".join(_BEHIND_TEXT.split())
_CALL = r"(?P<call>(?:(?:hey|hi|hello|ok|okay) +)?(?:(?:alexa|olly|google|siri|cortana)[,]? +)?)"
_VERB = rf"(?:(?:{_SURE})(?= +\w)|(?:{_PERHAPS})(?= +(?:{_BEHIND})\b))(?! +(?:of|is|are|was|were)\b)"
# The dot of p. m. is no end
_END = r"(?P<end>(?:(?<!\b[a-z])[.!?]+)?)"

_plain = re.compile(rf"{_CALL}(?P<rest>{_VERB}.*?){_END}", re.IGNORECASE | re.DOTALL).fullmatch
_polite = re.compile(
    rf"{_CALL}(?:please[,]? +)?(?:(?:can|could|would|will) +you(?: +please)?(?: +kindly)?|please|kindly"
    rf"|i +(?:want|need) +you +to|i(?:'d| would) +like +you +to|i was wondering if you could)[,]? +"
    rf"(?P<rest>{_VERB}.*?){_END}",
    re.IGNORECASE | re.DOTALL,
).fullmatch
_please = re.compile(r",? +please$", re.IGNORECASE).sub

_OPENINGS = (
    ("please {}", ""),
    ("can you {}", "?"),
    ("could you {}", "?"),
    ("can you please {}", "?"),
    ("could you please {}", "?"),
    ("would you please {}", "?"),
    ("i need you to {}", ""),
    ("i'd like you to {}", ""),
    ("i want you to {}", ""),
)


def lowered(text: str) -> str:
    """Without the capital that a sentence begins with; a name of capitals and the pronoun stay."""
    return text if text[:2].isupper() or re.match(r"I\b", text) else text[:1].lower() + text[1:]


_marks = re.compile(r"(?<!\b[a-z])[.!?]+$", re.IGNORECASE).sub
_small_i = re.compile(r"\bi\b").search
_small_i_all = re.compile(r"\bi\b").sub


def without_mark(text: str) -> str:
    """Without the mark at the end; the dot of p. m. is none."""
    return _marks("", text)


def framed(sentence: Sentence, body: str, mark: str = "") -> str:
    """A made sentence with a capital and an end mark where the original has them."""
    text = sentence.text
    marked = text != without_mark(text)
    body = body.strip()
    if marked:
        body = without_mark(body) + (mark or ("." if text[-1] == "?" else text[-1]))
    if not text[:1].isupper():
        return body
    body = body[:1].upper() + body[1:]
    return body if _small_i(text) else _small_i_all("I", body)


def request(sentence: Sentence) -> tuple[str, str] | None:
    """(whom it calls, the bare request) of a request, polite or plain; None for all else."""
    return _request(sentence.text)


@lru_cache(256)
def _request(text: str) -> tuple[str, str] | None:
    found = _plain(text) or _polite(text)
    if not found:
        return None
    rest = _please("", found["rest"])
    return found["call"], lowered(rest)


def _request_polite(sentence: Sentence, rng: Random) -> Iterator[str]:
    asked = request(sentence)
    if asked:
        for frame, mark in some(rng, _OPENINGS, 4):
            yield framed(sentence, asked[0] + frame.format(asked[1]), mark)


def _request_plain(sentence: Sentence, rng: Random) -> Iterator[str]:
    found = _polite(sentence.text)
    if found:
        yield framed(sentence, found["call"] + lowered(_please("", found["rest"])))
    elif (bare := without_mark(sentence.text)) != (plain := _please("", bare)):
        yield framed(sentence, plain)


def _please_behind(sentence: Sentence, rng: Random) -> Iterator[str]:
    asked = request(sentence)
    if asked:
        ending = rng.choice((" please", ", please", " thanks", " for me please"))
        if ending.startswith(" for me") and re.search(r"\b(?:me|my|i)\b", asked[1], re.IGNORECASE):
            ending = " please"
        yield framed(sentence, asked[0] + asked[1] + ending)


_ARTICLE = r"(?:the|my|your|our|this|that|today's|tomorrow's|tonight's)"
_what_is = re.compile(rf"(?:what's|what is|what are|whats) +(?P<rest>{_ARTICLE} .*?){_END}", re.IGNORECASE).fullmatch
_whether = re.compile(
    rf"(?:(?P<do>do) +(?P<who>i|we|you|they) +(?P<rest>\w.*?)|(?P<be>is|are) +there +(?P<what>\w.*?)"
    rf"|(?P<will>will) +it +(?P<weather>rain|snow|be)(?P<more>.*?)){_END}",
    re.IGNORECASE,
).fullmatch
_where_is = re.compile(
    rf"(?P<word>where|when|who|how far|how much|what time|how old|how long) +(?P<be>is|are)"
    rf" +(?P<rest>{_ARTICLE}(?: [\w'-]+){{1,3}}?){_END}",
    re.IGNORECASE,
).fullmatch
_NOT_A_NAME = re.compile(
    r"\b(?:doing|like|for|in|on|at|about|going|to|from|today|tomorrow|open|due|now|there|up|\w+ing)\b", re.IGNORECASE
).search
_TELL = (
    "tell me {}",
    "let me know {}",
    "can you tell me {}",
    "i want to know {}",
    "could you tell me {}",
    "do you know {}",
)


def _question_as_request(sentence: Sentence, rng: Random) -> Iterator[str]:
    asked = list[str]()
    if found := _what_is(sentence.text):
        # what stands behind as or like is no thing that can be told: what is the weather like
        if not re.search(
            r"\b(?:like|called|doing|with|about|up|mean|to you)$|\bwith (?:the|my|this|that)\b",
            found["rest"],
            re.IGNORECASE,
        ):
            asked = [
                frame.format(found["rest"])
                for frame in ("tell me {}", "give me {}", "i want to know {}", "can you tell me {}")
            ]
    elif found := _whether(sentence.text):
        if found["do"]:
            inner = f"if {found['who']} {found['rest']}"
        elif found["be"]:
            inner = f"if there {found['be']} {found['what']}"
        else:
            inner = f"if it {found['will']} {found['weather']}{found['more']}"
        asked = [frame.format(inner.lower() if inner.islower() else inner) for frame in _TELL]
    elif (found := _where_is(sentence.text)) and not _NOT_A_NAME(found["rest"]):
        asked = [frame.format(f"{found['word'].lower()} {found['rest']} {found['be'].lower()}") for frame in _TELL]
    for made in some(rng, asked, 3):
        yield framed(sentence, made, "?" if made.startswith(("can", "could", "do ")) else ".")


_show = re.compile(
    rf"(?:show|give|get|read) +me +(?P<rest>(?:{_ARTICLE}|all|some|a|an) .*?){_END}", re.IGNORECASE
).fullmatch
_tell_how = re.compile(rf"(?:tell|show|teach) +me +how +to +(?P<rest>\w.*?){_END}", re.IGNORECASE).fullmatch
_tell_what = re.compile(
    rf"(?:tell|show|give) +me +(?:what +)?(?P<rest>{_ARTICLE} [\w' ]*?)(?P<be> is| are)?{_END}", re.IGNORECASE
).fullmatch


def _request_as_question(sentence: Sentence, rng: Random) -> Iterator[str]:
    asked = request(sentence)
    if not asked or asked[0]:
        return
    made = list[str]()
    if found := _tell_how(asked[1]):
        made += [frame.format(found["rest"]) for frame in ("how do i {}", "how can i {}", "how to {}")]
    elif (found := _tell_what(asked[1])) and found["be"]:
        made += [f"what{found['be']} {found['rest']}"] + ([f"what's {found['rest']}"] if found["be"] == " is" else [])
    elif found := _show(asked[1]):
        made += [
            frame.format(found["rest"])
            for frame in ("can i see {}", "let me see {}", "i'd like to see {}", "may i see {}")
        ]
    for one in some(rng, made, 3):
        yield framed(sentence, one, "." if one.startswith(("let", "i'd")) else "?")


_FAMILIES: Sequence[Sequence[str]] = (
    ("i want to", "i need to", "i would like to", "i'd like to", "i wanna", "i'm trying to", "i am looking to"),
    ("how do i", "how can i", "how to", "how should i", "what do i need to do to", "is there a way to"),
    ("can i", "could i", "am i able to", "is it possible to", "may i"),
    ("i want a", "i need a", "i would like a", "i'd like a", "can i get a", "can i have a"),
    ("what about", "how about"),
    ("why is", "how come"),
    ("tell me about", "give me information about", "what can you tell me about", "i want to know about"),
)
_family = {start: family for family in _FAMILIES for start in family}
_starts = re.compile(
    "(?:" + "|".join(sorted(map(re.escape, _family), key=len, reverse=True)) + r")(?= +\w)", re.IGNORECASE
).match


def _opening_exchange(sentence: Sentence, rng: Random) -> Iterator[str]:
    found = _starts(sentence.text)
    if not found or found[0].lower() == "why is":
        return
    said = found[0].lower()
    others = [one for one in _family[said] if one != said and one != "how come"]
    rest = sentence.text[found.end() :]
    # "may i" and "am i able" are for what one does: not for "can i have"
    for other in some(rng, others, 3):
        asks = other.startswith(("how", "what", "is", "can", "could", "am", "may"))
        if other != "how to" or " i " not in rest:
            yield framed(sentence, other + rest, "?" if asks else ".")


_question = re.compile(
    r"(?:what|where|when|who|how|why|which|is|are|do|does|did|can i|could i|will|has|have i)\b", re.IGNORECASE
).match
_HELLO = (
    "hi, {}",
    "hello, {}",
    "hey {}",
    "hi there, {}",
    "quick question, {}",
    "excuse me, {}",
    "i have a question, {}",
)


def _question_opening(sentence: Sentence, rng: Random) -> Iterator[str]:
    if _question(sentence.text) and len(sentence.tokens) > 2 and free(sentence, 0, 1):
        for frame in some(rng, _HELLO, 2):
            yield framed(sentence, frame.format(lowered(sentence.text)), "?")


OPERATORS = (
    Operator("request_polite", "please, can you, could you, i need you to before a request", "form", _request_polite),
    Operator("request_plain", "a request without its polite frame", "form", _request_plain),
    Operator("please_behind", "please or thanks behind a request", "form", _please_behind),
    Operator("question_as_request", "tell me ... for a question", "form", _question_as_request),
    Operator("request_as_question", "can i see ..., how do i ... for a request", "form", _request_as_question),
    Operator("opening_exchange", "i'd like to for i want to, how can i for how do i", "form", _opening_exchange),
    Operator("question_opening", "hi, quick question before a question", "form", _question_opening),
)
