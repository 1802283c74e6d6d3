# ruff: noqa: E501 (a rule a line, however long)
"""Telephone numbers of eight places, as their numbering plans write them.

Sources: the plans that the ITU publishes (E.164 national numbering plans of KR, JP, CN, TW, HK, TH, VN and the NANP).
Service numbers of companies (1588-1234, 0120-123-456, 400-123-4567) are nobody's and stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Plan:
    """How the numbers of a locale are written: see Rule for the fields."""

    locale: str
    pattern: str
    national: str
    score: float
    reason: str
    near: bool = False
    script: str = ""
    bare: bool = False

    def holds(self, digits: str) -> bool:
        """Whether digits, without marks, are a number of this plan."""
        return self._national.fullmatch(digits) is not None

    @cached_property
    def _national(self) -> re.Pattern[str]:
        return re.compile(self.national)


_S = "[ .-]{0,2}"  # between groups, or nothing
_D = "[ .-]{1,2}"
_O, _C = r"\(?", r"\)?"
_KR = "01[016789][0-9]{7,8}|02[0-9]{7,8}|0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[2-8])[0-9]{7,8}"
_JP = "0[5789]0[0-9]{8}|0[1-9][0-9]{8}"
_CN = "1[3-9][0-9]{9}|0(?:10|2[0-9]|[3-9][0-9]{2})[0-9]{7,8}"
_TW = "09[0-9]{8}|0[2-8][0-9]{7,8}"
_TH = "0[689][0-9]{8}|0[2-7][0-9]{7}"
_VN = "0[35789][0-9]{8}|02[0-9]{8,9}"
_US = "1?[2-9][0-9]{2}[2-9][0-9]{6}"
_HK = "[235679][0-9]{7}"
_PLUS = r"(?:\+|00)"
_INTERNATIONAL = {
    "kr": ("82", _KR), "jp": ("81", _JP), "cn": ("86", _CN), "tw": ("886", _TW),
    "hk": ("852", _HK), "th": ("66", _TH), "vn": ("84", _VN), "us": ("1", _US),
}  # fmt: skip


def _abroad(locale: str) -> Plan:
    code, national = _INTERNATIONAL[locale]
    # A trunk 0 may stay, as in +82 (0)10.
    prefixed = "" if locale in ("hk", "us") else "0"
    plain = "|".join(one[1:] if prefixed and one.startswith("0") else one for one in national.split("|"))
    pattern = rf"{_PLUS} ?{code}[ .-]{{0,2}}(?:\(?0\)?{_S})?\(?[0-9]{{1,4}}\)?(?:{_S}[0-9]){{5,9}}"
    return Plan(f"{locale}_abroad", pattern, rf"{_PLUS}{code}0?(?:{plain})", 0.95, f"{locale}: E.164, +{code}")


PLANS = (
    *[_abroad(locale) for locale in _INTERNATIONAL],
    Plan("kr_mobile", rf"{_O}01[016789]{_C}{_S}[0-9]{{3,4}}{_S}[0-9]{{4}}", _KR, 0.93, "kr: mobile"),
    Plan("kr_fixed", rf"{_O}0(?:2|[3-6][1-5]|70|50[2-8]){_C}{_D}[0-9]{{3,4}}{_D}[0-9]{{4}}", _KR, 0.92, "kr: area, office, line"),
    Plan("kr_bracket", rf"\(0(?:2|[3-6][1-5])\){_S}[0-9]{{3,4}}{_S}[0-9]{{4}}", _KR, 0.92, "kr: area in brackets"),
    Plan("jp_mobile", rf"{_O}0[5789]0{_C}{_S}[0-9]{{4}}{_S}[0-9]{{4}}", _JP, 0.93, "jp: mobile"),
    Plan("jp_fixed", rf"{_O}0[1-9][0-9]{{0,3}}{_C}{_D}{_O}[0-9]{{1,4}}{_C}{_D}[0-9]{{4}}", _JP, 0.9, "jp: area, office, line"),
    Plan("jp_bracket", rf"\(?0[1-9][0-9]{{0,3}}\)?\(?[0-9]{{1,4}}\)[0-9]{{4}}|\(0[1-9][0-9]{{0,3}}\){_S}[0-9]{{1,4}}{_S}[0-9]{{4}}", _JP, 0.9, "jp: area or office in brackets"),
    Plan("cn_mobile", rf"1[3-9][0-9]{_S}[0-9]{{4}}{_S}[0-9]{{4}}", _CN, 0.9, "cn: mobile", bare=True),
    Plan("cn_fixed", rf"{_O}0[1-9][0-9]{{1,2}}{_C}{_D}[0-9]{{3,4}}{_S}[0-9]{{4}}|\(0[1-9][0-9]{{1,2}}\)[0-9]{{7,8}}", _CN, 0.9, "cn: area, number"),
    Plan("tw_mobile", rf"{_O}09[0-9]{{2}}{_C}{_S}[0-9]{{3}}{_S}[0-9]{{3}}", _TW, 0.9, "tw: mobile"),
    Plan("tw_fixed", rf"{_O}0[2-8][0-9]?{_C}{_D}[0-9]{{3,4}}{_S}[0-9]{{4}}|\(0[2-8][0-9]?\)[0-9]{{3,4}}{_S}[0-9]{{3,4}}", _TW, 0.9, "tw: area, number"),
    Plan("hk_formed", r"[5679][0-9]{3}[ -][0-9]{4}", _HK, 0.7, "hk: two groups of four", bare=True),
    Plan("hk_near", rf"[235679][0-9]{{3}}{_S}[0-9]{{4}}", _HK, 0.75, "hk: eight digits, context", near=True),
    Plan("th", rf"{_O}0[2-9][0-9]?{_C}{_S}[0-9]{{3}}{_S}[0-9]{{3,4}}|0[2-7]{_D}[0-9]{{3}}{_D}[0-9]{{4}}|0[689][0-9]{_S}[0-9]{{4}}{_S}[0-9]{{3}}", _TH, 0.9, "th: mobile or area"),
    Plan("vn_mobile", rf"0[35789][0-9]{_S}[0-9]{{3}}{_S}[0-9]{{4}}|0[35789][0-9]{{2}}{_S}[0-9]{{3}}{_S}[0-9]{{3}}|0[35789][0-9]{{2}}{_S}[0-9]{{2}}{_S}[0-9]{{2}}{_S}[0-9]{{2}}|0[35789][0-9](?:{_S}[0-9]{{2,3}}){{3}}", _VN, 0.9, "vn: mobile"),
    Plan("vn_fixed", rf"{_O}02[0-9]{{1,2}}{_C}{_S}[0-9]{{3,4}}{_S}[0-9]{{3,4}}", _VN, 0.85, "vn: area, number"),
    Plan("us", rf"(?:1{_D})?(?:\([2-9][0-9]{{2}}\){_S}|[2-9][0-9]{{2}}{_D})[2-9][0-9]{{2}}{_D}[0-9]{{4}}", _US, 0.9, "us: NANP"),
    Plan("us_near", "1?[2-9][0-9]{2}[2-9][0-9]{6}", _US, 0.7, "us: NANP, context", near=True),
)  # fmt: skip
