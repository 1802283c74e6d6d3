"""Two encoders side by side are one: each with half of the cosine, and found again by their bytes."""

from __future__ import annotations

import numpy as np
import pytest

from mlpipeline.networks.encoders import opening
from mlpipeline.networks.encoders.joined import JoinedEncoder
from mlpipeline.networks.encoders.ngram_lsa import fit_ngram_encoder
from mlpipeline.recipe.names import ENCODERS

TEXTS = [f"{verb} the {thing}" for verb in ("play", "stop", "find", "buy") for thing in ("song", "movie", "book")]
PARTS = (fit_ngram_encoder(TEXTS, dims=8), fit_ngram_encoder(TEXTS, dims=4, char_ngrams=(0, 0)))
BOTH = JoinedEncoder(PARTS)


def test_cosines_are_the_mean_of_the_parts() -> None:
    assert (BOTH.name, BOTH.dims) == ("ngram-lsa+ngram-lsa", 12)
    whole = BOTH.encode(TEXTS)
    one, other = (part.encode(TEXTS) for part in PARTS)
    np.testing.assert_allclose(whole @ whole.T, (one @ one.T + other @ other.T) / 2, atol=1e-5)
    # Letters are known, words are not: the row has its whole length all the same.
    assert np.linalg.norm(BOTH.encode(["sto"])[0]) == pytest.approx(1.0)
    assert not BOTH.encode(["한글"]).any()


def test_it_travels_in_one_archive() -> None:
    payload = BOTH.to_bytes()
    assert payload is not None
    again = opening.from_bytes(payload)
    assert again.digest == BOTH.digest and np.array_equal(again.encode(TEXTS), BOTH.encode(TEXTS))
    with pytest.raises(ValueError, match="not an"):
        opening.from_bytes(b"no archive")


def test_the_recipe_knows_the_names_that_are_opened() -> None:
    assert ENCODERS == (opening.USE, opening.NGRAM_LSA, opening.USE_AND_NGRAM_LSA, opening.USE_FITTED)
    assert opening.make_encoder("ngram-lsa", opening.Corpus(TEXTS), fit_ngram_encoder).name == "ngram-lsa"
