"""Thai said another way: sentences and the wordings that must come, and what must hold for any text."""

from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from mlpipeline.languages.paraphrase.operators import Tool, wordings
from mlpipeline.languages.paraphrase.protected import is_whole, kept
from mlpipeline.languages.paraphrase.thai import OPERATORS, load
from tests.properties import examples


@pytest.fixture(scope="module")
def thai() -> Tool:
    return load()


_ALL = {one.name: one for one in OPERATORS}


def made(tool: Tool, text: str, operator: str, seeds: int = 8) -> set[str]:
    """All that an operator gives with some dice, before three are drawn."""
    sentence = tool.analyse(text)
    return {one for seed in range(seeds) for one in _ALL[operator].rewrite(sentence, Random(seed))} - {text}


@pytest.mark.parametrize(
    ("operator", "text", "wanted"),
    [
        ("particle_polite", "พัสดุถึงไหนแล้ว", {"พัสดุถึงไหนแล้วครับ", "พัสดุถึงไหนแล้วคะ"}),
        ("particle_polite", "ฉันอยากคืนสินค้า", {"ฉันอยากคืนสินค้าค่ะ"}),
        ("particle_polite", "ผมอยากคืนสินค้า", {"ผมอยากคืนสินค้าครับ"}),
        ("particle_polite", "ส่งหรือยังคะ", {"ส่งหรือยังครับ"}),
        ("particle_polite", "แชร์ลิงก์ไปที่ facebook", {"แชร์ลิงก์ไปที่ facebook ครับ"}),
        ("particle_drop", "ขอบคุณนะคะ", {"ขอบคุณ"}),
        ("particle_request", "เปิดไฟ", {"เปิดไฟหน่อย", "เปิดไฟให้หน่อย", "เปิดไฟให้ที"}),
        ("particle_request", "ขอดูเส้นทางไปสวนสาธารณะ", {"ขอดูเส้นทางไปสวนสาธารณะหน่อย"}),
        ("request_frame", "ยกเลิกออเดอร์", {"ช่วยยกเลิกออเดอร์ให้หน่อยได้ไหม", "กรุณายกเลิกออเดอร์"}),
        ("request_plain", "คุณช่วยเปิดเพลงให้หน่อยได้ไหมครับ", {"เปิดเพลง"}),
        ("question_yes_no", "มีสินค้าไหมครับ", {"มีสินค้าหรือเปล่าครับ", "มีสินค้ามั้ยครับ"}),
        ("question_word", "อากาศเป็นอย่างไร", {"อากาศเป็นยังไง", "อากาศเป็นยังไงบ้าง"}),
        ("pronoun_drop", "ฉันอยากคืนสินค้า", {"อยากคืนสินค้า"}),
        ("pronoun_drop", "ลบรายการของฉัน", {"ลบรายการ"}),
        ("pronoun_exchange", "ฉันอยากฟังวิทยุ", {"ผมอยากฟังวิทยุ", "หนูอยากฟังวิทยุ"}),
        ("want_form", "ฉันอยากฟังวิทยุ", {"ฉันต้องการฟังวิทยุ"}),
        ("repetition_sign", "ร้านใกล้ใกล้", {"ร้านใกล้ๆ"}),
        ("typing_chat", "ทำอะไรได้บ้างครับ", {"ทำไรได้บ้างครับ", "ทำอะไรได้บ้างคับ"}),
        ("typing_spelling", "ขอบคุณนะคะ", {"ขอบคุณนะค่ะ"}),
        ("typing_repeated", "ช่วยหน่อย", {"ช่วยหน่อยยย"}),
        ("typing_tone_dropped", "ช่วยหน่อย", {"ช่วยหนอย"}),
        ("typing_spaces_dropped", "เปิด เพลง ยอดนิยม", {"เปิดเพลงยอดนิยม", "เปิดเพลง ยอดนิยม"}),
        ("typing_cluster", "เปลี่ยนรหัส", {"เปี่ยนรหัส"}),
        ("typing_space_added", "เปิดเพลง", {"เปิด เพลง"}),
        ("opposite_negation", "ส่งอีเมล", {"อย่าส่งอีเมล", "ไม่ต้องส่งอีเมล"}),
        ("opposite_negation", "ฉันอยากฟังวิทยุ", {"ฉันไม่อยากฟังวิทยุ"}),
        ("opposite_word", "เปิดเพลง", {"ปิดเพลง"}),
    ],
)
def test_a_sentence_is_said_as_a_native_speaker_says_it(thai: Tool, operator: str, text: str, wanted: set[str]) -> None:
    assert wanted <= made(thai, text, operator)


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        ("question_yes_no", "ผ้าไหม"),  # silk, no question
        ("request_frame", "นัดนี้ของฉัน"),  # an appointment, no request
        ("request_frame", "โพสต์ล่าสุดคืออะไร"),
        ("particle_drop", "ครับ"),  # nothing would be left
        ("pronoun_drop", "คุณคือใคร"),
        ("opposite_word", "ร้านเปิดกี่โมง"),
    ],
)
def test_what_is_not_understood_is_left_alone(thai: Tool, operator: str, text: str) -> None:
    assert not made(thai, text, operator)


