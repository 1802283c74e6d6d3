"""Personal data of a text: where it stands, of what kind, by which rule; and the text with it masked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mlpipeline.methods.personal_data.check_digits import is_article
from mlpipeline.methods.personal_data.context import MONEY, QUANTITY, REACH, SURVIVES
from mlpipeline.methods.personal_data.folding import folded
from mlpipeline.methods.personal_data.people import HINTS, PHRASES
from mlpipeline.methods.personal_data.rules import IPV6, NEAR, PLAIN, Compiled, starts


class Span(NamedTuple):
    """Where personal data stands: positions in characters of the text, end excluded; never the value itself."""

    kind: str
    start: int
    end: int
    rule: str
    score: float


# Seven digits that no more than two marks part: fewer are no number of anybody.
_NUMBER = re.compile(r"[0-9](?:[ .()\-]{0,3}[0-9]){6}|[A-Za-z][0-9A-Da-d]? ?[0-9]{6}|[0-9]\.[0-9]+\.[0-9]+\.[0-9]")
# Of an IPv6 address; a time of day has two colons at most.
_COLONS = re.compile("::[0-9A-Fa-f]|:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:")
_SURVIVES = re.compile(SURVIVES, re.IGNORECASE)
_QUANTITY = re.compile(QUANTITY, re.IGNORECASE)
_MONEY = re.compile(MONEY)
_MAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+ ?(?:@|\(at\)|\[at\]|골뱅이) ?"
    r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_LINK = re.compile(r"(?<![A-Za-z])[A-Za-z][A-Za-z+.-]{1,9}://[!#-&(-;=?-~]+")
_SECRET = re.compile(
    r"://[^/\s@]+:[^/\s@]+@|[?&#;](?:[a-z_-]*(?:token|key|sig|signature|secret|session|sid|auth|password|passwd|pwd|jwt|otp|(?:auth|verification)_?code|"
    r"credential|email|phone)[a-z_-]*)=[^&#\s]{3}|/[A-Za-z0-9_-]{32}|eyJ[A-Za-z0-9_-]{10}",
    re.IGNORECASE,
)
# What stands in every address of mail.
_MARKS = ("@", "(at)", "[at]", "골뱅이")


def spans(text: str) -> list[Span]:
    """What is personal in a text, by position, none over another; of two that overlap the surer, then the longer.

    Time is linear in the length of the text.
    """
    plain = folded(text)
    found: list[Span] = []
    if "://" in plain:
        found.extend(_links(plain))
    if any(mark in plain for mark in _MARKS):
        found.extend(Span("EMAIL", hit.start(), hit.end(), "email", 0.97) for hit in _MAIL.finditer(plain))
    if _NUMBER.search(plain):
        found.extend(_numbers(plain))
    if _COLONS.search(plain):
        found.extend(_span(IPV6, hit) for hit in IPV6.match.finditer(plain) if IPV6.holds(hit[0]))
    if HINTS.search(plain):
        found.extend(_people(plain))
    return _apart(found) if len(found) > 1 else found


def _links(plain: str) -> Iterator[Span]:
    for hit in _LINK.finditer(plain):
        if _SECRET.search(hit[0]):
            yield Span("URL", hit.start(), hit.end(), "url_secret", 0.99)


def _numbers(plain: str) -> Iterator[Span]:
    position, first = 0, starts()
    while start := first.search(plain, position):
        at = start.start()
        position = at + 1
        for compiled in PLAIN:
            hit = compiled.match.match(plain, at)
            if hit and compiled.holds(hit[0]) and _stands(compiled, plain, hit):
                yield _span(compiled, hit)
                position = hit.end()
                break
    for compiled in NEAR:
        if _is_near(compiled, plain):
            for hit in compiled.match.finditer(plain):
                if compiled.holds(hit[0]) and _stands(compiled, plain, hit):
                    yield _span(compiled, hit)


def _span(compiled: Compiled, hit: re.Match[str]) -> Span:
    return Span(compiled.rule.kind, hit.start(), hit.end(), compiled.rule.name, compiled.rule.score)


def _is_near(compiled: Compiled, plain: str) -> bool:
    """Whether a text has any word, or letters, that a rule asks for."""
    scripted = compiled.script is not None and bool(compiled.script.search(plain))
    return scripted or (compiled.near is not None and bool(compiled.near.search(plain)))


def _stands(compiled: Compiled, plain: str, hit: re.Match[str]) -> bool:
    """Whether what stands around a number lets it be what it looks like."""
    rule = compiled.rule
    if not rule.near and not rule.bare:
        return True
    before, behind = plain[max(0, hit.start() - REACH) : hit.start()], plain[hit.end() : hit.end() + REACH]
    refused = _last(_SURVIVES, before)
    if rule.near:
        scripted = compiled.script is not None and bool(compiled.script.search(plain[:200]))
        known = _last(compiled.near, before) if compiled.near else -1
        if known < 0 and not scripted and not (compiled.near and compiled.near.search(behind)):
            return False
        return refused <= known or (scripted and refused < 0) or (known < 0 and refused < 0)
    if refused >= 0 or _QUANTITY.match(behind) or _MONEY.search(before):
        return False
    digits = re.sub("[^0-9]", "", hit[0])
    return not (len(digits) in (12, 13) and is_article(digits))


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Where the last match begins, -1 without any."""
    return max((hit.start() for hit in pattern.finditer(text)), default=-1)


def _people(plain: str) -> Iterator[Span]:
    for compiled in PHRASES:
        if compiled.hints.search(plain):
            for hit in compiled.pattern.finditer(plain):
                phrase = compiled.phrase
                end = hit.start(1) + len(hit[1].rstrip())
                yield Span(phrase.kind, hit.start(1), end, phrase.name, phrase.score)


def _apart(found: list[Span]) -> list[Span]:
    """The surest spans that do not overlap, by position."""
    kept: list[Span] = []
    taken = bytearray(max(span.end for span in found))
    for span in sorted(found, key=lambda one: (-one.score, one.start - one.end, one.start)):
        # A number that a surer, shorter one took a part of goes as a whole: what is left of it is no number.
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def placeholder(kind: str, _value: str) -> str:
    """What stands for a value of this kind: `<PHONE>`."""
    return f"<{kind}>"


def masked(text: str, replacement: Callable[[str, str], str] = placeholder) -> tuple[str, Counter[str]]:
    """A text with what is personal replaced, and how often each kind was.

    Args:
        text: as it was written.
        replacement: what stands for (kind, value); the name of the kind in angle brackets by default.
    """
    found = spans(text)
    if not found:
        return text, Counter()
    parts, end = [], 0
    for span in found:
        parts += [text[end : span.start], replacement(span.kind, text[span.start : span.end])]
        end = span.end
    return "".join([*parts, text[end:]]), Counter(span.kind for span in found)
