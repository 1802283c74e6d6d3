"""`augment` on one bot, without Spark: what is made, what is refused, what is left alone; equal gives equal."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import StageError
from mlpipeline.languages.folding import folder
from mlpipeline.languages.paraphrase.protected import is_whole, protected_pieces
from mlpipeline.methods.augmentation.choosing import choose_rows
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus, lacking
from mlpipeline.methods.augmentation.making import Augmented, augment_bot
from mlpipeline.methods.near_duplicates.contents import classes_of, similarities
from tests.properties import examples
from tests.unit.methods.augmentation.augment_rows import ENGLISH, ROWS, Tool, corpus, rules


def made(bot: Corpus, **changed: object) -> Augmented:
    return augment_bot(bot, rules(**changed), Tool())


def told(found: Augmented, bot: Corpus) -> list[str]:
    """What was kept, by names instead of places."""
    named = []
    for one in found.kept:
        made = one.candidate
        other = bot.ids[made.other] if made.other >= 0 else ""
        named.append(repr((bot.ids[made.row], other, made.text, made.operators, one.agreement, one.similarity)))
    return sorted(named)


def things(text: str) -> Counter[str]:
    return Counter(text[one.start : one.stop] for one in protected_pieces(text))


def nearest(texts: list[str], others: list[str], fold: tuple[str, ...] = ()) -> float:
    import numpy as np
    import pyarrow as pa

    classes = classes_of(pa.array([folder(fold)(text) for text in [*texts, *others]], pa.string()))
    left, right = np.meshgrid(classes.of_text[: len(texts)], classes.of_text[len(texts) :])
    return float(similarities(classes.sets, left.reshape(-1), right.reshape(-1)).max(initial=0.0))


def test_intents_are_filled_up_and_no_further():
    bot = corpus()
    found = made(bot, fill_to=8)
    counts = Counter(bot.intents[one.candidate.row] for one in found.kept)
    assert counts == {"cancel": 4, "hours": 5, "refund": 4}
    assert lacking(bot, rules(fill_to=8)) == counts


def test_nothing_is_made_where_nothing_is_missing():
    found = made(corpus(), fill_to=0)
    assert not found.kept and not found.review and found.report["made"] == 0
    assert not made(corpus(), fill_to=3).kept


def test_one_row_gives_no_more_than_its_share():
    found = made(corpus(), fill_to=60, per_row=2)
    assert max(Counter(one.candidate.row for one in found.kept).values()) == 2


def test_no_operator_floods():
    found = made(corpus(), fill_to=16, per_row=4)
    used = Counter(name for one in found.kept for name in set(one.candidate.operators))
    assert {"opening_polite", "closing_dear", "order_swapped", "splice"} <= set(used)
    assert max(used.values()) < 0.6 * len(found.kept)


def test_operators_are_switched_off_by_name():
    found = made(corpus(), disabled=("opening_polite", "splice", "opposite_never"))
    assert not {"opening_polite", "splice", "opposite_never"} & set(found.report["operators"])


def test_chains_are_as_long_as_asked_for():
    assert {len(one.candidate.operators) for one in made(corpus(), chain=1, fill_to=40).kept} == {1}
    found = made(corpus(), chain=3, fill_to=40, per_row=20)
    assert {len(one.candidate.operators) for one in found.kept} == {1, 2, 3}
    # grammar is not put on what is mistyped
    assert all("order_swapped" not in one.candidate.operators[:-1] for one in found.kept)


def test_what_says_the_opposite_is_for_review_only():
    found = made(corpus())
    opposite = [one for one in found.review if one.reason == "opposite"]
    assert len(opposite) == 11 and all(one.row.candidate.text.startswith("never ") for one in opposite)
    assert not any(one.candidate.opposite for one in found.kept)


def test_torn_placeholders_and_lost_words_are_refused():
    found = made(corpus())
    assert found.report["operators"]["torn_parts"]["refused"]["broken"] >= 2
    assert found.report["operators"]["form_broken"]["refused"]["stems"] >= 1
    assert not any({"torn_parts", "form_broken"} & set(one.candidate.operators) and "9" in one.candidate.text
                   for one in found.kept)  # fmt: skip


def test_no_made_row_is_near_what_is_held_out_or_there():
    first = made(corpus())
    planted = [one.candidate.normalized for one in first.kept[:5]]
    planted += [one.candidate.normalized + " now" for one in first.kept[5:9]]
    bot = corpus(held_out=planted)
    found = made(bot)
    kept = [one.candidate.normalized for one in found.kept]
    assert found.report["refused"]["held_out"]["count"] >= 8
    assert nearest(kept, planted) < 0.8
    assert nearest(kept, list(bot.texts)) < 0.8


def test_near_is_what_is_near_after_folding():
    fold = ("drop_spaces",)
    first = made(corpus(), fold=fold)
    planted = [one.candidate.normalized.replace(" ", "") for one in first.kept[:6]]
    found = made(corpus(held_out=planted), fold=fold)
    assert found.report["refused"]["held_out"]["count"] >= 6
    assert nearest([one.candidate.normalized for one in found.kept], planted, fold) < 0.8


def test_what_a_model_takes_for_another_intent_is_for_review():
    text = "when does the order open, are you open on sunday"
    foreign = Candidate(text, text, 0, ("planted",))
    bot = corpus()
    found = augment_bot(bot, rules(), Tool(), [lambda own, wanted: iter([foreign])])
    (one,) = [one for one in found.review if one.row.candidate.operators == ("planted",)]
    assert one.reason == "label_disagrees" and one.detail.endswith("says hours")
    assert one.row.agreement < 0.2


def test_a_bot_with_one_intent_has_no_model_to_disagree():
    found = made(corpus({"cancel": ROWS["cancel"]}))
    assert found.kept and {one.agreement for one in found.kept} == {1.0}


def test_rows_are_left_alone_with_a_reason():
    bot = corpus(
        {
            "odd": (
                "hi",
                "🎉🎉",
                "👍🏽!!",
                "blah blah " * 60,
                "환불해 주세요 지금 바로",
                "mostly 한국어 쓰는 손님 입니다",
                "<PHONE>",
            ),
            "alone": ("where can i find my bill for last month",),
            **ROWS,
        }
    )
    found = made(bot)
    assert found.report["skipped"] == {
        **{"emoji_only": 2, "one_word": 2, "single_row": 1, "too_long": 1, "wrong_language": 2}
    }
    assert {bot.intents[one.candidate.row] for one in found.kept} == {"alone", *ROWS}


def test_a_bot_in_another_language_is_left_alone():
    texts = ("tôi muốn hủy đơn hàng này", "cửa hàng mở cửa lúc mấy giờ", "cho tôi xin hóa đơn nhé")
    found = made(corpus({"vietnamese": texts}))
    assert found.report["skipped"] == {"wrong_language": 3} and not found.kept


def test_everything_is_counted():
    found = made(corpus())
    report = found.report
    assert json.loads(json.dumps(report)) == report
    assert report["kept"] == len(found.kept) and report["review"] == len(found.review)
    refused = sum(one["count"] for one in report["refused"].values())
    assert report["made"] == report["kept"] + refused
    assert sum(one["made"] for one in report["intents"].values()) == report["made"]
    for one in report["operators"].values():
        assert one["made"] == one["kept"] + sum(one["refused"].values())
    assert all(1 <= len(one["samples"]) <= 10 for one in report["refused"].values())
    assert set(report["refused"]["broken"]["samples"][0]) == {"parent", "made", "operators"}


def test_kinds_are_used_where_they_are_asked_for():
    names = set(made(corpus(), kinds=("words",)).report["operators"])
    assert {"opening_polite", "splice"} <= names and not {"order_swapped", "form_broken"} & names
    names = set(made(corpus(), kinds=("form",), enabled=("order_swapped",)).report["operators"])
    assert {"order_swapped", "form_broken"} <= names and not {"opening_polite", "splice"} & names


def test_operators_make_so_many_of_a_row_and_the_logs_fill_up_apart():
    bot = corpus()

    def logs(own: Corpus, wanted: Mapping[str, int]) -> Iterator[Candidate]:
        row = own.intents.index("hours")
        for text in (
            "opening times",
            "opening times!",
            "do you close at noon on holidays",
            "closed today then",
            "times",
        ):
            yield Candidate(text, text, row, ("retrieval",))

    found = augment_bot(bot, rules(fill_to=30, per_row=2, retrieve_to=6), Tool(), [logs])
    of_logs = [one.candidate.text for one in found.kept if one.candidate.operators == ("retrieval",)]
    # three rows are there, the second sentence repeats the first; the surest come first
    assert of_logs == ["opening times", "do you close at noon on holidays", "closed today then"]
    by_operators = Counter(one.candidate.row for one in found.kept if one.candidate.operators != ("retrieval",))
    assert max(by_operators.values()) == 2
    assert found.report["intents"]["hours"]["lacking"] == 6 and found.report["intents"]["hours"]["open_to_logs"] == 3


def test_what_passed_can_be_chosen_from_again():
    bot = corpus()
    found = made(bot, fill_to=8)
    places = choose_rows(bot, rules(fill_to=8), Tool(), found.passed)
    assert [found.passed[at] for at in places] == found.kept
    some = [one for one in found.passed if "splice" not in one.candidate.operators]
    kept = [some[at] for at in choose_rows(bot, rules(fill_to=8), Tool(), some)]
    assert kept and len(kept) <= len(found.kept)


@pytest.mark.parametrize("seed", [1, 2])
def test_order_does_not_matter_and_the_seed_does(seed: int):
    bot = corpus(held_out=["one thing", "another thing", "where is the refund"])
    order = list(range(len(bot.ids)))
    Random(seed).shuffle(order)
    ids, texts, intents = ([column[row] for row in order] for column in (bot.ids, bot.texts, bot.intents))
    shuffled = Corpus(bot.profile, ids, texts, intents, bot.held_out[::-1])
    first, again = made(bot, seed=seed), made(shuffled, seed=seed)
    assert told(first, bot) == told(again, shuffled)
    assert first.report == again.report
    assert told(first, bot) != told(made(bot, seed=seed + 1), bot)


def test_rows_must_go_together():
    with pytest.raises(StageError, match="2 ids"):
        Corpus(ENGLISH, ["1", "2"], ["one"], ["x"])


def test_an_empty_bot_is_no_error():
    assert not made(corpus({})).kept


_WORDS = st.sampled_from(
    [
        "cancel",
        "my",
        "order",
        "{order_id}",
        "<PHONE>",
        "8 pm",
        "refund",
        "now",
        "don't",
        "café",
        "👨‍👩‍👧",
        "환불",
        "http://a.io/x",
        "$ 20",
    ]
)
_TEXTS = st.one_of(st.lists(_WORDS, min_size=1, max_size=9).map(" ".join), st.text(max_size=40))


@examples(40)
@given(st.lists(st.tuples(_TEXTS, st.sampled_from("abc")), max_size=12), st.integers(0, 5))
def test_whatever_the_rows_are_what_is_made_is_whole(rows: list[tuple[str, str]], seed: int):
    from mlpipeline.languages.profile import normalize

    texts = [normalize(text, ENGLISH) for text, _ in rows]
    bot = Corpus(ENGLISH, [str(at) for at in range(len(rows))], texts, [intent for _, intent in rows], texts[:1])
    found = augment_bot(bot, rules(seed=seed), Tool())
    for one in found.kept:
        parents = [bot.texts[one.candidate.row]]
        if one.candidate.other >= 0:
            parents.append(bot.texts[one.candidate.other])
        for text in (one.candidate.text, one.candidate.normalized):
            assert is_whole(text) and unicodedata.is_normalized("NFC", text)
        allowed = sum((things(text) for text in parents), Counter[str]())
        assert not things(one.candidate.normalized) - allowed
        if len(parents) == 1:
            assert things(one.candidate.normalized) == allowed
        assert one.candidate.normalized not in texts
    assert found.report["kept"] == len(found.kept)
