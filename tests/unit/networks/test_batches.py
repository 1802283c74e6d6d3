"""How texts reach an encoder, and what happens to one that it fails on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import SetupError, StageError
from mlpipeline.networks.batches import Vectors, batches_of, encode_texts


class Lengths:
    """A text's vector is its length; `bad` texts break it, `strange` ones become NaN."""

    dims = 2

    def __init__(self, bad: str = "", strange: str = "") -> None:
        self.bad, self.strange = bad, strange
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(list(texts))
        if self.bad and any(self.bad in text for text in texts):
            raise RuntimeError(f"no {self.bad}")
        made = np.array([[len(text), 1.0] for text in texts], np.float32).reshape(-1, 2)
        made[[bool(self.strange) and self.strange in text for text in texts]] = np.nan
        return made


@given(
    texts=st.lists(st.text(alphabet="ab", max_size=9), max_size=12),
    rows=st.integers(1, 5),
    chars=st.integers(1, 12),
    bad=st.sampled_from(["", "a", "bb"]),
    strange=st.sampled_from(["", "ba"]),
)
def test_each_text_has_its_vector_or_its_error(texts: list[str], rows: int, chars: int, bad: str, strange: str) -> None:
    encoder = Lengths(bad, strange)
    fail = {at for at, text in enumerate(texts) if (bad and bad in text) or (strange and strange in text)}
    if len(fail) == len(texts) > 1:
        with pytest.raises(StageError, match="on every text"):
            encode_texts(encoder, texts, rows=rows, chars=chars)
        return
    made = encode_texts(encoder, texts, rows=rows, chars=chars)
    assert set(made.errors) == fail
    for at, text in enumerate(texts):
        assert made.vectors[at].tolist() == ([0.0, 0.0] if at in fail else [len(text), 1.0])
    assert all(len(call) <= rows for call in encoder.calls)
    assert all(len(call) == 1 or len(call) * max(map(len, call)) <= chars for call in encoder.calls)


@given(lengths=st.lists(st.integers(0, 50)).map(sorted), rows=st.integers(1, 9), chars=st.integers(1, 99))
def test_batches_leave_nothing_out(lengths: list[int], rows: int, chars: int) -> None:
    found = [lengths[batch] for batch in batches_of(lengths, rows, chars)]
    assert [length for batch in found for length in batch] == lengths and all(found)


def test_what_is_not_a_texts_fault_is_not_blamed_on_it() -> None:
    class Lacking(Lengths):
        def encode(self, texts: Sequence[str]) -> Vectors:
            raise SetupError("no such library")

    with pytest.raises(SetupError):
        encode_texts(Lacking(), ["a", "b"], rows=2, chars=9)

    class Wide(Lengths):
        dims = 3

    with pytest.raises(StageError, match=r"\(2, 2\), not \(2, 3\)"):
        encode_texts(Wide(), ["a", "b"], rows=2, chars=9)
