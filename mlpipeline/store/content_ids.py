"""The content id of a text without Spark: XXH64 of its language, then of the normalized text, as Spark chains them."""

from __future__ import annotations

_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
_MASK = (1 << 64) - 1
_SEED = 42  # Spark's


def content_id(lang: str, normalized: str) -> str:
    """16 hex characters, as `with_text_id("content_id", "lang", "normalized")` of `spark/frames.py` gives."""
    return f"{xxh64(normalized.encode('utf-8', 'surrogatepass'), xxh64(lang.encode(), _SEED)):016x}"


def xxh64(data: bytes, seed: int) -> int:
    """XXH64 of some bytes (Collet, https://xxhash.com), for a few texts: a microsecond a byte."""
    at, left = 0, len(data)
    if left >= 32:
        lanes = [(seed + _P1 + _P2) & _MASK, (seed + _P2) & _MASK, seed & _MASK, (seed - _P1) & _MASK]
        while left - at >= 32:
            for lane in range(4):
                lanes[lane] = _round(lanes[lane], _number(data, at + 8 * lane, 8))
            at += 32
        turned = (_turned(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True))
        result = sum(turned) & _MASK
        for lane in lanes:
            result = ((result ^ _round(0, lane)) * _P1 + _P4) & _MASK
    else:
        result = (seed + _P5) & _MASK
    result = (result + left) & _MASK
    while left - at >= 8:
        result = (_turned(result ^ _round(0, _number(data, at, 8)), 27) * _P1 + _P4) & _MASK
        at += 8
    if left - at >= 4:
        result = (_turned(result ^ (_number(data, at, 4) * _P1 & _MASK), 23) * _P2 + _P3) & _MASK
        at += 4
    for byte in data[at:]:
        result = _turned(result ^ (byte * _P5 & _MASK), 11) * _P1 & _MASK
    result = (result ^ (result >> 33)) * _P2 & _MASK
    result = (result ^ (result >> 29)) * _P3 & _MASK
    return result ^ (result >> 32)


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _turned(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & _MASK


def _round(lane: int, value: int) -> int:
    return _turned((lane + value * _P2) & _MASK, 31) * _P1 & _MASK
