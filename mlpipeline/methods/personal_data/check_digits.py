"""Check digits and the inner order of numbers of people, companies, cards and accounts: digits in, yes or no out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

_TAIWAN = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
# Numbers that were printed in advertisements and belong to nobody.
_NEVER_GIVEN = {"078051120", "219099999"}
_CARD = re.compile(
    r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3(?:[47]|0[0-5]|[689]|5(?:2[89]|[3-8]))|6(?:011|2|4[4-9]|5)|9"
)


def _weighted(digits: Iterable[str], weights: Iterable[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def is_date(year: int, month: str, day: str) -> bool:
    """Whether this day has been."""
    try:
        return date(year, int(month), int(day)) <= date.today()
    except ValueError:
        return False


def is_luhn(digits: str) -> bool:
    """Luhn's check over digits of any number."""
    doubled = "0246813579"
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(int(doubled[int(one)]) for one in even)) % 10 == 0


def is_card(digits: str) -> bool:
    """A payment card: 13 to 19 digits, the range of a scheme, Luhn; not one digit over and over."""
    return 13 <= len(digits) <= 19 and bool(_CARD.match(digits)) and len(set(digits)) > 1 and is_luhn(digits)


def is_iban(text: str) -> bool:
    """An international bank account number: ISO 13616, mod 97."""
    plain = text.replace(" ", "").replace("-", "").upper()
    moved = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(one, 36)) for one in moved)) % 97 == 1


def has_resident_date(digits: str) -> bool:
    """Korea, resident (gender digit 1 to 4, 9, 0) or foreigner (5 to 8): a date that has been; 13 digits."""
    century = {"9": 1800, "0": 1800, "1": 1900, "2": 1900, "5": 1900, "6": 1900}.get(digits[6], 2000)
    return is_date(century + int(digits[:2]), digits[2:4], digits[4:6])


def is_resident(digits: str) -> bool:
    """Korea, resident, with the check digit that numbers had until October 2020."""
    check = (11 - _weighted(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return has_resident_date(digits) and check == int(digits[12])


def is_business(digits: str) -> bool:
    """Korea, business registration: 10 digits."""
    total = _weighted(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5)) + int(digits[8]) * 5 // 10
    return digits[:3] >= "101" and (10 - total % 10) % 10 == int(digits[9])


def is_my_number(digits: str) -> bool:
    """Japan, individual: 12 digits."""
    rest = _weighted(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return len(set(digits)) > 1 and (0 if rest <= 1 else 11 - rest) == int(digits[11])


def is_corporate(digits: str) -> bool:
    """Japan, corporate: 13 digits, the first is the check digit."""
    return int(digits[0]) == 9 - _weighted(digits[:0:-1], (1, 2) * 6) % 9


def is_chinese(digits: str) -> bool:
    """China, resident: region, date, ISO 7064 MOD 11-2; 17 digits and one more or X."""
    check = "10X98765432"[_weighted(digits, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11]
    region = "11" <= digits[:2] <= "82"
    return region and is_date(int(digits[6:10]), digits[10:12], digits[12:14]) and check == digits[17].upper()


def is_taiwanese(text: str) -> bool:
    """Taiwan, national (second character 1, 2), residence since 2021 (8, 9) and before (A to D): ten characters."""
    first, second = _TAIWAN[text[0].upper()], text[1].upper()
    middle = str(_TAIWAN[second] % 10) if second.isalpha() else second
    return _weighted(f"{first}{middle}{text[2:]}", (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def is_hong_kong(text: str) -> bool:
    """Hong Kong: one or two letters, six digits, a check character, in brackets or not."""
    plain = re.sub(r"[() \-]", "", text).upper().rjust(9, " ")
    values = [36 if one == " " else int(one, 36) for one in plain]
    return sum(value * weight for value, weight in zip(values, (9, 8, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0


def is_thai(digits: str) -> bool:
    """Thailand, citizen: 13 digits."""
    check = (11 - _weighted(digits, range(13, 1, -1)) % 11) % 10
    return "1" <= digits[0] <= "8" and len(set(digits)) > 1 and check == int(digits[12])


def is_vietnamese(digits: str) -> bool:
    """Vietnam, citizen: province 001 to 096, century and gender, year; 12 digits, none of them a check."""
    year = (1900, 2000)[int(digits[3]) // 2] + int(digits[4:6]) if digits[3] in "0123" else 9999
    return "001" <= digits[:3] <= "096" and year <= date.today().year


def is_social_security(digits: str) -> bool:
    """United States, social security: 9 digits; no area 000, 666 or 9xx, no group 00, no serial 0000."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    possible = area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"
    return possible and digits not in _NEVER_GIVEN and len(set(digits)) > 1


def is_taxpayer(digits: str) -> bool:
    """United States, individual taxpayer: 9xx, then 50-65, 70-88, 90-92 or 94-99; 9 digits."""
    group = int(digits[3:5])
    return digits[0] == "9" and (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99)


def is_article(digits: str) -> bool:
    """The number of an article (EAN-13, UPC-A): what a shop's messages are full of."""
    total = sum(map(int, digits[-2::-2])) * 3 + sum(map(int, digits[-3::-2]))
    return len(digits) in (12, 13) and (10 - total % 10) % 10 == int(digits[-1])
