"""Language tags: what people write, read as BCP 47."""

from __future__ import annotations

import re
from collections.abc import Collection

from mlpipeline.errors import RecipeError

_WELL_FORMED = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?(?P<rest>(?:-[a-z0-9]{5,8})*)\Z"
)

# Country codes and three-letter codes taken for languages, and locales whose region says nothing new.
# Keys are in canonical case; a language file of that very name wins over the alias.
ALIASES = {
    "jp": "ja", "kr": "ko", "cn": "zh-Hans", "tw": "zh-TW", "vn": "vi", "us": "en", "uk": "en", "gb": "en",
    "jpn": "ja", "kor": "ko", "eng": "en", "tha": "th", "vie": "vi", "zho": "zh-Hans", "chi": "zh-Hans",
    "zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "zh-Hans-CN": "zh-Hans", "zh-Hans-SG": "zh-Hans",
    "zh-Hant-TW": "zh-TW", "zh-HK": "zh-Hant", "zh-MO": "zh-Hant",
    "ko-KR": "ko", "ja-JP": "ja", "en-US": "en", "en-GB": "en", "th-TH": "th", "vi-VN": "vi",
}  # fmt: skip


def canonical_tag(text: str, known: Collection[str] = ()) -> tuple[str, str | None]:
    """Return the BCP 47 tag meant by `text` and, when it was written otherwise, a note that says so.

    Args:
        text: a tag as a person types it: "ko", "zh_TW", "ko-KR", "jp".
        known: canonical tags that have a language file; they are taken as they are, never as an alias. Where neither
            the tag nor its alias is among them, the tag is cut from its end until what is left is (BCP 47's lookup,
            RFC 4647, 3.4): `fr-CA` is `fr` where only that is known.

    Raises:
        RecipeError: `text` is not a language tag at all.
    """
    tag = well_formed(text)
    if tag is None:
        raise RecipeError(f"{text!r} is not a language tag", fix="write a BCP 47 tag such as ko, zh-Hant or zh-TW")
    tag = _looked_up(tag, known) if known else ALIASES.get(tag, tag)
    return tag, None if tag == text else f"{text} read as {tag}"


def _looked_up(tag: str, known: Collection[str]) -> str:
    left = tag
    while left:
        for one in (left, ALIASES.get(left, left)):
            if one in known:
                return one
        left = left.rpartition("-")[0]
    return ALIASES.get(tag, tag)


def well_formed(text: str) -> str | None:
    """Return `text` in canonical BCP 47 case with hyphens ("zh_hant" -> "zh-Hant"), or None when it is no tag."""
    found = _WELL_FORMED.match(text.strip().replace("_", "-").lower())
    if found is None:
        return None
    script, region = found["script"], found["region"]
    parts = [found["language"], script.title() if script else "", region.upper() if region else ""]
    return "-".join(part for part in parts if part) + found["rest"]
