"""XXH64 as Spark has it; tests/spark/test_features.py asks Spark itself."""

from __future__ import annotations

import pytest

from mlpipeline.store.content_ids import content_id, xxh64


@pytest.mark.parametrize(
    ("data", "seed", "known"),
    [
        (b"", 0, 0xEF46DB3751D8E999),
        (b"a", 0, 0xD24EC4F1A98C6E5B),
        (b"abc", 0, 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0, 0xFBCEA83C8A378BF1),
    ],
)
def test_known_values(data: bytes, seed: int, known: int) -> None:
    assert xxh64(data, seed) == known


def test_an_id_is_of_a_text_in_a_language() -> None:
    assert content_id("ko", "안녕") != content_id("ja", "안녕") and len(content_id("ko", "")) == 16
