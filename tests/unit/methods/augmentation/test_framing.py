"""Rows of all intents in frames: so many an intent, each with its row in it, and none as evaluation has them."""

from __future__ import annotations

from collections import Counter

from mlpipeline.languages.frames import frames_of
from mlpipeline.methods.augmentation.framing import framed_rows
from mlpipeline.methods.augmentation.making import augment_bot
from tests.unit.methods.augmentation.augment_rows import ROWS, Tool, corpus, rules


def test_each_intent_gets_so_many_rows_also_where_none_is_lacking():
    bot = corpus()
    found = augment_bot(bot, rules(fill_to=0, framed=3), Tool())
    assert Counter(bot.intents[one.candidate.row] for one in found.kept) == dict.fromkeys(ROWS, 3)
    for one in found.kept:
        parent = bot.texts[one.candidate.row]
        assert parent in one.candidate.normalized and one.candidate.normalized != parent
        assert one.candidate.operators == ("frame",) and one.similarity > 0.2
    assert found.report["operators"]["frame"] == {"made": 9, "kept": 9, "refused": {}}
    assert found.report["kept"] == 9 and found.report["intents"]["hours"]["kept"] == 3


def test_they_stand_beside_what_fills_up():
    both = augment_bot(corpus(), rules(fill_to=8, framed=2), Tool()).kept
    without = augment_bot(corpus(), rules(fill_to=8), Tool()).kept
    assert [one for one in both if one.candidate.operators != ("frame",)] == without
    assert len(both) == len(without) + 6


def test_equal_rows_give_equal_frames_in_any_order():
    bot, _ = corpus().ordered()
    assert framed_rows(bot, rules(framed=3)) == framed_rows(bot, rules(framed=3))
    assert framed_rows(bot, rules(framed=3)) != framed_rows(bot, rules(framed=3, seed=21))


def test_the_recipe_switches_them_off_and_other_languages_have_none():
    bot, _ = corpus().ordered()
    assert framed_rows(bot, rules(framed=0)) == framed_rows(bot, rules(framed=3, disabled=("frame",))) == []
    assert framed_rows(bot, rules(framed=3, kinds=("form",))) == []


def test_neither_held_out_rows_nor_frames_of_evaluation_are_met():
    bot, _ = corpus().ordered()
    made = [one.candidate.normalized for one in framed_rows(bot, rules(framed=4))]
    held_out, _ = corpus(held_out=tuple(made)).ordered()
    assert framed_rows(held_out, rules(framed=4)) == []
    judged = [one.text for one in frames_of("en", "test") if len(one.text) > 4]
    assert not [text for text in made if any(text.startswith(one) for one in judged)]
