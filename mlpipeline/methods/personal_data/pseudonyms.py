"""Keyed pseudonyms: equal for equal values of one domain, unlinkable across domains and without the key."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

from mlpipeline.methods.personal_data.folding import folded


def key_id(key: bytes) -> str:
    """What names a key without giving it away: eight hexadecimal digits, to be recorded beside what it made."""
    return hmac.new(key, b"key id", hashlib.sha256).hexdigest()[:8]


def pseudonyms(key: bytes, domain: str) -> Callable[[str, str], str]:
    """A replacement for `masked`: `<PHONE_1f3a9c0b>`, the same for a value however it is spelled.

    Args:
        key: at least 16 bytes, kept outside of store and recipe.
        domain: the customer whose texts these are.

    Raises:
        ValueError: for a shorter key.
    """
    if len(key) < 16:
        raise ValueError(f"a key of {len(key)} bytes can be guessed: 16 are the least")
    own = hmac.new(key, f"domain {domain}".encode(), hashlib.sha256).digest()

    def replacement(kind: str, value: str) -> str:
        plain = re.sub(r"[\s().+\-]", "", folded(value)).casefold()
        return f"<{kind}_{hmac.new(own, f'{kind} {plain}'.encode(), hashlib.sha256).hexdigest()[:8]}>"

    return replacement
