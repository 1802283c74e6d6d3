"""Korean said another way: sentences with what must and must not come out, and any text at all."""

from __future__ import annotations

import unicodedata
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("kiwipiepy")

from mlpipeline.languages.paraphrase.korean import OPERATORS, Korean
from mlpipeline.languages.paraphrase.korean_chat import lexicon
from mlpipeline.languages.paraphrase.korean_typing import NEIGHBOURS, apart, syllable_of
from mlpipeline.languages.paraphrase.operators import Sentence, wordings
from mlpipeline.languages.paraphrase.protected import is_whole, kept, protected_spans
from mlpipeline.languages.paraphrase.tools import load_tool
from tests.properties import examples


@cache
def tool() -> Korean:
    # Loaded once for all tests of this process; within it, without the operators of any language.
    own = load_tool("ko")._tool  # type: ignore[attr-defined]
    assert isinstance(own, Korean)
    return own


def made(text: str, *names: str, seeds: int = 12) -> set[str]:
    return {
        one.text
        for seed in range(seeds)
        for one in wordings(tool(), text, Random(seed), names or list(tool().operators))
    }


def test_the_three_wordings_of_lunch() -> None:
    assert {"점심 뭐 먹었어?", "점심은 먹었니?", "점심 먹었어요?"} <= made("점심 먹었니?")


@pytest.mark.parametrize(
    ("text", "names", "wanted"),
    [
        ("점심 먹었니?", "ending_plain ending_polite ending_formal", "점심 먹었어?|점심 먹었어요?|점심 먹었습니까?"),
        (
            "배송 언제 와요?",
            "question_ni question_nya question_nayo question_ji",
            "배송 언제 오니?|배송 언제 오냐?|배송 언제 오나요?|배송 언제 오죠?|배송 언제 오지?",
        ),
        (
            "방이 추워?",
            "question_ni question_na question_nayo ending_formal",
            "방이 춥니?|방이 추운가?|방이 추운가요?|방이 춥습니까?",
        ),
        (
            "이거 얼마예요?",
            "ending_plain ending_formal question_nayo",
            "이거 얼마야?|이거 얼마입니까?|이거 얼마인가요?",
        ),
        ("지금 몇 시야", "ending_polite ending_formal", "지금 몇 시예요|지금 몇 시입니까"),
        ("언제가 생일이야?", "ending_polite", "언제가 생일이에요?"),
        (
            "내일 날씨 어때",
            "ending_polite ending_formal question_nayo",
            "내일 날씨 어때요|내일 날씨 어떻습니까|내일 날씨 어떤가요",
        ),
        (
            "환불하고 싶어요",
            "ending_plain ending_formal statement_background",
            "환불하고 싶어|환불하고 싶습니다|환불하고 싶은데|환불하고 싶은데요",
        ),
        ("영화 보자", "proposal", "영화 봅시다|영화 보시죠|영화 볼까|영화 봐요"),
        ("배송이 안 와요", "negation_long particle_drop", "배송이 오지 않아요|배송 안 와요"),
        ("언제 오는지 알려줘", "request_polite", "언제 오는지 알려줘요|언제 오는지 알려주세요"),
        ("불 꺼줘", "request_bare request_please particle_add", "불 꺼|불 끄세요|불 좀 꺼줘|불을 꺼줘"),
        ("환불 방법 알려줘", "request_drop", "환불 방법"),
        ("주문 취소하고 싶어요", "request_action_drop", "주문 취소"),
        ("비 오니?", "particle_add", "비는 오니?|비가 오니?"),
        ("배송이 언제 와?", "particle_exchange", "배송은 언제 와?"),
        ("점심 먹었어요?", "honorific", "점심 드셨어요?|점심 드셨나요?|점심 드셨습니까?"),
        ("무엇을 살까?", "question_word_form", "뭘 살까?|뭐 살까?"),
        ("영화를 봤어?", "question_word", "영화 뭐 봤어?|영화 뭐 봤어요?"),
        ("술을 못 마셔요", "negation_long", "술을 마시지 못해요"),
        ("오늘 날씨 어때?", "question_topic", "오늘 날씨는?"),
        ("배송 언제 와요?", "question_first", "언제 와요 배송?"),
        ("내일 날씨를 알려줘", "request_first", "알려줘 내일 날씨|알려줘, 내일 날씨|알려줘. 내일 날씨"),
        ("비밀번호로 로그인했어요", "word_short", "비번으로 로그인했어요"),
        ("오케이", "chat_word", "ㅇㅋ|오키"),
        ("있었어요", "typo_shift chat_soft", "잇엇어요|있었어여"),
        ("그거 하지 마", "request_polite", "그거 하지 마요|그거 하지 마세요"),
    ],
)
def test_wordings(text: str, names: str, wanted: str) -> None:
    assert made(text, *names.split()) == set(wanted.split("|"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "불 켜",
            "불 켜줘|불 켜 주세요|불 켜줄래|불 켜줄 수 있어|불 켜 주실 수 있나요|불 켜주면 좋겠어요|불 켜주십시오",
        ),
        (
            "예약 확인해 주세요.",
            "예약 확인해 줘.|예약 확인해 줄래?|예약 확인해 주실 수 있을까요?|예약 확인해 주시기 바랍니다.",
        ),
        ("알람 설정", "알람 설정해줘|알람 설정 부탁해요"),
        ("환불 방법", "환불 방법 알려줘|환불 방법 좀 알려주세요"),
        ("배송 언제 와?", "배송 언제 오는지 알려줘|배송 언제 오는지 궁금해요"),
    ],
)
def test_requests(text: str, wanted: str) -> None:
    assert set(wanted.split("|")) <= made(text, seeds=60)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("점심 먹었니?", "점심 안 먹었니?"),
        ("예약했어요", "예약 안 했어요"),
        ("배송이 안 와요", "배송이 와요"),
        ("자리 있어요?", "자리 없어요?"),
        ("알람 꺼줘", "알람 끄지 마|알람 끄지 말아 주세요"),
    ],
)
def test_opposites_are_marked_and_kept_apart(text: str, wanted: str) -> None:
    opposites = [one.name for one in OPERATORS if one.opposite]
    found = made(text, *opposites)
    assert set(wanted.split("|")) <= found
    assert all(tool().stems(one) != tool().stems(text) for one in found)
    # a long negation means the same, so `made` without names never crosses over
    assert not found & {one.text for one in wordings(tool(), text, Random(0))}


