"""The parts of a Vietnamese sentence that operators move: vocative, opening of a request, core, closing, particles."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlpipeline.languages.paraphrase.operators import Sentence
from mlpipeline.languages.paraphrase.word_edits import listed

# Verbs that ask for something when they stand first; two-syllable ones before their first syllable
REQUESTS = listed(
    "tìm kiếm|kiểm tra|liệt kê|hiển thị|cài đặt|bắt đầu|thay đổi|trả lời|phản hồi|lên lịch|khởi động|"
    "đánh dấu|đánh thức|loại bỏ|tạm dừng|lặp lại|giải thích|mô tả|cập nhật|theo dõi|thiết lập|sắp xếp|"
    "đăng ký|điều chỉnh|chuẩn bị|nhắc nhở|cho tôi|cho mình|cho em|phát|mở|bật|tắt|đặt|thêm|"
    "xóa|xoá|gửi|tìm|nhắc|tạo|đọc|gọi|hủy|huỷ|tăng|giảm|cài|chơi|dừng|đổi|chuyển|đăng|nói|kể|chỉ|đưa|lấy|"
    "mua|ghi|lưu|pha|bỏ|ngừng|xem|đóng|khóa|khoá|quét|lập|thoát|hỏi|tweet|tra|dịch|tính"
)
# These ask to be told, so that a question word behind them belongs to what is told
_REPORTS = listed("cho|nói|kể|kiểm tra|hiển thị|tìm|chỉ|đọc|xem|liệt kê|giải thích|tra|hỏi")
_NO_VERBS = listed(
    "phát thanh|phát sóng|phát biểu|phát triển|phát hiện|chỉ số|chỉ có|đặt hàng của|thêm nữa|gọi là|bật lửa|mở cửa|"
    "dịch vụ|dịch bệnh|tính năng|giao thông|giao diện|lập trình|kể từ|kể cả|chuyển động|chuyển phát|mua sắm|bỏ qua cho"
)
_asks_what = re.compile(
    r"(?<!\w)(?:gì|nào|đâu|ai|sao|mấy|bao nhiêu|bao giờ|bao lâu|bao xa|à|hả|không$|chưa$)(?!\w)"
).search
_ends_asking = re.compile(
    r"(?<!\w)(?:thế nào|ra sao|làm sao|bao nhiêu|ở đâu|chỗ nào|khi nào|mấy giờ|bao giờ|bao lâu)$"
).search
_asks_yes_no = re.compile(r"(?<!\w)(?:không|chưa)$").search

_opening = re.compile(
    r"(?:(?:bạn|em|shop|ad)\s+)?(?:có thể|xin vui lòng|vui lòng|làm ơn|xin hãy|hãy|phiền bạn|nhờ bạn|giúp)\s+"
    r"(?:vui lòng\s+|hãy\s+)?(?:giúp\s+(?:tôi|mình|em)\s+)?",
    re.IGNORECASE,
).match
_tail = re.compile(
    r"(?P<closing>(?:\s+(?:giúp|giùm|dùm|hộ)(?:\s+(?:tôi|mình|em))?)?(?:\s+với)?(?:\s+(?:được\s+)?(?:không|chứ))?)"
    r"(?P<particle>(?:(?<!như)(?<!vì)\s+(?:ạ|nhé|nha|nhá|vậy|thế|nhỉ))*)(?P<marks>\s*[?!.…]*)\s*$",
    re.IGNORECASE,
).search
_polite = re.compile(r"dạ,?\s+", re.IGNORECASE).match


@dataclass(frozen=True)
class Parts:
    """A sentence in parts: dạ + opening + core + closing + particle + marks, each perhaps empty.

    `bare` is all but dạ, particles and marks; `core` is what a request asks for, its frame taken off.
    """

    polite: str
    opening: str
    core: str
    closing: str
    particle: str
    marks: str
    bare: str
    is_question: bool
    is_request: bool


def starts_with_request(text: str) -> str:
    """The verb of request that a text begins with, or an empty text."""
    low = text.lower()
    if low.startswith(_NO_VERBS):
        return ""
    return next((verb for verb in REQUESTS if low.startswith(verb) and low[len(verb) : len(verb) + 1] in (" ", "")), "")


def parts_of(sentence: Sentence) -> Parts:
    """The parts of a sentence; of a text that is no sentence all is core."""
    text = sentence.text
    found = _tail(text)
    polite = _polite(text)
    begin = polite.end() if polite else 0
    closing, particle, marks = (found["closing"], found["particle"], found["marks"]) if found else ("", "", "")
    end_core = max(found.start("closing") if found else len(text), begin)
    end_bare = max(found.start("particle") if found else len(text), begin)
    opened = _opening(text, begin)
    core_at = opened.end() if opened and opened.end() < end_core else begin
    opening, core, bare = text[begin:core_at], text[core_at:end_core], text[begin:end_bare]
    verb = starts_with_request(core)
    can_you = "có thể" in opening.lower()
    if closing.rstrip().lower().endswith("không") and not can_you and "được" not in closing:
        # "... không" without "có thể" asks whether
        core, closing, verb = bare[len(opening) :], "", ""
    rest = core[len(verb) :]
    told = verb.startswith(_REPORTS) and not _asks_yes_no(rest)
    is_request = bool(verb) and len(core) > len(verb) and (told or not _asks_what(rest))
    if can_you and len(core.split()) < 3:
        is_request = False  # "bạn có thể nói dối không" asks for an ability
    # "đổi mật khẩu ở đâu" asks, "gửi thư hỏi họ có ổn không" does not
    asks = _asks_what(bare) if not verb else not verb.startswith(_REPORTS) and _ends_asking(bare)
    if " hỏi " in bare and starts_with_request(bare):
        asks = None
    is_question = not is_request and bool(asks)
    return Parts(text[:begin], opening, core, closing, particle, marks, bare, is_question, is_request)
