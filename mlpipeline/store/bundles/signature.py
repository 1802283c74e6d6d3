"""Who made a bundle: an HMAC over its seal, with a key that those who release and those who answer share.

A seal shows damage; who may write the store can write a new seal. With a key in the environment, what is released is
signed, and nothing else is opened.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping

from mlpipeline.errors import SetupError

KEY = "MLPIPELINE_SIGNING_KEY"
"""The variable of the environment that holds the key; unset or empty: bundles are neither signed nor asked for it."""

_SHORTEST = 16


def sign(seal: Mapping[str, object]) -> dict[str, str]:
    """The signature of a seal: `key`, an id that tells nothing of the key, and `hmac` (SHA-256); {} without a key.

    Raises:
        SetupError: the key is too short to be one.
    """
    key = _key()
    return {} if key is None else {"key": _key_id(key), "hmac": _hmac(key, seal)}


def find_forgery(seal: Mapping[str, object], signature: object) -> str:
    """What is wrong with the signature of a seal, in words; empty where it is right, or no key asks for one.

    Args:
        seal: what was signed.
        signature: what `sign` gave then; anything else counts as none.

    Raises:
        SetupError: the key is too short to be one.
    """
    key = _key()
    if key is None:
        return ""
    if not isinstance(signature, Mapping) or not signature:
        return f"the bundle is not signed, and {KEY} is set"
    found = str(signature.get("key"))
    if not hmac.compare_digest(found.encode(), _key_id(key).encode()):
        return f"the bundle is signed with another key ({found[:8]}) than that of {KEY} ({_key_id(key)})"
    if not hmac.compare_digest(str(signature.get("hmac")).encode(), _hmac(key, seal).encode()):
        return "the signature is not that of this seal: it was written without the key"
    return ""


def _key() -> bytes | None:
    text = os.environ.get(KEY, "").strip()
    if not text:
        return None
    if len(text) < _SHORTEST:
        fix = "put 32 random bytes there: python -c 'import secrets; print(secrets.token_hex())'"
        raise SetupError(f"{KEY} has fewer than {_SHORTEST} characters", fix=fix)
    return text.encode()


def _key_id(key: bytes) -> str:
    """Eight characters by which two people see whether they have the same key."""
    return hashlib.sha256(b"mlpipeline key id\0" + key).hexdigest()[:8]


def _hmac(key: bytes, seal: Mapping[str, object]) -> str:
    told = json.dumps(seal, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
