"""Secrets among settings and words of a command: what is kept or shown of them, by Spark's own rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

RULE = "spark.redaction.regex"
# Spark's default. A setting is redacted where its key or its value holds one of these.
DEFAULT = "(?i)secret|password|token|access[.]?key|credential"
HIDDEN = "*********(redacted)"  # as Spark writes it in its web page and its event log
_PAIR = re.compile(r"(--?[\w-]+=)?([\w.-]+)=(.*)\Z", re.DOTALL)
_LOGIN = re.compile(r"(\w[\w+.-]*://)[^/\s@]+@")


def rule_of(settings: Mapping[str, str]) -> re.Pattern[str]:
    """The rule that settings state, or Spark's; one that cannot be read hides as Spark's does."""
    try:
        return re.compile(settings.get(RULE, DEFAULT))
    except re.error:
        return re.compile(DEFAULT)


def redacted(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings with the values of secrets hidden."""
    rule = rule_of(settings)
    return {key: _value(key, value, rule) for key, value in settings.items()}


def redacted_words(words: Iterable[str]) -> list[str]:
    """The words of a command line with secrets hidden: settings by Spark's rule, other KEY=VALUE by the key, and logins
    in addresses.
    """
    listed = list(words)
    rule = rule_of({pair[2]: pair[3] for word in listed if (pair := _PAIR.match(word))})
    return [_word(word, rule) for word in listed]


def hides(settings: Mapping[str, str]) -> list[str]:
    """The keys whose values `redacted` hides, sorted."""
    return sorted(key for key, value in redacted(settings).items() if value != settings[key])


def _word(word: str, rule: re.Pattern[str]) -> str:
    pair = _PAIR.match(word)
    if pair and pair[2] != RULE:
        found = _value(pair[2], pair[3], rule)
        if found == HIDDEN and (pair[2].startswith("spark.") or rule.search(pair[2])):
            return f"{pair[1] or ''}{pair[2]}={HIDDEN}"
    return _LOGIN.sub(rf"\1{HIDDEN}@", word)


def _value(key: str, value: str, rule: re.Pattern[str]) -> str:
    return HIDDEN if key != RULE and (rule.search(key) or rule.search(value)) else value
