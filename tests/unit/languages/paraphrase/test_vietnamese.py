"""Vietnamese said another way: sentences and the wordings that must come, and what must hold for any text."""

from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from mlpipeline.languages.paraphrase.operators import Tool, wordings
from mlpipeline.languages.paraphrase.protected import is_whole, kept
from mlpipeline.languages.paraphrase.vietnamese import OPERATORS, load
from mlpipeline.languages.paraphrase.vietnamese_typing import keystrokes, without_marks
from tests.properties import examples


@pytest.fixture(scope="module")
def vietnamese() -> Tool:
    return load()


_ALL = {one.name: one for one in OPERATORS}


def made(tool: Tool, text: str, operator: str, seeds: int = 12) -> set[str]:
    """All that an operator gives with some dice, before three are drawn."""
    sentence = tool.analyse(text)
    return {one for seed in range(seeds) for one in _ALL[operator].rewrite(sentence, Random(seed))} - {text}


@pytest.mark.parametrize(
    ("operator", "text", "wanted"),
    [
        ("particle_polite", "đơn hàng của tôi ở đâu?", {"đơn hàng của tôi ở đâu ạ?", "dạ đơn hàng của tôi ở đâu ạ?"}),
        ("particle_polite", "hủy đơn hàng", {"hủy đơn hàng giúp em ạ"}),
        ("particle_request", "bật đèn phòng ngủ", {"bật đèn phòng ngủ nhé", "bật đèn phòng ngủ đi"}),
        ("particle_drop", "dạ cảm ơn shop ạ", {"cảm ơn shop"}),
        (
            "request_frame",
            "hủy đơn hàng",
            {"vui lòng hủy đơn hàng", "bạn có thể hủy đơn hàng được không", "hủy đơn hàng giúp mình với"},
        ),
        ("request_frame", "cho tôi xem tin tức", {"cho tôi xem tin tức với", "vui lòng cho tôi xem tin tức"}),
        ("request_plain", "bạn có thể hủy đơn hàng giúp tôi được không", {"hủy đơn hàng"}),
        ("request_frame", "Hủy đơn hàng", {"Vui lòng hủy đơn hàng", "Hủy đơn hàng giúp tôi"}),
        ("opposite_word", "Bật đèn", {"Tắt đèn"}),
        ("request_plain", "vui lòng gửi email cho hoa", {"gửi email cho hoa"}),
        ("question_opening", "phí giao hàng là bao nhiêu", {"cho mình hỏi phí giao hàng là bao nhiêu"}),
        ("question_ending", "đổi mật khẩu ở đâu", {"đổi mật khẩu ở đâu vậy"}),
        ("question_ending", "phí giao hàng là bao nhiêu", {"phí giao hàng là bao nhiêu vậy"}),
        (
            "question_yes_no",
            "shop có giao hàng không",
            {"shop có giao hàng hay không", "không biết shop có giao hàng không"},
        ),
        ("question_yes_no", "bạn đã gửi hàng chưa", {"bạn gửi hàng chưa"}),
        ("question_form", "bạn là robot phải không", {"bạn là robot đúng không", "bạn là robot à"}),
        ("question_word", "thời tiết hôm nay như thế nào", {"thời tiết hôm nay ra sao", "thời tiết hôm nay thế nào"}),
        ("pronoun_drop", "tôi muốn trả hàng", {"muốn trả hàng"}),
        ("pronoun_drop", "xóa danh sách của tôi", {"xóa danh sách"}),
        ("pronoun_exchange", "tôi muốn trả hàng", {"mình muốn trả hàng", "em muốn trả hàng"}),
        ("plural_drop", "xóa các sự kiện ngày mai", {"xóa sự kiện ngày mai"}),
        ("want_form", "tôi muốn trả hàng", {"tôi cần trả hàng"}),
        ("word_exchange", "gửi thư điện tử", {"gửi email", "gởi thư điện tử"}),
        (
            "typing_abbreviation",
            "có được không mọi người",
            {"có được ko mọi người", "có dc không mọi người", "có được không mn"},
        ),
        ("typing_no_marks", "đặt báo thức cho <PHONE>", {"dat bao thuc cho <PHONE>"}),
        ("typing_telex", "đặt báo thức", {"ddawtj báo thức", "ddawtj baos thuwcs"}),
        ("typing_vni", "tôi muốn", {"to6i muốn"}),
        ("typing_hook_tilde", "nghỉ", {"nghĩ"}),
        ("typing_sound", "trước khi", {"chước khi"}),
        ("typing_mark_place", "hoà", {"hòa"}),
        ("typing_i_y", "kỹ thuật", {"kĩ thuật"}),
        ("typing_repeated", "bật đèn đi", {"bật đèn điii"}),
        ("opposite_negation", "gửi email cho hoa", {"đừng gửi email cho hoa"}),
        ("opposite_negation", "tôi muốn trả hàng", {"tôi không muốn trả hàng"}),
        ("opposite_word", "bật đèn", {"tắt đèn"}),
    ],
)
def test_a_sentence_is_said_as_a_native_speaker_says_it(
    vietnamese: Tool, operator: str, text: str, wanted: set[str]
) -> None:
    assert wanted <= made(vietnamese, text, operator)


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        ("request_frame", "phát thanh viên là ai"),
        ("request_frame", "mở cửa lúc mấy giờ"),
        ("typing_abbreviation", "hàng khôngg"),
        ("opposite_negation", "có tin nhắn nào không"),
        ("particle_polite", "ừ"),
        ("particle_drop", "sao lại khó như vậy"),
        ("request_plain", "bạn có thể nói dối không"),
        ("question_opening", "gửi một email hỏi họ có ổn không"),
        ("plural_drop", "những gì đang diễn ra"),
        ("pronoun_exchange", "chúng tôi cần giúp"),
    ],
)
def test_what_is_not_understood_is_left_alone(vietnamese: Tool, operator: str, text: str) -> None:
    assert not made(vietnamese, text, operator)