def test_what_is_not_understood_stays() -> None:
    for text in ("음악", "오늘의 강원도 뉴스들이랑", "ㅋㅋㅋㅋ", "<PHONE>", "I'd like a refund"):
        assert not made(text, "ending_plain", "ending_polite", "question_ni", "request_polite", "negation_add")
    assert not made("내가 먹었어?", "particle_drop", "particle_exchange")
    assert not made("언제가 좋아?", "question_word")
    assert not made("뭐 먹었어?", "question_word")
    assert not made("남편이 나 안 도와줘", "request_polite", "request_bare")  # he does not, and nobody is asked
    assert not made("너무 답답해서 글 올려", "request_polite")
    assert not made("어떤 음식이 있어?", "particle_exchange")
    assert not made("언제 수요일?", "typo_keyboard", "typo_jamo")
    assert not made("다른 메일함이 있어?", "word_same")
    assert not made("이거 뭐야?", "question_na")  # 뭔가 is something


def test_particles_keep_relative_clauses() -> None:
    assert "비는 오는 날 뭐 해?" not in made("비가 오는 날 뭐 해?", "particle_exchange")


def test_stems_are_the_same_for_forms_and_not_for_opposites() -> None:
    assert tool().stems("점심 먹었니?") == tool().stems("점심은 먹었습니까?") == ["점심", "먹"]
    assert tool().stems("불 켜 줄 수 있어?") == tool().stems("불 켜줘") == tool().stems("불 켜주면 좋겠어요")
    assert tool().stems("배송이 안 와요") == tool().stems("배송이 오지 않아요") != tool().stems("배송이 와요")


@pytest.mark.parametrize(
    "text",
    [
        "{order_id} 주문 언제 와요?",
        "<PHONE>로 전화해 줘",
        "12,000원 맞아요? https://a.kr/x?y=1",
        "user@shop.kr로 보내줘 😀",
    ],
)
def test_placeholders_numbers_and_links_stay(text: str) -> None:
    found = made(text, seeds=30)
    assert found
    assert all(kept(text, one) for one in found)


def test_hundred_seeds_agree_with_themselves() -> None:
    text = "예약을 취소하고 싶은데 어떻게 해요?"
    assert [list(wordings(tool(), text, Random(i))) for i in range(20)] == [
        list(wordings(tool(), text, Random(i))) for i in range(20)
    ]


def test_syllables_and_keys() -> None:
    assert all(syllable_of(*apart(one)) == one for one in "가힣먹었뷁")
    assert all(key in NEIGHBOURS[other] for key, others in NEIGHBOURS.items() for other in others)
    assert "ㅈ" in NEIGHBOURS["ㅂ"] and "ㅁ" in NEIGHBOURS["ㅂ"] and "ㅔ" not in NEIGHBOURS["ㅂ"]


def test_lexicon_gives_other_words_for_each() -> None:
    assert all(word not in others and all(others) for table in lexicon().values() for word, others in table.items())


def test_names_are_unique_and_said() -> None:
    assert len({one.name for one in OPERATORS}) == len(OPERATORS)
    assert all(one.about and one.kind in ("form", "words", "typing") for one in OPERATORS)


def test_a_sentence_of_another_language_is_left_alone() -> None:
    assert not any(list(one.rewrite(Sentence("점심 먹었니?", ()), Random(0))) for one in OPERATORS)


_PARTS = st.sampled_from(
    [
        "점심",
        "먹었니",
        "?",
        "불",
        "켜줘",
        "배송이",
        "안",
        "와요",
        "뭐",
        "예요",
        "<PHONE>",
        "{order_id}",
        "😀",
        "👨‍👩‍👧",
        "ok",
        "ㅋㅋ",
        "ㅠ",
        " ",
        " ",
        "은",
        "123",
        "\n",
        "é",
        "の",
        "3시에",
        "www.a.kr",
        "할까요",
        "ㅎ",
        ".",
        "~",
    ]
)


@examples(80)
@given(st.one_of(st.lists(_PARTS, max_size=14).map("".join), st.text(max_size=80)), st.integers(0, 5))
def test_any_text(text: str, seed: int) -> None:
    text = unicodedata.normalize("NFC", text)
    first = list(wordings(tool(), text, Random(seed), list(tool().operators)))
    assert first == list(wordings(tool(), text, Random(seed), list(tool().operators)))
    for one in first:
        assert unicodedata.is_normalized("NFC", one.text)
        assert kept(text, one.text) or not protected_spans(text)
        assert is_whole(one.text) or not is_whole(text)


def test_a_rant_and_a_lone_surrogate() -> None:
    rant = "배송이 안 와서 너무 화가 나요 환불해 주세요 " * 20
    assert all(is_whole(one) for one in made(rant[:500].strip(), seeds=1))
    assert not made("먹었니\ud800", seeds=1)
    assert not made("", seeds=1)
