"""From numbers of n-grams to readable pieces, and what of a text is not known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.methods.evaluation.pieces import as_pieces, cut_pieces, unknown_runs
from mlpipeline.networks.features import FeatureSpec
from mlpipeline.networks.ngram_spans import ngram_spans

SPEC = FeatureSpec()


def pieces_of(text: str, loud: str = "") -> list[str]:
    """The pieces of a text where the n-grams within `loud` say something."""
    spans = ngram_spans(text, SPEC)
    words = [text[first:last] for first, last in zip(spans.start.tolist(), spans.stop.tolist(), strict=True)]
    values = np.array([1.0 if word in loud.split() else 0.0 for word in words])
    return [text[first:last] for first, last in cut_pieces(text, spans.start, spans.stop, values)]


def test_words_are_pieces_and_scripts_without_spaces_are_cut_where_they_speak():
    assert pieces_of("wake me, up") == ["wake", "me", "up"]
    assert pieces_of("음악 틀어줘") == ["음악", "틀어줘"]
    assert pieces_of("明日の天気を教えて") == ["明日の", "天気を", "教えて"]
    assert pieces_of("播放音乐吧", "播放 音乐") == ["播放", "音乐", "吧"]
    assert pieces_of("เปิดเพลง", "เปิด เพลง") == ["เปิด", "เพลง"]
    assert pieces_of("play 音楽 now") == ["play", "音楽", "now"] and pieces_of("") == []


@given(st.text(st.sampled_from("ab 음악,明のเ็\u0e48!7"), max_size=24), st.integers(0, 99))
def test_pieces_hold_every_letter_once_and_add_up(text: str, seed: int):
    spans = ngram_spans(text, SPEC)
    values = np.random.default_rng(seed).normal(size=len(spans.hashes))
    pieces = as_pieces(text, spans.start, spans.stop, values, values > 0)
    places = [at for piece in pieces for at in range(piece.start, piece.stop)]
    assert places == sorted(set(places)) and all(piece.text == text[piece.start : piece.stop] for piece in pieces)
    letters = [at for at, letter in enumerate(text) if letter.isalnum()]
    assert set(letters) <= set(places)
    if len(places) == len(text.replace(" ", "")):
        assert sum(piece.value for piece in pieces) == pytest.approx(values[spans.letters > 0].sum())


def test_parts_of_which_single_letters_are_known_are_not_known():
    text = "play zzz a 음악을"
    spans = ngram_spans(text, SPEC)
    words = [text[first:last].strip() for first, last in zip(spans.start.tolist(), spans.stop.tolist(), strict=True)]
    known = np.array([word in ("play", "z", "a", "음악") for word in words])
    assert unknown_runs(text, spans.start, spans.stop, spans.letters, known) == ["zzz", "을"]
    everything, nothing = np.ones(len(words), bool), np.zeros(len(words), bool)
    assert unknown_runs(text, spans.start, spans.stop, spans.letters, everything) == []
    assert unknown_runs(text, spans.start, spans.stop, spans.letters, nothing) == ["play", "zzz", "a", "음악을"]
