# ruff: noqa: E501 (a rule a line, however long)
"""The rules as data: what a number, an address on the net or a name looks like, what must hold and what stands near.

Patterns are searched in a folded text (folding.py) from where no digit stands before to where none stands behind:
`\\b` is of no use beside hangul, kana, han and Thai, which are letters too. Every repetition is bounded or starts
only where its like does not stand before, so that time is linear in length.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from mlpipeline.methods.personal_data import check_digits as check
from mlpipeline.methods.personal_data import phones
from mlpipeline.methods.personal_data.context import ACCOUNT, BUSINESS, CARD, CITIZEN, LICENCE, PASSPORT, PHONE

Check = Callable[[str], bool]


@dataclass(frozen=True)
class Rule:
    """One way to recognise personal data.

    Attributes:
        name: of the rule, as it is recorded.
        kind: of the data, the name of its placeholder.
        pattern: of the number, without look-arounds.
        holds: what must be true of the digits (and letters) alone; None where the pattern says all.
        near: words of which one must stand within 30 characters, or the rule does not apply; empty for none.
        script: letters that, anywhere in the text, stand for a word of `near`; empty for none.
        bare: written without marks, so that it may be an order number or a time: a word for such a thing nearer than
            one of `near` refuses it, and so does the check digit of an article number.
        score: how sure the rule is, 0 to 1; of two that overlap the surer one stays.
        reason: why it is what it is, and where that is written.
    """

    name: str
    kind: str
    pattern: str
    holds: Check | None
    score: float
    reason: str
    near: str = ""
    script: str = ""
    bare: bool = False


def is_address(text: str) -> bool:
    """Whether this is an IPv4 or IPv6 address."""
    try:
        return not ipaddress.ip_address(text).is_unspecified
    except ValueError:
        return False


def any_digits(digits: str) -> bool:
    """Whether there are enough digits for an account, 8 to 16, and not one over and over."""
    return 8 <= len(digits) <= 16 and len(set(digits)) > 1


_S = "[ .-]?"
_D = "[ .-]"
_RULES = [
    Rule("kr_resident", "ID", "[0-9]{6} ?- ?[0-9]{7}", check.has_resident_date, 0.95, "KR resident or foreigner: date, gender"),
    Rule("kr_resident_spaced", "ID", "[0-9]{6} [0-9]{7}", check.is_resident, 0.9, "KR resident: date, check digit"),
    Rule("kr_resident_bare", "ID", "[0-9]{13}", check.is_resident, 0.85, "KR resident: date, check digit", bare=True),
    Rule("kr_resident_near", "ID", "[0-9]{6}[ .]?[0-9]{7}", check.has_resident_date, 0.9, "KR resident: date, context", CITIZEN),
    Rule("kr_business", "BUSINESS", f"[0-9]{{3}}{_D}[0-9]{{2}}{_D}[0-9]{{5}}", check.is_business, 0.9, "KR business: check digit"),
    Rule("kr_business_near", "BUSINESS", "[0-9]{10}", check.is_business, 0.8, "KR business: check digit, context", BUSINESS),
    Rule("jp_my_number", "ID", "[0-9]{4}(?:-[0-9]{4}-| [0-9]{4} )[0-9]{4}(?![ -][0-9]{4})", check.is_my_number, 0.9, "JP individual: check digit", bare=True),
    Rule("jp_my_number_bare", "ID", "[0-9]{12}", check.is_my_number, 0.8, "JP individual: check digit", bare=True),
    Rule("jp_corporate", "BUSINESS", "[0-9]{13}", check.is_corporate, 0.7, "JP corporate: check digit", bare=True),
    Rule("jp_corporate_near", "BUSINESS", f"[0-9]{_S}(?:[0-9]{{4}}{_S}){{2}}[0-9]{{4}}", check.is_corporate, 0.85, "JP corporate: check digit, context", BUSINESS),
    Rule("cn_resident", "ID", "[0-9]{6} ?[0-9]{8} ?[0-9]{3}[0-9Xx]", check.is_chinese, 0.97, "CN resident: GB 11643, ISO 7064 MOD 11-2"),
    Rule("tw_national", "ID", "[A-Za-z][1289A-Da-d][0-9]{8}", check.is_taiwanese, 0.9, "TW national, residence: check digit"),
    Rule("hk_id", "ID", r"[A-Za-z]{1,2} ?[0-9]{6} ?\([0-9Aa]\)", check.is_hong_kong, 0.95, "HK id: check digit in brackets"),
    Rule("hk_id_near", "ID", "[A-Za-z]{1,2}[0-9]{6}-?[0-9Aa]", check.is_hong_kong, 0.8, "HK id: check digit, context", CITIZEN),
    Rule("th_citizen", "ID", f"[0-9]{_D}[0-9]{{4}}{_D}[0-9]{{5}}{_D}[0-9]{{2}}{_D}[0-9]", check.is_thai, 0.95, "TH citizen: check digit"),
    Rule("th_citizen_thai", "ID", "[0-9]{13}", check.is_thai, 0.9, "TH citizen: check digit, Thai", CITIZEN, "\u0e00-\u0e7f"),
    Rule("th_citizen_bare", "ID", "[0-9]{13}", check.is_thai, 0.75, "TH citizen: check digit", bare=True),
    Rule("vn_citizen", "ID", "0[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}", check.is_vietnamese, 0.7, "VN citizen: province, century, year", bare=True),
    Rule("vn_cmnd_near", "ID", "[0-9]{3} ?[0-9]{3} ?[0-9]{3}", None, 0.7, "VN, before 2021: context", CITIZEN),
    Rule("us_ssn", "ID", "[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}", check.is_social_security, 0.9, "US social security: area, group"),
    Rule("us_ssn_near", "ID", "[0-9]{9}", check.is_social_security, 0.75, "US social security: area, group, context", CITIZEN),
    Rule("us_itin", "ID", "9[0-9]{2}[ -][0-9]{2}[ -][0-9]{4}", check.is_taxpayer, 0.9, "US taxpayer: group"),
    Rule("us_itin_near", "ID", "9[0-9]{8}", check.is_taxpayer, 0.75, "US taxpayer: group, context", CITIZEN),
    Rule("passport_near", "PASSPORT", "[A-Za-z]{1,2}[0-9]{6,8}|[A-Za-z][0-9]{3}[A-Za-z][0-9]{4}", None, 0.8, "passport: context", PASSPORT),
    Rule("licence_near", "LICENCE", f"[0-9]{{2}}{_S}[0-9]{{2}}{_S}[0-9]{{6}}{_S}[0-9]{{2}}|[0-9]{{12}}|[A-Za-z][0-9]{{7,12}}", None, 0.75, "driving licence: context", LICENCE),
    Rule("card", "CARD", "(?:[0-9]{4}[ .-]){3}[0-9]{1,7}|[0-9]{4}[ .-][0-9]{6}[ .-][0-9]{4,5}", check.is_card, 0.97, "card: ISO 7812 range, Luhn"),
    Rule("card_bare", "CARD", "[0-9]{14,19}", check.is_card, 0.9, "card: ISO 7812 range, Luhn", bare=True),
    Rule("card_near", "CARD", f"[0-9](?:{_S}[0-9]){{10,18}}", check.is_luhn, 0.85, "card: Luhn, context", CARD),
    Rule("iban", "IBAN", "[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?", None, 0.97, "IBAN: ISO 13616, mod 97"),
    Rule("account_near", "ACCOUNT", "[0-9]{2,6}(?:[ -][0-9]{2,8}){1,4}|[0-9]{8,16}", any_digits, 0.65, "bank account: context", ACCOUNT),
    Rule("ipv4", "IP", r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}", None, 0.8, "IPv4: four numbers below 256", bare=True),
    Rule("ipv6", "IP", "[0-9A-Fa-f]{1,4}(?::{1,2}[0-9A-Fa-f]{1,4}){2,7}", None, 0.9, "IPv6: RFC 4291"),
    *[
        Rule(f"phone_{plan.locale}", "PHONE", plan.pattern, plan.holds, plan.score, plan.reason, PHONE if plan.near else "", plan.script, plan.bare)
        for plan in phones.PLANS
    ],
]  # fmt: skip
# What looks at the text as it is written, marks and letters included, and not at its digits alone.
_WHOLE: dict[str, Check] = {"iban": check.is_iban, "ipv4": is_address, "ipv6": is_address, "hk_id": check.is_hong_kong}
_AROUND = {"iban": "A-Za-z0-9", "ipv4": "A-Za-z0-9.", "ipv6": "A-Za-z0-9:"}


@dataclass(frozen=True)
class Compiled:
    """A rule whose patterns are compiled when a text first asks for them."""

    rule: Rule

    @cached_property
    def match(self) -> re.Pattern[str]:
        """The number, no part of another."""
        letters = self.rule.pattern.startswith("[A-Za-z]") or "|[A-Za-z]" in self.rule.pattern
        before = _AROUND.get(self.rule.name, "0-9A-Za-z" if letters else "0-9")
        # No decimal point, thousands or dash with more digits on either side: such is part of another number.
        return re.compile(rf"(?<![{before}])(?<![0-9][.,-])(?:{self.rule.pattern})(?![{before}])(?![,.][0-9])")

    @cached_property
    def near(self) -> re.Pattern[str] | None:
        """The words of which one must stand beside it."""
        return re.compile(self.rule.near, re.IGNORECASE) if self.rule.near else None

    @cached_property
    def script(self) -> re.Pattern[str] | None:
        """The letters that stand for such a word."""
        return re.compile(f"[{self.rule.script}]") if self.rule.script else None

    def holds(self, written: str) -> bool:
        """Whether what was matched is what it looks like."""
        whole = _WHOLE.get(self.rule.name)
        if whole:
            return whole(written)
        return self.rule.holds is None or self.rule.holds(re.sub(r"[^0-9A-Za-z+]", "", written))


def _by_score(chosen: Iterable[Rule]) -> tuple[Compiled, ...]:
    # Sure ones first, so that what stays of overlapping ones is known at once.
    return tuple(Compiled(rule) for rule in sorted(chosen, key=lambda rule: -rule.score))


_PLAIN = [rule for rule in _RULES if not rule.near and rule.name != "ipv6"]
# Rules that a number alone is enough for.
PLAIN = _by_score(_PLAIN)
# Rules to be tried only in a text with one of their words, and the one that looks for colons.
NEAR = _by_score(rule for rule in _RULES if rule.near)
IPV6 = Compiled(next(rule for rule in _RULES if rule.name == "ipv6"))


@cache
def starts() -> re.Pattern[str]:
    """Where any of PLAIN may begin: one pass over the text, not one a rule."""
    return re.compile(rf"(?<![0-9])(?:{'|'.join(f'(?:{rule.pattern})' for rule in _PLAIN)})(?![0-9])")
