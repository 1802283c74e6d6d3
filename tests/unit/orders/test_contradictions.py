"""Texts under two labels, in a bot and between bots."""

from __future__ import annotations

from typing import Any, cast

from mlpipeline.orders.contradictions import (
    BotRows,
    DoubtedRow,
    GuessedRow,
    LabelledRow,
    NearPair,
    find_between,
    find_contradictions,
)


def row(content: str, intent: str, **more: Any) -> LabelledRow:
    plain: Any = {"content_id": content, "intent": intent, "text": f"text {content}", "normalized": f"text {content}"}
    made: Any = {**plain, "id": f"id-{content}", "source": "corpus", "annotator": None, "verified": None, **more}
    return cast(LabelledRow, made)


def near(left: str, right: str, similarity: float) -> NearPair:
    return {"left": left, "right": right, "similarity": similarity}


def test_one_text_under_two_labels_names_counts_owners_and_what_the_models_say():
    rows = [row("a", "refund", annotator="kim"), row("a", "refund", annotator="lee", verified=True, source="web")]
    rows += [row("a", "cancel", annotator="park"), row("b", "refund")]
    issues: list[DoubtedRow] = [{"content_id": "a", "intent": "cancel", "suggested": "refund", "score": 0.9}]
    guesses: list[GuessedRow] = [{"content_id": "a", "predicted": "refund", "score": 0.7}]
    (found,) = find_contradictions(BotRows("shop/ko", rows, issues=issues, predictions=guesses))
    refund, cancel = found.sides
    assert (found.kind, found.rows, refund.intent, refund.rows, refund.verified) == ("same", 3, "refund", 2, 1)
    assert (refund.owners, refund.sources, cancel.owners) == (["kim", "lee"], ["corpus", "web"], ["park"])
    assert (cancel.suggested, cancel.doubt, cancel.score) == ("refund", 0.9, None)
    assert (refund.suggested, refund.doubt, refund.score) == ("refund", None, 0.7)


def test_labels_in_two_spellings_are_told_apart_from_two_labels():
    rows = [row("a", "Refund"), row("a", "ｒｅｆｕｎｄ"), row("b", "x"), row("c", "X"), row("d", "x"), row("e", "y")]
    found = find_contradictions(BotRows("shop/ko", rows, near=[near("b", "c", 0.9), near("d", "e", 0.85)]))
    assert [(one.kind, one.similarity) for one in found] == [("spelling", 1.0), ("spelling", 0.9), ("near", 0.85)]


def test_near_duplicates_speak_for_all_that_fold_to_the_same():
    rows = [row("a", "x"), row("b", "x"), row("c", "y"), row("d", "z"), row("e", "z"), row("f", "z")]
    # a, b and c fold to one text; it is near d; e and f agree
    found = find_contradictions(
        BotRows(
            "shop/ko", rows, near=[near("a", "b", 1.0), near("a", "c", 1.0), near("a", "d", 0.9), near("e", "f", 0.9)]
        )
    )
    assert [(one.similarity, sorted(side.intent for side in one.sides)) for one in found] == [
        (0.9, ["x", "y", "z"]),
        (1.0, ["x", "y"]),
    ]
    assert [side.rows for side in found[0].sides] == [2, 1, 1]


def test_a_text_that_contradicts_itself_is_not_told_again_for_its_near_duplicates():
    rows = [row("a", "x"), row("a", "y"), row("b", "x"), row("b", "y")]
    found = find_contradictions(BotRows("shop/ko", rows, near=[near("a", "b", 0.9)]))
    assert [one.kind for one in found] == ["same", "same"]


def test_translations_are_found_by_id_or_text_and_only_what_differs_is_told():
    ko = BotRows("shop/ko", [row("k1", "refund", text="환불 해줘"), row("k2", "delivery"), row("k3", "hello")])
    ja = BotRows("shop/ja", [row("j1", "cancel", text="返金して"), row("j2", "delivery"), row("j3", "hello")])
    pairs = [("환불  해줘 ", "id-j1"), ("k2", "j2"), ("text K3", "返金して"), ("k1", "k2"), ("nobody", "j1")]
    found, lost = find_between([ko, ja], pairs)
    said = [[(side.bot, side.intent) for side in one.sides] for one in found]
    assert said == [
        [("shop/ko", "hello"), ("shop/ja", "cancel")],
        [("shop/ko", "refund"), ("shop/ja", "cancel")],
    ]
    assert lost == 2, "a pair within one bot, and one that names nobody"
    assert {one.kind for one in found} == {"pair"}
