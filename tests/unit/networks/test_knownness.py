"""What a model knows of a text: the share of its n-grams, and the curve that parts questions from nonsense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.languages.neutral import foreign_sentences, neutral_sentences
from mlpipeline.networks.features import FeatureSpec, fit_vocabulary
from mlpipeline.networks.knownness import Knownness, Readings, fit_knownness, known_share
from mlpipeline.networks.negatives import KINDS, make_negatives

ROWS = [
    "환불 규정이 어떻게 되나요",
    "배송은 며칠 걸리나요",
    "영업 시간이 언제인가요",
    "when do you open",
    "where is my parcel",
]
SPECS = [FeatureSpec(), FeatureSpec(word_ngrams=(0, 0)), FeatureSpec(char_ngrams=(0, 0)), FeatureSpec(word_weight=0.5)]
LANGUAGES = ["en", "ja", "ko", "th", "vi", "zh-Hans", "zh-Hant", "zh-TW"]


def readings(known: np.ndarray, logit: np.ndarray) -> Readings:
    """Texts of three intents with this known share and this largest logit."""
    logits = np.zeros((len(known), 3), np.float32)
    logits[:, 0] = logit
    return Readings(logits, known.astype(np.float32))


@pytest.mark.parametrize("spec", SPECS)
def test_rows_are_known_and_other_scripts_are_not(spec: FeatureSpec) -> None:
    vocabulary = fit_vocabulary(ROWS, spec, min_df=1)
    share = known_share([*ROWS, "มดตัวหนึ่ง", "", "when do you close"], spec, vocabulary)
    assert np.allclose(share[: len(ROWS)], 1.0)
    assert share[5] == share[6] == 0.0
    assert 0.2 < share[7] < 0.95


@given(st.lists(st.text(max_size=20), max_size=8), st.sampled_from(SPECS))
def test_shares_lie_in_0_to_1_and_depend_on_no_other_text(texts: list[str], spec: FeatureSpec) -> None:
    vocabulary = fit_vocabulary(ROWS, spec, min_df=1)
    share = known_share(texts, spec, vocabulary)
    assert share.shape == (len(texts),) and (share >= 0).all() and (share <= 1.000001).all()
    assert [known_share([text], spec, vocabulary)[0] for text in texts] == share.tolist()


def test_a_model_of_nothing_knows_nothing() -> None:
    empty = fit_vocabulary([], FeatureSpec(), min_df=1)
    assert known_share(["anything"], FeatureSpec(), empty).tolist() == [0.0]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 20)), min_size=1, max_size=20),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 20)), min_size=1, max_size=20),
)
def test_more_is_never_less_known(inside: list[tuple[float, float]], outside: list[tuple[float, float]]) -> None:
    curve = fit_knownness(readings(*np.array(inside).T), {"any": readings(*np.array(outside).T)})
    steps = np.linspace(0, 1, 11)
    for more in (readings(steps, np.full(11, 5.0)), readings(np.full(11, 0.5), steps * 20)):
        known = curve.of(more)
        assert (np.diff(known) >= 0).all() and (known >= 0).all() and (known <= 1).all()


def test_the_curve_parts_rows_from_nonsense_by_what_tells_them_apart() -> None:
    random = np.random.default_rng(5)
    rows = readings(random.uniform(0.5, 1.0, 400), random.uniform(2, 6, 400))
    nonsense = readings(random.uniform(0.0, 0.3, 60), random.uniform(2, 6, 60))
    curve = fit_knownness(rows, {"letters": nonsense, "empty": nonsense.take(np.zeros(0, int))})
    assert (curve.of(rows) > 0.5).all() and (curve.of(nonsense) < 0.5).all()
    assert curve.known_share > 5 and curve.max_logit < 1
    assert Knownness.from_dict(curve.to_dict()) == curve


@pytest.mark.parametrize(
    "values", [{}, {"bias": 0, "known_share": -1, "max_logit": 0}, {"bias": "nan", "known_share": 1, "max_logit": 1}]
)
def test_a_curve_that_makes_no_sense_is_refused(values: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        Knownness.from_dict(values)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_sentences_that_no_bot_is_about(lang: str) -> None:
    sentences = neutral_sentences(lang)
    assert len(set(sentences)) == len(sentences) >= 60
    assert not set(sentences) & set(foreign_sentences(lang))


def test_regions_take_the_sentences_of_their_language() -> None:
    assert neutral_sentences("en-GB") == neutral_sentences("en")
    assert neutral_sentences("zh-HK") == neutral_sentences("zh-Hant") != neutral_sentences("zh")
    assert neutral_sentences("fr") == ()
    assert set(neutral_sentences("en")) < set(foreign_sentences("fr"))


@pytest.mark.parametrize("lang", [*LANGUAGES, "fr"])
def test_negatives_are_the_same_each_time_and_none_is_the_bots_own(lang: str) -> None:
    made = make_negatives(lang, ROWS, 7)
    assert tuple(made) == KINDS and made == make_negatives(lang, ROWS[::-1], 7)
    assert all(texts or lang == "fr" for texts in made.values())
    own = set(neutral_sentences(lang)[:4])
    assert not own & set(make_negatives(lang, [*ROWS, *own], 7)["neutral sentences"])
    other = make_negatives(lang, ROWS, 7, half=1)
    for kind in ("neutral sentences", "other languages", "random letters"):
        assert not set(made[kind]) & set(other[kind]), "what is fitted is not judged"


def test_a_bot_without_rows_has_no_letters_to_shuffle() -> None:
    assert make_negatives("en", [], 1)["shuffled letters"] == []
