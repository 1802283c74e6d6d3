"""The id of an utterance."""

from __future__ import annotations

from mlpipeline.stages import ingest


def test_an_id_says_what_was_said_to_whom():
    one = ingest.utterance_id("shop", "ko", "hours", "몇 시에 열어요")
    assert len(one) == 16 and one == ingest.utterance_id("shop", "ko", "hours", "몇 시에 열어요")
    others = [
        ingest.utterance_id("bank", "ko", "hours", "몇 시에 열어요"),
        ingest.utterance_id("shop", "en", "hours", "몇 시에 열어요"),
        ingest.utterance_id("shop", "ko", None, "몇 시에 열어요"),
    ]
    assert len({one, *others}) == 4