def test_a_man_does_not_say_kha_and_a_question_has_no_falling_tone(thai: Tool) -> None:
    assert not any(text.endswith(("ค่ะ", "คะ")) for text in made(thai, "ผมอยากคืนสินค้า", "particle_polite"))
    assert "พัสดุถึงไหนแล้วค่ะ" not in made(thai, "พัสดุถึงไหนแล้ว", "particle_polite")


def test_spaced_and_joined_texts_get_the_same_frames(thai: Tool) -> None:
    spaced = {text.replace(" ", "") for text in made(thai, "เปิด เพลง ยอดนิยม", "request_frame")}
    assert spaced == made(thai, "เปิดเพลงยอดนิยม", "request_frame")


def test_forms_keep_the_stems(thai: Tool) -> None:
    for text in ("เปิดเพลงยอดนิยม", "ฉันอยากคืนสินค้า", "มีสินค้าไหมครับ"):
        for operator in (one.name for one in OPERATORS if one.kind == "form"):
            for other in made(thai, text, operator, seeds=2):
                assert list(thai.stems(other)) == list(thai.stems(text)), (operator, other)


def test_names_are_unique_and_opposites_marked() -> None:
    names = [one.name for one in OPERATORS]
    assert len(names) == len(set(names))
    assert [one.name for one in OPERATORS if one.opposite] == ["opposite_negation", "opposite_word"]


PIECES = st.sampled_from(
    [
        "เปิดเพลง",
        "ให้หน่อย",
        "ได้ไหม",
        "ครับ",
        "นะคะ",
        "ฉัน",
        "ของฉัน",
        "ไม่",
        " ",
        "<PHONE>",
        "{order_id}",
        "😀",
        "👨‍👩‍👧",
        "ok",
        "1.5",
        "ๆ",
        "a@b.co",
        "https://a.co/ก",
        "ช่วย",
        "วันจันทร์",
        "น้ำ",
        "ที่",
        "\u0e49",
        "?",
        "점심",
        "e\u0301",
    ]
)
TEXTS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=9).map("".join))


@examples(60, without=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, seed=st.integers(0, 9))
def test_any_text_is_safe(thai: Tool, text: str, seed: int) -> None:
    names = list(thai.operators)
    first = list(wordings(thai, text, Random(seed), names))
    assert first == list(wordings(thai, text, Random(seed), names))
    for one in first:
        assert is_whole(one.text), one
        assert kept(thai.analyse(text).text, one.text), one
    thai.stems(text)


@pytest.mark.parametrize("text", ["", " ", "😀", "ครับ", "เปิด" * 125, "<PHONE>", "{order_id}ครับ"])
def test_odd_texts_do_not_break(thai: Tool, text: str) -> None:
    for one in wordings(thai, text, Random(1), list(thai.operators)):
        assert is_whole(one.text)
        assert all(mark in one.text for mark in ("<PHONE>", "{order_id}") if mark in text)