def test_a_part_of_a_word_is_no_word(vietnamese: Tool) -> None:
    # không is "no", hàng không is "aviation"
    assert "vé hàng ko" not in made(vietnamese, "vé hàng không", "typing_abbreviation")


@pytest.mark.parametrize(
    ("syllable", "telex", "vni"),
    [
        ("đặt", "ddawtj", "d9a8t5"),
        ("không", "khoong", "kho6ng"),
        ("được", "dduwowcj", "d9u7o7c5"),
        ("hay", "hay", "hay"),
    ],
)
def test_keystrokes(syllable: str, telex: str, vni: str) -> None:
    assert (keystrokes(syllable, 0), keystrokes(syllable, 1)) == (telex, vni)


def test_without_marks() -> None:
    assert without_marks("Đặt báo thức lúc chín giờ tối") == "Dat bao thuc luc chin gio toi"


def test_forms_keep_the_stems(vietnamese: Tool) -> None:
    for text in ("hủy đơn hàng", "tôi muốn trả hàng", "shop có giao hàng không"):
        for operator in (one.name for one in OPERATORS if one.kind == "form"):
            for other in made(vietnamese, text, operator, seeds=2):
                assert list(vietnamese.stems(other)) == list(vietnamese.stems(text)), (operator, other)


def test_names_are_unique_and_opposites_marked() -> None:
    names = [one.name for one in OPERATORS]
    assert len(names) == len(set(names))
    assert [one.name for one in OPERATORS if one.opposite] == ["opposite_negation", "opposite_word"]


PIECES = st.sampled_from(
    [
        "tôi ",
        "bật ",
        "đèn",
        "vui lòng ",
        " không",
        "dạ ",
        " ạ",
        "bạn có thể ",
        " được không",
        " ",
        "<PHONE>",
        "{order_id}",
        "😀",
        "👨‍👩‍👧",
        "1.5",
        "a@b.co ",
        "https://a.co/đ",
        "đặt ",
        "các sự kiện",
        "a\u0323\u0302",
        "?",
        "점심",
        "ครับ",
        "HOÀ",
        "đã gửi chưa",
    ]
)
TEXTS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=9).map("".join))


@examples(60, without=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, seed=st.integers(0, 9))
def test_any_text_is_safe(vietnamese: Tool, text: str, seed: int) -> None:
    names = list(vietnamese.operators)
    first = list(wordings(vietnamese, text, Random(seed), names))
    assert first == list(wordings(vietnamese, text, Random(seed), names))
    for one in first:
        assert is_whole(one.text), one
        assert kept(vietnamese.analyse(text).text, one.text), one
    vietnamese.stems(text)


@pytest.mark.parametrize("text", ["", " ", "😀", "ạ", "bật đèn " * 62, "<PHONE>", "gọi {order_id} giúp tôi"])
def test_odd_texts_do_not_break(vietnamese: Tool, text: str) -> None:
    for one in wordings(vietnamese, text, Random(1), list(vietnamese.operators)):
        assert is_whole(one.text)
        assert all(mark in one.text for mark in ("<PHONE>", "{order_id}") if mark in text)
