"""The parts of a Thai sentence that operators move: opening of a request, core, closing, particles."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlpipeline.languages.paraphrase.operators import Sentence, Token
from mlpipeline.languages.paraphrase.word_edits import listed

PARTICLES = frozenset(listed("ครับ|ค่ะ|คะ|นะคะ|นะครับ|คับ|ค้าบ|จ้า|จ้ะ|จ๊ะ|ค่า"))
PRONOUNS = frozenset(listed("ฉัน|ผม|ดิฉัน|หนู|เรา|คุณ|เธอ|กระผม"))
# What asks for yes or no and can stand for one another; ไหม is written, มั้ย spoken, หรือไม่ formal
YES_NO = ("ไหม", "มั้ย", "หรือเปล่า", "รึเปล่า", "หรือไม่")
QUESTION_WORDS = frozenset(
    listed("อะไร|ไหน|ที่ไหน|ใคร|ทำไม|ยังไง|อย่างไร|เท่าไหร่|เท่าไร|เมื่อไหร่|เมื่อไร|กี่|กี่โมง|หรือยัง|รึยัง|แค่ไหน|ไหม|มั้ย")
)
# Verbs that ask for something when they stand first
REQUESTS = frozenset(
    listed(
        "เปิด|ปิด|เล่น|ตั้ง|ตั้งค่า|เพิ่ม|ลบ|ส่ง|บอก|หา|ค้นหา|เช็ค|เช็ก|ตรวจ|ตรวจสอบ|ตรวจดู|แสดง|จอง|สั่ง|"
        "สั่งซื้อ|เปลี่ยน|ยกเลิก|เตือน|ปลุก|ดู|ลด|เร่ง|หยุด|สร้าง|อ่าน|โทร|โทรหา|ย้าย|โอน|คืน|แก้|แก้ไข|ตอบ|"
        "ตอบกลับ|แนะนำ|อธิบาย|เปิดไฟ|ปิดไฟ|หรี่|เปิดเพลง|เริ่ม|เขียน|โพสต์|ทวีต|แชร์|บันทึก|แจ้ง|แจ้งเตือน|"
        "เรียก|พา|ปรับ|เอา|ทำความสะอาด|ตั้งปลุก|ถาม|นัด|ข้าม|ล้าง|ซื้อ|คำนวณ|แปล|ชง|เตรียม|ลดเสียง|"
        "เพิ่มเสียง|ปิดเสียง|ปลดล็อก|ล็อก|สมัคร|ดาวน์โหลด|ติดตาม|เล่า|เลื่อน|รีเซ็ต|อัปเดต|จัดส่ง"
    )
)
# Behind the first word these say that it is a noun: นัดนี้ "this appointment", โพสต์ล่าสุด "the last post"
_BEHIND_NOUNS = frozenset(listed("นี้|นั้น|ล่าสุด|ของ|ใหม่|แรก|คือ|อะไร|ไหน|มี|เป็น|ที่"))
_REPORTS = frozenset(listed("บอก|อธิบาย|ดู|หา|ค้นหา|เช็ค|เช็ก|ตรวจ|ตรวจสอบ|แสดง|ถาม|อ่าน|เล่า|แนะนำ"))
_OPENINGS = r"(?:(?:คุณ|เธอ)\s*)?(?:ช่วย|กรุณา|โปรด|รบกวนช่วย|รบกวน|ได้โปรด|วาน)\s*(?:ช่วย\s*)?"
_opening = re.compile(_OPENINGS).match
# The longest end that is made of particles only. ด้วย is one behind a request, and in "ด้วยกัน" it is not at the end
_tail = re.compile(
    r"\s*(?P<closing>(?:ให้)?\s*(?:ฉัน|ผม|หนู)?\s*(?:หน่อย|ที|ด้วย))?"
    r"\s*(?P<ask>(?:ได้\s*)?(?:หรือเปล่า|รึเปล่า|หรือไม่|ไหม|มั้ย|ป่ะ|ปะ))?"
    r"\s*(?P<polite>(?:นะ|น่ะ)?\s*(?:ครับ|ค่ะ|คะ|คับ|ค้าบ|จ้า|จ้ะ|จ๊ะ|ค่า)|นะ)?"
    r"(?P<marks>\s*[?!.…]*)\s*$"
)
_SAYS_CAN = "ได้"


@dataclass(frozen=True)
class Parts:
    """A sentence in parts: opening + core + closing + ask + polite + marks, each perhaps empty.

    `ask` is the yes-no particle without ได้; `formal` is a request with กรุณา or โปรด, which takes no หน่อย.
    """

    text: str
    opening: str
    core: str
    closing: str
    ask: str
    polite: str
    marks: str
    before_closing: str
    before_ask: str
    before_polite: str
    is_question: bool
    is_request: bool

    @property
    def formal(self) -> bool:
        """Whether the opening is of the written language."""
        return self.opening.startswith(("กรุณา", "โปรด", "ได้โปรด"))

    @property
    def behind_ask(self) -> str:
        """Polite particle and marks, as they stand."""
        return self.polite + self.marks


def glued(body: str, word: str) -> str:
    """A word behind a text: at once behind Thai, after a space behind anything else.

    >>> glued("เปิด facebook", "หน่อย")
    'เปิด facebook หน่อย'
    """
    body = body.rstrip(" ")
    if not body:
        return word
    return body + word if "ก" <= body[-1] <= "๎" and body[-1] != "ๆ" else f"{body} {word}"


def _found_tail(sentence: Sentence) -> re.Match[str] | None:
    text = sentence.text
    starts = {token.start for token in sentence.tokens} | {len(text)}
    at = 0
    while (found := _tail.search(text, at)) is not None:
        begin = found.start() + len(found[0]) - len(found[0].lstrip())
        if begin in starts or begin == found.start("marks"):
            return found
        at = found.start() + 1
    return None


def _asks_for(sentence: Sentence, first: Token) -> bool:
    if first.form not in REQUESTS:
        return False
    others = sentence.tokens[1:]
    if others and others[0].form in _BEHIND_NOUNS:
        return False
    return first.form in _REPORTS or all(token.form not in QUESTION_WORDS and token.form != "คือ" for token in others)


def parts_of(sentence: Sentence) -> Parts:
    """The parts of a sentence; of a text that is no sentence all is core."""
    text = sentence.text
    found = _found_tail(sentence)
    closing, ask, polite, marks = (
        (found[name] or "" for name in ("closing", "ask", "polite", "marks")) if found else [""] * 4
    )
    # where each part begins; an absent one begins where the next does
    at_polite = found.start("polite") if found and polite else (found.start("marks") if found else len(text))
    at_ask = found.start("ask") if found and ask else at_polite
    at_closing = found.start("closing") if found and closing else at_ask
    opened = _opening(text)
    first = next((token for token in sentence.tokens if token.start >= (opened.end() if opened else 0)), None)
    opening = opened[0] if opened and first is not None and first.start == opened.end() else ""
    bare_ask = ask.removeprefix(_SAYS_CAN).strip()
    core = text[len(opening) : at_closing].strip()
    asks_what = any(token.form in QUESTION_WORDS for token in sentence.tokens if token.start < at_ask)
    asks_for = bool(core) and first is not None and (bool(opening) or _asks_for(sentence, first))
    # "ช่วยจัดประชุมได้ไหมวันจันทร์": its particle stands where it cannot be taken off
    asks_for = asks_for and not any(token.form in YES_NO for token in sentence.tokens if token.start < at_closing)
    can_you = ask.startswith(_SAYS_CAN)
    is_request = asks_for and (not ask or can_you)
    return Parts(
        text=text,
        opening=opening,
        core=core,
        closing=closing,
        ask=bare_ask,
        polite=polite,
        marks=marks,
        before_closing=text[:at_closing].rstrip(),
        before_ask=text[: at_ask + (len(ask) - len(ask.removeprefix(_SAYS_CAN).lstrip()) if ask else 0)],
        before_polite=text[:at_polite].rstrip(),
        is_question=bool(ask) or (asks_what and not asks_for),
        is_request=is_request,
    )
