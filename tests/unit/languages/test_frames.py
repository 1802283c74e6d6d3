"""Frames of eight languages: enough of each kind, none in both halves, and questions that stay whole in them."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from mlpipeline.languages.frames import framed, framed_for_test, frames_of, lone_frames
from mlpipeline.languages.paraphrase.frame import frame_operators, learnable_frames
from mlpipeline.languages.paraphrase.tools import load_tool
from mlpipeline.languages.profile import normalize

TAGS = ["ko", "ja", "en", "zh-Hans", "zh-Hant", "zh-TW", "th", "vi"]


@pytest.mark.parametrize("tag", TAGS)
def test_each_language_has_frames_of_all_kinds_to_learn_and_others_to_judge(tag: str, profiles):
    learnt, judged = frames_of(tag, "train"), frames_of(tag, "test")
    assert min(len(learnt), len(judged)) >= 20
    for frames in (learnt, judged):
        kinds = Counter(one.kind for one in frames)
        assert set(kinds) == {"greeting", "opening", "closing", "emoji"} and min(kinds.values()) >= 3
        assert len({one.text for one in frames}) == len(frames)
    normalized = [{normalize(one.text, profiles[tag]) for one in frames} - {""} for frames in (learnt, judged)]
    assert normalized[0] & normalized[1] == set()


@pytest.mark.parametrize("tag", TAGS)
def test_a_framed_question_holds_the_question(tag: str):
    frames, places = frames_of(tag, "train"), Counter[tuple[bool, bool]]()
    for seed in range(300):
        made = framed("Q?", tag, frames, Random(seed))
        assert made.count("Q?") == 1 and made != "Q?"
        places[not made.startswith("Q?"), not made.endswith("Q?")] += 1
    assert all(places[place] > 30 for place in ((True, False), (False, True), (True, True)))


def test_an_equal_text_gets_an_equal_frame_and_a_region_that_of_its_language():
    assert framed_for_test("환불해 주세요", "ko", 1) == framed_for_test("환불해 주세요", "ko", 1)
    assert len({framed_for_test("환불해 주세요", "ko", seed) for seed in range(20)}) > 10
    assert frames_of("en-GB", "test") == frames_of("en", "test")
    assert frames_of("fr", "test") == () and framed_for_test("bonjour", "fr", 1) is None


def test_the_operator_gives_three_at_most_and_neither_emoji_nor_numbers():
    (operator,) = frame_operators("th")
    assert {"555", "🙏"}.isdisjoint(one.text for one in learnable_frames("th"))
    made = list(operator.rewrite(load_tool("th").analyse("ยกเลิกคำสั่งซื้อ"), Random(1)))
    assert 1 <= len(made) <= 3 and all("ยกเลิกคำสั่งซื้อ" in one for one in made)
    assert frame_operators("fr") == ()


@pytest.mark.parametrize("tag", TAGS)
def test_framed_questions_are_normalised_as_the_language_files_do_it(tag: str, profiles):
    made = [framed_for_test("q 7", tag, seed) or "" for seed in range(60)]
    assert [normalize(one, profiles[tag]) for one in made] == made


def test_frames_that_a_bot_has_as_questions_say_something_there():
    alone = lone_frames("ko", ["배송 언제 와요", "안녕", "고마워요 정말"])
    assert "안녕하세요" in alone and "혹시" in alone
    assert {"안녕", "고마워"}.isdisjoint(alone)
    assert lone_frames("fr", ["bonjour"]) == []
